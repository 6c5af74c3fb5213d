// Runs one command class from argv to the end of the process.
import { exitCodes } from './exit-codes.ts'
import { oclifConfig, type CommandClass } from './oclif-config.ts'

type Runnable = new (
  argv: string[],
  config: ReturnType<typeof oclifConfig>,
) => { _run<T>(): Promise<T> }

// A reader that went away (`| head`) is no fault; what is left to say has no audience.
const endQuietly = (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
}

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

export const watchStreams = (): void => {
  process.stdout.prependListener('error', endQuietly)
  process.stderr.prependListener('error', endQuietly)
}

export const runCommand = async (
  command: CommandClass,
  argv: readonly string[],
  version: () => string,
): Promise<void> => {
  watchStreams()
  const interrupt = () => process.exit(exitCodes.interrupted)
  const ownSignals = (command as { ownSignals?: boolean }).ownSignals === true
  if (!ownSignals) process.once('SIGINT', interrupt)
  const Class = command as unknown as Runnable
  const config = oclifConfig(version(), [command])
  // oclif's own entry, without the loading of plugins that its public one begins with.
  await new Class([...argv], config)['_run']()
  await finish()
}
