// One call on one link: in the session of its caller where the link is of the session era, through rounds where it is not.
import type { Clock } from '../../base/clock.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { methodSpec } from '../../mcp/methods.ts'
import type { Link } from '../link/link.ts'
import { throughRounds, type RoundOptions } from '../link/rounds.ts'
import { needsOwnSession, type SessionPool } from '../sessions/session-pool.ts'

export interface CarryOptions {
  readonly name: string
  readonly clock: Clock
  /** Whether callers have sessions of their own. */
  readonly ownSessions: boolean
  readonly pool: Pick<SessionPool, 'run'>
  expose(question: JsonRpcRequest): JsonRpcRequest
  send(link: Link, call: Call): Promise<Reply>
}

export const createCarrier = (options: CarryOptions) => {
  const { name, clock, ownSessions, pool, expose, send } = options
  const roundsOf = (on: Link, call: Call): RoundOptions => ({
    backend: name,
    clock,
    expose,
    again: (added) => {
      const { request } = call
      return send(on, {
        ...call,
        request: { ...request, params: { ...request.params, ...added } },
      })
    },
  })
  return (on: Link, call: Call): Promise<Reply> => {
    if (on.agreement.era === 'legacy') {
      return ownSessions && needsOwnSession(call)
        ? pool.run(call, (own) => send(own, call))
        : send(on, call)
    }
    const first = send(on, call)
    return call.client.era === 'legacy' && methodSpec(call.request.method)?.asks === true
      ? first.then((reply) => throughRounds(call, reply, roundsOf(on, call)))
      : first
  }
}
