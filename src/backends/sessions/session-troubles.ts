// Whose sessions fail again and again: those are opened less and less often.
import type { Clock } from '../../base/clock.ts'
import type { Problem } from '../../problems/problem.ts'
import { createBackoff, type Backoff } from '../../base/backoff.ts'

/** Callers whose sessions fail, remembered so that their calls do not start a process each. */
const maxTroubled = 1000

export interface Trouble {
  readonly problem: Problem
  /** It did not open, or it ended. */
  readonly at: 'start' | 'end'
}

interface Noted extends Trouble {
  readonly backoff: Backoff
  /** No new session before this. */
  readonly until: number
}

export interface Troubles {
  /** Once may happen to anybody; what fails again is tried less and less often. */
  note(id: string, problem: Problem, at: Trouble['at']): void
  /** Why no session may be opened yet. */
  standing(id: string): Trouble | undefined
  forget(id: string): void
}

export const createTroubles = (clock: Clock, random: () => number): Troubles => {
  const troubled = new Map<string, Noted>()
  return {
    note: (id, problem, at) => {
      const known = troubled.get(id)
      const backoff = known?.backoff ?? createBackoff(random)
      const waitMs = known === undefined ? 0 : backoff.next()
      troubled.delete(id)
      troubled.set(id, { backoff, problem, at, until: clock.now() + waitMs })
      const [oldest] = troubled.keys()
      if (troubled.size > maxTroubled && oldest !== undefined) troubled.delete(oldest)
    },
    standing: (id) => {
      const trouble = troubled.get(id)
      return trouble !== undefined && trouble.until > clock.now() ? trouble : undefined
    },
    forget: (id) => {
      troubled.delete(id)
    },
  }
}
