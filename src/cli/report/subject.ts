// One thing that was judged, as every output form reports it.
import type { CheckReport, ProblemReport } from '../../core/verdict/checks-report.ts'
import type { HintReport } from './hints.ts'

/** One thing that was judged, as every form tells it. */
export interface Subject {
  /** What was judged: a token by its fingerprint, an address. */
  readonly name: string
  readonly verdict: string
  /** The configuration file that it comes from. */
  readonly file?: string | undefined
  readonly problem: ProblemReport | null
  /** Facts worth a line each. */
  readonly facts: readonly (readonly [name: string, text: string])[]
  readonly checks: readonly CheckReport[]
  readonly hints: readonly HintReport[]
  /** Whether a check counts against the subject. */
  readonly counts: (check: CheckReport) => boolean
  /** Whether a check was skipped because an answer did not come. */
  readonly unsettled?: (check: CheckReport) => boolean
}
