// A folder of small files that only their owner can read: tokens are in them. Synchronous, as secret-file.ts is.
import { fileWords } from '../../base/system-errors.ts'
import { problemOf } from '../../problems/problem.ts'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { join } from 'node:path'
import { usageError, UsageError } from '../../problems/usage-error.ts'

export interface OwnerFolder {
  readonly path: string
  /** Undefined where there is no such file. */
  read(name: string): string | undefined
  /** All or nothing: a reader sees the old text or the new one. */
  write(name: string, text: string): void
  /** Throws what `write` would throw, before anything is at stake. */
  checkWritable(): void
  /** False where there was none. */
  remove(name: string): boolean
  list(): readonly string[]
  /** Makes a file that must not be there yet; false where it is. */
  claim(name: string): boolean
  /** When the file was written; undefined where there is none. */
  writtenAt(name: string): number | undefined
}

const largest = 1_048_576

/** Windows keeps the profile of a user apart by other means than modes. */
const uid = process.getuid?.()

/** Whoever else may read the store has the tokens, and whoever may write it chooses whose they are. */
const checkOwner = (path: string, { uid: owner, mode }: Stats, wanted: '600' | '700'): void => {
  if (uid === undefined) return
  if (owner !== uid) {
    throw usageError(problemOf('login-store', 'foreign', { file: path }))
  }
  if ((mode & 0o077) !== 0) {
    const seen = (mode & 0o777).toString(8).padStart(3, '0')
    throw usageError(problemOf('login-store', 'open', { file: path, mode: seen, wanted }))
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error'

const failed = (what: string, path: string, error: unknown): UsageError => {
  if (error instanceof UsageError) return error
  const code = codeOf(error)
  return usageError(problemOf('login-store', 'failed', { what, file: path, why: fileWords(code) }))
}

const readOwn = (path: string): string | undefined => {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | (constants.O_NONBLOCK ?? 0))
    const seen = fstatSync(fd)
    if (!seen.isFile()) throw usageError(problemOf('login-store', 'no-file', { file: path }))
    checkOwner(path, seen, '600')
    if (seen.size > largest) throw usageError(problemOf('login-store', 'too-large', { file: path }))
    return readFileSync(fd, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw failed('read', path, error)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

const create = (path: string, text: string): void => {
  const fd = openSync(path, 'wx', 0o600)
  try {
    writeSync(fd, text)
    // A token that was rotated exists nowhere else: it has to be on the disk before it counts.
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

const draftName = /\.draft-[0-9a-f]+$/

/** The folder is made when something is first written. Throws a UsageError where others have access. */
export const ownerFolder = (path: string): OwnerFolder => {
  const look = (): Stats | undefined => {
    try {
      return lstatSync(path, { throwIfNoEntry: false })
    } catch (error) {
      throw failed('look into', path, error)
    }
  }
  const check = (): boolean => {
    const seen = look()
    if (seen === undefined) return false
    if (!seen.isDirectory()) throw usageError(problemOf('login-store', 'no-folder', { file: path }))
    checkOwner(path, seen, '700')
    return true
  }
  const make = (): void => {
    if (check()) return
    mkdirSync(path, { recursive: true, mode: 0o700 })
    check()
  }
  const inside = (name: string): string => join(path, name)
  const draftOf = (name: string): string =>
    inside(`${name}.draft-${randomBytes(6).toString('hex')}`)
  return {
    path,
    read: (name) => (check() ? readOwn(inside(name)) : undefined),
    write: (name, text) => {
      const draft = draftOf(name)
      try {
        make()
        create(draft, text)
        renameSync(draft, inside(name))
      } catch (error) {
        rmSync(draft, { force: true })
        throw failed('write', inside(name), error)
      }
    },
    checkWritable: () => {
      const draft = draftOf('probe')
      try {
        make()
        create(draft, '')
        rmSync(draft)
      } catch (error) {
        throw failed('write into', path, error)
      }
    },
    remove: (name) => {
      try {
        const there = check() && lstatSync(inside(name), { throwIfNoEntry: false }) !== undefined
        if (there) rmSync(inside(name))
        return there
      } catch (error) {
        throw failed('remove', inside(name), error)
      }
    },
    list: () => (check() ? readdirSync(path).filter((name) => !draftName.test(name)) : []),
    claim: (name) => {
      try {
        make()
        create(inside(name), '')
        return true
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false
        throw failed('write', inside(name), error)
      }
    },
    writtenAt: (name) => lstatSync(inside(name), { throwIfNoEntry: false })?.mtimeMs,
  }
}
