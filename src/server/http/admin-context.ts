// The running proxy as the operations of the admin API see it, whether they are asked over HTTP or over MCP.
import type { AdminWork } from '../../proxy/own-tools/admin-member.ts'
import type { Principal } from '../../base/principal.ts'
import type { AdminContext } from '../admin/context.ts'
import type { AdminCaller } from '../admin/rights.ts'
import type { ServerState } from './state.ts'

const metricsOf = async ({ telemetry, ports, sessions }: ServerState) => {
  const { metrics: text, metricsType: type } = telemetry
  if (text === undefined) return undefined
  ports.meter.gauge('mcp_proxy_sessions').set({}, sessions.count)
  return { type, text: await text() }
}

export const adminContextOf = (state: ServerState, caller: AdminCaller): AdminContext => ({
  caller,
  generation: state.generation,
  now: state.ports.clock.now(),
  decisions: state.decisions,
  history: state.history,
  sessions: state.sessions,
  control: state.control.current,
  metrics: () => metricsOf(state),
})

/** What acts on a running proxy leaves a line in the log. */
export const noteAct = (
  { ports }: Pick<ServerState, 'ports'>,
  act: { readonly requestId: string; readonly caller: string; readonly operation: string },
): void => {
  const { requestId, caller, operation } = act
  ports.log.info({ event: 'admin', request_id: requestId, admin: caller, operation }, 'admin')
}

/** What the log calls a caller of MCP. */
const nameOf = ({ sub, clientId, fingerprint = '' }: Principal): string =>
  sub ?? clientId ?? fingerprint

/** The admin tools: `current` is the state that is served. */
export const adminWork =
  (current: () => ServerState | undefined): AdminWork =>
  async (call, rights) => {
    const state = current()
    if (state === undefined) throw new Error('a call came before the proxy was assembled')
    // Most proxies are never asked.
    const { answerAdmin } = await import('../admin/mcp.ts')
    const caller = nameOf(call.caller.principal)
    return answerAdmin(call, {
      rights,
      context: adminContextOf(state, { name: caller, rights }),
      note: (operation) => noteAct(state, { requestId: call.requestId, caller, operation }),
    })
  }
