// Results that the proxy has to read, to put other names into them or to give them another form. All others are relayed unread.
import type { Json, JsonObject } from '../../base/json.ts'
import { outsideProtocol, sent } from '../../backends/failure.ts'
import type { Reply } from '../../mcp/call.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'

const isList = (value: Json | undefined): boolean => Array.isArray(value)

/** One block or a list of them: both forms occur. */
const isContent = (value: Json | undefined): boolean => typeof value === 'object' && value !== null

/** What is wrong with the members that are read; undefined: nothing. */
const shapeFault = (method: string, result: JsonObject): string | undefined => {
  const { resultType, content, messages, contents, taskId } = result
  // What asks, or goes on as a task, has none of these members.
  if (resultType === 'input_required' || resultType === 'task') return undefined
  switch (method) {
    case 'tools/call':
    case 'tasks/result':
      return content === undefined || isContent(content) ? undefined : 'content is no list'
    case 'prompts/get':
      return isList(messages) ? undefined : 'messages is no list'
    case 'resources/read':
      return isList(contents) ? undefined : 'contents is no list'
    case 'tasks/get':
      return typeof taskId === 'string' ? undefined : 'a task without a taskId'
    default:
      return undefined
  }
}

export const outside = (backend: string, why: string): Reply => sent(outsideProtocol(backend, why))

/** The reply of `use` to what the backend answered, or a failure where that cannot be read. */
export const reading = (
  backend: string,
  method: string,
  reply: Reply,
  use: (result: JsonObject) => Reply,
): Reply => {
  if (reply.kind !== 'result') return reply
  const result = valueIfObject(reply.result)
  if (result === undefined) return outside(backend, 'the result is not JSON')
  const fault = shapeFault(method, result)
  return fault === undefined ? use(result) : outside(backend, fault)
}

/** The very reply, unless it cannot be read. */
export const readable = (backend: string, method: string, reply: Reply): Reply =>
  reading(backend, method, reply, () => reply)
