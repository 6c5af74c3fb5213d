// The session era: initialize opens a session, everything else happens inside one.
import { createCancel, type Cancel } from '../base/cancellation.ts'
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { messageOf } from '../core/check.ts'
import type { ClientFacts } from '../mcp/call.ts'
import {
  isJsonRpcId,
  readMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type Message,
} from '../mcp/message.ts'
import { assumedLegacyVersion, isUpstreamLegacyVersion, negotiateLegacy } from '../mcp/revision.ts'
import { isLogLevel } from '../mcp/log-level.ts'
import { sendJson, streamHeaders } from './answer-stream.ts'
import { claimsModern } from './modern.ts'
import { refuseMessage, refuseRequest, type MessageRefusal } from './refusal.ts'
import { answerOf } from './respond.ts'
import { reply, serveCall } from './serve-call.ts'
import type { Session } from './sessions.ts'
import type { KnownExchange } from './state.ts'

const sessionHeader = 'mcp-session-id'

const factsOf = (params: JsonObject = {}): ClientFacts => {
  const { capabilities, clientInfo, protocolVersion } = params
  return {
    era: 'legacy',
    protocolVersion: negotiateLegacy(protocolVersion),
    capabilities: isJsonObject(capabilities) ? capabilities : {},
    ...(isJsonObject(clientInfo) ? { clientInfo } : {}),
  }
}

const initialize = async (exchange: KnownExchange, request: JsonRpcRequest): Promise<void> => {
  const { state, principal, res, headers } = exchange
  const client = factsOf(request.params)
  const abort = createCancel()
  const answered = await reply(exchange, request, { client, abort })
  const answer = answerOf(request, answered, 'legacy')
  const opened =
    answered.kind === 'result'
      ? { [sessionHeader]: state.sessions.open(principal.key, client).id }
      : {}
  sendJson(res, { ...headers, ...opened }, answer)
}

const refused = (code: 'req-session' | 'req-session-missing'): MessageRefusal => ({
  problem: { code, detail: messageOf(code) },
})

/** The session that the request names, or why there is none. */
const sessionOf = ({ state, req, principal }: KnownExchange): Session | MessageRefusal => {
  const id = req.headers[sessionHeader]
  if (typeof id !== 'string' || id === '') return refused('req-session-missing')
  const session = state.sessions.find(id, principal.key)
  if (session === undefined) return refused('req-session')
  const version = req.headers['mcp-protocol-version']
  if (typeof version === 'string' && !isUpstreamLegacyVersion(version.trim())) {
    const shown = JSON.stringify(version.slice(0, 64))
    return {
      problem: { code: 'req-version', detail: messageOf('req-version', { version: shown }) },
    }
  }
  return session
}

const isSession = (found: Session | MessageRefusal): found is Session => 'calls' in found

const idOf = (message: Message) => (message.kind === 'request' ? message.request.id : undefined)

const onNotification = (
  { state, principal }: KnownExchange,
  session: Session,
  notification: JsonRpcNotification,
): void => {
  const { method, params } = notification
  const { client } = session
  switch (method) {
    case 'notifications/cancelled': {
      const id = params?.['requestId']
      if (isJsonRpcId(id)) session.calls.get(id)?.abort()
      break
    }
    case 'notifications/progress':
      session.questions?.progress(notification)
      break
    case 'notifications/roots/list_changed':
      state.generation.relay({ kind: 'roots-changed' }, { principal, client })
      break
    default:
  }
}

const refuseShape = (why: string): MessageRefusal => ({
  problem: { code: 'req-shape', detail: messageOf('req-shape', { why }) },
})

/** What a request changes in its session, once it was answered. */
const afterwards = (
  { state, principal }: KnownExchange,
  session: Session,
  { method, params }: JsonRpcRequest,
): void => {
  const level = params?.['level']
  if (method !== 'logging/setLevel' || !isLogLevel(level)) return
  session.logLevel = level
  state.generation.relay({ kind: 'log-level', level }, { principal, client: session.client })
}

/** Leaving is not cancelling here: the call goes on (transports, streamable HTTP, 2025-11-25). */
const withCall = async <T>(
  exchange: KnownExchange,
  session: Session,
  request: JsonRpcRequest,
  work: (abort: Cancel) => Promise<T>,
): Promise<T> => {
  const abort = createCancel()
  session.calls.set(request.id, abort)
  try {
    return await work(abort)
  } finally {
    session.calls.delete(request.id)
    afterwards(exchange, session, request)
  }
}

const accept = ({ res, headers }: KnownExchange): void => {
  res.writeHead(202, { ...headers, 'content-length': 0 })
  res.end()
}

export const serveLegacy = async (exchange: KnownExchange, message: Message): Promise<void> => {
  if (message.kind === 'request' && message.request.method === 'initialize') {
    await initialize(exchange, message.request)
    return
  }
  const session = sessionOf(exchange)
  if (!isSession(session)) {
    refuseMessage(exchange, idOf(message), session)
    return
  }
  if (message.kind !== 'request') {
    if (message.kind === 'notification') onNotification(exchange, session, message.notification)
    else if (message.kind !== 'invalid') session.questions?.answer(message)
    accept(exchange)
    return
  }
  const { request } = message
  if (session.calls.has(request.id)) {
    refuseMessage(exchange, request.id, refuseShape('the id is in use by a call in flight'))
    return
  }
  await withCall(exchange, session, request, (abort) =>
    serveCall(exchange, request, { client: session.client, abort, session }),
  )
}

export const maxBatch = 100

const batchProblem = (messages: readonly Message[], session: Session): string | undefined => {
  if (session.client.protocolVersion !== assumedLegacyVersion) return 'a batch'
  if (messages.length === 0) return 'an empty batch'
  if (messages.length > maxBatch) return `more than ${maxBatch} messages in a batch`
  const ids = new Set<unknown>()
  for (const message of messages) {
    if (message.kind === 'invalid') return message.why
    if (message.kind !== 'request') continue
    const { id, method, params } = message.request
    if (method === 'initialize') return 'initialize in a batch'
    if (claimsModern(params)) return 'a stateless request in a batch'
    if (ids.has(id) || session.calls.has(id)) return 'an id twice'
    ids.add(id)
  }
  return undefined
}

/** Batches exist in 2025-03-26 alone. The answer is one array; what comes before it is dropped. */
export const serveBatch = async (
  exchange: KnownExchange,
  values: readonly unknown[],
): Promise<void> => {
  const session = sessionOf(exchange)
  if (!isSession(session)) {
    refuseMessage(exchange, undefined, session)
    return
  }
  const messages = values.map(readMessage)
  const why = batchProblem(messages, session)
  if (why !== undefined) {
    refuseMessage(exchange, undefined, refuseShape(why))
    return
  }
  const bodies: Promise<Buffer>[] = []
  for (const message of messages) {
    if (message.kind === 'notification') onNotification(exchange, session, message.notification)
    if (message.kind === 'result' || message.kind === 'error') session.questions?.answer(message)
    if (message.kind !== 'request') continue
    const { request } = message
    bodies.push(
      withCall(exchange, session, request, async (abort) => {
        const serving = { client: session.client, abort, session }
        return answerOf(request, await reply(exchange, request, serving), 'legacy').body
      }),
    )
  }
  if (bodies.length === 0) {
    accept(exchange)
    return
  }
  const texts = (await Promise.all(bodies)).map((body) => body.toString('utf8'))
  const body = Buffer.from(`[${texts.join(',')}]`)
  sendJson(exchange.res, exchange.headers, { status: 200, body })
}

/** GET: the stream of a session for what belongs to no call, or the rest of one that was left. */
export const serveStream = (exchange: KnownExchange): void => {
  const session = sessionOf(exchange)
  if (!isSession(session)) {
    refuseRequest(exchange, session.problem)
    return
  }
  const { state, req, res, headers, expiresAt } = exchange
  const last = req.headers['last-event-id']
  res.writeHead(200, { ...headers, ...streamHeaders })
  res.flushHeaders()
  state.sessions.attach(session, res, expiresAt, typeof last === 'string' ? last : undefined)
}

/** DELETE: the client is done. */
export const endSession = (exchange: KnownExchange): void => {
  const session = sessionOf(exchange)
  if (!isSession(session)) {
    refuseRequest(exchange, session.problem)
    return
  }
  exchange.state.sessions.end(session)
  exchange.res.writeHead(204, exchange.headers)
  exchange.res.end()
}
