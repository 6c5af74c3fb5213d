// Logs and counts loops of clients as decisions show them.
import type { Ports } from '../../base/ports.ts'
import type { KeptDecision } from '../../decisions/decision.ts'
import { hintOf } from '../../problems/problem.ts'

export const noteLoops =
  ({ log, meter }: Pick<Ports, 'log' | 'meter'>) =>
  ({ id, loop, problem, caller }: KeptDecision): void => {
    if (loop === undefined) return
    const code = problem?.code ?? loop.code
    meter.counter('mcp_proxy_client_loops_total').add({ code })
    log.warn(
      {
        event: 'loop',
        request_id: id,
        code,
        detail: loop.detail,
        fix: hintOf(loop),
        client: caller.client?.name,
        address: caller.address,
        token: caller.token,
      },
      'a client is refused again and again',
    )
  }
