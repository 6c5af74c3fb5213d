// Runs one command class from argv to the end of the process.
import { setLogger } from '@oclif/core/logger'
import { printableLines } from '../../base/escape.ts'
import { exitCodes } from './exit-codes.ts'
import { failureOf, failureText } from './failure.ts'
import { oclifConfig, type CommandClass } from './oclif-config.ts'
import { outliveReaders, stderr, stdout } from '../terminal/output.ts'
import { plain } from '../terminal/style.ts'

type Runnable = new (
  argv: string[],
  config: ReturnType<typeof oclifConfig>,
) => { _run<T>(): Promise<T> }

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

const nothing = () => undefined

// With a logger of its own oclif would load another library to write to nobody.
const silent = {
  namespace: 'oclif',
  child: () => silent,
  debug: nothing,
  error: nothing,
  info: nothing,
  trace: nothing,
  warn: nothing,
}

/** @public The entry of each command's bundle: see scripts/build.mjs. */
export const runCommand = async (
  command: CommandClass,
  argv: readonly string[],
  version: () => string,
): Promise<void> => {
  setLogger({ root: '', logger: silent })
  const { isServer = false, endsItself = isServer } = command as Endings
  watchProcess()
  if (isServer) outliveReaders()
  // A server drains first, and what started children ends them.
  if (!endsItself) process.once('SIGINT', () => process.exit(exitCodes.interrupted))
  const Class = command as unknown as Runnable
  const config = oclifConfig(version, [command])
  // oclif's own entry, without the loading of plugins that its public one begins with.
  await new Class([...argv], config)['_run']()
  await finish()
}
