// One request over HTTP from its envelope to its answer.
import type { Peer } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import {
  acceptsStream,
  openAnswerStream,
  prefersStream,
  type AnswerStream,
} from './answer-stream.ts'
import { answerOf } from '../dialogue/respond.ts'
import { runCall, statelessPeer, type CallOptions } from '../dialogue/run-call.ts'
import { withChallenge } from './refusal.ts'
import { openSessionAnswer } from './session-answer.ts'
import type { Session } from './sessions.ts'
import type { KnownHttpExchange } from './state.ts'

export interface Serving extends CallOptions {
  readonly session?: Session
  /** What a stateless caller wants of log messages. */
  readonly logLevel?: string
}

/** Runs the call and writes its answer. */
export const serveCall = (
  exchange: KnownHttpExchange,
  request: JsonRpcRequest,
  serving: Serving,
): Promise<void> => {
  const { state, req, res, headers, requestId } = exchange
  const { session, logLevel = 'none', client } = serving
  const streams = acceptsStream(req.headers.accept)
  let stream: AnswerStream
  let peer: Peer
  if (session === undefined) {
    stream = openAnswerStream(res, { headers, streams })
    peer = statelessPeer(stream, logLevel)
  } else {
    const { sessions } = state
    const own = openSessionAnswer(res, {
      headers,
      streams,
      prefersStream: prefersStream(req.headers.accept),
      sessions,
      session,
    })
    stream = own
    peer = own
  }
  const ticket = state.answers.add(stream)
  return runCall(exchange, request, serving, peer).then((reply) => {
    state.answers.remove(ticket)
    const answer = answerOf({ request, reply, era: client.era, requestId })
    stream.finish(withChallenge(exchange, answer))
  })
}
