// The questions of one server that are being answered, each under the id that the server gave it.
import { writeJson } from '../../base/exact-json.ts'
import { errorCodes } from '../../base/error-codes.ts'
import type { Peer, Reply } from '../../mcp/call.ts'
import {
  jsonRpcIdOf,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '../../mcp/json-rpc.ts'
import { metaOf } from '../../mcp/revision.ts'
import type { LinkEvents } from '../transport.ts'

export interface QuestionDesk {
  /** `peer`: the caller whose request the question came with, where that is known. `say` writes back to the server. */
  take(question: JsonRpcRequest, peer: Peer | undefined, say: (text: string) => void): void
  /** Whether the notification withdrew a question; for others nothing happens. */
  withdraw(notification: JsonRpcNotification): boolean
  close(): void
}

/** A server asks a few things at once, not hundreds. */
const maxOpen = 100

const answerText = (id: JsonRpcId, reply: Reply): string => {
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},`
  if (reply.kind === 'result') {
    return `${head}"result":${Buffer.from(reply.result.bytes()).toString('utf8')}}`
  }
  const error =
    reply.kind === 'error'
      ? reply.error
      : { code: errorCodes.internalError, message: reply.problem.detail }
  return `${head}"error":${writeJson(error)}}`
}

/** Progress of the client toward its answer goes back under the server's own token. */
const progressTo = (question: JsonRpcRequest, say: (text: string) => void) => {
  const progressToken = jsonRpcIdOf(metaOf(question.params)?.['progressToken'])
  if (progressToken === undefined) return undefined
  return ({ method, params }: JsonRpcNotification) =>
    say(writeJson({ jsonrpc: '2.0', method, params: { ...params, progressToken } }))
}

export const createQuestionDesk = (onQuestion: LinkEvents['onQuestion']): QuestionDesk => {
  const open = new Map<JsonRpcId, AbortController>()
  return {
    take: (question, peer, say) => {
      const { id, method } = question
      if (method === 'ping') {
        say(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{}}`)
        return
      }
      if (open.size >= maxOpen) {
        const error = {
          code: errorCodes.internalError,
          message: `More than ${maxOpen} questions at once`,
        }
        say(answerText(id, { kind: 'error', error }))
        return
      }
      const abort = new AbortController()
      open.set(id, abort)
      void onQuestion(question, peer, abort.signal, progressTo(question, say))
        .catch((): Reply => ({
          kind: 'error',
          error: { code: errorCodes.internalError, message: 'Internal error' },
        }))
        .then((reply) => {
          const waits = open.get(id) === abort
          if (waits) open.delete(id)
          // Nobody waits for the answer to a question that was withdrawn.
          if (waits && !abort.signal.aborted) say(answerText(id, reply))
        })
    },
    withdraw: ({ method, params }) => {
      if (method !== 'notifications/cancelled') return false
      const id = jsonRpcIdOf(params?.['requestId'])
      const asked = id === undefined ? undefined : open.get(id)
      asked?.abort()
      return asked !== undefined
    },
    close: () => {
      for (const asked of open.values()) asked.abort()
      open.clear()
    },
  }
}
