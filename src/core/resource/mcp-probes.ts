// What an MCP server is asked without a token: the requests with which clients of either era begin, and wrong ones.
import { metaKeys, newestLegacy, newestModern } from '../../mcp/revision.ts'
import { errorCodes } from '../../base/error-codes.ts'
import { exchange, type Exchange, type ExchangeLimits } from '../../net/exchange.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'

export interface McpProbe {
  /** What was asked, in a few words. */
  readonly asked: string
  readonly exchange: Exchange
  /** The JSON-RPC message of the answer. */
  readonly message: JsonObject | undefined
}

/** Belongs to nobody (RFC 2606). */
export const strangeOrigin = 'https://origin.invalid'

const client = { name: 'mcp-proxy-discover', version: '0' }

const modernMeta = {
  [metaKeys.protocolVersion]: newestModern,
  [metaKeys.clientInfo]: client,
  [metaKeys.clientCapabilities]: {},
}

export interface McpRequest {
  readonly asked: string
  readonly method?: 'GET' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: JsonObject
}

const modernRequest = (
  asked: string,
  method: string,
  more: {
    readonly version?: string
    readonly header?: string
    readonly meta?: JsonObject
  } = {},
): McpRequest => ({
  asked,
  headers: {
    'mcp-protocol-version': more.version ?? newestModern,
    'mcp-method': more.header ?? method,
  },
  body: { jsonrpc: '2.0', id: 1, method, params: { _meta: more.meta ?? modernMeta } },
})

/** The first request of a client of 2026-07-28: a server of that version knows no `initialize`. */
export const discoverRequest = modernRequest('server/discover', 'server/discover')

/** The first request of a client up to 2025-11-25. */
export const initializeRequest: McpRequest = {
  asked: 'initialize',
  body: {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: newestLegacy, capabilities: {}, clientInfo: client },
  },
}

/** For servers that let everybody in and ask for a token where something is to be had. */
export const listRequest = (isModern: boolean, session: string | undefined): McpRequest =>
  isModern
    ? modernRequest('tools/list', 'tools/list')
    : {
        asked: 'tools/list',
        headers: {
          'mcp-protocol-version': newestLegacy,
          ...(session === undefined ? {} : { 'mcp-session-id': session }),
        },
        body: { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} },
      }

export const fromStranger = (request: McpRequest): McpRequest => ({
  ...request,
  asked: `${request.asked}, from ${strangeOrigin}`,
  headers: { ...request.headers, origin: strangeOrigin },
})

export interface WrongRequest extends McpRequest {
  readonly status: number
  readonly code: number
}

/** Wrong on purpose, each in one way, and what a server of 2026-07-28 answers. */
export const wrongRequests: readonly WrongRequest[] = [
  {
    ...modernRequest('server/discover without _meta', 'server/discover', {
      meta: { [metaKeys.protocolVersion]: newestModern },
    }),
    status: 400,
    code: errorCodes.invalidParams,
  },
  {
    ...modernRequest('server/discover with Mcp-Method: ping', 'server/discover', {
      header: 'ping',
    }),
    status: 400,
    code: errorCodes.headerMismatch,
  },
  {
    ...modernRequest('server/discover of version 2099-01-01', 'server/discover', {
      version: '2099-01-01',
      meta: { ...modernMeta, [metaKeys.protocolVersion]: '2099-01-01' },
    }),
    status: 400,
    code: errorCodes.unsupportedProtocolVersion,
  },
  {
    ...modernRequest('a method that nobody has', 'x/unknown'),
    status: 404,
    code: errorCodes.methodNotFound,
  },
]

/** What a server without sessions answers with 405. */
export const getRequest: McpRequest = { asked: 'for an event stream', method: 'GET' }

/** A session that a probe opened and nobody will use. */
const endRequest = (session: string): McpRequest => ({
  asked: 'to end the session',
  method: 'DELETE',
  headers: { 'mcp-protocol-version': newestLegacy, 'mcp-session-id': session },
})

/** A version that never was, to a server of sessions. */
export const bogusVersionRequest: McpRequest = {
  asked: 'tools/list of version 1999-01-01',
  headers: { 'mcp-protocol-version': '1999-01-01' },
  body: { jsonrpc: '2.0', id: 3, method: 'tools/list', params: {} },
}

const objectOf = (text: string): JsonObject | undefined => {
  const parsed = parseJson(text)
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined
}

/** Of an event stream the first message that answers. */
const messageOf = ({ contentType, body = '' }: Exchange): JsonObject | undefined => {
  if (contentType !== 'text/event-stream') return objectOf(body)
  const events = body.split(/\r?\n\r?\n/).map((block) =>
    block
      .split(/\r?\n/)
      .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).trimStart()] : []))
      .join('\n'),
  )
  return events
    .map(objectOf)
    .find((message) => message !== undefined && ('result' in message || 'error' in message))
}

export type AskMcp = (request: McpRequest) => Promise<McpProbe>

/** Asks one server, with what the requests bring and no credential beside. Does not judge the answers. */
export const mcpAsker =
  (
    url: string,
    ports: Ports,
    limits: ExchangeLimits,
    withSignal: { readonly signal?: AbortSignal },
  ): AskMcp =>
  async ({ asked, method, headers, body }) => {
    const answer = await exchange(
      {
        method: method ?? 'POST',
        url,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...withSignal,
      },
      ports,
      limits,
    )
    return { asked, exchange: answer, message: messageOf(answer) }
  }

/** What a server keeps of us costs it something: the sessions that probes opened are ended, as far as it takes part. */
export const endSessions = async (ask: AskMcp, probes: readonly McpProbe[]): Promise<void> => {
  const sessions = probes.flatMap(({ exchange }) => exchange.headers['mcp-session-id'] ?? [])
  await Promise.all([...new Set(sessions)].map((session) => ask(endRequest(session))))
}
