// Takes lines from standard input while a login waits. On a terminal nothing of them is shown: a code is in them.
import { Writable } from 'node:stream'
import { createInterface } from 'node:readline'

export interface LineReader {
  close(): void
}

const nowhere = () =>
  new Writable({
    write: (_chunk, _encoding, done) => {
      done()
    },
  })

/** Ends quietly where the input ends; the login goes on waiting for the browser. */
export const readLines = (take: (line: string) => void): LineReader => {
  const { stdin } = process
  const reader = createInterface({ input: stdin, output: nowhere(), terminal: stdin.isTTY })
  reader.on('line', take)
  // In raw mode the terminal no longer turns Ctrl-C into a signal.
  reader.on('SIGINT', () => {
    reader.close()
    process.kill(process.pid, 'SIGINT')
  })
  return {
    close: () => {
      reader.close()
      stdin.pause()
      // A pipe that stays open would keep the process.
      if (!stdin.isTTY && 'unref' in stdin) stdin.unref()
    },
  }
}
