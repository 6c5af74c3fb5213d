// How long to leave a server alone after it failed: longer each time, never the same for two processes.
import type { Ports } from './ports.ts'

export interface Backoff {
  failed(): void
  /** Waits without counting a failure: somebody else knows how long. */
  hold(ms: number): void
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
    failed: () => {
      const full = Math.min(longestMs, firstMs * 2 ** failures)
      failures += 1
      until = clock.now() + full * (0.5 + random() / 2)
    },
    hold: (ms) => {
      until = clock.now() + Math.min(ms, longestMs)
    },
    succeeded: () => {
      failures = 0
      until = Number.NEGATIVE_INFINITY
    },
    waitMs: () => Math.max(0, until - clock.now()),
  }
}
