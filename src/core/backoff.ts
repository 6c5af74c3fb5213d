// How long to leave a server alone after it failed: longer each time, never the same for two processes.
import type { Ports } from '../base/ports.ts'

export interface Backoff {
  /** Counts a failure; `atLeastMs` is what the server itself asked for. */
  failed(atLeastMs?: number): void
  succeeded(): void
  /** 0 when the server may be asked now. */
  waitMs(): number
}

const firstMs = 1000
const longestMs = 60_000

export const createBackoff = ({ clock, random }: Pick<Ports, 'clock' | 'random'>): Backoff => {
  let failures = 0
  let until = Number.NEGATIVE_INFINITY
  return {
    failed: (atLeastMs = 0) => {
      const full = Math.min(longestMs, firstMs * 2 ** failures)
      failures += 1
      const jittered = full * (0.5 + random() / 2)
      until = clock.now() + Math.max(jittered, Math.min(atLeastMs, longestMs))
    },
    succeeded: () => {
      failures = 0
      until = Number.NEGATIVE_INFINITY
    },
    waitMs: () => Math.max(0, until - clock.now()),
  }
}
