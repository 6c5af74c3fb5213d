// The acceptances that were drawn from remembered answers: as long as only the clock could change one, it need not be
// drawn again.
import type { Clock } from '../../base/clock.ts'
import type { Verdict } from '../verdict/verdict.ts'
import type { CachedAnswer } from './introspection-cache.ts'

/** What a verdict was drawn from. */
interface Ground {
  readonly key: string
  readonly endpoint: string | undefined
  readonly hit: CachedAnswer
}

export interface DrawnVerdicts {
  /** The acceptance that was drawn from this answer, while no date in it has passed. */
  of(hit: CachedAnswer): Verdict | undefined
  /** Does nothing with what is no acceptance: a date that has not come yet may come. */
  keep(verdict: Verdict, ground: Ground): void
  /** From what this acceptance was drawn, while no date in it has passed. */
  groundOf(verdict: Verdict): Ground | undefined
}

interface Drawn extends Ground {
  readonly verdict: Verdict
  readonly from: number
  readonly until: number
}

export const createDrawnVerdicts = (clock: Clock): DrawnVerdicts => {
  const byAnswer = new WeakMap<CachedAnswer, Drawn>()
  const byVerdict = new WeakMap<Verdict, Drawn>()
  const current = (drawn: Drawn | undefined): Drawn | undefined => {
    const now = clock.now()
    return drawn !== undefined && now >= drawn.from && now < drawn.until ? drawn : undefined
  }
  return {
    of: (hit) => current(byAnswer.get(hit))?.verdict,
    keep: (verdict, ground) => {
      if (verdict.outcome !== 'accepted') return
      // Dates that had come by then have come ever after: only the end is left to watch.
      const until = verdict.expiresAt ?? ground.hit.until
      const drawn = { ...ground, verdict, from: clock.now(), until }
      byAnswer.set(ground.hit, drawn)
      byVerdict.set(verdict, drawn)
    },
    groundOf: (verdict) => current(byVerdict.get(verdict)),
  }
}
