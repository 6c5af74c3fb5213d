// Waits that end: with the work, at a deadline, or when the result is not wanted any more. No timer and no listener is
// left behind, and the work itself goes on: to stop it is up to who started it.
import { createCancel, type CancelSignal } from './cancellation.ts'
import type { Clock } from './clock.ts'

export interface Limit {
  readonly ms: number
  readonly clock: Clock
  /** Ends the wait early, as the deadline does. */
  readonly signal?: CancelSignal
}

/** What the work gives or rejects with, or what `late` gives where the limit comes first; `late` runs only then. */
export const within = async <Result, Late>(
  work: Promise<Result>,
  { ms, clock, signal }: Limit,
  late: () => Late,
): Promise<Result | Late> => {
  const over = createCancel()
  const end = () => over.abort()
  let isSettled = false
  // Once the race is decided, the result of this is not read.
  const atLimit = () => (isSettled ? (undefined as never) : late())
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted === true) end()
  try {
    return await Promise.race([work, clock.sleep(ms, over.signal).then(atLimit, atLimit)])
  } finally {
    isSettled = true
    end()
    signal?.removeEventListener('abort', end)
  }
}

/** What the work gives or rejects with, or undefined where `signal` aborts first. */
export const unlessAborted = async <Result>(
  work: Promise<Result>,
  signal: CancelSignal,
): Promise<Result | undefined> => {
  let leave: () => void = () => undefined
  const gone = new Promise<undefined>((resolve) => {
    leave = () => resolve(undefined)
  })
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) leave()
  try {
    return await Promise.race([work, gone])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
