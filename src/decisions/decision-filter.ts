// Which decisions somebody wants to see: the query of the admin API, and the flags of `tail`.
import type { Decision } from './decision.ts'

export interface DecisionFilter {
  readonly outcome?: string | undefined
  readonly status?: string | undefined
  readonly code?: string | undefined
  /** By which door it came. */
  readonly door?: string | undefined
  /** A part of the name of the client program, or its client id. */
  readonly client?: string | undefined
  readonly sub?: string | undefined
  readonly backend?: string | undefined
  /** The tool, prompt or resource. */
  readonly name?: string | undefined
}

export const filterNames = [
  'outcome',
  'status',
  'code',
  'door',
  'client',
  'sub',
  'backend',
  'name',
] as const satisfies readonly (keyof DecisionFilter)[]

const isClient = ({ caller }: Decision, wanted: string): boolean =>
  caller.clientId === wanted ||
  caller.client?.name.toLowerCase().includes(wanted.toLowerCase()) === true

export const matches = (decision: Decision, filter: DecisionFilter): boolean => {
  const { outcome, status, problem, caller, request } = decision
  const isSame = (wanted: string | undefined, found: string | undefined) =>
    wanted === undefined || wanted === found
  return (
    isSame(filter.outcome, outcome) &&
    isSame(filter.status, status === undefined ? undefined : String(status)) &&
    isSame(filter.code, problem?.code) &&
    isSame(filter.door, request.door) &&
    isSame(filter.sub, caller.sub) &&
    isSame(filter.backend, request.backend) &&
    isSame(filter.name, request.name) &&
    (filter.client === undefined || isClient(decision, filter.client))
  )
}
