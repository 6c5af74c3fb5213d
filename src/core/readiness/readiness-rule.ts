// One rule of MCP authorization: whom it binds, how firmly, and since which version of the protocol.
import { modernVersions, revisions, revisionsSince, type Revision } from '../../mcp/revision.ts'
import type { ProblemCode } from '../../problems/problem.ts'

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
  /** Of these checks, only the case given here breaks the rule. */
  readonly onlyCase?: Partial<Record<ProblemCode, string>>
  /** For rules of clients: the command that keeps them. */
  readonly keptBy?: 'discover' | 'login'
}

export const everywhere = revisions
export const sinceMetadata = revisionsSince('2025-06-18')
export const sinceOidc = revisionsSince('2025-11-25')
export const modern: readonly Revision[] = modernVersions
