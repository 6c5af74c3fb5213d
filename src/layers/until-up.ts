// Waits for a backend to come up, no longer than there is a chance of it.
import type { Backend } from '../backends/backend.ts'
import type { CancelSignal } from '../base/cancellation.ts'
import type { Clock } from '../base/clock.ts'

/** Resolves to whether the backend is up: at once, when its health changes, or after `limitMs`. */
export const untilUp = (
  backend: Pick<Backend, 'health' | 'subscribe'>,
  clock: Clock,
  limitMs: number,
  signal: CancelSignal,
): Promise<boolean> => {
  const until = clock.now() + limitMs
  const isUp = () => backend.health.state === 'up'
  /** It is known to come too late, or not at all. */
  const isHopeless = (): boolean => {
    const { health } = backend
    return health.state === 'down' && (health.retryAt === undefined || health.retryAt > until)
  }
  if (isUp() || isHopeless() || signal.aborted) return Promise.resolve(isUp())
  return new Promise((resolve) => {
    const timer = new AbortController()
    const end = () => {
      unsubscribe()
      signal.removeEventListener('abort', end)
      timer.abort()
      resolve(isUp())
    }
    const unsubscribe = backend.subscribe(({ kind }) => {
      if (kind === 'health' && (isUp() || isHopeless())) end()
    })
    signal.addEventListener('abort', end, { once: true })
    clock.sleep(limitMs, timer.signal).then(end, () => undefined)
  })
}
