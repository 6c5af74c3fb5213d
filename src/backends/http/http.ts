// An MCP server over Streamable HTTP: one POST for each request, and in the session era a standing stream.
import type { Ports } from '../../base/ports.ts'
import { createRoster } from '../../base/roster.ts'
import type { CancelSignal } from '../../base/cancellation.ts'
import type { Peer, Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import type { Message } from '../../mcp/message.ts'
import { methodSpec } from '../../mcp/methods.ts'
import { assumedChanges } from '../link/changes.ts'
import { foreignTo } from '../access.ts'
import type { Credential } from '../credential.ts'
import { notSent, outcomeUnknown, sent, unavailable } from '../failure.ts'
import { sessionHeaders, type HttpConfig, type HttpSession } from './http-headers.ts'
import {
  answer,
  ignoreBody,
  ownCredential,
  postAside,
  sideMessageMs,
  unlessAborted,
  unreachable,
  withAccess,
  withinTime,
  type HttpLink,
} from './http-link.ts'
import { post, type PostOutcome } from './http-post.ts'
import { guessedStreamDialler } from './http-sse.ts'
import { followStream } from './http-stream.ts'
import { createQuestionDesk } from '../channel/question-desk.ts'
import { cancelledBefore, roundTrip } from './round-trip.ts'
import type { Dialler, Transport } from '../transport.ts'

const defaultGraceMs = 5000

type Asked = readonly [
  message: JsonRpcRequest,
  peer: Peer,
  signal: CancelSignal,
  extra: Readonly<Record<string, string>> | undefined,
]

const onStreamMessage = (link: HttpLink, message: Message): void => {
  if (message.kind === 'notification') {
    if (!link.questions.withdraw(message.notification)) {
      link.events.onNotification(message.notification)
    }
  } else if (message.kind === 'request') answer(link, message.request, undefined)
}

const startStream = (link: HttpLink): void => {
  link.stream?.abort()
  const stream = new AbortController()
  link.stream = stream
  void followStream({
    http: link.http,
    target: link.target,
    headers: async () => {
      const credential = link.access.fixed ?? (await ownCredential(link))
      return credential && { ...credential.headers, ...sessionHeaders(link.session) }
    },
    ports: link.ports,
    maxBytes: link.maxBytes,
    signal: stream.signal,
    onMessage: (message) => onStreamMessage(link, message),
    onGap: () => {
      for (const change of assumedChanges) link.events.onNotification(change)
    },
    onSessionLost: () => void link.events.onSessionLost(),
    onNone: () => link.events.onSilent(),
    onUnreachable: (why) => {
      unreachable(link, why)
    },
  })
}

const openTransport = (link: HttpLink): Transport => {
  let lastId = 0
  const send = (credential: Credential, ...asked: Asked): Promise<Reply> => {
    const [message, peer, signal, extra] = asked
    const { session } = link
    return new Promise((resolve) => {
      post(link, credential, ++lastId, message, peer, signal, extra, (first) => {
        resolve(
          first === 'session-lost' || first === 'session-unknown'
            ? again(first, session, credential, ...asked)
            : first,
        )
      })
    })
  }
  const request: Transport['request'] = (message, peer, signal, extra, caller) => {
    if (signal.aborted) {
      return Promise.resolve(notSent(unavailable(link.name, 'the call was cancelled', 'cancelled')))
    }
    const { access } = link
    if (access.fixed !== undefined) return send(access.fixed, message, peer, signal, extra)
    const whose = caller ?? link.owner
    // Where the server knows no session, each request is one of its own.
    const foreign =
      link.session?.id === undefined ? undefined : foreignTo(link.name, access, link.owner, whose)
    if (link.owner !== undefined && foreign === undefined) link.owner = whose
    return withAccess(link, whose, signal, (credential) =>
      foreign === undefined
        ? send(credential, message, peer, signal, extra)
        : Promise.resolve(notSent(foreign)),
    )
  }
  /** What is safe to repeat, or was refused unread, is sent once more, in a new session. */
  const again = async (
    outcome: Exclude<PostOutcome, Reply>,
    session: HttpSession | undefined,
    credential: Credential,
    ...[message, ...rest]: Asked
  ): Promise<Reply> => {
    const renewed = link.session !== session || (await link.events.onSessionLost())
    const isUnread = outcome === 'session-unknown'
    if (renewed && (isUnread || methodSpec(message.method)?.repeatable === true)) {
      const [peer, signal, extra] = rest
      const second = await new Promise<PostOutcome>((resolve) => {
        post(link, credential, ++lastId, message, peer, signal, extra, resolve)
      })
      if (second !== 'session-lost' && second !== 'session-unknown') return second
    }
    if (isUnread) return notSent(unavailable(link.name, 'it does not know our session', 'status'))
    return sent(outcomeUnknown(link.name, 'it had forgotten our session'))
  }
  return {
    request,
    notify: async (notification: JsonRpcNotification) => {
      await postAside(link, JSON.stringify(notification), notification)
      if (notification.method === 'notifications/initialized') startStream(link)
    },
    isSessionless: () => link.session !== undefined && link.session.id === undefined,
    close: async (graceMs = defaultGraceMs) => {
      link.closing = true
      link.stream?.abort()
      link.questions.close()
      for (const scope of link.open.values()) scope.abort()
      if (link.session?.id === undefined) return
      await withinTime(link, Math.min(graceMs, sideMessageMs), async (signal) => {
        const credential = link.access.fixed ?? (await unlessAborted(ownCredential(link), signal))
        if (credential === undefined) return cancelledBefore
        const headers = { ...credential.headers, ...sessionHeaders(link.session) }
        const leaving = { method: 'DELETE', headers } as const
        return roundTrip(link.http, link.target, leaving, signal, () => ignoreBody)
      })
    },
  }
}

export const httpDialler = (config: HttpConfig, ports: Ports): Dialler => {
  const { origin, pathname, search } = new URL(config.url)
  return {
    survivesProbe: true,
    elder: guessedStreamDialler(config, ports),
    dial: async (events, _signal, owner) => ({
      kind: 'open',
      transport: openTransport({
        name: config.name,
        http: await ports.http(),
        target: { origin, path: `${pathname}${search}` },
        access: config.access,
        owner,
        maxBytes: config.maxBytes,
        ports,
        events,
        open: createRoster(),
        questions: createQuestionDesk((...question) => events.onQuestion(...question)),
        session: undefined,
        stream: undefined,
        closing: false,
        hasStray: false,
      }),
    }),
  }
}
