// What rules that only report would have refused: counted and logged, the same at every door.
import type { Ports } from '../../base/ports.ts'
import type { Principal } from '../../base/principal.ts'
import type { ReportedRule } from '../../mcp/call.ts'

export interface ReportedRequest {
  readonly requestId: string
  readonly principal: Principal
  /** What was asked for, under the names of the log. */
  readonly asked: Readonly<Record<string, string>>
}

export const noteWouldDeny = (
  { log, meter }: Pick<Ports, 'log' | 'meter'>,
  { requestId, principal, asked }: ReportedRequest,
  { rule, problem: { code, detail } }: ReportedRule,
): void => {
  meter.counter('mcp_proxy_policy_would_deny_total').add({ code, rule })
  log.warn(
    {
      event: 'policy',
      request_id: requestId,
      ...asked,
      rule,
      code,
      detail,
      sub: principal.sub,
      client_id: principal.clientId,
      token: principal.fingerprint,
    },
    'would be refused',
  )
}
