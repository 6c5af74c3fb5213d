// When a running proxy reads its configuration again: at SIGHUP, and with proxy.hot_reload when the file changes.
import { isatty } from 'node:tty'
import type { Reloader, ReloadTrigger } from '../../server/reload/reload.ts'
import { watchConfigFile } from '../../server/reload/watch-file.ts'

/** A terminal that was closed sends SIGHUP as well, and is none any more when that arrives. */
const terminalCheck = (): (() => boolean) => {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd))
  return () => terminals.some((fd) => !isatty(fd))
}

export interface TriggerOptions {
  readonly reloader: Reloader
  readonly file: string
  /** The terminal that it was started from was closed. */
  readonly onTerminalClosed: () => void
}

/** Returns the function that ends it. */
export const reloadWhenAsked = ({ reloader, file, onTerminalClosed }: TriggerOptions) => {
  let unwatch: (() => void) | undefined
  const adapt = (): void => {
    const wanted = reloader.config.proxy.hot_reload
    if (wanted === (unwatch !== undefined)) return
    unwatch?.()
    unwatch = wanted ? watchConfigFile(file, () => reload('file')) : undefined
  }
  const reload = (trigger: ReloadTrigger): void => {
    void reloader.reload(trigger).then(adapt)
  }
  const isTerminalClosed = terminalCheck()
  const onSignal = (): void => {
    if (isTerminalClosed()) onTerminalClosed()
    else reload('signal')
  }
  process.on('SIGHUP', onSignal)
  adapt()
  return (): void => {
    process.off('SIGHUP', onSignal)
    unwatch?.()
  }
}
