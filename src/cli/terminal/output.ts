// Standard output and standard error of a command, without Node's streams as long as nothing needs one: to open a stream
// takes longer than most commands have to say.
import { fstatSync, statSync, writeSync } from 'node:fs'

export interface Output {
  readonly isTTY: boolean
  /** Columns of the terminal; undefined where it goes elsewhere. */
  readonly columns: number | undefined
  write(text: string): void
  /** For what writes to streams alone. All that is written later goes the same way. */
  stream(): NodeJS.WriteStream
  /** Resolves when nothing of it waits in this process. */
  flushed(): Promise<void>
}

type Descriptor = 1 | 2

/** A terminal is a device of characters. So is the null device, which is asked for more often. */
const mayBeTerminal = (fd: Descriptor): boolean => {
  const seen = fstatSync(fd)
  return (
    seen.isCharacterDevice() && seen.rdev !== statSync('/dev/null', { throwIfNoEntry: false })?.rdev
  )
}

// A reader that went away (`| head`) is no fault: a command ends quietly with the exit code it has.
let readerGone = (): void => process.exit()

const onError = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error
  readerGone()
}

/** How many of the bytes were taken; fewer than all of them where the reader is not ready for more. */
const writeNow = (fd: Descriptor, bytes: Uint8Array): number => {
  let taken = 0
  try {
    while (taken < bytes.length) taken += writeSync(fd, bytes, taken)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN') return taken
    onError(error as NodeJS.ErrnoException)
    return bytes.length
  }
  return taken
}

const outputOf = (fd: Descriptor): Output => {
  let opened: NodeJS.WriteStream | undefined
  const stream = (): NodeJS.WriteStream => {
    if (opened === undefined) {
      opened = fd === 1 ? process.stdout : process.stderr
      opened.prependListener('error', onError)
    }
    return opened
  }
  let terminal: boolean | undefined
  const isTTY = (): boolean => (terminal ??= mayBeTerminal(fd) && stream().isTTY)
  return {
    get isTTY() {
      return isTTY()
    },
    get columns() {
      return isTTY() ? stream().columns : undefined
    },
    write: (text) => {
      if (opened !== undefined || isTTY()) {
        stream().write(text)
        return
      }
      const bytes = Buffer.from(text)
      const taken = writeNow(fd, bytes)
      if (taken < bytes.length) stream().write(bytes.subarray(taken))
    },
    stream,
    flushed: async () => {
      if (opened !== undefined) await new Promise((resolve) => opened?.write('', resolve))
    },
  }
}

export const stdout = outputOf(1)
export const stderr = outputOf(2)

/** A server goes on without a reader. Its logs go to the streams. */
export const outliveReaders = (): void => {
  readerGone = () => undefined
  stdout.stream()
  stderr.stream()
}
