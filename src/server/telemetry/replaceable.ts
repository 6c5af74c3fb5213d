// What a configuration switches on, and what another one replaces while the process runs: exporters, loaded where they are used.
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/ports.ts'
import { sectionKey } from '../../base/section-key.ts'
import { reachWords } from '../../base/system-errors.ts'
import { within } from '../../base/within.ts'
import { problemOf } from '../../problems/problem.ts'

interface Closable {
  close(): Promise<void>
}

export interface Replaceable<Config, Open> {
  readonly current: Open | undefined
  /** Undefined: off. Resolves when the configuration is in use; equal configurations change nothing. */
  use(config: Config | undefined): Promise<void>
  /** Ends with what is left to send, for as long as an ending process may take for it. */
  close(): Promise<void>
}

const lastFlushMs = 2000

export const replaceable = <Config, Open extends Closable>(
  open: (config: Config) => Promise<Open>,
  clock: Clock,
): Replaceable<Config, Open> => {
  let used = ''
  let current: Open | undefined
  const end = async (old: Open | undefined): Promise<void> => {
    const closed = old?.close().catch(() => undefined) ?? Promise.resolve()
    await within(closed, { ms: lastFlushMs, clock }, () => undefined)
  }
  return {
    get current() {
      return current
    },
    use: async (config) => {
      const key = config === undefined ? '' : sectionKey([config])
      if (key === used) return
      used = key
      const next = config === undefined ? undefined : await open(config)
      // Another configuration came meanwhile.
      if (used !== key) return end(next)
      const old = current
      current = next
      end(old).catch(() => undefined)
    },
    close: async () => {
      used = ''
      const last = current
      current = undefined
      await end(last)
    },
  }
}

/** The reason, in words that quote no answer. */
const reasonOf = (error: unknown): string => {
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string }
  if (typeof code === 'number') return `HTTP ${code}`
  if (typeof code === 'string') return reachWords(code) ?? code
  return message
}

export interface ExportReport {
  failed(why: unknown): void
  worked(): void
}

/** Logs the first failure and the first success after it. */
export const reportOnce = (
  { address, signal }: { readonly address: string; readonly signal: 'traces' | 'metrics' },
  log: () => Logger,
): ExportReport => {
  let isReported = false
  return {
    failed: (error) => {
      if (isReported) return
      isReported = true
      const why = reasonOf(error)
      const { code, detail } = problemOf('telemetry-export', { address, signal, why })
      log().warn({ code, detail }, signal)
    },
    worked: () => {
      if (!isReported) return
      isReported = false
      log().info({ address }, `${signal} are sent again`)
    },
  }
}
