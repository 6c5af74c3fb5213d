// Runs one command class from argv to the end of the process.
import { setLogger } from '@oclif/core/logger'
import { exitCodes } from './exit-codes.ts'
import { failureOf, failureText } from './failure.ts'
import { oclifConfig, type CommandClass } from './oclif-config.ts'
import { plain } from './style.ts'

type Runnable = new (
  argv: string[],
  config: ReturnType<typeof oclifConfig>,
) => { _run<T>(): Promise<T> }

const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => {
      resolve()
    })
  })

/** Ends the process once both streams are written: open sockets and timers have nothing left to do. */
export const finish = async (): Promise<never> => {
  await Promise.all([written(process.stdout), written(process.stderr)])
  process.exit()
}

/**
 * A reader that went away (`| head`) is no fault: a command ends quietly with the exit code it has, a
 * server goes on without that reader. What nobody caught ends with 70, not with Node's 1, which would
 * read as "rejected".
 */
export const watchProcess = (isServer = false): void => {
  const readerGone = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (!isServer) process.exit()
  }
  process.stdout.prependListener('error', readerGone)
  process.stderr.prependListener('error', readerGone)
  process.on('uncaughtException', (error) => {
    const failure = failureOf(error, { command: '', flags: [] })
    process.stderr.write(`${failureText(failure, plain)}\n`)
    if (process.env['MCP_PROXY_DEBUG'] === '1') process.stderr.write(`${String(error.stack)}\n`)
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
  watchProcess(isServer)
  // A server drains first, and what started children ends them.
  if (!endsItself) process.once('SIGINT', () => process.exit(exitCodes.interrupted))
  const Class = command as unknown as Runnable
  const config = oclifConfig(version(), [command])
  // oclif's own entry, without the loading of plugins that its public one begins with.
  await new Class([...argv], config)['_run']()
  await finish()
}
