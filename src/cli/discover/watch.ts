// Looks again and again, and says what changed since the last time that something could be seen.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import { compareReports, type Change } from './compare-reports.ts'
import type { DiscoverReport } from './discover-report.ts'
import { comparable, type ComparableReport } from './earlier-report.ts'

/** What happened, as `--json` tells it, one a line. */
export type WatchEvent =
  | { readonly time: string; readonly event: 'report'; readonly report: DiscoverReport }
  | { readonly time: string; readonly event: 'change'; readonly change: Change }
  /** Nobody could tell; until it can be told again, nothing is compared. */
  | { readonly time: string; readonly event: 'silence'; readonly why: string }
  | { readonly time: string; readonly event: 'answer' }

export interface WatchOptions {
  readonly everySeconds: number
  readonly failOn: Severity
  readonly clock: Clock
  readonly signal: AbortSignal
  /** One run. Never rejects for what the network does. */
  readonly look: () => Promise<DiscoverReport>
  readonly tell: (event: WatchEvent) => void
}

/** Nobody is asked more often than this. */
export const shortestSeconds = 5
export const longestSeconds = 86_400
export const usualSeconds = 60

const whyOf = ({ attempts }: DiscoverReport): string =>
  attempts.find(({ problem }) => problem !== null)?.problem ?? 'the server answers with errors'

const comparedOf = (report: DiscoverReport): ComparableReport => {
  const read = comparable(report as unknown as Json)
  if ('wanted' in read) throw new Error(`a report of our own lacks ${read.at}`)
  return read
}

/** Rejects with the signal's reason once it aborts; else it goes on for ever. */
export const watch = async (options: WatchOptions): Promise<never> => {
  const { clock, failOn, look, signal, tell } = options
  const time = (): string => `${new Date(clock.now()).toISOString().slice(0, 19)}Z`
  let seen: ComparableReport | undefined
  let isSilent = false
  for (let run = 1; ; run += 1) {
    const report = await look()
    signal.throwIfAborted()
    const undecided = report.verdict === 'undecided'
    const now = comparedOf(report)
    const isFirst = seen === undefined && (run === 1 || !undecided)
    if (isFirst) tell({ time: time(), event: 'report', report })
    else if (undecided && !isSilent) tell({ time: time(), event: 'silence', why: whyOf(report) })
    else if (!undecided && isSilent) tell({ time: time(), event: 'answer' })
    if (!undecided) {
      const { changes } = seen === undefined ? { changes: [] } : compareReports(seen, now, failOn)
      for (const change of changes) tell({ time: time(), event: 'change', change })
      seen = now
    }
    isSilent = undecided
    await clock.sleep(options.everySeconds * 1000, signal)
  }
}
