// What the admin API answers, as the proxy declares it.
import type * as z from 'zod'
import type { DecisionReport, DecisionSummary } from '../../src/decisions/decision-report.ts'
import type * as schemas from '../../src/server/admin/schemas.ts'

export type { DecisionReport, DecisionSummary }
export type { CheckReport } from '../../src/core/verdict/checks-report.ts'

export type Backends = z.output<typeof schemas.backendsSchema>

export interface Decisions {
  readonly decisions: readonly DecisionSummary[]
  readonly found: number
}

export interface DecisionsOfRequest {
  readonly id: string
  readonly decisions: readonly DecisionReport[]
}
