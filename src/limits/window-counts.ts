// Requests of the last period by key, in memory: never more than allowed in any stretch of time as long as a period.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/clock.ts'
import { mostKeys, type Counts, type Left, type Rate } from './counts.ts'

/** Requests that came close together: they count until the last of them is a period old. */
interface Batch {
  readonly first: number
  last: number
  count: number
}

interface Window {
  readonly batches: Batch[]
  total: number
}

/** As many batches as a window has: more of them give requests back sooner, and take more memory. */
const mostBatches = 32

export const createWindowCounts = (
  { requests, period_seconds }: Rate,
  clock: Pick<Clock, 'now'>,
  max = mostKeys,
): Counts => {
  const periodMs = period_seconds * 1000
  // Few requests are remembered one by one.
  const grainMs = requests <= mostBatches ? 0 : periodMs / mostBatches
  const windows = new LRUCache<string, Window>({ max })

  /** Without what is over. A clock that stepped back makes nothing last longer than a period from now. */
  const current = (window: Window, now: number): void => {
    const { batches } = window
    const newest = batches.at(-1)
    if (newest !== undefined && newest.last > now) {
      for (const batch of batches) batch.last = Math.min(batch.last, now)
    }
    let over = 0
    for (const batch of batches) {
      if (batch.last + periodMs > now) break
      window.total -= batch.count
      over += 1
    }
    if (over > 0) batches.splice(0, over)
  }

  const leftOf = ({ batches, total }: Window, now: number, isAllowed: boolean): Left => {
    const [oldest] = batches
    return {
      isAllowed,
      remaining: requests - total,
      waitMs: oldest === undefined ? 0 : oldest.last + periodMs - now,
    }
  }

  const whole: Left = { isAllowed: true, remaining: requests, waitMs: 0 }

  return {
    look: (key) => {
      const window = windows.get(key)
      if (window === undefined) return whole
      const now = clock.now()
      current(window, now)
      return leftOf(window, now, window.total < requests)
    },
    take: (key) => {
      const now = clock.now()
      let window = windows.get(key)
      if (window === undefined) {
        window = { batches: [], total: 0 }
        windows.set(key, window)
      } else current(window, now)
      if (window.total >= requests) return leftOf(window, now, false)
      const newest = window.batches.at(-1)
      if (newest !== undefined && now - newest.first <= grainMs) {
        newest.last = now
        newest.count += 1
      } else window.batches.push({ first: now, last: now, count: 1 })
      window.total += 1
      return leftOf(window, now, true)
    },
  }
}
