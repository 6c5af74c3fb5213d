// Time as a port: what reads or waits for time takes a Clock, so tests never sleep.
import { cancelReason, type CancelSignal } from './cancellation.ts'

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Resolves after `ms` milliseconds, or rejects when the signal aborts first. */
  sleep(ms: number, signal?: CancelSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
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
