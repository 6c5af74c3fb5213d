// One request to an HTTP backend with its answer, wherever on the answer's stream it comes.
import { writeJson } from '../../base/exact-json.ts'
import { createCancel, type Cancel, type CancelSignal } from '../../base/cancellation.ts'
import type { Ticket } from '../../base/roster.ts'
import type { Peer, Reply } from '../../mcp/call.ts'
import {
  jsonRpcIdOf,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '../../mcp/json-rpc.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'
import { metaOf } from '../../mcp/revision.ts'
import { isUnrelated } from '../link/changes.ts'
import type { Credential } from '../credential.ts'
import { notSent, outcomeUnknown, sent, unavailable } from '../failure.ts'
import { isModernMessage, postHeaders, type HttpSession } from './http-headers.ts'
import { answer, cancel, unreachable, type Abortable, type HttpLink } from './http-link.ts'
import {
  replyReader,
  type LostSession,
  type ReplyReader,
  type ReplySink,
  type Resumption,
} from './http-reply.ts'
import { resume } from './http-resume.ts'
import { isTokenOf, outgoing, relayProgress, type Outgoing } from '../channel/outgoing.ts'
import type { BodySink } from './body-sink.ts'
import {
  startTrip,
  type Ending,
  type ResponseHead,
  type Trip,
  type TripEvents,
} from './round-trip.ts'

/** `session-unknown`: refused for that with a status, so unread; `session-lost`: found out while it was answered. */
export type PostOutcome = Reply | 'session-lost' | 'session-unknown'

/** A server that keeps the stream open after its answer shall not keep the connection. */
const drainMs = 1000
const sessionIdPattern = /^[\x21-\x7e]{1,1024}$/

const replyForEnding = (link: HttpLink, ending: Ending): Reply => {
  if (ending.kind !== 'broken') return sent(outcomeUnknown(link.name, 'no answer came'))
  if (!ending.connected) return notSent(unreachable(link, ending.why))
  if (!ending.sent) return notSent(unavailable(link.name, ending.why))
  return sent(outcomeUnknown(link.name, ending.why))
}

const sessionFrom = (id: string | undefined, reply: Reply): HttpSession | undefined => {
  if (reply.kind !== 'result') return undefined
  const version = valueIfObject(reply.result)?.['protocolVersion']
  return {
    id: id !== undefined && sessionIdPattern.test(id) ? id : undefined,
    protocolVersion: typeof version === 'string' ? version : '',
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
  const progressToken = jsonRpcIdOf(metaOf(message.params)?.['progressToken'])
  return {
    id,
    text: writeJson(id === message.id ? message : { ...message, id }),
    progressToken,
    sentToken: progressToken,
  }
}

/** What takes the answer: once. */
export type OnOutcome = (outcome: PostOutcome) => void

/** One call on its way, with all that its answer needs: one object, since there are many of these. */
class Posting implements TripEvents, ReplySink {
  readonly name: string
  readonly id: JsonRpcId
  readonly credential: Credential
  readonly maxBytes: number
  readonly now: () => number
  replied = false
  private readonly link: HttpLink
  private readonly out: Outgoing<JsonRpcId>
  private readonly peer: Peer
  private readonly outer: CancelSignal
  private readonly isOpening: boolean
  private readonly isModern: boolean
  /** The old session stays until there is a new one: who uses it meanwhile learns that it is lost. */
  private readonly session: HttpSession | undefined
  private readonly onOutcome: OnOutcome
  private ticket: Ticket<Abortable> | undefined
  private trip: Trip | undefined
  private reader: ReplyReader | undefined
  private sessionId: string | undefined
  private drained: Cancel | undefined
  /** Ends what follows the first stream. */
  private further: Cancel | undefined
  private isReading = true

  constructor(
    link: HttpLink,
    credential: Credential,
    own: number,
    message: JsonRpcRequest,
    peer: Peer,
    outer: CancelSignal,
    onOutcome: OnOutcome,
  ) {
    this.isOpening = message.method === 'initialize'
    this.isModern = isModernMessage(message)
    this.out = outgoingFor(message, own, this.isModern)
    this.name = link.name
    this.credential = credential
    this.maxBytes = link.maxBytes
    this.id = this.out.id
    this.now = () => link.ports.clock.now()
    this.link = link
    this.peer = peer
    this.outer = outer
    this.session = this.isOpening ? undefined : link.session
    this.onOutcome = onOutcome
  }

  start(message: JsonRpcRequest, extra: Readonly<Record<string, string>> | undefined): void {
    const { link, session } = this
    this.ticket = link.open.add(this)
    this.outer.addEventListener('abort', this.abort, { once: true })
    this.trip = startTrip(
      link.http,
      link.target,
      {
        method: 'POST',
        headers: postHeaders(this.credential, message, session, extra),
        body: this.out.text,
      },
      this,
    )
  }

  private get hasSession(): boolean {
    return this.session?.id !== undefined && !this.isModern
  }

  /** The caller leaves, the link closes, or what comes after the answer takes too long. */
  readonly abort = (): void => {
    this.trip?.abort()
    this.further?.abort()
  }

  onHead(head: ResponseHead): BodySink {
    if (this.isOpening) this.sessionId = head.header('mcp-session-id')
    this.reader = replyReader(head, this)
    return this.reader
  }

  onEnding(ending: Ending): void {
    try {
      const from = this.hasSession && !this.replied ? this.reader?.resumption?.() : undefined
      if (from === undefined || this.outer.aborted || this.link.closing) this.finish(ending)
      else void this.goOn(ending, from).catch((error: unknown) => this.lose(error))
    } catch (error) {
      this.lose(error)
    }
  }

  private async goOn(ending: Ending, from: Resumption): Promise<void> {
    const early = createCancel()
    if (ending.kind === 'complete') this.peer.suspend?.(from.retryMs, () => early.abort())
    this.further = createCancel()
    this.reader = undefined
    this.finish(await resume(this.link, from, this, this.further.signal, early.signal))
  }

  private finish(ending: Ending): void {
    const { reader, link } = this
    this.isReading = false
    if (ending.kind !== 'broken') reader?.end()
    this.end()
    if (this.replied) return
    if (this.outer.aborted && this.session !== undefined && !this.isModern)
      cancel(link, this.id, this.outer.reason)
    this.onReply(replyForEnding(link, ending))
  }

  private end(): void {
    this.drained?.abort()
    this.trip = undefined
    this.reader = undefined
    this.outer.removeEventListener('abort', this.abort)
    if (this.ticket !== undefined) this.link.open.remove(this.ticket)
  }

  /** Nothing here throws on purpose; a caller that does must not take the process along. */
  private lose(error: unknown): void {
    const { name, message } = error as Error
    const { log } = this.link.ports
    log.error({ backend: this.name, error: `${name}: ${message}` }, 'a reply was lost')
    this.end()
    this.replied = true
    this.onOutcome(sent(outcomeUnknown(this.name, 'an error inside the proxy')))
  }

  /** Takes the first and no other. */
  onReply(reply: Reply, lost?: LostSession): void {
    if (this.replied) return
    this.replied = true
    const { link } = this
    if (this.isOpening) link.session = sessionFrom(this.sessionId, reply) ?? link.session
    this.onOutcome(this.hasSession && lost !== undefined ? lost : reply)
    if (!this.isReading) return
    this.drained = createCancel()
    void link.ports.clock.sleep(drainMs, this.drained.signal).then(this.abort, () => undefined)
  }

  onNotification(notification: JsonRpcNotification): void {
    const { link, out, peer } = this
    if (isUnrelated(notification)) link.events.onNotification(notification)
    else if (link.questions.withdraw(notification) || this.replied) return
    else if (notification.method !== 'notifications/progress') peer.notify(notification)
    else if (isTokenOf(notification, out.sentToken)) {
      relayProgress(notification, out.progressToken, peer)
    }
  }

  onQuestion(question: JsonRpcRequest): void {
    answer(this.link, question, this.peer)
  }

  onStray(): void {
    const { name, link } = this
    if (link.hasStray) return
    link.hasStray = true
    link.ports.log.warn({ backend: name }, 'an event that is no message was passed over')
  }

  onEventId(): void {
    if (this.hasSession && !this.replied) this.peer.keep?.()
  }

  room(): Promise<void> | undefined {
    return this.peer.drained?.()
  }
}

/** Tells the answer, also while the rest of its stream is still read. `own` is an id that is ours alone. */
export const post = (
  link: HttpLink,
  credential: Credential,
  own: number,
  message: JsonRpcRequest,
  peer: Peer,
  signal: CancelSignal,
  extra: Readonly<Record<string, string>> | undefined,
  onOutcome: OnOutcome,
): void => {
  if (signal.aborted)
    onOutcome(notSent(unavailable(link.name, 'the call was cancelled', 'cancelled')))
  else new Posting(link, credential, own, message, peer, signal, onOutcome).start(message, extra)
}
