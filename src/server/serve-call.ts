// One request from its envelope to its answer: the call, its way back, and its end.
import type { Cancel } from '../base/cancellation.ts'
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
  drained: () => stream.drained(),
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
}

/** Runs the call without writing anything but what comes before its reply. */
export const reply = async (
  exchange: KnownExchange,
  request: JsonRpcRequest,
  { client, abort, session }: Serving,
  peer: Peer = muted,
): Promise<Reply> => {
  const { state, principal, requestId } = exchange
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
