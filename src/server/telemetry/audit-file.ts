// Audit lines in a file: each is appended before its answer goes out, and the file is renamed when it is full.
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import type { Clock } from '../../base/clock.ts'

export interface AuditFileOptions {
  readonly path: string
  readonly max_bytes: number
  readonly keep: number
}

/** The system calls that it makes. Others than the real ones serve tests. */
export interface FileSystem {
  readonly openSync: (path: string, flags: string, mode: number) => number
  readonly writeSync: (fd: number, bytes: Uint8Array, offset: number) => number
  readonly renameSync: (from: string, to: string) => void
}

const system: FileSystem = { openSync, writeSync, renameSync }

export interface AuditTrouble {
  /** A line could not be written: the disk is full, for example. */
  readonly onLost: (error: unknown) => void
  /** A line was written again, after so many were not. */
  readonly onWritten: (lost: number) => void
  /** The file could not be renamed, or the next not be opened: it grows. */
  readonly onUnrotated: (error: unknown) => void
}

export interface AuditFile {
  /** Appends the line. It is with the system when this returns. */
  readonly write: (line: string) => void
  readonly close: () => void
}

/** How often it is looked whether another program has moved the file. */
const lookMs = 1000
/** How long a failed renaming is not tried again. */
const restMs = 10_000

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** Throws where the file cannot be opened. */
export const openAuditFile = (
  { path, max_bytes: most, keep }: AuditFileOptions,
  clock: Clock,
  trouble: AuditTrouble,
  files: FileSystem = system,
): AuditFile => {
  const open = () => {
    const fd = files.openSync(path, 'a', 0o600)
    const { size, ino, dev } = fstatSync(fd)
    return { fd, ino, dev, size, isFile: fstatSync(fd).isFile() }
  }
  let file = open()
  let lookedAt = clock.now()
  let restUntil = 0
  let lost = 0
  /** What a failed write left behind that could not be taken back. */
  let isTorn = false

  const change = (): void => {
    const next = open()
    closeSync(file.fd)
    file = next
    isTorn = false
  }
  /** Lines are worth more than the bound: what cannot be done now leaves the file that is open in use. */
  const attempt = (work: () => void): void => {
    const now = clock.now()
    if (now < restUntil) return
    try {
      work()
    } catch (error) {
      restUntil = now + restMs
      trouble.onUnrotated(error)
    }
  }
  const isElsewhere = (): boolean => {
    try {
      const { ino, dev } = statSync(path)
      return ino !== file.ino || dev !== file.dev
    } catch (error) {
      return isMissing(error)
    }
  }
  /** Another program has renamed or removed it: what comes now belongs in a new one. */
  const look = (): void => {
    const now = clock.now()
    if (!file.isFile || (now - lookedAt < lookMs && now >= lookedAt)) return
    lookedAt = now
    if (isElsewhere()) attempt(change)
  }
  const move = (from: string, to: string): void => {
    try {
      files.renameSync(from, to)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  const rotate = (): void => {
    // After a renaming that was not followed by a new file only that is left to do.
    if (existsSync(path)) {
      for (let at = keep - 1; at > 0; at -= 1) move(`${path}.${at}`, `${path}.${at + 1}`)
      if (keep > 0) move(path, `${path}.1`)
      else unlinkSync(path)
    }
    change()
  }
  const append = (bytes: Uint8Array): void => {
    let taken = 0
    try {
      while (taken < bytes.length) taken += files.writeSync(file.fd, bytes, taken)
      file.size += bytes.length
    } catch (error) {
      if (taken > 0) {
        isTorn = true
        try {
          ftruncateSync(file.fd, file.size)
          isTorn = false
        } catch {
          file.size += taken
        }
      }
      throw error
    }
  }
  return {
    write: (line) => {
      try {
        look()
        const bytes = Buffer.from(isTorn ? `\n${line}` : line)
        if (file.isFile && file.size > 0 && file.size + bytes.length > most) attempt(rotate)
        append(bytes)
      } catch (error) {
        lost += 1
        trouble.onLost(error)
        return
      }
      isTorn = false
      if (lost > 0) trouble.onWritten(lost)
      lost = 0
    },
    close: () => closeSync(file.fd),
  }
}
