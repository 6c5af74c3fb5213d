// Where a message names a task of a backend, the exposed id is put in its place.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Peer, Reply } from '../../mcp/call.ts'
import { lazyFromValue, valueIfObject } from '../../mcp/lazy-object.ts'
import { relatedTaskKey } from '../../mcp/tasks.ts'
import type { BackendNames } from './names.ts'
import { outside, reading } from './reading.ts'
import { exposeError, exposeQuestion, exposeToolResult } from './rewrite.ts'

const inTask = (object: JsonObject, names: BackendNames): JsonObject =>
  typeof object['taskId'] === 'string'
    ? { ...object, taskId: names.exposeTask(object['taskId']) }
    : object

/** What a message says in `_meta` about the task that it belongs to. */
export const exposeRelated = <Params extends JsonObject | undefined>(
  params: Params,
  names: BackendNames,
): Params => {
  const meta = params?.['_meta']
  const related = isJsonObject(meta) ? meta[relatedTaskKey] : undefined
  return isJsonObject(meta) && isJsonObject(related)
    ? { ...params, _meta: { ...meta, [relatedTaskKey]: inTask(related, names) } }
    : params
}

/** The way back to a caller whose call is, or is about, a task. */
export const relatedPeer = (peer: Peer, names: BackendNames): Peer => ({
  ...peer,
  notify: ({ jsonrpc, method, params }) =>
    peer.notify({
      jsonrpc,
      method,
      ...(params === undefined ? {} : { params: exposeRelated(params, names) }),
    }),
})

const exposeRequests = (wanted: JsonObject, names: BackendNames): JsonObject =>
  Object.fromEntries(
    Object.entries(wanted).map(([key, request]) => [
      key,
      isJsonObject(request) && typeof request['method'] === 'string'
        ? exposeQuestion(request as JsonObject & { readonly method: string }, names)
        : request,
    ]),
  )

/** A task of the modern era has in it what came of it, or what it asks. */
export const exposeTaskState = (task: JsonObject, names: BackendNames): JsonObject => {
  const { result, error, inputRequests } = task
  return {
    ...inTask(task, names),
    ...(isJsonObject(result) ? { result: exposeToolResult(result, names.exposeUri) } : {}),
    ...(isJsonObject(error)
      ? { error: exposeError(error as never, names.exposeUri) as unknown as Json }
      : {}),
    ...(isJsonObject(inputRequests) ? { inputRequests: exposeRequests(inputRequests, names) } : {}),
  }
}

/** What answers tasks/get, tasks/cancel, tasks/update or tasks/result. */
export const exposeTaskReply = (
  method: string,
  reply: Reply,
  names: BackendNames,
  backend: string,
): Reply => {
  if (!names.rewritesUris) return reply
  if (reply.kind === 'error') {
    return { kind: 'error', error: exposeError(reply.error, names.exposeUri) }
  }
  return reading(backend, method, reply, (result) => ({
    kind: 'result',
    result: lazyFromValue(
      method === 'tasks/result'
        ? exposeRelated(exposeToolResult(result, names.exposeUri), names)
        : exposeTaskState(result, names),
    ),
  }))
}

/** A page of tasks/list, of which only the tasks that `isShown` says are told. */
export const exposeTasks = (
  tasks: Json | undefined,
  names: BackendNames,
  isShown: (exposed: string) => boolean,
): readonly JsonObject[] =>
  (Array.isArray(tasks) ? (tasks as readonly Json[]) : [])
    .filter(isJsonObject)
    .map((task) => inTask(task, names))
    .filter(({ taskId }) => typeof taskId === 'string' && isShown(taskId))

/** The tool call went on as a task: its exposed id, and the reply that tells of it. */
interface Created {
  readonly id: string
  readonly reply: Reply
}

/** The task that a tool call became. A bare reply for an answer, and for a task that has no id. */
export const taskCreated = (
  reply: Reply,
  names: BackendNames,
  backend: string,
): Created | { readonly id: undefined; readonly reply: Reply } => {
  const answer = (given: Reply) => ({ id: undefined, reply: given })
  if (reply.kind !== 'result') return answer(reply)
  const bytes = reply.result.bytes()
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"task')) {
    return answer(reply)
  }
  const result = valueIfObject(reply.result)
  if (result === undefined) return answer(outside(backend, 'the result is not JSON'))
  const own = result['resultType'] === 'task' ? result : result['task']
  // What has content is an answer, whatever else it has.
  if (own === undefined || (own !== result && result['content'] !== undefined)) return answer(reply)
  if (!isJsonObject(own) || typeof own['taskId'] !== 'string') {
    return answer(outside(backend, 'a task without a taskId'))
  }
  const id = names.exposeTask(own['taskId'])
  if (id === own['taskId']) return { id, reply }
  const exposed = inTask(own, names)
  const value = own === result ? exposed : { ...exposeRelated(result, names), task: exposed }
  return { id, reply: { kind: 'result', result: lazyFromValue(value) } }
}
