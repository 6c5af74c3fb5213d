// One request from its envelope to its answer: the call, its way back, and its end.
import type { Cancel } from '../base/cancellation.ts'
import { messageOf } from '../core/check.ts'
import type { Call, ClientFacts, Peer, Reply } from '../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../mcp/message.ts'
import { passesLevel } from '../mcp/log-level.ts'
import { notAnswered, notOffered } from '../mcp/questions.ts'
import { acceptsStream, openAnswerStream, type AnswerStream } from './answer-stream.ts'
import { answerOf } from './respond.ts'
import { openSessionAnswer } from './session-answer.ts'
import type { Session } from './sessions.ts'
import { brokenCall, type KnownExchange } from './state.ts'

const logMethod = 'notifications/message'

/** `logLevel`: `none` where the caller did not ask for log messages. */
const peerOf = (stream: AnswerStream, logLevel: string): Peer => ({
  notify: (notification: JsonRpcNotification) => {
    if (notification.method === logMethod) {
      if (logLevel === 'none' || !passesLevel(notification.params?.['level'], logLevel)) return
    }
    stream.notify(notification)
  },
  // In this era a question is an answer, and asked further in.
  ask: ({ method }) => Promise.resolve(notOffered(method)),
})

/** Of a batch only the answers get back. */
const muted: Peer = {
  notify: () => undefined,
  ask: () => Promise.resolve(notAnswered),
}

export interface Serving {
  readonly client: ClientFacts
  readonly abort: Cancel
  /** Where the request came in one. */
  readonly session?: Session
  /** What a stateless caller wants of log messages. */
  readonly logLevel?: string
  /** Stays open by its nature, and is counted among its like. */
  readonly listens?: true
}

const tooMany = (limit: number): Reply => ({
  kind: 'refusal',
  problem: { code: 'limit-calls', detail: messageOf('limit-calls', { limit }) },
  retryAfterSeconds: 1,
})

/** The limit that leaves no place for one more call; undefined where it has taken its place. */
const enter = ({ state, principal }: KnownExchange, { session }: Serving): number | undefined => {
  const { max_calls_per_caller: most } = state.generation.config.proxy
  // Without authentication a session is all that tells one caller from others. This call is among its own already.
  if (session !== undefined && session.calls.size > most) return most
  return state.calls.enter(principal.key)
}

/** Runs the call without writing anything but what comes before its reply. */
export const reply = async (
  exchange: KnownExchange,
  request: JsonRpcRequest,
  serving: Serving,
  peer: Peer = muted,
): Promise<Reply> => {
  const { state, principal, requestId } = exchange
  const { client, abort, session, listens } = serving
  const reached = listens === true ? undefined : enter(exchange, serving)
  if (reached !== undefined) return tooMany(reached)
  const call: Call = {
    request,
    principal,
    client,
    peer,
    ...(session === undefined ? { headers: exchange.req.headers } : { session: session.standing }),
    signal: abort.signal,
    requestId,
  }
  state.inFlight.enter(abort)
  try {
    return await state.generation.handle(call)
  } catch (error) {
    return brokenCall(state, call, error)
  } finally {
    state.inFlight.leave(abort)
    if (listens !== true) state.calls.leave(principal.key)
  }
}

/** Runs the call and writes its answer. */
export const serveCall = async (
  exchange: KnownExchange,
  request: JsonRpcRequest,
  serving: Serving,
): Promise<void> => {
  const { state, req, res, headers } = exchange
  const { session, logLevel = 'none', client } = serving
  const streams = acceptsStream(req.headers.accept)
  let stream: AnswerStream
  let peer: Peer
  if (session === undefined) {
    stream = openAnswerStream(res, { headers, streams })
    peer = peerOf(stream, logLevel)
  } else {
    const { sessions } = state
    const own = openSessionAnswer(res, { headers, streams, sessions, session })
    stream = own
    peer = own
  }
  state.answers.add(stream)
  try {
    const answered = await reply(exchange, request, serving, peer)
    stream.finish(answerOf(request, answered, client.era))
  } finally {
    state.answers.delete(stream)
  }
}
