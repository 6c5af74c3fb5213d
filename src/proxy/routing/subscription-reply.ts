// What the answers and notifications of both kinds of subscription have in common.
import type { JsonObject } from '../../base/json.ts'
import type { Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import { problemOf } from '../../problems/problem.ts'

/** Most resources, and most tasks, of one session or one listen. */
export const maxWatched = 1000

export const done = (result: JsonObject): Reply => ({
  kind: 'result',
  result: lazyFromValue(result),
})

export const badParams = (why: string): Reply => ({
  kind: 'refusal',
  problem: problemOf('req-params', 'invalid', { why }),
})

export const updated = (uri: string): JsonRpcNotification => ({
  jsonrpc: '2.0',
  method: 'notifications/resources/updated',
  params: { uri },
})
