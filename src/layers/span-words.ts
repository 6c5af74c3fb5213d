// What spans say of calls, in the words of the semantic conventions of OpenTelemetry for MCP and for generative AI.
import type { Reply } from '../mcp/call.ts'
import type { JsonRpcRequest } from '../mcp/json-rpc.ts'
import { valueIfObject } from '../mcp/lazy-object.ts'
import { methods, methodSpec, type Routing } from '../mcp/methods.ts'
import type { Attributes } from '../trace/span.ts'
import { outcomeOf, targetOf } from './outcome.ts'

const known: ReadonlySet<string> = new Set(Object.keys(methods))

/** A caller's invention is no name. */
export const methodName = (method: string): string => (known.has(method) ? method : 'other')

/** `tools/call search` where the target is one that exists: others would be names without number. */
export const spanName = (method: string, target?: string): string =>
  target === undefined ? methodName(method) : `${methodName(method)} ${target}`

/** What names the target of a call, by where the call goes. */
const targetAttributes: Readonly<Partial<Record<Routing, string>>> = {
  tool: 'gen_ai.tool.name',
  prompt: 'gen_ai.prompt.name',
  resource: 'mcp.resource.uri',
}

const longestId = 64

export const callAttributes = (request: JsonRpcRequest): Attributes => {
  const { method, id } = request
  const routing = methodSpec(method)?.routing
  const attribute = routing === undefined ? undefined : targetAttributes[routing]
  return {
    'mcp.method.name': methodName(method),
    'jsonrpc.request.id': String(id).slice(0, longestId),
    'gen_ai.operation.name': method === 'tools/call' ? 'execute_tool' : undefined,
    ...(attribute === undefined ? {} : { [attribute]: targetOf(request) }),
  }
}

/** How a call failed; undefined where it did not. Reads the result of a tool, so it is asked of what is recorded alone. */
export const errorTypeOf = (method: string, reply: Reply): string | undefined => {
  if (reply.kind !== 'result') return outcomeOf(reply).code
  if (method !== 'tools/call') return undefined
  return valueIfObject(reply.result)?.['isError'] === true ? 'tool_error' : undefined
}

/** What is known of an answer beside that. */
export const replyAttributes = (reply: Reply): Attributes => ({
  'mcp_proxy.outcome': outcomeOf(reply).outcome,
  'rpc.response.status_code': reply.kind === 'error' ? String(reply.error.code) : undefined,
})
