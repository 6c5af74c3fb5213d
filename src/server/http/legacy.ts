// The session era over HTTP: initialize opens a session, everything else happens inside one.
import { createCancel } from '../../base/cancellation.ts'
import { problemOf } from '../../problems/problem.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { readMessage, type Message } from '../../mcp/message.ts'
import { isUpstreamLegacyVersion } from '../../mcp/revision.ts'
import { sendJson, streamHeaders } from './answer-stream.ts'
import {
  answerBatch,
  batchProblem,
  conversationFacts,
  onNotification,
  withCall,
} from '../dialogue/conversation.ts'
import type { MessageRefusal } from '../dialogue/decision-record.ts'
import { refuseMessage, refuseRequest } from './refusal.ts'
import { answerOf } from '../dialogue/respond.ts'
import { runCall } from '../dialogue/run-call.ts'
import { serveCall } from './serve-call.ts'
import type { Session } from './sessions.ts'
import type { KnownHttpExchange } from './state.ts'

const sessionHeader = 'mcp-session-id'

const initialize = async (exchange: KnownHttpExchange, request: JsonRpcRequest): Promise<void> => {
  const { state, principal, req, res, headers, requestId } = exchange
  const client = conversationFacts(request.params)
  const abort = createCancel()
  const reply = await runCall(exchange, request, { client, abort })
  const answer = answerOf({ request, reply, era: 'legacy', requestId })
  const opened =
    reply.kind === 'result'
      ? { [sessionHeader]: state.sessions.open(principal.key, client, state.wantedId(req)).id }
      : {}
  sendJson(res, { ...headers, ...opened }, answer)
}

const refused = (code: 'req-session' | 'req-session-missing'): MessageRefusal => ({
  problem: problemOf(code),
})

/** The session that the request names, or why there is none. */
const sessionOf = ({ state, req, principal }: KnownHttpExchange): Session | MessageRefusal => {
  const id = req.headers[sessionHeader]
  if (typeof id !== 'string' || id === '') return refused('req-session-missing')
  const session = state.sessions.find(id, principal.key)
  if (session === undefined) return refused('req-session')
  const version = req.headers['mcp-protocol-version']
  if (typeof version === 'string' && !isUpstreamLegacyVersion(version.trim())) {
    const shown = JSON.stringify(version.slice(0, 64))
    return {
      problem: problemOf('req-version', { version: shown }),
    }
  }
  return session
}

const isSession = (found: Session | MessageRefusal): found is Session => 'calls' in found

const idOf = (message: Message) => (message.kind === 'request' ? message.request.id : undefined)

const refuseShape = (why: string): MessageRefusal => ({
  problem: problemOf('req-shape', { why }),
})

const accept = ({ res, headers }: KnownHttpExchange): void => {
  res.writeHead(202, { ...headers, 'content-length': 0 })
  res.end()
}

export const serveLegacy = async (exchange: KnownHttpExchange, message: Message): Promise<void> => {
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

/** Batches exist in 2025-03-26 alone. The answer is one array; what comes before it is dropped. */
export const serveBatch = async (
  exchange: KnownHttpExchange,
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
  const body = await answerBatch(exchange, session, messages)
  if (body === undefined) accept(exchange)
  else sendJson(exchange.res, exchange.headers, { status: 200, body })
}

/** GET: the stream of a session for what belongs to no call, or the rest of one that was left. */
export const serveStream = (exchange: KnownHttpExchange): void => {
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
export const endSession = (exchange: KnownHttpExchange): void => {
  const session = sessionOf(exchange)
  if (!isSession(session)) {
    refuseRequest(exchange, session.problem)
    return
  }
  exchange.state.sessions.end(session)
  exchange.res.writeHead(204, exchange.headers)
  exchange.res.end()
}
