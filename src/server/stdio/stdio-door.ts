// The other door: one client on a pair of pipes that speaks either era, or both, in lines of JSON-RPC.
import { readJson, writeJson } from '../../base/exact-json.ts'
import { errorCodes } from '../../base/error-codes.ts'
import { randomUUID } from 'node:crypto'
import { idOfOverlong } from '../../mcp/lines.ts'
import { abortSignalOf, createCancel, type Cancel } from '../../base/cancellation.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import type { Principal } from '../../base/principal.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { ClientFacts, Peer, Reply, Standing } from '../../mcp/call.ts'
import { readMessageBytes } from '../../mcp/envelope.ts'
import {
  jsonRpcIdOf,
  type JsonRpcError,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '../../mcp/json-rpc.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'
import { readMessage, type Message } from '../../mcp/message.ts'
import { notAnswered } from '../../mcp/questions.ts'
import { metaKeys, metaOf } from '../../mcp/revision.ts'
import {
  answerBatch,
  batchProblem,
  conversationFacts,
  onNotification,
  wants,
  withCall,
  type Conversation,
} from '../dialogue/conversation.ts'
import type { LineChannel } from './line-channel.ts'
import { claimsModern, envelopeFault, statelessFacts } from '../dialogue/modern-envelope.ts'
import { createQuestions } from '../dialogue/questions.ts'
import { recordRefusal } from '../dialogue/refusal-record.ts'
import { answerOf, errorOfProblem } from '../dialogue/respond.ts'
import { reply, statelessPeer } from '../dialogue/run-call.ts'
import type { CallState, Speaker } from '../dialogue/speaker.ts'

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

export interface StdioDoorOptions {
  readonly state: CallState
  /** Whoever started the process. */
  readonly principal: Principal
  readonly channel: LineChannel
  /** Of one message. */
  readonly maxBytes: number
}

/** What a server gets for an answer whose inside is no JSON. */
const unreadable: JsonRpcError = {
  code: errorCodes.internalError,
  message: 'The answer of the client is not JSON',
}
const ending: JsonRpcError = { code: errorCodes.internalError, message: 'The proxy is ending' }

/** JSON-RPC 2.0 section 5: an id that could not be read is null. */
const errorLine = (id: JsonRpcId | undefined, error: JsonRpcError): Buffer =>
  Buffer.from(writeJson({ jsonrpc: '2.0', id: id ?? null, error }))

const shapeProblem = (why: string): Problem => problemOf('req-shape', { why })

interface Talk extends Conversation {
  /** Nothing comes to a client before the answer to its initialize. */
  isOpen: boolean
  close(): void
}

export const createStdioDoor = ({
  state,
  principal,
  channel,
  maxBytes,
}: StdioDoorOptions): StdioDoor => {
  /** Of both eras: the ids of one client are of one kind. */
  const calls = new Map<JsonRpcId, Cancel>()
  let talk: Talk | undefined
  let draining = false

  const speaker = (): Speaker => ({ state, principal, requestId: randomUUID() })
  const refuse = (id: JsonRpcId | undefined, problem: Problem, data = {}) => {
    recordRefusal(speaker(), problem)
    channel.send(errorLine(id, errorOfProblem(problem, data)))
  }

  const openTalk = (client: ClientFacts): Talk => {
    const ended = sharedAbort()
    const standing: Standing = {
      notify: (notification) => {
        if (wants(own.logLevel, notification)) channel.tell(notification)
      },
      ask: (question, signal, onProgress) => {
        if (ended.signal.aborted) return Promise.resolve(notAnswered)
        own.questions ??= createQuestions()
        return own.questions.ask({
          question,
          capabilities: client.capabilities,
          deliver: (message) => channel.send(Buffer.from(writeJson(message))),
          signal,
          onProgress,
        })
      },
      get logLevel() {
        return own.logLevel
      },
      ended: ended.signal,
    }
    const own: Talk = {
      client,
      calls,
      logLevel: undefined,
      standing,
      questions: undefined,
      isOpen: false,
      close: () => {
        ended.abort()
        own.questions?.endAll()
      },
    }
    return own
  }

  /** Nobody waits for the answer to what was cancelled (MCP, cancellation). */
  const answer = (
    request: JsonRpcRequest,
    abort: Cancel,
    replied: Reply,
    era: 'legacy' | 'modern',
  ) => {
    if (calls.get(request.id) === abort) channel.send(answerOf(request, replied, era).body)
  }

  const initialize = async (request: JsonRpcRequest): Promise<void> => {
    const client = conversationFacts(request.params)
    // What the client says right behind it belongs to the new conversation already.
    talk?.close()
    const opened = openTalk(client)
    talk = opened
    const replied = await reply(speaker(), request, { client, abort: createCancel() })
    channel.send(answerOf(request, replied, 'legacy').body)
    opened.isOpen = true
  }

  /** A question of a call that is answered has lost its point. */
  const peerOf = ({ standing }: Talk, over: AbortSignal): Peer => ({
    notify: (notification) => standing.notify(notification),
    ask: (question, signal, onProgress) =>
      standing.ask(question, AbortSignal.any([abortSignalOf(signal), over]), onProgress),
  })

  const inTalk = (request: JsonRpcRequest, session: Talk): Promise<void> =>
    withCall(speaker(), session, request, async (abort) => {
      const over = new AbortController()
      const running = { client: session.client, abort, session }
      const replied = await reply(speaker(), request, running, peerOf(session, over.signal))
      over.abort()
      answer(request, abort, replied, 'legacy')
    })

  const stateless = async (request: JsonRpcRequest): Promise<void> => {
    const meta = metaOf(request.params) ?? {}
    const fault = envelopeFault(request, meta)
    if (fault !== undefined) {
      refuse(request.id, fault.problem, fault.data)
      return
    }
    const client = statelessFacts(meta)
    const level = meta[metaKeys.logLevel]
    const abort = createCancel()
    calls.set(request.id, abort)
    const peer = statelessPeer(
      { notify: (notification) => channel.tell(notification) },
      typeof level === 'string' ? level : 'none',
    )
    try {
      const replied = await reply(speaker(), request, { client, abort }, peer)
      answer(request, abort, replied, 'modern')
    } finally {
      if (calls.get(request.id) === abort) calls.delete(request.id)
    }
  }

  const onRequest = (request: JsonRpcRequest): void | Promise<void> => {
    const { id, method, params } = request
    if (calls.has(id)) return refuse(id, shapeProblem('the id is in use by a call in flight'))
    if (draining) {
      channel.send(errorLine(id, ending))
      return
    }
    if (claimsModern(params)) return stateless(request)
    if (method === 'initialize') return initialize(request)
    if (talk !== undefined) return inTalk(request, talk)
    // Allowed before the handshake (MCP 2025-11-25, lifecycle).
    if (method === 'ping') return inTalk(request, openTalk(conversationFacts()))
    return refuse(id, problemOf('req-params', 'early', { meta: metaKeys.protocolVersion }))
  }

  const cancel = ({ params }: JsonRpcNotification) => {
    const id = jsonRpcIdOf(params?.['requestId'])
    const abort = id === undefined ? undefined : calls.get(id)
    if (abort === undefined || id === undefined) return
    calls.delete(id)
    abort.abort()
  }

  const onMessage = (message: Message): void | Promise<void> => {
    switch (message.kind) {
      case 'request':
        return onRequest(message.request)
      case 'notification': {
        const { notification } = message
        if (notification.method === 'notifications/cancelled') cancel(notification)
        else if (talk !== undefined) onNotification(speaker(), talk, notification)
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
      case 'invalid':
        refuse(
          message.id,
          message.why === 'not JSON' ? problemOf('req-json') : shapeProblem(message.why),
        )
    }
  }

  const onBatch = async (line: Uint8Array): Promise<void> => {
    const values = readJson(Buffer.from(line).toString('utf8')) as readonly unknown[]
    const messages = values.map(readMessage)
    const why = talk === undefined ? 'a batch' : batchProblem(messages, talk)
    if (talk === undefined || why !== undefined) {
      return refuse(undefined, shapeProblem(why ?? 'a batch'))
    }
    const body = await answerBatch(speaker(), talk, messages)
    if (body !== undefined) channel.send(body)
  }

  /** What is thrown here is a bug, and must not take the other calls along. */
  const guarded = async (work: () => void | Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
      state.ports.log.error({ error: why }, 'internal error')
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
        refuse(idOfOverlong(head, tail), problemOf('req-body-size', { limit: maxBytes })),
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
