// What one answer of an introspection endpoint proves about the endpoint itself.
import type { CallOutcome } from '../../base/breaker.ts'
import type { FaultKind } from '../../net/fault.ts'
import type { IntrospectionExchange } from './introspection-request.ts'

/** What keeps a request from leaving: no token has any part in it. */
const beforeTheToken: ReadonlySet<FaultKind> = new Set(['dns', 'connect', 'tls', 'proxy'])

/**
 * What a call proves about the endpoint. No token that is unknown proves that it is down, whatever comes of
 * it: an answer of any status, silence, a broken connection may be the doing of the client that made the token up.
 * Only a connection that cannot be made counts for every token; time-outs, 5xx, 429 and the like count for
 * tokens that were good before.
 */
export const outcomeOf = (
  { answer, exchange }: IntrospectionExchange,
  known: string | undefined,
): CallOutcome => {
  if (answer.kind === 'answer') return 'up'
  const { fault, status = 0 } = exchange ?? {}
  if (fault !== undefined && beforeTheToken.has(fault.kind)) return 'down'
  if (known === undefined) return 'unclear'
  if (answer.kind === 'client-refused') return answer.named ? 'down' : 'unclear'
  const isUnwell = fault !== undefined || status >= 500 || status === 429
  return isUnwell || answer.kind === 'unverified' ? 'down' : 'unclear'
}
