// Stops asking a server that keeps failing, and lets one call find out whether it is back.
import type { Clock } from './clock.ts'

/** What a call proves about the server: `unclear` where the cause may be what was asked. */
export type CallOutcome = 'up' | 'down' | 'unclear'

export interface Breaker {
  /**
   * Undefined: the call must not go out now. Else its end is reported once. `subject`: whose failure proves
   * something; of one subject it counts once in a row. While a subject is on trial, no other may go out;
   * a call without a subject is never a trial, so that it can delay nobody.
   */
  admit(subject?: string): ((outcome: CallOutcome) => void) | undefined
  /** How long it stays shut; 0 when it is not. */
  waitMs(): number
}

export interface BreakerOptions {
  readonly clock: Clock
  readonly failures: number
  readonly openMs: number
}

export const createBreaker = ({ clock, failures, openMs }: BreakerOptions): Breaker => {
  const failing = new Set<string>()
  let withoutSubject = 0
  let openUntil = Number.NEGATIVE_INFINITY
  let trial: symbol | undefined

  const isTripped = (): boolean => failing.size + withoutSubject >= failures

  const record = (outcome: CallOutcome, subject: string | undefined): void => {
    if (outcome === 'unclear') return
    if (outcome === 'up') {
      failing.clear()
      withoutSubject = 0
      return
    }
    if (!isTripped()) {
      if (subject === undefined) withoutSubject += 1
      else failing.add(subject)
    }
    if (isTripped()) openUntil = clock.now() + openMs
  }

  return {
    admit: (subject) => {
      const call = Symbol('call')
      if (isTripped()) {
        if (clock.now() < openUntil) return undefined
        if (subject !== undefined) {
          if (trial !== undefined) return undefined
          trial = call
        }
      }
      return (outcome) => {
        if (trial === call) trial = undefined
        record(outcome, subject)
      }
    },
    waitMs: () => (isTripped() ? Math.max(0, openUntil - clock.now()) : 0),
  }
}
