// One request to an HTTP backend with its answer, wherever on the answer's stream it comes.
import type { Peer, Reply } from '../mcp/call.ts'
import { valueIfObject } from '../mcp/lazy-object.ts'
import type { JsonRpcRequest } from '../mcp/message.ts'
import { isUnrelated } from './changes.ts'
import { notSent, outcomeUnknown, sent, unavailable } from './failure.ts'
import {
  isModernMessage,
  messageHeaders,
  postHeaders,
  sessionHeaders,
  type Session,
} from './http-headers.ts'
import { answer, cancel, unreachable, withinLink, type HttpLink } from './http-link.ts'
import { replyReader, type ReplyReader, type ReplySink, type Resumption } from './http-reply.ts'
import { outgoing, progressTokenOf, relayProgress } from './outgoing.ts'
import { roundTrip, type Ending, type HttpRequest } from './round-trip.ts'

export type PostOutcome = Reply | 'session-lost'

/** A server that keeps the stream open after its answer shall not keep the connection. */
const drainMs = 1000
const maxRetryMs = 60_000
/** Streams in a row that bring nothing new before the answer is given up. */
const maxIdleResumptions = 5
const sessionIdPattern = /^[\x21-\x7e]{1,1024}$/

const replyForEnding = (link: HttpLink, ending: Ending): Reply => {
  if (ending.kind !== 'broken') return sent(outcomeUnknown(link.name, 'no answer came'))
  if (!ending.connected) return notSent(unreachable(link, ending.why))
  if (!ending.sent) return notSent(unavailable(link.name, ending.why))
  return sent(outcomeUnknown(link.name, ending.why))
}

const sessionFrom = (id: string | undefined, reply: Reply): Session | undefined => {
  if (reply.kind !== 'result') return undefined
  const version = valueIfObject(reply.result)?.['protocolVersion']
  return {
    id: id !== undefined && sessionIdPattern.test(id) ? id : undefined,
    protocolVersion: typeof version === 'string' ? version : '',
  }
}

/** 404 by the specification; many servers built on SDK 1.x say it with 400 and one of two codes. */
const isSessionLost = (status: number, outcome: Reply): boolean =>
  status === 404 ||
  (status === 400 &&
    outcome.kind === 'error' &&
    (outcome.error.code === -32_000 || outcome.error.code === -32_001))

/** The sink of one request's answers; `reply` takes the first and no other. */
const sinkFor = (
  link: HttpLink,
  { id, progressToken }: ReturnType<typeof outgoing>,
  peer: Peer,
  reply: (reply: Reply) => void,
): ReplySink => {
  let replied = false
  return {
    name: link.name,
    id,
    get replied() {
      return replied
    },
    onReply: (outcome) => {
      if (replied) return
      replied = true
      reply(outcome)
    },
    onNotification: (notification) => {
      if (isUnrelated(notification)) link.events.onNotification(notification)
      else if (link.questions.withdraw(notification) || replied) return
      else if (notification.method !== 'notifications/progress') peer.notify(notification)
      else if (progressTokenOf(notification) === id)
        relayProgress(notification, progressToken, peer)
    },
    onQuestion: (question) => answer(link, question, peer),
  }
}

interface Reading {
  readonly ending: Ending
  readonly reader: ReplyReader | undefined
}

const read = async (
  link: HttpLink,
  request: HttpRequest,
  sink: ReplySink,
  signal: AbortSignal,
  onHead?: (status: number, id: string | undefined) => void,
): Promise<Reading> => {
  let reader: ReplyReader | undefined
  const ending = await roundTrip(link.http, link.target, request, signal, (head) => {
    onHead?.(head.status, head.header('mcp-session-id'))
    reader = replyReader(head, sink)
    return reader
  })
  return { ending, reader }
}

/**
 * A session server may end the stream of a call early and finish it on another one, which the client
 * asks for with the last event id (MCP 2025-11-25 transports, resumability).
 */
const resume = async (
  link: HttpLink,
  from: Resumption,
  sink: ReplySink,
  signal: AbortSignal,
): Promise<Ending> => {
  let at = from
  let idle = 0
  for (;;) {
    await link.ports.clock.sleep(Math.min(at.retryMs, maxRetryMs), signal).catch(() => undefined)
    const headers = {
      ...link.credential,
      ...sessionHeaders(link.session),
      accept: 'text/event-stream',
      'last-event-id': at.lastEventId,
    }
    const { ending, reader } = await read(link, { method: 'GET', headers }, sink, signal)
    const next = reader?.resumption?.()
    if (sink.replied || signal.aborted || ending.kind === 'stopped') return ending
    if (ending.kind === 'complete' && next === undefined) return ending
    idle = next === undefined || next.lastEventId === at.lastEventId ? idle + 1 : 0
    if (idle >= maxIdleResumptions) return ending
    at = next ?? at
  }
}

/** Resolves with the answer, also while the rest of its stream is still read. */
export const post = (
  link: HttpLink,
  id: number,
  message: JsonRpcRequest,
  peer: Peer,
  signal: AbortSignal,
  extra?: Readonly<Record<string, string>>,
): Promise<PostOutcome> =>
  new Promise((resolve) => {
    const isOpening = message.method === 'initialize'
    const isModern = isModernMessage(message)
    // The old session stays until there is a new one: who uses it meanwhile learns that it is lost.
    const session = isOpening ? undefined : link.session
    const hasSession = session?.id !== undefined && !isModern
    const out = outgoing(message, id)
    const own = messageHeaders(message, session)
    const headers = { ...postHeaders, ...link.credential, ...extra, ...own }
    let status = 0
    let sessionId: string | undefined

    void withinLink(link, signal, undefined, async (scope) => {
      let drained: AbortController | undefined
      let reading = true
      const sink = sinkFor(link, out, peer, (reply) => {
        if (isOpening) link.session = sessionFrom(sessionId, reply) ?? link.session
        resolve(hasSession && isSessionLost(status, reply) ? 'session-lost' : reply)
        if (!reading) return
        drained = new AbortController()
        void link.ports.clock.sleep(drainMs, drained.signal).then(
          () => scope.abort(),
          () => undefined,
        )
      })
      const request = { method: 'POST', headers, body: out.text } as const
      const first = await read(link, request, sink, scope.signal, (headStatus, headSession) => {
        status = headStatus
        sessionId = headSession
      })
      let { ending } = first
      const from = hasSession ? first.reader?.resumption?.() : undefined
      if (from !== undefined && !sink.replied && !scope.signal.aborted) {
        if (ending.kind === 'complete') peer.rest?.(from.retryMs)
        ending = await resume(link, from, sink, scope.signal)
      } else if (ending.kind !== 'broken') {
        reading = false
        first.reader?.end()
      }
      reading = false
      drained?.abort()
      if (sink.replied) return
      if (signal.aborted && session !== undefined && !isModern) cancel(link, id)
      sink.onReply(replyForEnding(link, ending))
    }).catch((error: unknown) => {
      // Nothing here throws on purpose; a caller that does must not take the process along.
      const { name, message: text } = error as Error
      link.ports.log.error({ backend: link.name, error: `${name}: ${text}` }, 'a reply was lost')
      resolve(sent(outcomeUnknown(link.name, 'an error inside the proxy')))
    })
  })
