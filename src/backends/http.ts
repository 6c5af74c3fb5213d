// An MCP server over Streamable HTTP: one POST for each request, and in the session era a standing stream.
import type { Dispatcher } from 'undici'
import type { Ports } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import type { Peer, Reply } from '../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest, Message } from '../mcp/message.ts'
import { valueIfObject } from '../mcp/lazy-object.ts'
import { methodSpec } from '../mcp/methods.ts'
import type { Dialler, LinkEvents, Transport } from './backend.ts'
import { assumedChanges, isUnrelated } from './changes.ts'
import { notSent, outcomeUnknown, sent, unavailable } from './failure.ts'
import {
  credentialHeaders,
  isModernMessage,
  messageHeaders,
  postHeaders,
  sessionHeaders,
  type Session,
} from './http-headers.ts'
import { replyReader, type ReplyReader, type ReplySink } from './http-reply.ts'
import { followStream } from './http-stream.ts'
import { answerTo, outgoing, relayProgress } from './outgoing.ts'
import { roundTrip, type BodySink, type Ending, type HttpTarget } from './round-trip.ts'

export interface HttpConfig {
  readonly name: string
  readonly url: string
  readonly bearerToken: Secret | undefined
}

const drainMs = 1000
const sideMessageMs = 5000
const defaultGraceMs = 5000
const sessionIdPattern = /^[\x21-\x7e]{1,1024}$/

const ignoreBody: BodySink = { onChunk: () => true }

type PostOutcome = Reply | 'session-lost'

/** The link's state: at most one session at a time, and everything that is open on it. */
interface Link {
  readonly name: string
  readonly http: Dispatcher
  readonly target: HttpTarget
  readonly credential: Readonly<Record<string, string>>
  readonly ports: Ports
  readonly events: LinkEvents
  readonly open: Set<AbortController>
  session: Session | undefined
  stream: AbortController | undefined
  closing: boolean
}

const unreachable = (link: Link, why: string) => {
  const problem = unavailable(link.name, why)
  if (!link.closing) link.events.onEnd(problem)
  return problem
}

/** Runs `work` with a signal that ends with the link, with `signal`, and after `limitMs`. */
const withinLink = async <T>(
  link: Link,
  signal: AbortSignal | undefined,
  limitMs: number | undefined,
  work: (scope: AbortController) => Promise<T>,
): Promise<T> => {
  const scope = new AbortController()
  const timer = new AbortController()
  const onAbort = () => scope.abort()
  if (signal?.aborted) scope.abort()
  signal?.addEventListener('abort', onAbort, { once: true })
  link.open.add(scope)
  if (limitMs !== undefined) {
    void link.ports.clock.sleep(limitMs, timer.signal).then(onAbort, () => undefined)
  }
  try {
    return await work(scope)
  } finally {
    timer.abort()
    link.open.delete(scope)
    signal?.removeEventListener('abort', onAbort)
  }
}

/** Sends what expects no answer. */
const postAside = (link: Link, body: string, headers: Record<string, string>): Promise<Ending> =>
  withinLink(link, undefined, sideMessageMs, ({ signal }) =>
    roundTrip(
      link.http,
      link.target,
      { method: 'POST', headers: { ...postHeaders, ...link.credential, ...headers }, body },
      signal,
      () => ignoreBody,
    ),
  )

const answer = (link: Link, question: JsonRpcRequest): void => {
  void postAside(link, answerTo(question), sessionHeaders(link.session))
}

const cancel = (link: Link, id: number): void => {
  const notification = {
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: id, reason: 'The caller cancelled or left' },
  }
  void postAside(link, JSON.stringify(notification), sessionHeaders(link.session))
}

const onStreamMessage = (link: Link, message: Message): void => {
  if (message.kind === 'notification') link.events.onNotification(message.notification)
  else if (message.kind === 'request') answer(link, message.request)
}

const startStream = (link: Link): void => {
  link.stream?.abort()
  const stream = new AbortController()
  link.stream = stream
  void followStream({
    http: link.http,
    target: link.target,
    headers: { ...link.credential, ...sessionHeaders(link.session) },
    ports: link.ports,
    signal: stream.signal,
    onMessage: (message) => onStreamMessage(link, message),
    onGap: () => {
      for (const change of assumedChanges) link.events.onNotification(change)
    },
    onSessionLost: () => void link.events.onSessionLost(),
    onUnreachable: (why) => {
      unreachable(link, why)
    },
  })
}

const replyForEnding = (link: Link, ending: Ending): Reply => {
  if (ending.kind !== 'broken') return sent(outcomeUnknown(link.name, 'no answer came'))
  if (!ending.connected) return notSent(unreachable(link, ending.why))
  if (!ending.sent) return notSent(unavailable(link.name, ending.why))
  return sent(outcomeUnknown(link.name, ending.why))
}

const keepSession = (link: Link, id: string | undefined, reply: Reply): void => {
  if (reply.kind !== 'result') return
  const version = valueIfObject(reply.result)?.['protocolVersion']
  link.session = {
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

/** One POST with its answer. Resolves with the answer, also while the rest of the stream is still read. */
const post = (
  link: Link,
  id: number,
  message: JsonRpcRequest,
  peer: Peer,
  signal: AbortSignal,
): Promise<PostOutcome> =>
  new Promise((resolve) => {
    const isOpening = message.method === 'initialize'
    // The old session stays until there is a new one: who uses it meanwhile learns that it is lost.
    const session = isOpening ? undefined : link.session
    const hasSession = session?.id !== undefined && !isModernMessage(message)
    const out = outgoing(message, id)
    const headers = { ...postHeaders, ...link.credential, ...messageHeaders(message, session) }
    let reader: ReplyReader | undefined
    let status = 0
    let newSession: string | undefined

    void withinLink(link, signal, undefined, async (scope) => {
      const drained = new AbortController()
      let replied = false
      const reply = (outcome: Reply) => {
        if (replied) return
        replied = true
        if (isOpening) keepSession(link, newSession, outcome)
        resolve(hasSession && isSessionLost(status, outcome) ? 'session-lost' : outcome)
        // A server that keeps the stream open after its answer shall not keep the connection.
        void link.ports.clock.sleep(drainMs, drained.signal).then(
          () => scope.abort(),
          () => undefined,
        )
      }
      const sink: ReplySink = {
        name: link.name,
        id,
        onReply: reply,
        onNotification: (notification) => {
          if (isUnrelated(notification)) link.events.onNotification(notification)
          else if (replied) return
          else if (notification.method !== 'notifications/progress') peer.notify(notification)
          else relayProgress(notification, out.progressToken, peer)
        },
        onQuestion: (question) => answer(link, question),
      }
      const onHead: Parameters<typeof roundTrip>[4] = (head) => {
        status = head.status
        newSession = head.header('mcp-session-id')
        reader = replyReader(head, sink)
        return reader
      }
      const request = { method: 'POST', headers, body: out.text } as const
      const ending = await roundTrip(link.http, link.target, request, scope.signal, onHead)
      drained.abort()
      if (ending.kind !== 'broken') reader?.end()
      else if (signal.aborted && !replied && session !== undefined && !isModernMessage(message)) {
        // MCP 2025-11-25 transports: a disconnect is not a cancellation.
        cancel(link, id)
      }
      reply(replyForEnding(link, ending))
    })
  })

const openTransport = (link: Link): Transport => {
  let lastId = 0
  const request = async (message: JsonRpcRequest, peer: Peer, signal: AbortSignal) => {
    if (signal.aborted) return notSent(unavailable(link.name, 'the call was cancelled'))
    const { session } = link
    const first = await post(link, ++lastId, message, peer, signal)
    if (first !== 'session-lost') return first
    const renewed = link.session !== session || (await link.events.onSessionLost())
    if (renewed && methodSpec(message.method)?.repeatable === true) {
      const second = await post(link, ++lastId, message, peer, signal)
      if (second !== 'session-lost') return second
    }
    return sent(outcomeUnknown(link.name, 'it had forgotten our session'))
  }
  return {
    request,
    notify: async (notification: JsonRpcNotification) => {
      await postAside(
        link,
        JSON.stringify(notification),
        messageHeaders(notification, link.session),
      )
      if (notification.method === 'notifications/initialized') startStream(link)
    },
    close: async (graceMs = defaultGraceMs) => {
      link.closing = true
      link.stream?.abort()
      for (const scope of link.open) scope.abort()
      if (link.session?.id === undefined) return
      const headers = { ...link.credential, ...sessionHeaders(link.session) }
      await withinLink(link, undefined, Math.min(graceMs, sideMessageMs), ({ signal }) =>
        roundTrip(link.http, link.target, { method: 'DELETE', headers }, signal, () => ignoreBody),
      )
    },
  }
}

export const httpDialler = (config: HttpConfig, ports: Ports): Dialler => {
  const { origin, pathname, search } = new URL(config.url)
  return {
    survivesProbe: true,
    dial: async (events) => ({
      kind: 'open',
      transport: openTransport({
        name: config.name,
        http: await ports.http(),
        target: { origin, path: `${pathname}${search}` },
        credential: credentialHeaders(config.bearerToken),
        ports,
        events,
        open: new Set(),
        session: undefined,
        stream: undefined,
        closing: false,
      }),
    }),
  }
}
