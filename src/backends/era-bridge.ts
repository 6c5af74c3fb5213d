// Writes a caller's request in the words of the backend's era: the envelope of a modern request is added, renewed or taken off.
import type { JsonObject } from '../base/json.ts'
import type { ClientFacts, Era } from '../mcp/call.ts'
import type { JsonRpcRequest } from '../mcp/message.ts'
import { envelopeKeys, metaKeys, metaOf } from '../mcp/revision.ts'

/** What two sides agreed on; everything a caller may learn of the backend before it calls. */
export interface Agreement {
  readonly era: Era
  readonly protocolVersion: string
  readonly capabilities: JsonObject
  readonly serverInfo?: JsonObject
  readonly instructions?: string
}

/** How the proxy names itself to a backend. */
export type ClientIdentity = { readonly name: string; readonly version: string }

const withMeta = (request: JsonRpcRequest, meta: JsonObject): JsonRpcRequest => {
  const { _meta: _replaced, ...params } = request.params ?? {}
  const empty = Object.keys(meta).length === 0
  return { ...request, params: empty ? params : { ...params, _meta: meta } }
}

const plainMeta = (request: JsonRpcRequest): JsonObject =>
  Object.fromEntries(
    Object.entries(metaOf(request.params) ?? {}).filter(([name]) => !envelopeKeys.includes(name)),
  )

/**
 * What a caller could do that we can carry: extensions need routing of their own, and a session-era
 * caller cannot take part in the round trips that a modern backend would ask for.
 */
const carriedCapabilities = (client: ClientFacts): JsonObject => {
  if (client.era === 'legacy') return {}
  const { extensions: _notCarried, ...capabilities } = client.capabilities
  return capabilities
}

const modernMeta = (
  request: JsonRpcRequest,
  client: ClientFacts,
  version: string,
  identity: ClientIdentity,
): JsonObject => {
  const logLevel = metaOf(request.params)?.[metaKeys.logLevel]
  return {
    ...plainMeta(request),
    [metaKeys.protocolVersion]: version,
    [metaKeys.clientInfo]: client.clientInfo ?? identity,
    [metaKeys.clientCapabilities]: carriedCapabilities(client),
    ...(logLevel === undefined ? {} : { [metaKeys.logLevel]: logLevel }),
  }
}

/** What the caller wrote is what the backend should read. */
const fitsAsItIs = (client: ClientFacts, { era, protocolVersion }: Agreement): boolean =>
  era === 'modern' &&
  client.era === 'modern' &&
  client.protocolVersion === protocolVersion &&
  client.clientInfo !== undefined &&
  client.capabilities['extensions'] === undefined

/** The very request where nothing has to change. */
export const bridgeRequest = (
  request: JsonRpcRequest,
  client: ClientFacts,
  agreement: Agreement,
  identity: ClientIdentity,
): JsonRpcRequest => {
  if (fitsAsItIs(client, agreement)) return request
  return agreement.era === 'modern'
    ? withMeta(request, modernMeta(request, client, agreement.protocolVersion, identity))
    : withMeta(request, plainMeta(request))
}

/** The envelope of a request that the proxy makes on its own account. */
export const ownMeta = (version: string, identity: ClientIdentity): JsonObject => ({
  [metaKeys.protocolVersion]: version,
  [metaKeys.clientInfo]: identity,
  [metaKeys.clientCapabilities]: {},
})
