// When a running proxy reads its files again: all at SIGHUP, those of proxy.tls when one of them changes, and with
// proxy.hot_reload the configuration when it changes.
import { isatty } from 'node:tty'
import { namedFiles } from '../../config/named-files.ts'
import type { Config } from '../../config/schema.ts'
import type { ReloadTrigger } from '../../server/admin/context.ts'
import type { Reloader } from '../../server/reload/reload.ts'
import { watchConfigFile } from '../../server/reload/watch-file.ts'

/** A terminal that was closed sends SIGHUP as well, and is none any more when that arrives. */
const terminalCheck = (): (() => boolean) => {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd))
  return () => terminals.some((fd) => !isatty(fd))
}

export interface TriggerOptions {
  readonly reloader: Reloader
  readonly file: string
  /** Of variables (--env-file); read again with the configuration. */
  readonly envFile?: string | undefined
  /** The terminal that it was started from was closed. */
  readonly onTerminalClosed: () => void
}

/** Those of TLS without being asked for: an expired certificate shuts everybody out, a renewed one lets no one else in. */
const watchedFiles = (
  config: Config,
  { file, envFile }: Pick<TriggerOptions, 'file' | 'envFile'>,
): ReadonlyMap<string, readonly [path: string, trigger: ReloadTrigger]> => {
  const { proxy } = config
  const { cert, key, client_ca } = proxy.tls ?? {}
  const ofTls = [cert, key, client_ca].filter((path) => path !== undefined)
  const named = () => namedFiles(config).map((one) => one.file)
  const ofConfig = proxy.hot_reload
    ? [file, ...(envFile === undefined ? [] : [envFile]), ...named()]
    : []
  return new Map<string, readonly [string, ReloadTrigger]>([
    ...ofConfig.map((path) => [`file ${path}`, [path, 'file']] as const),
    ...ofTls.map((path) => [`certificate ${path}`, [path, 'certificate']] as const),
  ])
}

/** Returns the function that ends it. */
export const reloadWhenAsked = ({ reloader, file, envFile, onTerminalClosed }: TriggerOptions) => {
  /** What ends the watching, by file and what it triggers. */
  const watched = new Map<string, () => void>()
  /** Returns what triggers, of the files that are watched from now on. */
  const adapt = (): readonly ReloadTrigger[] => {
    const begun: ReloadTrigger[] = []
    const wanted = watchedFiles(reloader.config, { file, envFile })
    for (const [key, unwatch] of watched) {
      if (wanted.has(key)) continue
      unwatch()
      watched.delete(key)
    }
    for (const [key, [path, trigger]] of wanted) {
      if (watched.has(key)) continue
      watched.set(
        key,
        watchConfigFile(path, () => reload(trigger)),
      )
      begun.push(trigger)
    }
    return begun
  }
  const reload = (trigger: ReloadTrigger): void => {
    void reloader.reload(trigger).then(() => {
      // What changed after it was read and before it was watched is read now.
      for (const begun of new Set(adapt())) reload(begun)
    })
  }
  const isTerminalClosed = terminalCheck()
  const onSignal = (): void => {
    if (isTerminalClosed()) onTerminalClosed()
    else reload('signal')
  }
  process.on('SIGHUP', onSignal)
  // What came over the admin API is not in the file: reading that now would undo it.
  reloader.onApplied(() => void adapt())
  adapt()
  return (): void => {
    process.off('SIGHUP', onSignal)
    for (const unwatch of watched.values()) unwatch()
  }
}
