// One request to an HTTP backend with its answer, wherever on the answer's stream it comes.
import { createCancel, type Cancel, type CancelSignal } from '../base/cancellation.ts'
import type { Peer, Reply } from '../mcp/call.ts'
import { valueIfObject } from '../mcp/lazy-object.ts'
import { isJsonRpcId, type JsonRpcId, type JsonRpcRequest } from '../mcp/message.ts'
import { metaOf } from '../mcp/revision.ts'
import { isUnrelated } from './changes.ts'
import { notSent, outcomeUnknown, sent, unavailable } from './failure.ts'
import { isModernMessage, postHeaders, sessionHeaders, type Session } from './http-headers.ts'
import { answer, cancel, openScope, unreachable, type HttpLink } from './http-link.ts'
import { replyReader, type ReplyReader, type ReplySink, type Resumption } from './http-reply.ts'
import { isTokenOf, outgoing, relayProgress, type Outgoing } from './outgoing.ts'
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

/** The sink of one request's answers; `reply` takes the first and no other. */
const sinkFor = (
  link: HttpLink,
  { id, progressToken, sentToken }: Outgoing<JsonRpcId>,
  peer: Peer,
  reply: (reply: Reply, lost: boolean) => void,
): ReplySink => {
  let replied = false
  return {
    name: link.name,
    id,
    get replied() {
      return replied
    },
    onReply: (outcome, lost = false) => {
      if (replied) return
      replied = true
      reply(outcome, lost)
    },
    onNotification: (notification) => {
      if (isUnrelated(notification)) link.events.onNotification(notification)
      else if (link.questions.withdraw(notification) || replied) return
      else if (notification.method !== 'notifications/progress') peer.notify(notification)
      else if (isTokenOf(notification, sentToken)) relayProgress(notification, progressToken, peer)
    },
    onQuestion: (question) => answer(link, question, peer),
  }
}

interface Reading {
  readonly ending: Ending
  readonly reader: ReplyReader | undefined
}

type OnHead = (status: number, id: string | undefined) => void

const read = (
  link: HttpLink,
  request: HttpRequest,
  sink: ReplySink,
  signal: CancelSignal,
  onHead?: OnHead,
): Promise<Reading> => {
  let reader: ReplyReader | undefined
  return roundTrip(link.http, link.target, request, signal, (head) => {
    onHead?.(head.status, head.header('mcp-session-id'))
    reader = replyReader(head, sink)
    return reader
  }).then((ending) => ({ ending, reader }))
}

/**
 * A session server may end the stream of a call early and finish it on another one, which the client
 * asks for with the last event id (MCP 2025-11-25 transports, resumability).
 */
const resume = async (
  link: HttpLink,
  from: Resumption,
  sink: ReplySink,
  signal: CancelSignal,
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

/** A subscription is known by its id while others stand, and a round has another id than the round before. */
const needsOwnId = ({ method, params }: JsonRpcRequest): boolean =>
  method === 'subscriptions/listen' ||
  params?.['requestState'] !== undefined ||
  params?.['inputResponses'] !== undefined

/**
 * A modern server answers each POST on its own, so the caller's id and progress token mostly serve; a session
 * is shared by callers whose ids would collide.
 */
const outgoingFor = (
  message: JsonRpcRequest,
  own: number,
  isModern: boolean,
): Outgoing<JsonRpcId> => {
  if (!isModern) return outgoing(message, own)
  const id = needsOwnId(message) ? `proxy:${own}` : message.id
  const token = metaOf(message.params)?.['progressToken']
  const progressToken = isJsonRpcId(token) ? token : undefined
  return {
    id,
    text: JSON.stringify(id === message.id ? message : { ...message, id }),
    progressToken,
    sentToken: progressToken,
  }
}

/** Resolves with the answer, also while the rest of its stream is still read. `id` is ours alone. */
export const post = (
  link: HttpLink,
  id: number,
  message: JsonRpcRequest,
  peer: Peer,
  signal: CancelSignal,
  extra?: Readonly<Record<string, string>>,
): Promise<PostOutcome> =>
  new Promise((resolve) => {
    const isOpening = message.method === 'initialize'
    const isModern = isModernMessage(message)
    // The old session stays until there is a new one: who uses it meanwhile learns that it is lost.
    const session = isOpening ? undefined : link.session
    const hasSession = session?.id !== undefined && !isModern
    const out = outgoingFor(message, id, isModern)
    let sessionId: string | undefined
    let drained: Cancel | undefined
    let reading = true
    const scope = openScope(link, signal)

    const sink = sinkFor(link, out, peer, (reply, lost) => {
      if (isOpening) link.session = sessionFrom(sessionId, reply) ?? link.session
      resolve(hasSession && lost ? 'session-lost' : reply)
      if (!reading) return
      drained = createCancel()
      void link.ports.clock.sleep(drainMs, drained.signal).then(
        () => scope.abort(),
        () => undefined,
      )
    })
    const finish = (ending: Ending, reader: ReplyReader | undefined) => {
      reading = false
      if (ending.kind !== 'broken') reader?.end()
      drained?.abort()
      scope.end()
      if (sink.replied) return
      if (signal.aborted && session !== undefined && !isModern) cancel(link, out.id)
      sink.onReply(replyForEnding(link, ending))
    }
    const request: HttpRequest = {
      method: 'POST',
      headers: postHeaders(link.credential, message, session, extra),
      body: out.text,
    }
    read(link, request, sink, scope.signal, (_status, headSession) => {
      sessionId = headSession
    })
      .then(({ ending, reader }) => {
        const from = hasSession ? reader?.resumption?.() : undefined
        if (from === undefined || sink.replied || scope.signal.aborted) {
          finish(ending, reader)
          return
        }
        if (ending.kind === 'complete') peer.rest?.(from.retryMs)
        return resume(link, from, sink, scope.signal).then((resumed) => finish(resumed, undefined))
      })
      .catch((error: unknown) => {
        // Nothing here throws on purpose; a caller that does must not take the process along.
        const { name, message: text } = error as Error
        link.ports.log.error({ backend: link.name, error: `${name}: ${text}` }, 'a reply was lost')
        resolve(sent(outcomeUnknown(link.name, 'an error inside the proxy')))
        scope.end()
      })
  })
