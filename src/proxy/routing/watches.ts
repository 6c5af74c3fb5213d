// Resources and tasks that are watched at backends, by the names that clients know.
import type { JsonObject } from '../../base/json.ts'
import type { Call, Caller, Reply, SessionPeer } from '../../mcp/call.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Exposure } from '../exposure/exposure.ts'
import type { Upstream } from '../lists/member.ts'
import { exposeTaskState } from '../names/task-names.ts'
import type { MayFollow, Tasks } from '../tasks/tasks.ts'
import type { Resolver } from './resolve.ts'

/** Where subscriptions look names up. */
export interface SubscriptionScope {
  readonly members: readonly Upstream[]
  readonly resolver: Pick<Resolver, 'uri'>
  readonly tasks: Pick<Tasks, 'locate' | 'learn'>
  readonly exposure: Pick<Exposure, 'shows' | 'refusal'>
  /** Of what callers may see: with another one lists are outdated. */
  readonly policyKey: string
}

/** One resource that is watched for one session or one listen. */
interface WatchedResource {
  readonly uri: string
  readonly call: Call
  readonly signal: AbortSignal
  readonly onUpdated: (uri: string) => void
  /** Where it is watched; undefined until its name was looked up. */
  at: Upstream | undefined
}

export interface Watches {
  /** Until `signal` aborts, or, where the reply is not a result, not at all. */
  resource(
    uri: string,
    call: Call,
    signal: AbortSignal,
    onUpdated: (uri: string) => void,
  ): Promise<Reply>
  /** Undefined: no such task, or not one of this caller. */
  task(
    id: string,
    call: Call,
    signal: AbortSignal,
    onStatus: (params: JsonObject) => void,
  ): Promise<Reply | undefined>
  /** Whether a session may follow the task with the rights that it has now. */
  readonly mayFollow: MayFollow
  /** A session calls with the rights of the token that it sent last, and so is shown what it watches. */
  heard(caller: Caller): void
  /**
   * From now on names are looked up here. A resource that was watched at a backend that is gone is watched again where
   * its name leads now, if anywhere. Returns the scope of before.
   */
  use(scope: SubscriptionScope): SubscriptionScope
}

const nowhere: SubscriptionScope = {
  members: [],
  resolver: { uri: () => undefined },
  tasks: { locate: () => undefined, learn: () => undefined },
  exposure: { shows: () => false, refusal: () => undefined },
  policyKey: '',
}

const unknown = (uri: string): Problem =>
  problemOf('name-unknown', 'unknown', {
    kind: 'Resource',
    name: JSON.stringify(uri.slice(0, 256)),
  })

/** Whether its backend goes on, in whatever shape. */
const isAmong = (members: readonly Upstream[], { backend }: Upstream): boolean =>
  members.some((one) => one.backend === backend)

/** Outlives the configuration that it is used with. */
export const createWatches = (): Watches => {
  let scope = nowhere
  const resources = new Set<WatchedResource>()
  const latest = new WeakMap<SessionPeer, Caller>()
  const latestOf = (caller: Caller): Caller =>
    (caller.session === undefined ? undefined : latest.get(caller.session)) ?? caller

  const begin = async (watched: WatchedResource): Promise<Reply> => {
    const { uri, call, signal, onUpdated } = watched
    const target = await scope.resolver.uri(uri, call.caller.client.era)
    if (target === undefined) return { kind: 'refusal', problem: unknown(uri) }
    const { member, local } = target
    const { exposeUri } = member.names
    const backend = member.backend.name
    const resource = { kind: 'resource', backend, name: local } as const
    const refused = scope.exposure.refusal(call, resource, () => unknown(uri), undefined)
    if (refused !== undefined) return refused
    watched.at = member
    // What the caller may see can change while it watches, and a sub-resource is judged for itself.
    const isShown = (changed: string): boolean => {
      const caller = latestOf(call.caller)
      return (
        scope.exposure.shows(caller, resource) &&
        (changed === local || scope.exposure.shows(caller, { ...resource, name: changed }))
      )
    }
    return member.backend.watch({
      uri: local,
      caller: call.caller,
      // A resource that was subscribed to keeps the name it was given, whatever form that had.
      onUpdated: (changed) => {
        if (isShown(changed)) onUpdated(changed === local ? uri : exposeUri(changed))
      },
      signal,
    })
  }

  return {
    resource: async (uri, call, signal, onUpdated) => {
      const watched: WatchedResource = { uri, call, signal, onUpdated, at: undefined }
      const forget = () => void resources.delete(watched)
      resources.add(watched)
      signal.addEventListener('abort', forget, { once: true })
      if (signal.aborted) forget()
      const reply = await begin(watched)
      if (reply.kind !== 'result') forget()
      return reply
    },
    task: async (id, call, signal, onStatus) => {
      const locate = () => scope.tasks.locate(latestOf(call.caller), id)
      await scope.tasks.learn([id])
      const target = locate()
      if (target === undefined) return undefined
      const { member, local } = target
      return member.backend.watchTask({
        taskId: local,
        onStatus: (task) => {
          if (locate() !== undefined) onStatus(exposeTaskState(task, member.names))
        },
        signal,
      })
    },
    mayFollow: (session, id) => {
      const caller = latest.get(session)
      return caller !== undefined && scope.tasks.locate(caller, id) !== undefined
    },
    heard: (caller) => {
      if (caller.session !== undefined) latest.set(caller.session, caller)
    },
    use: (next) => {
      const before = scope
      scope = next
      for (const watched of resources) {
        if (watched.at === undefined || isAmong(next.members, watched.at)) continue
        // A resource that is gone changes no more: there is nothing to say about it.
        begin(watched).catch(() => undefined)
      }
      return before
    },
  }
}
