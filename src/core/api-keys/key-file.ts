// The file of API keys: what is known of each, with the digest of the key and never the key itself.
import * as z from 'zod/mini'
import { parseJson } from '../../base/json.ts'
import { isReadFault, modeForOthers, readRegularFile } from '../../base/read-file.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { filled } from '../auth-config/schema.ts'
import { isKeyId } from './key-form.ts'

const moment = z.string().check(
  z.refine((text) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text)), {
    error: 'must be a time such as 2026-11-29T12:00:00Z',
  }),
)

/** RFC 6749 appendix A.4: a scope is one word of printable ASCII without quotes and backslashes. */
export const isScope = (text: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(text)

/** What commands and logs call a key. Short enough that no key can be one. */
export const isKeyName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)

/** Who answers for a key: any printable words. */
export const isOwner = (text: string): boolean => /^[^\p{Cc}\p{Cf}]{1,200}$/u.test(text)

const must = (is: (text: string) => boolean, error: string) =>
  z.string().check(z.refine(is, { error }))

const entrySchema = z.strictObject({
  id: must(isKeyId, 'must be ten letters or digits'),
  name: must(isKeyName, 'must be a name'),
  /** SHA-256 of the key, hexadecimal. */
  sha256: must((text) => /^[0-9a-f]{64}$/.test(text), 'must be 64 hexadecimal digits'),
  owner: z.optional(must(isOwner, 'must be printable')),
  created: moment,
  /** Absent: never. */
  expires: z.optional(moment),
  /** Absent: it is not. */
  revoked: z.optional(moment),
  scopes: z.array(must(isScope, 'must be a scope')),
  roles: z.array(filled()),
})

export type KeyEntry = z.infer<typeof entrySchema>

/** Strict: a member that this version does not know may be one that forbids something. */
const fileSchema = z.strictObject({
  version: z.literal(1),
  keys: z.array(entrySchema),
})

/** Some 20,000 keys. */
const largest = 8 * 1_048_576

export interface KeyFile {
  readonly keys: readonly KeyEntry[]
  /** Who may read and write it. */
  readonly mode: number
}

export type ReadKeyFile = KeyFile | Problem

export const isKeyFile = (read: ReadKeyFile): read is KeyFile => 'keys' in read

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${String(step)}`),
    '',
  )

const twice = (keys: readonly KeyEntry[]): string | undefined => {
  const known = new Set<string>()
  return keys.find(({ id }) => known.size === known.add(id).size)?.id
}

/** What is wrong with the text goes on from "cannot be used: "; it repeats nothing of it. */
const parseKeys = (bytes: Buffer): readonly KeyEntry[] | string => {
  const parsed = parseJson(bytes, { maxBytes: largest })
  if (!parsed.ok) return `it is no JSON: ${parsed.reason}`
  if (parsed.duplicates.length > 0) return 'a member is there twice'
  const read = fileSchema.safeParse(parsed.value)
  if (!read.success) {
    const [issue] = read.error.issues
    return `${pathText(issue?.path ?? []).slice(1) || 'its content'}: ${issue?.message ?? 'invalid'}`
  }
  const double = twice(read.data.keys)
  return double === undefined ? read.data.keys : `the id ${double} is there twice`
}

export const readKeyFile = (file: string): ReadKeyFile => {
  const read = readRegularFile(file, { maxBytes: largest })
  if (isReadFault(read)) {
    return read.code === 'ENOENT'
      ? problemOf('key-file', 'absent', { file })
      : problemOf('key-file', 'unreadable', { file, why: read.why })
  }
  const mode = read.mode ?? 0
  // Who may write the file makes keys.
  const open = modeForOthers(mode)
  if (open !== undefined) return problemOf('key-file', 'writable', { file, mode: open })
  const keys = parseKeys(read.bytes)
  return typeof keys === 'string'
    ? problemOf('key-file', 'form', { file, why: keys })
    : { keys, mode }
}

export const keyFileText = (keys: readonly KeyEntry[]): string =>
  `${JSON.stringify({ version: 1, keys }, null, 2)}\n`

export type KeyState = 'active' | 'expired' | 'revoked'

export const keyState = ({ expires, revoked }: KeyEntry, now: number): KeyState => {
  if (revoked !== undefined) return 'revoked'
  return expires !== undefined && Date.parse(expires) <= now ? 'expired' : 'active'
}
