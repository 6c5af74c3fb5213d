// The call of one step, which goes the way of any other call of the same caller.
import type { CancelSignal } from '../../base/cancellation.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Call, Caller } from '../../mcp/call.ts'
import { metaKeys } from '../../mcp/revision.ts'

/**
 * The caller as steps see it. A stateless caller is asked by a result that it answers with another call; a step cannot be
 * gone on with, so nothing may be asked in it and nothing may become a task.
 */
export const stepCaller = (caller: Caller): Caller =>
  caller.client.era === 'modern'
    ? { ...caller, client: { ...caller.client, capabilities: {} } }
    : caller

const stepMeta = ({ params }: Call['request'], { client }: Caller): JsonObject => {
  const meta = params?.['_meta']
  // Progress of a step is not that of the whole.
  const { progressToken: _own, ...rest } = isJsonObject(meta) ? meta : {}
  return client.era === 'modern' ? { ...rest, [metaKeys.clientCapabilities]: {} } : rest
}

export interface StepRequest {
  /** As clients see it. */
  readonly tool: string
  readonly args: JsonObject
  readonly signal: CancelSignal
}

/** `caller`: as steps see it. */
export const stepCall = (call: Call, caller: Caller, { tool, args, signal }: StepRequest): Call => {
  const meta = stepMeta(call.request, caller)
  const params = {
    ...(Object.keys(meta).length === 0 ? {} : { _meta: meta }),
    name: tool,
    arguments: args,
  }
  return {
    request: { jsonrpc: '2.0', id: call.request.id, method: 'tools/call', params },
    caller,
    // What keeps the stream of a call open is not for one of its steps to decide.
    peer: { notify: (said) => call.peer.notify(said), ask: (...asked) => call.peer.ask(...asked) },
    signal,
    deadline: call.deadline,
    onReported: call.onReported,
    requestId: call.requestId,
  }
}
