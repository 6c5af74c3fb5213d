// The file of a client on the disk: read, replaced in one step with a backup beside it, and put back from there.
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import path from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { codeOf, createFile, lockOf, replaceFile, takeLock } from '../../base/replace-file.ts'
import { fileWords } from '../../base/system-errors.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, UsageError } from '../../problems/usage-error.ts'

export interface FileState {
  /** The file itself, where the name is a symbolic link. */
  readonly file: string
  /** Undefined: there is none yet. */
  readonly bytes: Buffer | undefined
}

const largest = 64 * 1_048_576

const unwritable = (file: string, why: string): UsageError =>
  usageError(problemOf('client-file', 'unwritable', { file, why }))

/** A link that leads nowhere is no file to write through. */
const realFile = (file: string): string => {
  try {
    return realpathSync(file)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw unwritable(file, fileWords(codeOf(error)))
    return path.join(realpathSync(path.dirname(file)), path.basename(file))
  }
}

export const readClientFile = (name: string): FileState => {
  const file = realFile(name)
  const read = readRegularFile(file, { maxBytes: largest })
  if (!isReadFault(read)) return { file, bytes: read.bytes }
  if (read.code === 'ENOENT') return { file, bytes: undefined }
  throw usageError(problemOf('client-file', 'unreadable', { file: name, why: read.why }))
}

/** Undefined where the bytes are no UTF-8: as text they would not come back. */
export const textOf = ({ bytes }: FileState): string | undefined => {
  const text = bytes?.toString('utf8') ?? ''
  return bytes === undefined || Buffer.from(text).equals(bytes) ? text : undefined
}

const sameBytes = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.equals(b)

const locked = (file: string): (() => void) => {
  let unlock: (() => void) | undefined
  try {
    unlock = takeLock(file)
  } catch (error) {
    throw unwritable(file, fileWords(codeOf(error)))
  }
  if (unlock !== undefined) return unlock
  throw usageError(problemOf('client-file', 'busy', { file, lock: lockOf(file) }))
}

/** One writer at a time, and only over what was looked at. */
const alone = <T>({ file, bytes }: FileState, work: () => T): T => {
  const unlock = locked(file)
  try {
    if (!sameBytes(readClientFile(file).bytes, bytes)) {
      throw usageError(problemOf('client-file', 'changed', { file }))
    }
    return work()
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw unwritable(file, fileWords(codeOf(error)))
  } finally {
    unlock()
  }
}

/** Read-only by its mode counts for administrators too: replacing would go around it. */
export const checkWritable = ({ file, bytes }: FileState): void => {
  try {
    accessSync(path.dirname(file), constants.W_OK)
    if (bytes === undefined) return
    accessSync(file, constants.W_OK)
    if ((statSync(file).mode & 0o222) === 0) throw unwritable(file, 'it is read-only')
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw unwritable(file, fileWords(codeOf(error)))
  }
}

const digest = (bytes: Buffer): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 16)

/** `.bak` is the file as it was, `.new` says that there was none. */
const backupName = /\.mcp-proxy-(\d{17})-([0-9a-f]{16})\.(bak|new)$/

/** Its name says when it was made, and of what bytes: those that were written instead of it. */
const backupPath = (file: string, written: Buffer, isNew: boolean): string => {
  for (let at = systemClock.now(); ; at += 1) {
    const stamp = new Date(at).toISOString().replace(/\D/g, '')
    const name = `${file}.mcp-proxy-${stamp}-${digest(written)}.${isNew ? 'new' : 'bak'}`
    if (!existsSync(name)) return name
  }
}

/** Writes `text` in one step; the backup. */
export const replaceClientFile = (state: FileState, text: string): string => {
  checkWritable(state)
  return alone(state, () => {
    const { file, bytes } = state
    const like = bytes === undefined ? undefined : statSync(file)
    const written = Buffer.from(text)
    const backup = backupPath(file, written, bytes === undefined)
    createFile(backup, bytes ?? Buffer.alloc(0), like)
    try {
      replaceFile(file, written, like)
    } catch (error) {
      rmSync(backup, { force: true })
      throw error
    }
    return backup
  })
}

export interface Backup {
  readonly backup: string
  /** What is there now. */
  readonly state: FileState
  /** What was there before; undefined: no file. */
  readonly bytes: Buffer | undefined
  /** Whether the file has other bytes than were written when the backup was made. */
  readonly isChanged: boolean
}

/** The newest backup beside any of the files. */
export const newestBackup = (files: readonly string[]): Backup | undefined => {
  const found = files.flatMap((name) => {
    if (!existsSync(path.dirname(name))) return []
    const file = realFile(name)
    const begin = path.basename(file)
    return readdirSync(path.dirname(file)).flatMap((entry) => {
      const [tail, stamp = '', written = '', kind] = backupName.exec(entry) ?? []
      return tail === undefined || entry !== `${begin}${tail}`
        ? []
        : [{ file, backup: path.join(path.dirname(file), entry), stamp, written, kind }]
    })
  })
  const newest = found.toSorted((a, b) => (a.stamp < b.stamp ? 1 : -1))[0]
  if (newest === undefined) return undefined
  const state = readClientFile(newest.file)
  return {
    backup: newest.backup,
    state,
    bytes: newest.kind === 'new' ? undefined : readClientFile(newest.backup).bytes,
    isChanged: state.bytes === undefined || digest(state.bytes) !== newest.written,
  }
}

/** The backup takes the place of the file, and is gone. */
export const restoreBackup = ({ backup, state, bytes }: Backup): void => {
  checkWritable(state)
  alone(state, () => {
    if (bytes !== undefined) return renameSync(backup, state.file)
    rmSync(state.file, { force: true })
    rmSync(backup)
  })
}
