// A decision of a running proxy, as `why` reports it.
import type { DecisionReport } from '../../decisions/decision-report.ts'

export interface WhyReport {
  readonly schema_version: 1
  readonly command: 'why'
  /** How the first of the decisions ended. */
  readonly verdict: DecisionReport['outcome']
  readonly id: string
  /** Where the proxy is that was asked; null: a file was read. */
  readonly proxy: string | null
  /** The file that was read; null: a proxy was asked. */
  readonly file: string | null
  /** In their order; more than one for the calls of a batch. */
  readonly decisions: readonly DecisionReport[]
}
