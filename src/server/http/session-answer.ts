// The answer to one POST of a session, which is its caller's peer too: an event stream that outlives its connection.
import { writeJson } from '../../base/exact-json.ts'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { abortSignalOf } from '../../base/cancellation.ts'
import type { Peer } from '../../mcp/call.ts'
import { notAnswered } from '../../mcp/questions.ts'
import { sendJson, streamHeaders, type AnswerStream } from './answer-stream.ts'
import { wants } from '../dialogue/conversation.ts'
import type { EventStream } from './event-log.ts'
import { createQuestions } from '../dialogue/questions.ts'
import { takesPriming, type Session, type Sessions } from './sessions.ts'

export interface SessionAnswerOptions {
  readonly headers: OutgoingHttpHeaders
  /** Whether the caller accepts text/event-stream. */
  readonly streams: boolean
  /** Whether it would rather have that than JSON. */
  readonly prefersStream: boolean
  readonly sessions: Sessions
  readonly session: Session
}

export type SessionAnswer = AnswerStream & Peer

/**
 * JSON when the reply comes first, unless the backend has a stream of its own that can be gone on with, or the caller
 * prefers one. Leaving is not cancelling in a session: what the caller misses of a stream is kept for its return (MCP
 * 2025-11-25 transports).
 */
export const openSessionAnswer = (
  res: ServerResponse,
  { headers, streams, prefersStream, sessions, session }: SessionAnswerOptions,
): SessionAnswer => {
  let stream: EventStream | undefined
  let over: AbortController | undefined
  let waited = 0

  /** Undefined when there is no stream and none can begin any more. */
  const begun = (): EventStream | undefined => {
    if (stream !== undefined || !streams || res.headersSent || res.destroyed) return stream
    res.writeHead(200, { ...headers, ...streamHeaders })
    stream = sessions.logOf(session).open()
    stream.attach(res, undefined)
    if (takesPriming(session)) stream.prime()
    return stream
  }
  return {
    notify: (notification) => {
      if (wants(session.logLevel, notification)) begun()?.send(writeJson(notification))
    },
    ask: (question, signal, onProgress) => {
      const open = begun()
      if (open === undefined) return Promise.resolve(notAnswered)
      session.questions ??= createQuestions()
      over ??= new AbortController()
      return session.questions.ask({
        question,
        capabilities: session.client.capabilities,
        deliver: (message) => open.send(writeJson(message)),
        signal: AbortSignal.any([abortSignalOf(signal), over.signal]),
        onProgress,
      })
    },
    drained: () => stream?.drained(),
    keep: () => void begun(),
    suspend: (retryMs, onBack) => {
      if (takesPriming(session)) begun()?.suspend(retryMs, onBack)
    },
    finish: (answer) => {
      // A question of a call that is answered has lost its point.
      over?.abort()
      if (prefersStream && answer.status === 200) begun()
      if (stream === undefined) {
        sendJson(res, headers, answer)
        return
      }
      stream.send(answer.body.toString('utf8'))
      stream.end()
    },
    keepAlive: () => {
      waited += 1
      // The first tick may follow the request at once; a quick answer shall stay JSON.
      if (waited >= 2) begun()?.comment('still working')
    },
  }
}
