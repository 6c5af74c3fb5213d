// A folder that this command alone fills: owner-only, and nothing of anybody else is ever written over.
import { chmod, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isJsonObject, parseJson } from '../../base/json.ts'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import { printable } from '../../base/escape.ts'

export interface SaveFolder {
  /** Replaces what an earlier run wrote by these files: name and text. */
  write(files: readonly (readonly [name: string, text: string])[]): Promise<void>
}

/** Names the files of a folder that were written by us, and makes it ours. */
const manifestName = 'mcp-proxy-saved.json'
const ownName = /^[a-z0-9][a-z0-9.-]{0,150}\.json$/

const refused = (folder: string, problem: Problem): UsageError =>
  usageError(problem, { place: { file: folder } })

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown'

const unwritable = (folder: string, error: unknown): UsageError =>
  refused(folder, problemOf('usage-flag', 'save-unwritable', { why: codeOf(error) }))

/** The files of the earlier run, or undefined when the folder is not ours. */
const ownFiles = async (folder: string): Promise<readonly string[] | undefined> => {
  try {
    const manifest = readRegularFile(path.join(folder, manifestName), { maxBytes: 1_048_576 })
    if (isReadFault(manifest)) return undefined
    const read = parseJson(manifest.bytes)
    if (!read.ok || !isJsonObject(read.value)) return undefined
    const { saved_by: by, files } = read.value
    if (by !== 'mcp-proxy discover' || !Array.isArray(files)) return undefined
    return files.filter((file) => typeof file === 'string' && ownName.test(file)) as string[]
  } catch {
    return undefined
  }
}

const prepared = async (folder: string): Promise<readonly string[]> => {
  const found = await lstat(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unwritable(folder, error)
  })
  if (found === undefined) {
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw unwritable(folder, error)
    })
    return []
  }
  if (!found.isDirectory()) throw refused(folder, problemOf('usage-flag', 'save-no-folder'))
  const present = await readdir(folder).catch((error: unknown) => {
    throw unwritable(folder, error)
  })
  if (present.length === 0) return []
  const own = await ownFiles(folder)
  if (own === undefined) throw refused(folder, problemOf('usage-flag', 'save-foreign-files'))
  return own
}

/** Exclusive: a file or a link that somebody put there meanwhile is an error, not a target. */
const writeNew = async (folder: string, name: string, text: string): Promise<void> => {
  try {
    await writeFile(path.join(folder, name), text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw unwritable(folder, error)
    throw refused(folder, problemOf('usage-flag', 'save-file-taken', { name: printable(name) }))
  }
}

/** Looks at the folder before anything is asked, so that a wrong one is told at once. */
export const openSaveFolder = async (folder: string): Promise<SaveFolder> => {
  const earlier = await prepared(folder)
  return {
    write: async (files) => {
      await chmod(folder, 0o700).catch((error: unknown) => {
        throw unwritable(folder, error)
      })
      for (const name of [...earlier, ...(earlier.length === 0 ? [] : [manifestName])]) {
        await rm(path.join(folder, name), { force: true })
      }
      const names = files.map(([name]) => name)
      const manifest = { schema_version: 1, saved_by: 'mcp-proxy discover', files: names }
      await writeNew(folder, manifestName, `${JSON.stringify(manifest, null, 2)}\n`)
      for (const [name, text] of files) await writeNew(folder, name, text)
    },
  }
}
