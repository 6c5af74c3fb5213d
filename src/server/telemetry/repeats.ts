// Equal events that come again and again: the first is shown at once, the others are counted and shown as a number.
import type { Clock } from '../../base/clock.ts'

const windowMs = 60_000
/** As many different events are remembered; the oldest makes room. */
const most = 500

interface Seen {
  readonly since: number
  count: number
  readonly show: (count: number, seconds: number) => void
}

export interface Repeats {
  /** Whether the event is to be shown now. `show` is called later where it came more than once. */
  isNew(key: string, show: Seen['show']): boolean
  /** Shows what was counted so far. */
  close(): void
}

export const createRepeats = (clock: Clock): Repeats => {
  const seen = new Map<string, Seen>()
  const ended = new AbortController()
  let watching = false

  const conclude = (key: string, event: Seen): void => {
    seen.delete(key)
    if (event.count > 1) {
      event.show(event.count, Math.max(1, Math.round((clock.now() - event.since) / 1000)))
    }
  }
  const concludeOld = (): void => {
    const old = clock.now() - windowMs
    for (const [key, event] of seen) {
      // In the order in which they came first.
      if (event.since > old) return
      conclude(key, event)
    }
  }
  const watch = async (): Promise<void> => {
    watching = true
    for (;;) {
      const [oldest] = seen.values()
      if (oldest === undefined) break
      await clock.sleep(Math.max(1, oldest.since + windowMs - clock.now()), ended.signal)
      concludeOld()
    }
    watching = false
  }
  return {
    isNew: (key, show) => {
      concludeOld()
      const known = seen.get(key)
      if (known !== undefined) {
        known.count += 1
        return false
      }
      if (seen.size >= most) {
        const [oldest] = seen
        if (oldest !== undefined) conclude(...oldest)
      }
      seen.set(key, { since: clock.now(), count: 1, show })
      // An aborted sleep is the end.
      if (!watching) watch().catch(() => undefined)
      return true
    },
    close: () => {
      ended.abort()
      for (const [key, event] of seen) conclude(key, event)
    },
  }
}
