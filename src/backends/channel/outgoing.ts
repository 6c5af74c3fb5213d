// Gives a request its upstream id and progress token: those of different callers would collide on a shared link.
import { reasonText } from '../../base/cancellation.ts'
import { numberOf, writeJson } from '../../base/exact-json.ts'
import type { Peer } from '../../mcp/call.ts'
import {
  jsonRpcIdOf,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '../../mcp/json-rpc.ts'
import { metaOf } from '../../mcp/revision.ts'

/** A request as it goes up, with what it takes to bring its answers back. */
export interface Outgoing<Id = number> {
  /** Its id upstream. On a shared channel our own, which serves as the progress token too. */
  readonly id: Id
  readonly text: string
  /** The caller's own progress token. */
  readonly progressToken: JsonRpcId | undefined
  /** The one that stands for it upstream. */
  readonly sentToken: JsonRpcId | undefined
}

export const outgoing = (message: JsonRpcRequest, id: number): Outgoing => {
  const { method, params } = message
  const meta = metaOf(params)
  const token = jsonRpcIdOf(meta?.['progressToken'])
  if (token === undefined) {
    return {
      id,
      text: writeJson({ jsonrpc: '2.0', id, method, params }),
      progressToken: undefined,
      sentToken: undefined,
    }
  }
  const remapped = { ...params, _meta: { ...meta, progressToken: id } }
  return {
    id,
    text: writeJson({ jsonrpc: '2.0', id, method, params: remapped }),
    progressToken: token,
    sentToken: id,
  }
}

/** Whether progress is about the request that went up with this token. Some servers send it back as a string. */
export const isTokenOf = (
  { params }: JsonRpcNotification,
  sentToken: JsonRpcId | undefined,
): boolean => {
  const token = jsonRpcIdOf(params?.['progressToken'])
  return token !== undefined && sentToken !== undefined && String(token) === String(sentToken)
}

/** Our token in a progress notification; undefined for any other notification. */
export const progressTokenOf = ({ method, params }: JsonRpcNotification): number | undefined => {
  if (method !== 'notifications/progress') return undefined
  const token = params?.['progressToken']
  // Some servers send the token back as a string.
  return typeof token === 'string' ? Number(token) : numberOf(token)
}

/** Hands progress to the caller under the caller's own token; dropped where the caller asked for none. */
export const relayProgress = (
  notification: JsonRpcNotification,
  progressToken: JsonRpcId | undefined,
  peer: Peer,
): void => {
  if (progressToken === undefined) return
  const { method, params } = notification
  peer.notify({ jsonrpc: '2.0', method, params: { ...params, progressToken } })
}

/** What a server is sent when the answer is not wanted any more. */
export const cancelNotice = (id: JsonRpcId, reason: unknown): JsonRpcNotification => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId: id, reason: reasonText(reason) ?? 'The caller cancelled or left' },
})
