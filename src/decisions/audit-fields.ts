// One audit line as fields of the log: who asked, for what, from where, how long it took, and by which rule it was decided.
import type { LogFields } from '../base/ports.ts'
import type { Decision, WouldDeny } from './decision.ts'

export interface AuditedEvent extends Pick<
  Decision,
  'id' | 'request' | 'caller' | 'status' | 'traceId'
> {
  readonly event: 'audit' | 'refusal'
  readonly outcome: string
  readonly code: string | undefined
  readonly detail: string | undefined
  readonly rule?: string | undefined
  /** The rules that only report and would have refused. */
  readonly wouldDeny?: readonly WouldDeny[]
  readonly durationMs?: number
}

/** Undefined where there is none: no line has an empty field. */
const rulesText = (found: readonly WouldDeny[] = []): string | undefined =>
  found.length === 0 ? undefined : [...new Set(found.map(({ rule }) => rule))].join(' ')

/** `schemas/audit.schema.json` describes them. Never a token, an argument or a result. */
export const auditFields = (audited: AuditedEvent): LogFields => {
  const { event, id, traceId, outcome, code, detail, rule, wouldDeny, status } = audited
  const { request, caller, durationMs } = audited
  const { claimed } = caller
  return {
    event,
    request_id: id,
    trace_id: traceId,
    door: request.door,
    http_method: request.http_method,
    path: request.path,
    method: request.method,
    name: request.name,
    backend: request.backend,
    credential: request.credential,
    reused: request.reused,
    outcome,
    status,
    code,
    rule,
    would_deny: rulesText(wouldDeny),
    detail,
    duration_ms: durationMs,
    iss: caller.iss ?? claimed?.iss,
    aud: claimed?.aud,
    kid: claimed?.kid,
    unverified: claimed === undefined ? undefined : true,
    sub: caller.sub,
    client_id: caller.clientId,
    client: caller.client?.name,
    client_version: caller.client?.version,
    address: caller.address,
    session: caller.session,
    token: caller.token,
  }
}
