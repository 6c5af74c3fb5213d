// One call on one link: in the session of its caller where the link is of the session era, through rounds where it is not.
import type { Clock } from '../../base/clock.ts'
import type { Call, Caller, Reply } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { methodSpec } from '../../mcp/methods.ts'
import type { Link } from '../link/link.ts'
import { throughRounds, type RoundOptions } from '../link/rounds.ts'
import type { SessionPool } from '../sessions/session-pool.ts'

export interface CarryOptions {
  readonly name: string
  readonly clock: Clock
  readonly pool: Pick<SessionPool, 'run'>
  /** Whether that caller has a session of its own beside that link. */
  readonly hasOwn: (on: Link, caller: Caller) => boolean
  readonly expose: (question: JsonRpcRequest) => JsonRpcRequest
  readonly send: (link: Link, call: Call) => Promise<Reply>
  /** As `send`, on the session that callers share. */
  readonly onShared: (link: Link, call: Call) => Promise<Reply>
}

export const createCarrier = (options: CarryOptions) => {
  const { name, clock, hasOwn, pool, expose, send, onShared } = options
  let lastQuestion = 0
  const roundsOf = (on: Link, call: Call): RoundOptions => ({
    backend: name,
    nextId: () => (lastQuestion += 1),
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
      return hasOwn(on, call.caller) ? pool.run(call, (own) => send(own, call)) : onShared(on, call)
    }
    const first = send(on, call)
    return call.caller.client.era === 'legacy' && methodSpec(call.request.method)?.asks === true
      ? first.then((reply) => throughRounds(call, reply, roundsOf(on, call)))
      : first
  }
}
