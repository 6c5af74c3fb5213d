// What the admin API answers, as the proxy declares it.
import type * as z from 'zod'
import type { DecisionReport, DecisionSummary } from '../../src/decisions/decision-report.ts'
import type * as schemas from '../../src/server/admin/schemas.ts'

export type { DecisionReport, DecisionSummary }
export type { CheckReport } from '../../src/core/verdict/checks-report.ts'

export type Backends = z.output<typeof schemas.backendsSchema>
export type Backend = Backends['backends'][number]
export type Sessions = z.output<typeof schemas.sessionsSchema>
export type Configuration = z.output<typeof schemas.configurationSchema>
export type Transitions = z.output<typeof schemas.transitionsSchema>
export type BackendTools = z.output<typeof schemas.backendToolsSchema>
export type TokenVerdict = z.output<typeof schemas.tokenVerdictSchema>

export interface Decisions {
  readonly decisions: readonly DecisionSummary[]
  readonly found: number
}

export interface DecisionsOfRequest {
  readonly id: string
  readonly decisions: readonly DecisionReport[]
}
