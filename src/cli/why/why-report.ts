// A decision of a running proxy, as `why` reports it.
import type { DecisionReport } from '../../decisions/decision-report.ts'

export interface WhyReport {
  readonly schema_version: 1
  readonly command: 'why'
  /** How the first of the decisions ended. */
  readonly verdict: DecisionReport['outcome']
  readonly id: string
  /** Where the proxy is. */
  readonly proxy: string
  /** In their order; more than one for the calls of a batch. */
  readonly decisions: readonly DecisionReport[]
}
