// Where a result or an error of a backend names one of its resources, the exposed URI is put in its place.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Reply } from '../../mcp/call.ts'
import type { JsonRpcError } from '../../mcp/json-rpc.ts'
import { lazyFromValue, type LazyObject } from '../../mcp/lazy-object.ts'
import type { BackendNames } from './names.ts'
import { reading } from './reading.ts'

type Expose = BackendNames['exposeUri']

const withUri = (object: JsonObject, expose: Expose): JsonObject =>
  typeof object['uri'] === 'string' ? { ...object, uri: expose(object['uri']) } : object

const contentBlock = (block: Json | undefined, expose: Expose): Json | undefined => {
  if (!isJsonObject(block)) return block
  if (block['type'] === 'resource_link') return withUri(block, expose)
  const { resource } = block
  return block['type'] === 'resource' && isJsonObject(resource)
    ? { ...block, resource: withUri(resource, expose) }
    : block
}

/** One block or a list of them: both forms occur. */
const content = (value: Json | undefined, expose: Expose): Json | undefined =>
  Array.isArray(value)
    ? (value as readonly Json[]).map((block) => contentBlock(block, expose) ?? null)
    : contentBlock(value, expose)

const listOf = (value: Json | undefined, each: (item: JsonObject) => JsonObject) =>
  Array.isArray(value)
    ? (value as readonly Json[]).map((item) => (isJsonObject(item) ? each(item) : item))
    : value

/** The result of a tool call. */
export const exposeToolResult = (result: JsonObject, expose: Expose): JsonObject =>
  result['content'] === undefined
    ? result
    : { ...result, content: content(result['content'], expose) }

const rewritten = (method: string, result: JsonObject, expose: Expose): JsonObject => {
  // What asks instead of answering has none of these members.
  if (result['resultType'] === 'input_required') return result
  switch (method) {
    case 'tools/call':
      return exposeToolResult(result, expose)
    case 'prompts/get':
      return {
        ...result,
        messages: listOf(result['messages'], (message) => ({
          ...message,
          content: content(message['content'], expose),
        })),
      }
    case 'resources/read':
      return { ...result, contents: listOf(result['contents'], (item) => withUri(item, expose)) }
    default:
      return result
  }
}

/** A conversation that a model is shown may quote what a tool answered. */
const exposeMessage = (message: JsonObject, expose: Expose): JsonObject => {
  const quoted = (block: Json | undefined): Json | undefined =>
    isJsonObject(block) && block['type'] === 'tool_result'
      ? { ...block, content: content(block['content'], expose) }
      : block
  const { content: said } = message
  return {
    ...message,
    content: Array.isArray(said)
      ? (said as readonly Json[]).map((block) => quoted(block) ?? null)
      : quoted(said),
  }
}

/** A question in the names of those who are asked. */
export const exposeQuestion = <
  Question extends { readonly method: string; readonly params?: JsonObject },
>(
  question: Question,
  names: BackendNames,
): Question => {
  const { method, params } = question
  if (!names.rewritesUris || method !== 'sampling/createMessage' || params === undefined) {
    return question
  }
  const messages = listOf(params['messages'], (message) => exposeMessage(message, names.exposeUri))
  return { ...question, params: { ...params, messages } }
}

const marker = Buffer.from('"uri"')

/** The bytes are scanned before anything is parsed: most results name no resource. */
const namesResource = (result: LazyObject): boolean => {
  const bytes = result.bytes()
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(marker)
}

export const exposeError = (error: JsonRpcError, expose: Expose): JsonRpcError =>
  isJsonObject(error.data) ? { ...error, data: withUri(error.data, expose) } : error

export const exposeReply = (
  method: string,
  reply: Reply,
  names: BackendNames,
  backend: string,
): Reply => {
  if (!names.rewritesUris) return reply
  switch (reply.kind) {
    case 'result':
      if (!namesResource(reply.result)) return reply
      return reading(backend, method, reply, (result) => ({
        kind: 'result',
        result: lazyFromValue(rewritten(method, result, names.exposeUri)),
      }))
    case 'error':
      return { kind: 'error', error: exposeError(reply.error, names.exposeUri) }
    case 'refusal':
    case 'failure':
      return reply
  }
}
