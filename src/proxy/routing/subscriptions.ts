// Who wants to be told of changes: sessions that subscribed to resources, and stateless callers that listen.
import { within } from '../../base/within.ts'
import type { Clock } from '../../base/clock.ts'
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { Call, Reply, Standing } from '../../mcp/call.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import { listChanged } from '../../mcp/methods.ts'
import { metaKeys } from '../../mcp/revision.ts'
import { declaresTasks } from '../../mcp/tasks.ts'
import type { Member } from '../lists/member.ts'
import type { Resolver } from './resolve.ts'
import { exposeTaskState } from '../names/task-names.ts'
import { taskIdsIn, undeclared, type Tasks } from '../tasks/tasks.ts'

export interface Subscriptions {
  /** Answers resources/subscribe, resources/unsubscribe and subscriptions/listen. */
  handle(call: Call): Promise<Reply>
  /** A list that clients hold is outdated. */
  changed(method: string): void
  /** Gives every listener its closing result. */
  endListens(): void
  /**
   * From now on names are looked up here. What was watched at a backend that is gone is watched again where its name
   * leads now, if it still leads anywhere. Returns the members of before.
   */
  use(scope: SubscriptionScope): readonly Member[]
}

/** Where subscriptions find what they name. */
export interface SubscriptionScope {
  readonly members: readonly Member[]
  readonly resolver: Pick<Resolver, 'uri'>
  readonly tasks: Pick<Tasks, 'locate'>
}

/** One resource that is watched for one session or one listen. */
interface Watched {
  readonly uri: string
  readonly call: Call
  readonly signal: AbortSignal
  readonly onUpdated: (uri: string) => void
  /** Where it is watched; undefined until its name was looked up. */
  at: Member | undefined
}

const nowhere: SubscriptionScope = {
  members: [],
  resolver: { uri: () => undefined },
  tasks: { locate: () => undefined },
}

/** Of one session or one listen. */
export const maxWatched = 1000
/** What one listen waits for backends before it tells what it listens to. */
const settleMs = 5000

const done = (result: JsonObject): Reply => ({ kind: 'result', result: lazyFromValue(result) })

const badParams = (why: string): Reply => ({
  kind: 'refusal',
  problem: problemOf('req-params', 'invalid', { why }),
})

const unknown = (uri: string): Reply => ({
  kind: 'refusal',
  problem: problemOf('name-unknown', 'unknown', {
    kind: 'Resource',
    name: JSON.stringify(uri.slice(0, 256)),
  }),
})

const updated = (uri: string): JsonRpcNotification => ({
  jsonrpc: '2.0',
  method: 'notifications/resources/updated',
  params: { uri },
})

const listFilters: Readonly<Record<string, string>> = {
  toolsListChanged: listChanged.tools,
  promptsListChanged: listChanged.prompts,
  resourcesListChanged: listChanged.resources,
}

interface Filter {
  readonly lists: readonly string[]
  readonly taskIds: readonly string[]
  readonly uris: readonly string[]
}

/** Undefined where it is none. What we do not know is left out, and so not confirmed. */
const readFilter = (params: JsonObject | undefined): Filter | undefined => {
  const wanted = params?.['notifications']
  if (!isJsonObject(wanted)) return undefined
  const uris = wanted['resourceSubscriptions'] ?? []
  const taskIds = taskIdsIn(wanted)
  if (!Array.isArray(uris) || taskIds === undefined) return undefined
  const texts = (uris as readonly Json[]).filter((uri) => typeof uri === 'string')
  if (texts.length < uris.length) return undefined
  return {
    lists: Object.keys(listFilters).filter((name) => wanted[name] === true),
    uris: [...new Set(texts)],
    taskIds,
  }
}

const confirmed = ({ lists, uris, taskIds }: Filter): JsonObject => ({
  ...Object.fromEntries(lists.map((name) => [name, true])),
  ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }),
  ...(taskIds.length === 0 ? {} : { taskIds }),
})

interface Listen {
  readonly methods: ReadonlySet<string>
  tell(notification: JsonRpcNotification): void
  end(): void
}

/** Outlives the configuration that it is used with: `use` says where names lead. */
export const createSubscriptions = (clock: Clock): Subscriptions => {
  let scope = nowhere
  const allWatched = new Set<Watched>()
  const bySession = new WeakMap<Standing, Map<string, AbortController>>()
  const listens = new Set<Listen>()

  const watchNow = async (watched: Watched): Promise<Reply> => {
    const { uri, call, signal, onUpdated } = watched
    const target = await scope.resolver.uri(uri, call.caller.client.era)
    if (target === undefined) return unknown(uri)
    const { member, local } = target
    const { exposeUri } = member.names
    watched.at = member
    return member.backend.watch({
      uri: local,
      caller: call.caller,
      // What was subscribed to keeps the name it was given, whatever form that had.
      onUpdated: (changed) => onUpdated(changed === local ? uri : exposeUri(changed)),
      signal,
    })
  }

  const watch = async (
    uri: string,
    call: Call,
    signal: AbortSignal,
    onUpdated: (uri: string) => void,
  ): Promise<Reply> => {
    const watched: Watched = { uri, call, signal, onUpdated, at: undefined }
    const forget = () => void allWatched.delete(watched)
    allWatched.add(watched)
    signal.addEventListener('abort', forget, { once: true })
    if (signal.aborted) forget()
    const reply = await watchNow(watched)
    if (reply.kind !== 'result') forget()
    return reply
  }

  const watchedBy = (session: Standing): Map<string, AbortController> => {
    const known = bySession.get(session)
    if (known !== undefined) return known
    const watched = new Map<string, AbortController>()
    bySession.set(session, watched)
    const endAll = () => {
      for (const one of watched.values()) one.abort()
    }
    session.ended.addEventListener('abort', endAll, { once: true })
    return watched
  }

  const subscribe = async (call: Call, session: Standing, uri: string): Promise<Reply> => {
    const watched = watchedBy(session)
    if (watched.has(uri)) return done({})
    if (watched.size >= maxWatched) return badParams(`more than ${maxWatched} subscriptions`)
    const own = new AbortController()
    watched.set(uri, own)
    const reply = await watch(uri, call, own.signal, (changed) => session.notify(updated(changed)))
    if (reply.kind !== 'result' && watched.get(uri) === own) watched.delete(uri)
    return reply.kind === 'result' ? done({}) : reply
  }

  const ofSession = (call: Call, session: Standing): Promise<Reply> => {
    const uri = call.request.params?.['uri']
    if (typeof uri !== 'string') return Promise.resolve(badParams('uri is not a string'))
    if (call.request.method === 'resources/subscribe') return subscribe(call, session, uri)
    const watched = watchedBy(session)
    watched.get(uri)?.abort()
    watched.delete(uri)
    return Promise.resolve(done({}))
  }

  const watchTask = async (
    id: string,
    call: Call,
    signal: AbortSignal,
    onStatus: (params: JsonObject) => void,
  ): Promise<Reply | undefined> => {
    const target = scope.tasks.locate(call, id)
    if (target === undefined) return undefined
    const { member, local } = target
    return member.backend.watchTask({
      taskId: local,
      onStatus: (task) => onStatus(exposeTaskState(task, member.names)),
      signal,
    })
  }

  /** The resources and the tasks that backends will tell of, as far as they say so in time. */
  const honour = async (
    call: Call,
    { uris, taskIds }: Filter,
    signal: AbortSignal,
    tell: (notification: JsonRpcNotification) => void,
  ): Promise<Pick<Filter, 'uris' | 'taskIds'>> => {
    if (uris.length === 0 && taskIds.length === 0) return { uris, taskIds }
    const honoured = new Set<string>()
    const honouredTasks = new Set<string>()
    const all = [
      ...uris.map(async (uri) => {
        const reply = await watch(uri, call, signal, (changed) => tell(updated(changed)))
        if (reply.kind === 'result') honoured.add(uri)
      }),
      ...taskIds.map(async (id) => {
        const reply = await watchTask(id, call, signal, (params) =>
          tell({ jsonrpc: '2.0', method: 'notifications/tasks', params }),
        )
        if (reply?.kind === 'result') honouredTasks.add(id)
      }),
    ]
    await within(Promise.all(all), { ms: settleMs, clock }, () => undefined)
    return {
      uris: uris.filter((uri) => honoured.has(uri)),
      taskIds: taskIds.filter((id) => honouredTasks.has(id)),
    }
  }

  const listen = async (call: Call): Promise<Reply> => {
    const { request, peer, signal } = call
    const filter = readFilter(request.params)
    if (filter === undefined) return badParams('notifications is not a subscription filter')
    if (filter.uris.length > maxWatched) return badParams(`more than ${maxWatched} resources`)
    if (filter.taskIds.length > maxWatched) return badParams(`more than ${maxWatched} tasks`)
    if (filter.taskIds.length > 0 && !declaresTasks(call.caller.client.capabilities))
      return undeclared
    const mark = { [metaKeys.subscriptionId]: request.id }
    const over = sharedAbort()
    const end = () => over.abort()
    let early: JsonRpcNotification[] | undefined = []
    const tell = ({ method, params }: JsonRpcNotification) => {
      const marked = { jsonrpc: '2.0', method, params: { ...params, _meta: mark } } as const
      // Nothing comes before the confirmation.
      if (early === undefined) peer.notify(marked)
      else if (early.length < maxWatched) early.push(marked)
    }
    const own: Listen = {
      methods: new Set(filter.lists.map((name) => listFilters[name] ?? '')),
      tell,
      end,
    }
    listens.add(own)
    signal.addEventListener('abort', end, { once: true })
    const honoured = await honour(call, filter, over.signal, tell)
    peer.notify({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: { _meta: mark, notifications: confirmed({ lists: filter.lists, ...honoured }) },
    })
    for (const notification of early) peer.notify(notification)
    early = undefined
    if (signal.aborted) end()
    await new Promise<void>((resolve) => {
      if (over.signal.aborted) resolve()
      over.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    listens.delete(own)
    signal.removeEventListener('abort', end)
    return done({ resultType: 'complete', _meta: mark })
  }

  return {
    handle: (call) => {
      if (call.request.method === 'subscriptions/listen') return listen(call)
      return call.caller.session === undefined
        ? Promise.resolve(badParams('a subscription needs a session'))
        : ofSession(call, call.caller.session)
    },
    changed: (method) => {
      for (const one of listens) if (one.methods.has(method)) one.tell({ jsonrpc: '2.0', method })
    },
    endListens: () => {
      for (const one of listens) one.end()
    },
    use: (next) => {
      const { members: before } = scope
      scope = next
      for (const watched of allWatched) {
        if (watched.at === undefined || next.members.includes(watched.at)) continue
        // A resource that is gone changes no more: there is nothing to say about it.
        watchNow(watched).catch(() => undefined)
      }
      return before
    },
  }
}
