// The files of keys and certificates that a configuration names, and whether their content is another one.
import { sectionKey } from '../base/section-key.ts'
import { isReadFault, readRegularFile } from '../base/read-file.ts'
import { Secret } from '../base/secret.ts'
import { showPath, type KeyPath } from './key-path.ts'

/** Read once, when what names them is built. Those of proxy.tls and auth.keys_file are followed by themselves. */
const fileKeys: ReadonlySet<string> = new Set(['client_key', 'client_cert', 'client_cert_key'])

export interface NamedFile {
  /** As written for a person: `auth.client_key`. */
  readonly key: string
  readonly file: string
}

/** A key that is written into the configuration itself is a secret, and no file. */
export const namedFiles = (section: unknown, path: KeyPath = []): readonly NamedFile[] => {
  if (Array.isArray(section)) {
    return section.flatMap((entry, index) => namedFiles(entry, [...path, index]))
  }
  if (typeof section !== 'object' || section === null || section instanceof Secret) return []
  return Object.entries(section).flatMap(([name, value]) =>
    fileKeys.has(name) && typeof value === 'string'
      ? [{ key: showPath([...path, name]), file: value }]
      : namedFiles(value, [...path, name]),
  )
}

const largestFile = 1_048_576

const contentKey = (file: string): string => {
  const read = readRegularFile(file, { maxBytes: largestFile })
  return sectionKey(isReadFault(read) ? read.why : read.bytes.toString('base64'))
}

export type FileContents = ReadonlyMap<string, string>

/**
 * A digest of the content of each file, by its key; of no use beyond this process. Reads the files; one that cannot be
 * read has a digest too.
 */
export const fileContents = (section: unknown, path: KeyPath = []): FileContents =>
  new Map(namedFiles(section, path).map(({ key, file }) => [key, contentKey(file)]))

/** The keys whose files are named in both, with another content. */
export const changedContents = (before: FileContents, after: FileContents): readonly string[] =>
  [...after].flatMap(([key, content]) =>
    before.has(key) && before.get(key) !== content ? [key] : [],
  )
