// Runs one command class from argv to the end of the process.
import { printableLines } from '../../base/escape.ts'
import { endAtOnce } from './exit-codes.ts'
import { failureOf, failureText } from './failure.ts'
import { loadOptionsOf, type CommandClass, type Program } from './program.ts'
import { outliveReaders, stderr, stdout } from '../terminal/output.ts'
import { plain } from '../terminal/style.ts'

/** Ends the process once all is written: open sockets and timers have nothing left to do. */
export const finish = async (): Promise<never> => {
  await Promise.all([stdout.flushed(), stderr.flushed()])
  process.exit()
}

/** What nobody caught ends with 70, not with Node's 1, which would read as "rejected". */
export const watchProcess = (): void => {
  process.on('uncaughtException', (error) => {
    const failure = failureOf(error, { command: '', flags: [] })
    stderr.write(`${failureText(failure, plain)}\n`)
    if (process.env['MCP_PROXY_DEBUG'] === '1') {
      stderr.write(`${printableLines(String(error.stack))}\n`)
    }
    process.exit(failure.exitCode)
  })
}

/** What a command class says of its own end. */
interface Endings {
  readonly isServer?: boolean
  readonly endsItself?: boolean
}

/** @public The entry of each command's program: see scripts/build.mjs. */
export const runCommand = async (
  command: CommandClass,
  argv: readonly string[],
  program: Program,
): Promise<void> => {
  watchProcess()
  const { isServer = false, endsItself = isServer } = command as Endings
  if (isServer) outliveReaders()
  // A server drains first, and what started children ends them.
  if (!endsItself) process.once('SIGINT', endAtOnce)
  await command.run([...argv], loadOptionsOf(program))
  await finish()
}
