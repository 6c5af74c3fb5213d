// Replaces a file in one step, one writer at a time: a reader sees the old content or the new one, whole.
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { systemClock } from './clock.ts'

/** Programs that lock a file by a folder beside it renew that folder within this time. */
const staleAfter = 10_000

export const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? 'unknown error'

export const lockOf = (file: string): string => `${file}.lock`

/**
 * Takes the lock of the file, a folder beside it; the function that gives it back. Undefined where another program has
 * it. A lock that was left behind is taken over. Throws the error of the system for anything else.
 */
export const takeLock = (file: string): (() => void) | undefined => {
  const lock = lockOf(file)
  const take = (): (() => void) => {
    mkdirSync(lock)
    return () => rmdirSync(lock)
  }
  try {
    return take()
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    const { mtimeMs } = statSync(lock, { throwIfNoEntry: false }) ?? { mtimeMs: 0 }
    if (systemClock.now() - mtimeMs < staleAfter) return undefined
    try {
      rmdirSync(lock)
      return take()
    } catch {
      return undefined
    }
  }
}

/**
 * A new file, on the disk before this returns: for its owner alone, or with the mode and, where that is allowed, the
 * owner of the file that it replaces or keeps.
 */
export const createFile = (file: string, bytes: Buffer, like: Stats | undefined): void => {
  const fd = openSync(file, 'wx', 0o600)
  try {
    writeFileSync(fd, bytes)
    if (like !== undefined) fchmodSync(fd, like.mode & 0o777)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  if (like === undefined || like.uid === process.getuid?.()) return
  try {
    chownSync(file, like.uid, like.gid)
  } catch {
    // Only an administrator may give files away.
  }
}

/** `like`: what is there now, undefined where there is nothing. */
export const replaceFile = (file: string, bytes: Buffer, like: Stats | undefined): void => {
  const draft = `${file}.${randomBytes(6).toString('hex')}.draft`
  try {
    createFile(draft, bytes, like)
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
