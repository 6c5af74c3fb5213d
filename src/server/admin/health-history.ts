// How the health of the backends has changed: the latest transitions of all of them.
import type { Backend, Health } from '../../backends/backend.ts'

export interface HealthTransition {
  readonly backend: string
  readonly state: Health['state']
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Why it is down. */
  readonly code: string | undefined
}

export interface HealthHistory {
  /** Records the backend from now on; once for each, however often it is asked. */
  watch(backend: Backend): void
  /** Newest first. */
  of(backend: string): readonly HealthTransition[]
}

const mostKept = 1000

/** A backend that is down and is tried again is down all the time. */
export const createHealthHistory = (): HealthHistory => {
  const watched = new WeakSet<Backend>()
  let kept: HealthTransition[] = []
  return {
    watch: (backend) => {
      if (watched.has(backend)) return
      watched.add(backend)
      let last: Health['state'] | undefined
      const note = (health: Health): void => {
        const { state, since } = health
        if (state === last) return
        last = state
        const code = health.state === 'down' ? health.problem.code : undefined
        kept.push({ backend: backend.name, state, since, code })
        if (kept.length >= 2 * mostKept) kept = kept.slice(-mostKept)
      }
      note(backend.health)
      backend.subscribe((event) => {
        if (event.kind === 'health') note(event.health)
      })
    },
    of: (name) =>
      kept
        .slice(-mostKept)
        .filter(({ backend }) => backend === name)
        .reverse(),
  }
}
