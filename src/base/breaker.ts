// Stops asking a server that keeps failing, and lets one call find out whether it is back.
import type { Clock } from './clock.ts'

export interface Breaker {
  /** Whether a call may go out now. While one is on trial, no other may. */
  admits(): boolean
  record(ok: boolean): void
  /** How long it stays shut; 0 when it is not. */
  waitMs(): number
}

export interface BreakerOptions {
  readonly clock: Clock
  readonly failures: number
  readonly openMs: number
}

export const createBreaker = ({ clock, failures, openMs }: BreakerOptions): Breaker => {
  let inRow = 0
  let openUntil = Number.NEGATIVE_INFINITY
  let onTrial = false
  const isTripped = (): boolean => inRow >= failures
  return {
    admits: () => {
      if (!isTripped()) return true
      if (onTrial || clock.now() < openUntil) return false
      onTrial = true
      return true
    },
    record: (ok) => {
      onTrial = false
      inRow = ok ? 0 : inRow + 1
      if (isTripped()) openUntil = clock.now() + openMs
    },
    waitMs: () => (isTripped() ? Math.max(0, openUntil - clock.now()) : 0),
  }
}
