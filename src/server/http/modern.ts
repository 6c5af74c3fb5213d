// The stateless era over HTTP: every request carries its version, its client and its capabilities, and repeats itself in headers.
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { isModernVersion, metaKeys, metaOf } from '../../mcp/revision.ts'
import { repeatedMirror } from './head.ts'
import { serveListen } from './listen-streams.ts'
import {
  badParams,
  envelopeFault,
  header,
  mismatch,
  statelessFacts,
  versionHeader,
} from '../dialogue/modern-envelope.ts'
import { refuseMessage } from './refusal.ts'
import { serveCall } from './serve-call.ts'
import type { HttpExchange, KnownHttpExchange } from './state.ts'

export const hasModernHeader = (exchange: HttpExchange): boolean =>
  isModernVersion(header(exchange.req.headers, versionHeader)?.trim() ?? '')

export const refuseWithoutEnvelope = (exchange: HttpExchange, request: JsonRpcRequest): void =>
  refuseMessage(
    exchange,
    request.id,
    request.method === 'initialize'
      ? mismatch('MCP-Protocol-Version')
      : badParams(`_meta lacks ${metaKeys.protocolVersion}`),
  )

export const serveModern = (
  exchange: KnownHttpExchange,
  request: JsonRpcRequest,
): void | Promise<void> => {
  const meta = metaOf(request.params) ?? {}
  const refusal = envelopeFault(request, meta, exchange.req.headers)
  if (refusal !== undefined) return refuseMessage(exchange, request.id, refusal)
  const twice = repeatedMirror(exchange.req)
  if (twice !== undefined) return refuseMessage(exchange, request.id, mismatch(twice))
  const client = statelessFacts(meta)
  if (request.method === 'subscriptions/listen') return serveListen(exchange, request, client)
  const level = meta[metaKeys.logLevel]
  return serveCall(exchange, request, {
    client,
    // In this era leaving is cancelling (transports, streamable HTTP).
    abort: exchange.left,
    ...(typeof level === 'string' ? { logLevel: level } : {}),
  })
}
