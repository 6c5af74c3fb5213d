// The other door: one client on a pair of pipes that speaks either era, or both, in lines of JSON-RPC.
import { errorCodes } from '../../base/error-codes.ts'
import { readJson } from '../../base/exact-json.ts'
import { logInternalError } from '../../problems/log-internal-error.ts'
import { problemOf } from '../../problems/problem.ts'
import { readMessageBytes } from '../../mcp/envelope.ts'
import type { JsonRpcError, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'
import { idOfOverlong } from '../../mcp/lines.ts'
import { readMessage, type Message } from '../../mcp/message.ts'
import { metaKeys } from '../../mcp/revision.ts'
import {
  answerBatch,
  batchProblem,
  conversationFacts,
  onNotification,
} from '../dialogue/conversation.ts'
import { claimsModern } from '../dialogue/modern-envelope.ts'
import {
  callInTalk,
  cancelCall,
  initialize,
  refuse,
  refuseAtEnd,
  shapeProblem,
  speakerOf,
  statelessCall,
  type PipeClient,
} from './stdio-calls.ts'
import { openStdioSession, type StdioSession } from './stdio-talk.ts'

export interface StdioDoor {
  onLine(line: Uint8Array): void
  /** A line was too long to be read: its edges. */
  onOverlong(head: Uint8Array, tail: Uint8Array): void
  /** A list that clients hold is outdated. */
  onListChanged(method: string): void
  /** Takes no new requests; answers to questions are still heard. */
  drain(): void
  /** The client says nothing more: what it was asked stays without an answer. */
  end(): void
}

export interface StdioDoorOptions extends Omit<PipeClient, 'calls'> {
  /** Of one message. */
  readonly maxBytes: number
}

/** What a server gets for an answer whose inside is no JSON. */
const unreadable: JsonRpcError = {
  code: errorCodes.internalError,
  message: 'The answer of the client is not JSON',
}
export const createStdioDoor = ({ maxBytes, ...given }: StdioDoorOptions): StdioDoor => {
  const client: PipeClient = { ...given, calls: new Map() }
  const { state, channel, calls } = client
  let talk: StdioSession | undefined
  let draining = false

  const startTalk = async (request: JsonRpcRequest): Promise<void> => {
    const facts = conversationFacts(request.params)
    // What the client says right behind it belongs to the new conversation already.
    talk?.close()
    const opened = openStdioSession(facts, calls, channel)
    talk = opened
    await initialize(client, request, facts)
    opened.isOpen = true
  }

  const onRequest = (request: JsonRpcRequest): void | Promise<void> => {
    const { id, method, params } = request
    if (calls.has(id)) {
      return refuse(client, id, shapeProblem('the id is in use by a call in flight'))
    }
    if (draining) return refuseAtEnd(client, id)
    if (claimsModern(params)) return statelessCall(client, request)
    if (method === 'initialize') return startTalk(request)
    if (talk !== undefined) return callInTalk(client, request, talk)
    // Allowed before the handshake (MCP 2025-11-25, lifecycle).
    if (method === 'ping') {
      return callInTalk(client, request, openStdioSession(conversationFacts(), calls, channel))
    }
    return refuse(client, id, problemOf('req-params', 'early', { meta: metaKeys.protocolVersion }))
  }

  const onMessage = (message: Message): void | Promise<void> => {
    switch (message.kind) {
      case 'request':
        return onRequest(message.request)
      case 'notification': {
        const { notification } = message
        if (notification.method === 'notifications/cancelled') cancelCall(client, notification)
        else if (talk !== undefined) onNotification(speakerOf(client), talk, notification)
        return
      }
      case 'result':
        talk?.questions?.answer(
          valueIfObject(message.result) === undefined
            ? { kind: 'error', id: message.id, error: unreadable }
            : message,
        )
        return
      case 'error':
        talk?.questions?.answer(message)
        return
      case 'invalid': {
        const isJson = message.why !== 'not JSON'
        refuse(client, message.id, isJson ? shapeProblem(message.why) : problemOf('req-json'))
      }
    }
  }

  const onBatch = async (line: Uint8Array): Promise<void> => {
    const values = readJson(Buffer.from(line).toString('utf8')) as readonly unknown[]
    const messages = values.map(readMessage)
    const why = talk === undefined ? 'a batch' : batchProblem(messages, talk)
    if (talk === undefined || why !== undefined) {
      return refuse(client, undefined, shapeProblem(why ?? 'a batch'))
    }
    const body = await answerBatch(speakerOf(client), talk, messages)
    if (body !== undefined) channel.send(body)
  }

  /** What is thrown here is a bug, and must not take the other calls along. */
  const guarded = async (work: () => void | Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      logInternalError(state.ports.log, error)
    }
  }

  return {
    onLine: (line) => {
      if (line.length === 0) return
      void guarded(() => {
        const message = readMessageBytes(line)
        const isBatch = message.kind === 'invalid' && message.why === 'a batch'
        return isBatch ? onBatch(line) : onMessage(message)
      })
    },
    onOverlong: (head, tail) =>
      void guarded(() =>
        refuse(client, idOfOverlong(head, tail), problemOf('req-body-size', { limit: maxBytes })),
      ),
    onListChanged: (method) => {
      if (talk?.isOpen === true) channel.tell({ jsonrpc: '2.0', method })
    },
    drain: () => {
      draining = true
    },
    end: () => {
      draining = true
      talk?.close()
    },
  }
}
