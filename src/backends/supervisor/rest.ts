// The wait before a server is tried again, which a call that needs the server cuts short.
import type { Clock } from '../../base/clock.ts'

export interface Rest {
  /** Resolves after `ms`, earlier when it is cut short, and at once when the backend is closed. */
  wait(ms: number): Promise<void>
  /**
   * Makes the wait end soon. The new end in milliseconds since the epoch; undefined where nothing waits, or where the wait
   * ends as soon anyway.
   */
  cutShort(): number | undefined
  /** Whether the last wait was cut short. */
  readonly wasCut: boolean
}

/** However many calls come, the server is tried at most once in this time. */
const leastMs = 1000

export const createRest = (clock: Clock, closing: AbortSignal): Rest => {
  let planned:
    { readonly from: number; readonly until: number; readonly cut: AbortController } | undefined
  let cutAt: number | undefined
  const sleep = (ms: number, signal: AbortSignal) => clock.sleep(ms, signal).catch(() => undefined)
  return {
    wait: async (ms) => {
      const from = clock.now()
      const cut = new AbortController()
      cutAt = undefined
      planned = { from, until: from + ms, cut }
      await sleep(ms, AbortSignal.any([cut.signal, closing]))
      if (cutAt !== undefined) await sleep(Math.max(0, cutAt - clock.now()), closing)
      planned = undefined
    },
    cutShort: () => {
      if (planned === undefined || cutAt !== undefined) return undefined
      const at = Math.max(clock.now(), planned.from + leastMs)
      if (at >= planned.until) return undefined
      cutAt = at
      planned.cut.abort()
      return at
    },
    get wasCut() {
      return cutAt !== undefined
    },
  }
}
