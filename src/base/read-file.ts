// Files that somebody names, within bounds: what has no end, or never begins, is refused instead of waited for.
import { fileWords } from './system-errors.ts'
import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs'
import { systemClock, type Clock } from './clock.ts'

export interface ReadBounds {
  readonly maxBytes: number
}

export interface ReadFault {
  /** Of the system, or ours: EISDIR, EFBIG, ENOTFILE, ETIMEDOUT. */
  readonly code: string
  /** In words, as the end of "Cannot read it: ". */
  readonly why: string
}

export interface FileContent {
  readonly bytes: Buffer
  /** Undefined for a pipe: who may read it is settled by who has its other end. */
  readonly mode: number | undefined
  /** In milliseconds since the epoch. */
  readonly writtenAt: number
}

export type ReadFile = FileContent | ReadFault

export const isReadFault = (read: ReadFile): read is ReadFault => 'why' in read

const faultOf = (error: unknown): ReadFault => {
  const { code } = error as NodeJS.ErrnoException
  // A NUL in the name is refused before the system is asked, with an error of another kind.
  if (code === undefined || code.startsWith('ERR_')) {
    return { code: 'ENOENT', why: fileWords('ENOENT') }
  }
  return { code, why: fileWords(code) }
}

const tooLarge = ({ maxBytes }: ReadBounds): ReadFault => ({
  code: 'EFBIG',
  why: `it is larger than ${maxBytes} bytes`,
})

/** What it is instead of a file; undefined for a file. */
const kindFault = (stats: Stats, pipes: boolean): ReadFault | undefined => {
  if (stats.isFile() || (pipes && stats.isFIFO())) return undefined
  if (stats.isDirectory()) return { code: 'EISDIR', why: fileWords('EISDIR') }
  const kind = stats.isFIFO() ? 'pipe' : stats.isSocket() ? 'socket' : 'device'
  return { code: 'ENOTFILE', why: `it is a ${kind}, not a file` }
}

interface Opened {
  readonly fd: number
  readonly stats: Stats
}

/**
 * Looks before it opens, since opening alone does something to a device, and again afterwards, since the name may lead
 * elsewhere by then. Without O_NONBLOCK a pipe that nobody writes to would never open.
 */
const opened = (file: string, bounds: ReadBounds, pipes: boolean): Opened | ReadFault => {
  let fd: number | undefined
  try {
    const before = kindFault(statSync(file), pipes)
    if (before !== undefined) return before
    fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stats = fstatSync(fd)
    const after = kindFault(stats, pipes)
    const fault = after ?? (stats.size > bounds.maxBytes ? tooLarge(bounds) : undefined)
    if (fault === undefined) return { fd, stats }
    closeSync(fd)
    return fault
  } catch (error) {
    if (fd !== undefined) closeSync(fd)
    return faultOf(error)
  }
}

const chunkSize = 65_536

/** Appends what there is; the number of bytes, 0 at the end. */
const readSome = (fd: number, chunks: Buffer[]): number => {
  const chunk = Buffer.allocUnsafe(chunkSize)
  const length = readSync(fd, chunk)
  if (length > 0) chunks.push(chunk.subarray(0, length))
  return length
}

const wholeFile = ({ fd, stats }: Opened, bounds: ReadBounds): ReadFile => {
  const chunks: Buffer[] = []
  let size = 0
  // Files of /proc say that they are empty: what counts is what comes.
  for (let length = -1; length !== 0 && size <= bounds.maxBytes; size += length) {
    length = readSome(fd, chunks)
  }
  if (size > bounds.maxBytes) return tooLarge(bounds)
  return { bytes: Buffer.concat(chunks), mode: stats.mode, writtenAt: stats.mtimeMs }
}

/** A file and nothing else: neither a pipe nor a device, a socket or a folder. */
export const readRegularFile = (file: string, bounds: ReadBounds): ReadFile => {
  const open = opened(file, bounds, false)
  if (!('fd' in open)) return open
  try {
    return wholeFile(open, bounds)
  } catch (error) {
    return faultOf(error)
  } finally {
    closeSync(open.fd)
  }
}

/** For the first byte where nobody has the other end open, and between bytes where somebody has. */
export const pipePatience = { unopened: 5000, silent: 30_000 } as const
const pollEvery = 20

/** A program behind `<(...)` may ask a person or a server before it writes; a pipe without a writer asks nobody. */
const wholePipe = async (
  { fd, stats }: Opened,
  bounds: ReadBounds,
  clock: Clock,
): Promise<ReadFile> => {
  const chunks: Buffer[] = []
  let size = 0
  let since = clock.now()
  for (;;) {
    let length: number | undefined
    try {
      length = readSome(fd, chunks)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return faultOf(error)
    }
    if (length === 0 && size > 0) break
    if (length !== undefined && length > 0) {
      size += length
      if (size > bounds.maxBytes) return tooLarge(bounds)
      since = clock.now()
      continue
    }
    const patience = length === 0 ? pipePatience.unopened : pipePatience.silent
    if (clock.now() - since >= patience) {
      const why =
        size > 0
          ? 'the pipe has no end: nothing more came through it'
          : 'it is a pipe, and nothing came through it'
      return { code: 'ETIMEDOUT', why: `${why} within ${patience / 1000} seconds` }
    }
    await clock.sleep(pollEvery)
  }
  return { bytes: Buffer.concat(chunks), mode: undefined, writtenAt: stats.mtimeMs }
}

/** A file, or a pipe as `<(command)` makes it. A pipe gives its content once. */
export const readFileOrPipe = async (
  file: string,
  bounds: ReadBounds,
  clock: Clock = systemClock,
): Promise<ReadFile> => {
  const open = opened(file, bounds, true)
  if (!('fd' in open)) return open
  try {
    return open.stats.isFIFO() ? await wholePipe(open, bounds, clock) : wholeFile(open, bounds)
  } catch (error) {
    return faultOf(error)
  } finally {
    closeSync(open.fd)
  }
}

const othersMayWrite = 0o022

/** The mode of a file that others than its owner may write; undefined: they may not. Windows keeps users apart by other means. */
export const modeForOthers = (mode: number): string | undefined =>
  process.platform === 'win32' || (mode & othersMayWrite) === 0
    ? undefined
    : (mode & 0o777).toString(8).padStart(3, '0')
