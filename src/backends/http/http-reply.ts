// Reads what an HTTP backend answered to one POST: JSON, an event stream, or a status that says no.
import { bytesWithoutByteOrderMark } from '../../base/byte-order-mark.ts'
import { retryAfterSeconds } from '../../base/retry-after.ts'
import { readJson } from '../../base/exact-json.ts'
import { errorCodes } from '../../base/error-codes.ts'
import type { Reply } from '../../mcp/call.ts'
import { readMessageBytes } from '../../mcp/envelope.ts'
import {
  isIdOf,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '../../mcp/json-rpc.ts'
import { readMessage, type Message } from '../../mcp/message.ts'
import { sseDecoder } from '../../mcp/sse.ts'
import type { Credential } from '../credential.ts'
import {
  credentialRefused,
  notSent,
  outcomeUnknown,
  outsideProtocol,
  sent,
  unavailable,
} from '../failure.ts'
import { refusalWords } from './refusal-words.ts'
import type { BodySink } from './body-sink.ts'
import { Collector, type ResponseHead } from './round-trip.ts'

/** `session-unknown`: refused with a status, unread. */
export type LostSession = 'session-lost' | 'session-unknown'

/** The other side of one POST. */
export interface ReplySink {
  readonly name: string
  readonly id: JsonRpcId
  /** The largest message that the backend may send. */
  readonly maxBytes: number
  /** What was sent with the request. */
  readonly credential: Credential
  readonly replied: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The answer to the request; what comes after it is not for the caller. `lost`: it says that our session is unknown. */
  onReply(reply: Reply, lost?: LostSession): void
  onNotification(notification: JsonRpcNotification): void
  onQuestion(question: JsonRpcRequest): void
  /** An event of the stream that is no message, and is passed over. */
  onStray?(): void
  /** An event has an id: the stream can be gone on with elsewhere. */
  onEventId(): void
  /** Resolves when the caller has room for more; undefined while it has. */
  room(): Promise<void> | undefined
}

const deliver = (message: Message, sink: ReplySink): void => {
  switch (message.kind) {
    case 'result':
      if (isIdOf(message.id, sink.id)) sink.onReply({ kind: 'result', result: message.result })
      break
    case 'error':
      if (message.id === undefined || isIdOf(message.id, sink.id)) {
        const reply: Reply = { kind: 'error', error: message.error }
        sink.onReply(reply, tellsLostSession(200, undefined, reply) ? 'session-lost' : undefined)
      }
      break
    case 'notification':
      sink.onNotification(message.notification)
      break
    case 'request':
      sink.onQuestion(message.request)
      break
    case 'invalid':
      sink.onReply(sent(outsideProtocol(sink.name, message.why)))
  }
}

/** Revision 2025-03-26 may answer with a batch. */
const deliverBytes = (bytes: Uint8Array, sink: ReplySink): void => {
  const message = readMessageBytes(bytes)
  if (message.kind !== 'invalid' || message.why !== 'a batch') {
    deliver(message, sink)
    return
  }
  const batch = readJson(Buffer.from(bytes).toString('utf8')) as readonly unknown[]
  for (const element of batch) deliver(readMessage(element), sink)
}

/** Reads a body; `end` comes once it is complete and must answer if nothing did. */
export interface ReplyReader extends BodySink {
  end(): void
  /** Where to go on, for a stream that said so. */
  resumption?(): Resumption | undefined
}

export interface Resumption {
  readonly lastEventId: string
  readonly retryMs: number
}

const defaultRetryMs = 1000
const eventIdPattern = /^[\x20-\x7e]{1,1024}$/

const tooLarge = ({ name, maxBytes }: ReplySink, what: string): Reply =>
  sent(outsideProtocol(name, `${what} of more than ${maxBytes} bytes`, 'size'))

/** The answer of most calls, so it is one object. */
class JsonReader implements ReplyReader {
  private readonly body: Collector
  private readonly sink: ReplySink

  constructor(sink: ReplySink) {
    this.sink = sink
    this.body = new Collector(sink.maxBytes)
  }

  onChunk(chunk: Uint8Array): boolean {
    const goOn = this.body.onChunk(chunk)
    if (!goOn) this.sink.onReply(tooLarge(this.sink, 'a message'))
    return goOn
  }

  end(): void {
    const { sink, body } = this
    const bytes = body.take()
    if (bytes !== undefined) deliverBytes(bytesWithoutByteOrderMark(bytes), sink)
    if (!sink.replied) sink.onReply(sent(outsideProtocol(sink.name, 'no answer to the request')))
  }
}

const brace = 0x7b
const bracket = 0x5b

/** Such as "[DONE]", which some libraries put at the end of every stream: the official clients go on after it. */
const isStray = (data: Uint8Array): boolean => {
  const first = data.find((byte) => byte > 0x20)
  if (first === brace) return false
  if (first !== bracket) return true
  const message = readMessageBytes(data)
  return message.kind === 'invalid' && message.why === 'not JSON'
}

const streamReader = (sink: ReplySink): ReplyReader => {
  let retryMs = defaultRetryMs
  const decoder = sseDecoder(
    {
      onEvent: ({ data, event }) => {
        if (decoder.lastEventId() !== undefined) sink.onEventId()
        if (data.length === 0 || event !== 'message') return
        if (isStray(data)) sink.onStray?.()
        else deliverBytes(data, sink)
      },
      onRetry: (ms) => {
        retryMs = ms
      },
    },
    sink.maxBytes,
  )
  return {
    onChunk: (chunk) => {
      const goOn = decoder.push(chunk)
      if (!goOn) sink.onReply(tooLarge(sink, 'an event'))
      return goOn
    },
    end: () => {
      if (!sink.replied) {
        sink.onReply(sent(outcomeUnknown(sink.name, 'the event stream ended early')))
      }
    },
    drained: () => sink.room(),
    resumption: () => {
      const lastEventId = decoder.lastEventId()
      // What a header cannot carry cannot be asked for.
      return lastEventId !== undefined && eventIdPattern.test(lastEventId)
        ? { lastEventId, retryMs }
        : undefined
    },
  }
}

const lostWords =
  /\b(?:unknown|invalid|expired|no valid|no such|missing) session\b|\bsession\b[^.]{0,80}\b(?:not found|unknown|expired|invalid|terminated|does not exist)\b/i

/**
 * 404 by the specification. Servers also say it with other statuses, in plain words or with one of the codes
 * that SDKs give it, and some with 200.
 */
const tellsLostSession = (status: number, body: Uint8Array | undefined, reply: Reply): boolean => {
  if (status === 404) return true
  if (reply.kind === 'error') {
    const { code, message } = reply.error
    const isCode = code === errorCodes.connectionClosed || code === errorCodes.requestTimeout
    return status === 400 && isCode
      ? true
      : (isCode || code === errorCodes.invalidRequest) && lostWords.test(message)
  }
  const speaks = status === 400 || status === 410 || status === 422
  return speaks && body !== undefined && lostWords.test(Buffer.from(body).toString('utf8', 0, 4096))
}

/** A JSON-RPC error in the body is the backend's own word; without one the status speaks. */
const refusalReader = (head: ResponseHead, sink: ReplySink): ReplyReader => {
  const { status } = head
  const body = new Collector(64 * 1024)
  return {
    onChunk: (chunk) => body.onChunk(chunk),
    end: () => {
      const bytes = body.take()
      const reply = replyForStatus(head, bytes, sink)
      sink.onReply(reply, tellsLostSession(status, bytes, reply) ? 'session-unknown' : undefined)
    },
  }
}

const replyForStatus = (
  head: ResponseHead,
  body: Uint8Array | undefined,
  { name, credential, now }: ReplySink,
): Reply => {
  const { status } = head
  const isChallenge = status === 401 || status === 403
  const challenge = isChallenge ? head.header('www-authenticate') : undefined
  const words = refusalWords(body, challenge, credential.secrets)
  // Its challenge would send the caller to the wrong authorization server.
  if (isChallenge) {
    return notSent(credentialRefused(name, status, credential.identifies, words))
  }
  const message = body === undefined ? undefined : readMessageBytes(bytesWithoutByteOrderMark(body))
  if (message?.kind === 'error') return { kind: 'error', error: message.error }
  if (status === 429) {
    const why = unavailable(name, `it answers HTTP 429${words}`, 'busy')
    return notSent(why, retryAfterSeconds(head.header('retry-after'), now()))
  }
  const target = head.redirect()
  if (target !== undefined)
    return notSent(outsideProtocol(name, `HTTP ${status}, a redirect to ${target}`, 'redirect'))
  if (status >= 500) return sent(outcomeUnknown(name, `HTTP ${status}${words}`))
  return sent(outsideProtocol(name, `HTTP ${status}${words}`, 'status'))
}

/** 201 is what some frameworks answer to every POST. */
const answering: readonly number[] = [200, 201]

export const replyReader = (head: ResponseHead, sink: ReplySink): ReplyReader => {
  const { status } = head
  if (!answering.includes(status)) return refusalReader(head, sink)
  const said = head.header('content-type')
  if (said === 'application/json') return new JsonReader(sink)
  const type = said?.split(';')[0]?.trim().toLowerCase()
  if (type === 'text/event-stream') return streamReader(sink)
  if (type === 'application/json') return new JsonReader(sink)
  return {
    onChunk: () => false,
    end: () =>
      sink.onReply(
        sent(outsideProtocol(sink.name, `content type ${type ?? 'is missing'}`, 'type')),
      ),
  }
}
