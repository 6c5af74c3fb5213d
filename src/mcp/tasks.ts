// Calls that go on as tasks: what both eras call them, which are not the same thing (MCP 2025-11-25 tasks; SEP-2663).
import { isSince } from './revision.ts'
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { appsExtension, declaredApps } from './apps.ts'
import type { ClientFacts, Reply } from './call.ts'
import type { JsonRpcRequest } from './json-rpc.ts'
import { lazyFromValue, valueIfObject } from './lazy-object.ts'
import type { Era } from './revision.ts'

export const tasksExtension = 'io.modelcontextprotocol/tasks'
export const relatedTaskKey = 'io.modelcontextprotocol/related-task'

const member = (object: JsonObject | undefined, name: string): JsonObject | undefined => {
  const value = object?.[name]
  return isJsonObject(value) ? value : undefined
}

/** Modern era, either side. */
export const declaresTasks = ({ extensions }: JsonObject): boolean =>
  isJsonObject(extensions) && isJsonObject(extensions[tasksExtension])

/** A server of the session era that carries out tool calls as tasks; undefined: it does not. */
const sessionTasks = (capabilities: JsonObject): JsonObject | undefined => {
  const tasks = member(capabilities, 'tasks')
  return member(member(member(tasks, 'requests'), 'tools'), 'call') === undefined
    ? undefined
    : tasks
}

export const runsTasks = (capabilities: JsonObject, era: Era): boolean =>
  era === 'modern' ? declaresTasks(capabilities) : sessionTasks(capabilities) !== undefined

/** Whether a server of the session era can list tasks, or cancel them. */
export const taskVerb = (capabilities: JsonObject, verb: 'list' | 'cancel'): boolean =>
  member(sessionTasks(capabilities), verb) !== undefined

/** Clients before 2025-11-25 know no tasks. */
export const knowsTasks = (client: ClientFacts): boolean => isSince('2025-11-25', client)

/** The part of a client's extensions that can be carried to a server; undefined: none. */
export const carriedExtensions = (
  client: JsonObject,
  server: JsonObject,
): JsonObject | undefined => {
  const asked = member(client, 'extensions')?.[tasksExtension]
  const apps = declaredApps(client)
  const runs = asked !== undefined && declaresTasks(client) && declaresTasks(server)
  if (!runs && apps === undefined) return undefined
  return {
    ...(runs ? { [tasksExtension]: asked } : {}),
    ...(apps === undefined ? {} : { [appsExtension]: apps }),
  }
}

/** An answer that names its task means that of its question, which its client may know by another id. */
export const aboutTaskOf = ({ params }: JsonRpcRequest, answer: Reply): Reply => {
  const related = member(member(params, '_meta'), relatedTaskKey)
  if (related === undefined || answer.kind !== 'result') return answer
  const result = valueIfObject(answer.result)
  const meta = member(result, '_meta')
  return meta?.[relatedTaskKey] === undefined
    ? answer
    : {
        kind: 'result',
        result: lazyFromValue({ ...result, _meta: { ...meta, [relatedTaskKey]: related } }),
      }
}

/** What a tool says of tasks means something in the session era alone. */
export const withoutTaskSupport = (tool: JsonObject): JsonObject => {
  const { execution } = tool
  if (!isJsonObject(execution) || execution['taskSupport'] === undefined) return tool
  const { execution: _whole, ...rest } = tool
  const { taskSupport: _none, ...kept } = execution
  return Object.keys(kept).length === 0 ? rest : { ...rest, execution: kept }
}
