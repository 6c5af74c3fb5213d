// What one run of one set of scenarios came to.
import type { Comparison } from './expected.ts'
import type { Counts, Weakness } from './outcome.ts'
import type { Run } from './plan.ts'

export interface Finding extends Comparison {
  readonly run: Run
  readonly set: string
  readonly counts: Counts
  readonly weak: readonly Weakness[]
  readonly seconds: number
  /** Weaker than listed at the first try, and not at the second. */
  readonly weakerOnce: readonly Weakness[]
}
