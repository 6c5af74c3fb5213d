// Tasks of the backends, each for the caller who began it, and only within the era of that caller.
import { errorCodes } from '../../base/error-codes.ts'
import { agreementFor, type Health } from '../../backends/backend.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Call, Caller, ClientFacts, Reply, SessionPeer } from '../../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { lazyFromValue, valueIfObject } from '../../mcp/lazy-object.ts'
import type { Era } from '../../mcp/revision.ts'
import { declaresTasks, knowsTasks, runsTasks, tasksExtension, taskVerb } from '../../mcp/tasks.ts'
import type { Exposure } from '../exposure/exposure.ts'
import type { Upstream } from '../lists/member.ts'
import type { TaskOwners } from './task-book.ts'
import { exposeTaskReply, exposeTasks, relatedPeer, taskCreated } from '../names/task-names.ts'

export interface TaskTarget {
  readonly member: Upstream
  readonly local: string
}

export interface Tasks {
  /** Answers tasks/get, tasks/result, tasks/list, tasks/update and tasks/cancel. */
  handle(call: Call): Promise<Reply>
  /** Why a call that may start a task must not, although it asks for one; undefined: go on. */
  refusal(call: Call, member: Upstream): Reply | undefined
  /** Whether the tool call may become a task. */
  mayStart(call: Call): boolean
  /** Notes the task that a tool call became. */
  started(call: Call, tool: TaskTarget, reply: Reply): Reply | Promise<Reply>
  /** Finds out about tasks that began at another replica, for `locate`. */
  learn(ids: readonly string[]): Promise<void> | undefined
  /** The task of that id, if the caller may ask for it. */
  locate(caller: Caller, id: string): TaskTarget | undefined
}

export interface TasksParts {
  readonly members: readonly Upstream[]
  readonly book: TaskOwners
  /** Whether callers are told apart: then a task is only for the one who began it. */
  readonly bound: boolean
  readonly exposure: Pick<Exposure, 'restricts' | 'shows'>
}

const refuse = (problem: Problem): Reply => ({ kind: 'refusal', problem })

const longestShown = 256

const unknownTask = (id: string): Reply =>
  refuse(
    problemOf('name-unknown', 'unknown', {
      kind: 'Task',
      name: JSON.stringify(id.slice(0, longestShown)),
    }),
  )

/** What a stateless caller must have declared to speak of tasks (SEP-2663, errors). */
export const undeclared: Reply = {
  kind: 'error',
  error: {
    code: errorCodes.missingRequiredClientCapability,
    message: 'Missing required client capability',
    data: { requiredCapabilities: { extensions: { [tasksExtension]: {} } } },
  },
  isOurs: true,
}

/** What a backend that runs tasks for callers of that era is able to; undefined: it runs none. */
const abilitiesFor = (health: Health, era: Era): JsonObject | undefined => {
  const agreement = agreementFor(health, era)
  return agreement?.era === era && runsTasks(agreement.capabilities, era)
    ? agreement.capabilities
    : undefined
}

const hasTasks = ({ backend: { health } }: Upstream, { era }: ClientFacts): boolean =>
  abilitiesFor(health, era) !== undefined

/** Only in the session era. */
const canList = ({ backend: { health } }: Upstream): boolean => {
  const abilities = abilitiesFor(health, 'legacy')
  return abilities !== undefined && taskVerb(abilities, 'list')
}

const withParam = (request: JsonRpcRequest, name: string, value: string): JsonRpcRequest => ({
  ...request,
  params: { ...request.params, [name]: value },
})

/** Where the next page begins: at which backend, and at which cursor of it. */
const cursorOf = (at: number, inner: string | undefined): string =>
  Buffer.from(JSON.stringify(inner === undefined ? [at] : [at, inner])).toString('base64url')

const readCursor = (cursor: unknown): { at: number; inner?: string } | undefined => {
  if (cursor === undefined) return { at: 0 }
  if (typeof cursor !== 'string') return undefined
  try {
    const [at, inner] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[]
    if (!Number.isSafeInteger(at)) return undefined
    return { at: at as number, ...(typeof inner === 'string' ? { inner } : {}) }
  } catch {
    return undefined
  }
}

export const createTasks = ({ members, book, bound, exposure }: TasksParts): Tasks => {
  const isFor = (id: string, { principal }: Caller): boolean =>
    !bound || book.ownerOf(id) === principal.key

  /** A task of a tool that the caller may not call any more is as unknown as the tool. */
  const isShown = (id: string, caller: Caller, { backend }: Upstream): boolean => {
    const tool = book.toolOf(id)
    // Backends without a prefix may use ids of the same form: a task is known to the one that began it.
    if (tool !== undefined && tool.backend !== backend.name) return false
    if (!exposure.restricts) return true
    return tool !== undefined && exposure.shows(caller, { kind: 'tool', ...tool })
  }

  const locate = (caller: Caller, id: string): TaskTarget | undefined => {
    if (!isFor(id, caller)) return undefined
    let bare: TaskTarget | undefined
    for (const member of members) {
      const local = hasTasks(member, caller.client) ? member.names.localTask(id) : undefined
      if (local === undefined || !isShown(id, caller, member)) continue
      if (local !== id) return { member, local }
      bare ??= { member, local }
    }
    return bare
  }

  const one = async (call: Call, id: string): Promise<Reply> => {
    await book.learn([id])
    const target = locate(call.caller, id)
    if (target === undefined) return unknownTask(id)
    const { request } = call
    const { member, local } = target
    const { names } = member
    const own = names.rewritesUris
      ? {
          ...call,
          request: withParam(request, 'taskId', local),
          peer: relatedPeer(call.peer, names),
        }
      : call
    const reply = await member.handle(own)
    return exposeTaskReply(request.method, reply, names, member.backend.name)
  }

  const list = async (call: Call): Promise<Reply> => {
    const from = readCursor(call.request.params?.['cursor'])
    const able = members.filter((member) => hasTasks(member, call.caller.client) && canList(member))
    const member = from === undefined ? undefined : able[from.at]
    if (from === undefined || (member === undefined && from.at > 0)) {
      return refuse(problemOf('req-params', 'cursor'))
    }
    if (member === undefined) return { kind: 'result', result: lazyFromValue({ tasks: [] }) }
    const { cursor: _ours, ...params } = call.request.params ?? {}
    const plain = { ...call.request, params }
    const request = from.inner === undefined ? plain : withParam(plain, 'cursor', from.inner)
    const reply = await member.handle({ ...call, request })
    // A backend that cannot tell now does not hide the tasks of the others.
    const page = (reply.kind === 'result' ? valueIfObject(reply.result) : undefined) ?? {}
    const { nextCursor: inner } = page
    const next =
      typeof inner === 'string'
        ? cursorOf(from.at, inner)
        : from.at + 1 < able.length
          ? cursorOf(from.at + 1, undefined)
          : undefined
    const all = exposeTasks(page['tasks'], member.names, () => true)
    await book.learn(all.map((task) => task['taskId'] as string))
    const tasks = exposeTasks(
      page['tasks'],
      member.names,
      (id) => isFor(id, call.caller) && isShown(id, call.caller, member),
    )
    return {
      kind: 'result',
      result: lazyFromValue({ tasks, ...(next === undefined ? {} : { nextCursor: next }) }),
    }
  }

  return {
    handle: (call) => {
      const {
        request,
        caller: { client },
      } = call
      const { method, params } = request
      if (!knowsTasks(client) || !members.some((member) => hasTasks(member, client))) {
        return Promise.resolve(
          refuse(problemOf('req-method', 'unknown', { method: JSON.stringify(method) })),
        )
      }
      if (client.era === 'modern' && !declaresTasks(client.capabilities)) {
        return Promise.resolve(undeclared)
      }
      if (method === 'tasks/list') return list(call)
      const id = params?.['taskId']
      if (typeof id !== 'string') {
        const why = 'taskId is not a string'
        return Promise.resolve(refuse(problemOf('req-params', 'invalid', { why })))
      }
      return one(call, id)
    },
    refusal: ({ caller: { client } }, member) =>
      client.era === 'legacy' && !(knowsTasks(client) && hasTasks(member, client))
        ? refuse(problemOf('req-method', 'no-tasks', { backend: member.backend.name }))
        : undefined,
    mayStart: ({ caller: { client }, request }) =>
      client.era === 'legacy'
        ? request.params?.['task'] !== undefined
        : client.capabilities['extensions'] !== undefined && declaresTasks(client.capabilities),
    started: (call, { member: { names, backend }, local }, reply) => {
      const created = taskCreated(reply, names, backend.name)
      const tool = { backend: backend.name, name: local }
      const { principal, session } = call.caller
      const noted =
        created.id === undefined ? undefined : book.note(created.id, principal.key, session, tool)
      return noted === undefined ? created.reply : noted.then(() => created.reply)
    },
    learn: (ids) => book.learn(ids),
    locate,
  }
}

/** Whether a session, with the rights that it has now, may follow a task. */
export type MayFollow = (session: SessionPeer, taskId: string) => boolean

/** Passes the state of a task, as a session-era backend reports it, to the session that started the task. */
export const notifyTask = (
  {
    book,
    mayFollow,
  }: { readonly book: Pick<TaskOwners, 'sessionOf'>; readonly mayFollow: MayFollow },
  names: Upstream['names'],
  { method, params }: JsonRpcNotification,
): void => {
  const id = params?.['taskId']
  if (method !== 'notifications/tasks/status' || typeof id !== 'string') return
  const taskId = names.exposeTask(id)
  const session = book.sessionOf(taskId)
  if (session === undefined || !mayFollow(session, taskId)) return
  session.notify({ jsonrpc: '2.0', method, params: { ...params, taskId } })
}

/** What the proxy says of tasks to a client, as far as a backend that can be reached has them. */
export const taskCapabilities = (healths: readonly Health[], client: ClientFacts): JsonObject => {
  if (!knowsTasks(client)) return {}
  const able = healths
    .map((health) => abilitiesFor(health, client.era))
    .filter((abilities) => abilities !== undefined)
  if (able.length === 0) return {}
  if (client.era === 'modern') return { extensions: { [tasksExtension]: {} } }
  const verbs = (['list', 'cancel'] as const).filter((verb) =>
    able.some((capabilities) => taskVerb(capabilities, verb)),
  )
  return {
    tasks: {
      ...Object.fromEntries(verbs.map((verb) => [verb, {}])),
      requests: { tools: { call: {} } },
    },
  }
}

/** The tasks that a listener asks for; undefined where that is no list of ids. */
export const taskIdsIn = (wanted: JsonObject): readonly string[] | undefined => {
  const ids = wanted['taskIds'] ?? []
  if (!Array.isArray(ids)) return undefined
  const texts = (ids as readonly unknown[]).filter((id) => typeof id === 'string')
  return texts.length < ids.length ? undefined : [...new Set(texts)]
}
