// A channel that all callers of one server share: what waits for an answer on it, and who gets what comes.
import { bytesWithoutByteOrderMark } from '../../base/byte-order-mark.ts'
import { readJson } from '../../base/exact-json.ts'
import { type Problem } from '../../problems/problem.ts'
import type { CancelSignal } from '../../base/cancellation.ts'
import type { Logger } from '../../base/ports.ts'
import type { Caller, Peer, Reply } from '../../mcp/call.ts'
import { isTooDeep, readMessageBytes } from '../../mcp/envelope.ts'
import type { JsonRpcId, JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { readMessage, type Message } from '../../mcp/message.ts'
import {
  notSent,
  outcomeUnknown,
  outsideProtocol,
  sent,
  unavailable,
  type Outage,
} from '../failure.ts'
import { idAtEdges } from '../../mcp/lines.ts'
import { cancelNotice } from './outgoing.ts'
import { createPending, type Waiting } from './pending.ts'
import { createQuestionDesk } from './question-desk.ts'
import type { LinkEvents, Transport } from '../transport.ts'

/** What may wait for a server that does not read. */
export const maxUnreadBytes = 64 * 1024 * 1024

export interface ChannelOptions {
  readonly name: string
  readonly events: LinkEvents
  /** The text is asked for when it goes out; undefined when it is not wanted any more. `waiting`: the request that it is, and whose. */
  readonly send: (text: () => string | undefined, waiting?: Waiting, caller?: Caller) => void
  readonly log: Logger
  /** Whether the server has left too much unread to be sent more. */
  isFull(): boolean
  /** Something came that is no message, or answers nothing that waits. */
  onStray(bytes: Uint8Array, why: string): void
}

export interface Channel {
  readonly request: Transport['request']
  /** As in Pending. */
  find(id: JsonRpcId | undefined): Waiting | undefined
  /** One message, or a batch of them. `bytes` are kept, not copied. */
  receive(bytes: Uint8Array): void
  /** Nothing will come any more. `how` says what happened. */
  end(how: string, outage?: Outage): void
}

const openBrace = 0x7b
const openBracket = 0x5b

/** Revision 2025-03-26 may answer with a batch. */
const readBytes = (bytes: Uint8Array): readonly Message[] => {
  if (bytes[0] !== openBracket || isTooDeep(bytes)) return [readMessageBytes(bytes)]
  try {
    const batch: unknown = readJson(Buffer.from(bytes).toString('utf8'))
    if (Array.isArray(batch)) return batch.map((element) => readMessage(element))
  } catch {
    // A line like "[info] ..." is no batch.
  }
  return [{ kind: 'invalid', why: 'not JSON', id: undefined }]
}

export const createChannel = (options: ChannelOptions): Channel => {
  const { name, events, send } = options
  const pending = createPending()
  const questions = createQuestionDesk((...question) => events.onQuestion(...question))
  let ended: Problem | undefined

  /** A shared channel does not say which request a log message belongs to: it is clear while there is but one. */
  const relayLoose = (notification: JsonRpcNotification): void => {
    const peer = notification.method === 'notifications/message' ? pending.onlyPeer() : undefined
    if (peer === undefined) events.onNotification(notification)
    else peer.notify(notification)
  }
  /** What is too deep is a message all the same: without a readable id, that of the only request there is. */
  const whoWaitsFor = (id: JsonRpcId | undefined, bytes: Uint8Array): Waiting | undefined => {
    if (id !== undefined) return pending.find(id)
    return bytes[0] === openBrace && isTooDeep(bytes) ? pending.find(idAtEdges(bytes)) : undefined
  }
  const deliver = (message: Message, bytes: Uint8Array): void => {
    switch (message.kind) {
      case 'result':
        pending.find(message.id)?.settle({ kind: 'result', result: message.result })
        break
      case 'error':
        pending.find(message.id)?.settle({ kind: 'error', error: message.error })
        break
      case 'notification':
        if (pending.progress(message.notification)) break
        if (pending.acknowledged(message.notification)) break
        if (!questions.withdraw(message.notification)) relayLoose(message.notification)
        break
      case 'request':
        questions.take(message.request, pending.onlyPeer(), (text) => send(() => text))
        break
      case 'invalid': {
        const waiting = whoWaitsFor(message.id, bytes)
        if (waiting === undefined) options.onStray(bytes, message.why)
        else waiting.settle(sent(outsideProtocol(name, message.why)))
      }
    }
  }

  const abandon = (waiting: Waiting, reason: unknown) => {
    if (waiting.sent) send(() => JSON.stringify(cancelNotice(waiting.id, reason)))
    waiting.settle(
      waiting.sent
        ? sent(outcomeUnknown(name, 'the call was cancelled'))
        : notSent(unavailable(name, 'the call was cancelled before it was sent', 'cancelled')),
    )
  }
  const request = async (
    message: JsonRpcRequest,
    peer: Peer,
    signal: CancelSignal,
    _headers?: Readonly<Record<string, string>>,
    caller?: Caller,
  ): Promise<Reply> => {
    if (ended !== undefined) return notSent(ended)
    if (signal.aborted) return notSent(unavailable(name, 'the call was cancelled', 'cancelled'))
    if (options.isFull()) return notSent(unavailable(name, 'it does not read its input', 'silent'))
    const waiting = pending.add(message, peer)
    const onAbort = () => abandon(waiting, signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const textOf = () => {
      if (pending.find(waiting.id) !== waiting) return undefined
      waiting.markSent()
      return waiting.text
    }
    send(textOf, waiting, caller)
    try {
      return await waiting.reply
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  return {
    request,
    find: (id) => pending.find(id),
    receive: (came) => {
      const bytes = bytesWithoutByteOrderMark(came)
      for (const message of readBytes(bytes)) {
        try {
          deliver(message, bytes)
        } catch (error) {
          // Nothing here throws on purpose; and nothing that a server sends may end the process.
          options.log.error({ backend: name, error: String(error) }, 'a message was lost')
        }
      }
    },
    end: (how, outage) => {
      const problem = unavailable(name, how, outage)
      ended = problem
      questions.close()
      pending.failAll((waiting) =>
        waiting.sent ? sent(outcomeUnknown(name, how, outage)) : notSent(problem),
      )
    },
  }
}
