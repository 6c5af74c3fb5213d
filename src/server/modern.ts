// The stateless era: every request carries its version, its client and its capabilities, and repeats itself in headers.
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { messageOf } from '../core/check.ts'
import type { ClientFacts } from '../mcp/call.ts'
import { decodeHeaderValue } from '../mcp/header-value.ts'
import type { JsonRpcRequest } from '../mcp/message.ts'
import { isOffered, targetName } from '../mcp/methods.ts'
import { isModernVersion, metaKeys, metaOf, modernVersions } from '../mcp/revision.ts'
import { isLogLevel } from '../mcp/log-level.ts'
import { serveListen } from './listen-streams.ts'
import { refuseMessage, type MessageRefusal } from './refusal.ts'
import { serveCall } from './serve-call.ts'
import type { Exchange, KnownExchange } from './state.ts'

const versionHeader = 'mcp-protocol-version'

const mismatch = (header: string): MessageRefusal => ({
  problem: {
    code: 'req-header-mismatch',
    detail: messageOf('req-header-mismatch', { header }),
  },
})

const badParams = (why: string): MessageRefusal => ({
  problem: { code: 'req-params', detail: messageOf('req-params', { why }) },
  status: 400,
})

const header = ({ req }: Exchange, name: string): string | undefined => {
  const value = req.headers[name]
  return typeof value === 'string' ? value : undefined
}

/** The standard headers must repeat the body, so that what reads only one of them is not deceived. */
const checkHeaders = (exchange: Exchange, { method, params }: JsonRpcRequest) => {
  if (header(exchange, 'mcp-method')?.trim() !== method) return mismatch('Mcp-Method')
  const name = targetName(method, params)
  if (name === undefined) return undefined
  const sent = header(exchange, 'mcp-name')
  if (sent === undefined || decodeHeaderValue(sent) !== name) return mismatch('Mcp-Name')
  return undefined
}

const checkVersion = (exchange: Exchange, claimed: string): MessageRefusal | undefined => {
  if (header(exchange, versionHeader)?.trim() !== claimed) return mismatch('MCP-Protocol-Version')
  if (isModernVersion(claimed)) return undefined
  const version = JSON.stringify(claimed.slice(0, 64))
  return {
    problem: { code: 'req-version', detail: messageOf('req-version', { version }) },
    data: { supported: [...modernVersions], requested: claimed },
  }
}

/** In the order of MCP 2026-07-28: version, then the rest of the envelope, then method and headers. */
const checkEnvelope = (
  exchange: Exchange,
  request: JsonRpcRequest,
  meta: JsonObject,
): MessageRefusal | undefined => {
  const claimed = meta[metaKeys.protocolVersion]
  if (typeof claimed !== 'string') return badParams(`${metaKeys.protocolVersion} is not a string`)
  const version = checkVersion(exchange, claimed)
  if (version !== undefined) return version
  if (!isJsonObject(meta[metaKeys.clientCapabilities])) {
    return badParams(`_meta lacks ${metaKeys.clientCapabilities}`)
  }
  const level = meta[metaKeys.logLevel]
  if (level !== undefined && !isLogLevel(level)) {
    return badParams(`${metaKeys.logLevel} is not a log level`)
  }
  // What we do not offer is answered as such, whatever its headers.
  return isOffered(request.method, 'modern') ? checkHeaders(exchange, request) : undefined
}

const factsOf = (meta: JsonObject): ClientFacts => {
  const capabilities = meta[metaKeys.clientCapabilities]
  const clientInfo = meta[metaKeys.clientInfo]
  return {
    era: 'modern',
    protocolVersion: meta[metaKeys.protocolVersion] as string,
    capabilities: isJsonObject(capabilities) ? capabilities : {},
    ...(isJsonObject(clientInfo) ? { clientInfo } : {}),
  }
}

export const claimsModern = (params: JsonObject | undefined): boolean =>
  metaOf(params)?.[metaKeys.protocolVersion] !== undefined

export const hasModernHeader = (exchange: Exchange): boolean =>
  isModernVersion(header(exchange, versionHeader)?.trim() ?? '')

export const refuseWithoutEnvelope = (exchange: Exchange, request: JsonRpcRequest): void =>
  refuseMessage(
    exchange,
    request.id,
    request.method === 'initialize'
      ? mismatch('MCP-Protocol-Version')
      : badParams(`_meta lacks ${metaKeys.protocolVersion}`),
  )

export const serveModern = (
  exchange: KnownExchange,
  request: JsonRpcRequest,
): void | Promise<void> => {
  const meta = metaOf(request.params) ?? {}
  const refusal = checkEnvelope(exchange, request, meta)
  if (refusal !== undefined) return refuseMessage(exchange, request.id, refusal)
  const client = factsOf(meta)
  if (request.method === 'subscriptions/listen') return serveListen(exchange, request, client)
  const level = meta[metaKeys.logLevel]
  return serveCall(exchange, request, {
    client,
    // In this era leaving is cancelling (transports, streamable HTTP).
    abort: exchange.left,
    ...(typeof level === 'string' ? { logLevel: level } : {}),
  })
}
