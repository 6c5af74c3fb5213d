// How often calls may be sent again: a share of the calls of the last seconds, and a few each second for backends with few.
import type { Clock } from '../base/clock.ts'

export interface RetryBudget {
  /** A call came. */
  count(): void
  /** Whether one may be sent again; it counts as sent then. */
  take(): boolean
}

export interface Allowance {
  readonly budget_percent: number
  readonly min_retries_per_sec: number
}

export const budgetSeconds = 10

export const retryBudget = (
  { budget_percent: percent, min_retries_per_sec: floor }: Allowance,
  clock: Clock,
): RetryBudget => {
  const seconds = Array.from({ length: budgetSeconds }, () => ({ at: -1, calls: 0, retries: 0 }))
  const current = () => {
    const at = Math.floor(clock.now() / 1000)
    const index = at % budgetSeconds
    const known = seconds[index]
    if (known?.at === at) return known
    const fresh = { at, calls: 0, retries: 0 }
    seconds[index] = fresh
    return fresh
  }
  /** Whether one more stays within the share. Seconds of a clock that was set back do not count. */
  const hasShare = (now: number): boolean => {
    const recent = seconds.filter(({ at }) => at <= now && at > now - budgetSeconds)
    const calls = recent.reduce((sum, second) => sum + second.calls, 0)
    const retries = recent.reduce((sum, second) => sum + second.retries, 0)
    return (retries + 1) * 100 <= calls * percent
  }
  return {
    count: () => {
      current().calls += 1
    },
    take: () => {
      const second = current()
      const allowed = second.retries < floor || hasShare(second.at)
      if (allowed) second.retries += 1
      return allowed
    },
  }
}
