// Writes a caller's request in the words of the backend's era: the envelope of a modern request is added, renewed or taken off.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { appsExtension } from '../../mcp/apps.ts'
import type { Caller, ClientFacts } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { questionCapabilities } from '../../mcp/questions.ts'
import { envelopeKeys, metaKeys, metaOf } from '../../mcp/revision.ts'
import { carriedExtensions } from '../../mcp/tasks.ts'
import type { Agreement } from '../backend.ts'

const toldKinds = ['tools', 'prompts', 'resources'] as const

/** What is left of a promise to tell of changes where there is no way to keep it. */
export const withoutChanges = (agreement: Agreement): Agreement => {
  const told = toldKinds.flatMap((kind) => {
    const declared = agreement.capabilities[kind]
    if (!isJsonObject(declared)) return []
    const { listChanged: _lists, subscribe: _updates, ...kept } = declared
    return [[kind, kept] as const]
  })
  return {
    ...agreement,
    capabilities: { ...agreement.capabilities, ...Object.fromEntries(told) },
  }
}

/** How the proxy names itself to a backend. */
export type ClientIdentity = { readonly name: string; readonly version: string }

export const defaultIdentity: ClientIdentity = { name: 'mcp-proxy', version: '0.1.0' }

const withMeta = (request: JsonRpcRequest, meta: JsonObject): JsonRpcRequest => {
  const { _meta: _replaced, ...params } = request.params ?? {}
  const empty = Object.keys(meta).length === 0
  return { ...request, params: empty ? params : { ...params, _meta: meta } }
}

/**
 * A session-era server asks in the middle of a call and not between two. What it calls a task a stateless caller could
 * not follow: to servers of its own era the parameter means nothing either (SEP-2663, backward compatibility).
 */
const withoutRounds = ({ request, caller: { client } }: Spoken): JsonRpcRequest => {
  const { params } = request
  if (client.era === 'legacy' || params === undefined) return request
  const { inputResponses, requestState, task } = params
  if (inputResponses === undefined && requestState === undefined && task === undefined) {
    return request
  }
  const { inputResponses: _answers, requestState: _state, task: _task, ...rest } = params
  return { ...request, params: rest }
}

const plainMeta = (request: JsonRpcRequest): JsonObject =>
  Object.fromEntries(
    Object.entries(metaOf(request.params) ?? {}).filter(([name]) => !envelopeKeys.includes(name)),
  )

/** What a caller could do that we can carry: extensions need routing of their own, which tasks have. */
const carriedCapabilities = (client: ClientFacts, server: JsonObject): JsonObject => {
  if (client.era === 'legacy') return withoutTelling(questionCapabilities(client).capabilities)
  const { extensions: _all, ...capabilities } = client.capabilities
  const extensions = carriedExtensions(client.capabilities, server)
  return extensions === undefined ? capabilities : { ...capabilities, extensions }
}

/** A modern server asks for roots when it needs them and cannot be told of changes. */
const withoutTelling = (capabilities: JsonObject): JsonObject =>
  capabilities['roots'] === undefined ? capabilities : { ...capabilities, roots: {} }

/** What a session-era client that never set a level is sent, which would be nothing otherwise. */
const defaultLevel = 'info'

const levelFor = (
  { request, caller: { client, session } }: Spoken,
  { capabilities }: Agreement,
): Json | undefined => {
  if (client.era === 'modern') return metaOf(request.params)?.[metaKeys.logLevel]
  if (capabilities['logging'] === undefined) return undefined
  return session?.logLevel ?? defaultLevel
}

const modernMeta = (spoken: Spoken, agreement: Agreement, identity: ClientIdentity): JsonObject => {
  const {
    request,
    caller: { client },
  } = spoken
  const logLevel = levelFor(spoken, agreement)
  return {
    ...plainMeta(request),
    [metaKeys.protocolVersion]: agreement.protocolVersion,
    [metaKeys.clientInfo]: client.clientInfo ?? identity,
    [metaKeys.clientCapabilities]: carriedCapabilities(client, agreement.capabilities),
    ...(logLevel === undefined ? {} : { [metaKeys.logLevel]: logLevel }),
  }
}

/** Views need nothing of us but their links. */
const carriesWhole = (extensions: Json | undefined): boolean =>
  extensions === undefined ||
  (isJsonObject(extensions) && Object.keys(extensions).every((name) => name === appsExtension))

/** What the caller wrote is what the backend should read. */
const fitsAsItIs = (
  { request, caller: { client } }: Spoken,
  { era, protocolVersion }: Agreement,
): boolean =>
  era === 'modern' &&
  client.era === 'modern' &&
  metaOf(request.params)?.[metaKeys.protocolVersion] === protocolVersion &&
  client.clientInfo !== undefined &&
  carriesWhole(client.capabilities['extensions'])

/** The part of a call that is put into words. */
export interface Spoken {
  readonly request: JsonRpcRequest
  readonly caller: Pick<Caller, 'client' | 'session'>
}

/** The very request where nothing has to change. */
export const bridgeRequest = (
  spoken: Spoken,
  agreement: Agreement,
  identity: ClientIdentity,
): JsonRpcRequest => {
  const { request } = spoken
  if (fitsAsItIs(spoken, agreement)) return request
  return agreement.era === 'modern'
    ? withMeta(request, modernMeta(spoken, agreement, identity))
    : withMeta(withoutRounds(spoken), plainMeta(request))
}

/** The trace of the caller, which was continued or is not believed, makes room for ours (SEP-414). */
export const withTrace = (
  request: JsonRpcRequest,
  carried: Readonly<Record<string, string>>,
): JsonRpcRequest => {
  const { tracestate: _theirs, ...meta } = metaOf(request.params) ?? {}
  return { ...request, params: { ...request.params, _meta: { ...meta, ...carried } } }
}

/** The envelope of a request that the proxy makes on its own account. */
export const ownMeta = (
  version: string,
  identity: ClientIdentity,
  declared: JsonObject = {},
): JsonObject => ({
  [metaKeys.protocolVersion]: version,
  [metaKeys.clientInfo]: identity,
  [metaKeys.clientCapabilities]: declared,
})
