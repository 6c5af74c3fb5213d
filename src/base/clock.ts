// Time as a port: what reads or waits for time takes a Clock, so tests never sleep.
import { cancelReason, type CancelSignal } from './cancellation.ts'

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds since an unknown moment, which never set forward or back: for how long something takes. */
  elapsed(): number
  /** Resolves after `ms` milliseconds, or rejects when the signal aborts first. */
  sleep(ms: number, signal?: CancelSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(cancelReason(signal))
        return
      }
      const onAbort = () => {
        clearTimeout(timer)
        reject(cancelReason(signal))
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}
