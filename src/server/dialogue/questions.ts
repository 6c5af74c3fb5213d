// The questions that a session-era client was asked and has not answered yet, under ids that are unique in its session.
import { numberOf } from '../../base/exact-json.ts'
import type { CancelSignal } from '../../base/cancellation.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Reply } from '../../mcp/call.ts'
import type { JsonRpcId, JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import type { Message } from '../../mcp/message.ts'
import { lackedFor, notAnswered, notOffered } from '../../mcp/questions.ts'
import { metaOf } from '../../mcp/revision.ts'

/** Writes one message to the client; false when it cannot get there. */
export type Deliver = (message: JsonRpcRequest | JsonRpcNotification) => boolean

export interface Asking {
  readonly question: JsonRpcRequest
  /** What the client declared at initialize. */
  readonly capabilities: JsonObject
  readonly deliver: Deliver
  readonly signal: CancelSignal
  readonly onProgress: ((notification: JsonRpcNotification) => void) | undefined
}

export interface Questions {
  ask(asking: Asking): Promise<Reply>
  /** An answer that nobody waits for is dropped. */
  answer(message: Extract<Message, { kind: 'result' | 'error' }>): void
  /** What the client tells while it looks for an answer. */
  progress(notification: JsonRpcNotification): void
  endAll(): void
}

interface Open {
  settle(reply: Reply): void
  readonly onProgress: Asking['onProgress']
}

const maxOpen = 100

const withdrawn = (requestId: number): JsonRpcNotification => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId, reason: 'The server does not wait for the answer any more' },
})

/** The server's own token would mean something else in another session. */
const renumbered = (question: JsonRpcRequest, id: number): JsonRpcRequest => {
  const meta = metaOf(question.params)
  if (meta?.['progressToken'] === undefined) return { ...question, id }
  return { ...question, id, params: { ...question.params, _meta: { ...meta, progressToken: id } } }
}

export const createQuestions = (): Questions => {
  const open = new Map<JsonRpcId, Open>()
  let lastId = 0

  const ask = ({ question, capabilities, deliver, signal, onProgress }: Asking): Promise<Reply> => {
    if (lackedFor(capabilities, question) !== undefined) {
      return Promise.resolve(notOffered(question.method))
    }
    const id = ++lastId
    if (open.size >= maxOpen || signal.aborted || !deliver(renumbered(question, id))) {
      return Promise.resolve(notAnswered)
    }
    return new Promise((resolve) => {
      const settle = (reply: Reply) => {
        open.delete(id)
        signal.removeEventListener('abort', onAbort)
        resolve(reply)
      }
      const onAbort = () => {
        deliver(withdrawn(id))
        settle(notAnswered)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      open.set(id, { settle, onProgress })
    })
  }

  return {
    ask,
    answer: (message) => {
      const waiting = message.id === undefined ? undefined : open.get(message.id)
      if (waiting === undefined) return
      waiting.settle(
        message.kind === 'result'
          ? { kind: 'result', result: message.result }
          : { kind: 'error', error: message.error },
      )
    },
    progress: (notification) => {
      const token = numberOf(notification.params?.['progressToken'])
      if (token !== undefined) open.get(token)?.onProgress?.(notification)
    },
    endAll: () => {
      for (const waiting of open.values()) waiting.settle(notAnswered)
    },
  }
}
