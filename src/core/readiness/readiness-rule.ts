// One rule of MCP authorization: whom it binds, how firmly, and since which version of the protocol.
import type { ProblemCode } from '../../problems/problem.ts'

export type Revision = '2025-03-26' | '2025-06-18' | '2025-11-25' | '2026-07-28'

export type RuleFor = 'MCP server' | 'authorization server' | 'client'

export interface ReadinessRule {
  readonly id: string
  readonly for: RuleFor
  readonly level: 'MUST' | 'SHOULD' | 'MAY'
  /** The protocol versions that say so. */
  readonly revisions: readonly Revision[]
  readonly rule: string
  readonly spec: string
  /** The checks that answer it; none for rules that bind clients. */
  readonly checks: readonly ProblemCode[]
  /** For rules of clients: the command that keeps them. */
  readonly keptBy?: 'discover' | 'login'
}

export const everywhere: readonly Revision[] = [
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
  '2026-07-28',
]
export const sinceMetadata: readonly Revision[] = ['2025-06-18', '2025-11-25', '2026-07-28']
export const sinceOidc: readonly Revision[] = ['2025-11-25', '2026-07-28']
export const modern: readonly Revision[] = ['2026-07-28']
