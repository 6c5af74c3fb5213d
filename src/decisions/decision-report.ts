// A kept decision as JSON: the admin API answers with it, and `why` and `tail` print it.
import { shortened } from '../base/escape.ts'
import type { Json } from '../base/json.ts'
import {
  checkReport,
  problemReport,
  type CheckReport,
  type ProblemReport,
} from '../core/verdict/checks-report.ts'
import type { Reuse } from '../mcp/call.ts'
import type { ClientName, DecidedBy, DoorName, KeptDecision } from './decision.ts'
import { factsReport, type FactsReport } from './facts.ts'

export interface CallerReport {
  readonly address: string | null
  readonly client: { readonly name: string; readonly version: string | null } | null
  readonly iss: string | null
  readonly sub: string | null
  readonly client_id: string | null
  readonly token: string | null
  readonly session: string | null
  /** What a refused token says of itself. Unverified. */
  readonly claimed: { readonly iss: Json; readonly aud: Json; readonly kid: Json } | null
}

/** One decision in a line. */
export interface DecisionSummary {
  /** Its place in the order of all decisions of the process. */
  readonly seq: number
  readonly id: string
  /** Of the trace of the request; null where it has none. */
  readonly trace_id: string | null
  /** RFC 3339. */
  readonly time: string
  readonly outcome: KeptDecision['outcome']
  readonly status: number | null
  readonly code: string | null
  readonly detail: string | null
  readonly request: {
    /** By which door it came. */
    readonly door: DoorName | null
    readonly http_method: string | null
    /** Of the request that a gateway asked about. */
    readonly path: string | null
    readonly method: string | null
    readonly name: string | null
    readonly backend: string | null
    /** How the proxy proves itself there: the kind, never the credential. */
    readonly credential: string | null
    /** `cache`: the answer was kept. `shared`: it is that of an identical call under way. */
    readonly reused: Reuse | null
  }
  readonly caller: CallerReport
  readonly by: readonly CauseReport[]
  /** What rules that only report would have refused. */
  readonly would_deny: readonly WouldDenyReport[]
  /** Milliseconds. */
  readonly duration: number | null
  /** A loop of the client that this decision showed, in words; null for all others. */
  readonly loop: string | null
}

export interface DecisionReport extends DecisionSummary {
  readonly problem: ProblemReport | null
  readonly checks: readonly CheckReport[]
  /** What another configuration needs to judge the request again; null: an older version wrote the decision. */
  readonly facts: FactsReport | null
}

/** What a rule that only reports would have refused. */
export interface WouldDenyReport {
  readonly rule: string
  readonly code: string
  readonly detail: string
}

/** What refused the request, or let it through. */
export interface CauseReport {
  readonly kind: DecidedBy['kind']
  readonly name: string
  /** Of the list that decided; null where there is none, or nothing in it matches. */
  readonly pattern: string | null
}

const longest = 300
const mostCauses = 20

const text = (value: string | undefined): string | null =>
  value === undefined ? null : shortened(value, longest)

const clientReport = (client: ClientName | undefined): CallerReport['client'] =>
  client === undefined
    ? null
    : { name: shortened(client.name, longest), version: text(client.version) }

/** The first of them: who has many roles may have as many lists without the tool. */
export const causeReports = (by: readonly DecidedBy[]): readonly CauseReport[] =>
  by.slice(0, mostCauses).map(({ kind, name, pattern }) => ({
    kind,
    name: shortened(name, longest),
    pattern: text(pattern),
  }))

export const decisionSummary = (decision: KeptDecision): DecisionSummary => {
  const {
    seq,
    id,
    traceId,
    time,
    outcome,
    status,
    problem,
    request,
    caller,
    by,
    durationMs,
    loop,
    wouldDeny,
  } = decision
  const { claimed } = caller
  return {
    seq,
    id,
    trace_id: traceId ?? null,
    time: new Date(time).toISOString(),
    outcome,
    status: status ?? null,
    code: problem?.code ?? null,
    detail: text(problem?.detail),
    request: {
      door: request.door ?? null,
      http_method: text(request.http_method),
      path: text(request.path),
      method: text(request.method),
      name: text(request.name),
      backend: text(request.backend),
      credential: text(request.credential),
      reused: request.reused ?? null,
    },
    caller: {
      address: text(caller.address),
      client: clientReport(caller.client),
      iss: text(caller.iss),
      sub: text(caller.sub),
      client_id: text(caller.clientId),
      token: text(caller.token),
      session: text(caller.session),
      claimed:
        claimed === undefined
          ? null
          : { iss: claimed.iss ?? null, aud: claimed.aud ?? null, kid: claimed.kid ?? null },
    },
    by: causeReports(by),
    would_deny: wouldDeny.slice(0, mostCauses).map(({ rule, problem: found }) => ({
      rule: shortened(rule, longest),
      code: found.code,
      detail: shortened(found.detail, longest),
    })),
    loop: text(loop?.detail),
    duration: durationMs === undefined ? null : Math.round(durationMs * 1000) / 1000,
  }
}

export const decisionReport = (decision: KeptDecision): DecisionReport => ({
  ...decisionSummary(decision),
  problem: decision.problem === undefined ? null : problemReport(decision.problem),
  checks: decision.checks.map((check) => checkReport(check)),
  facts: factsReport(decision.facts),
})
