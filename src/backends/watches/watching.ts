// Who watches which resource of one backend, in the way of its era: on the listen that all share, or in a session.
import { errorCodes } from '../../base/error-codes.ts'
import type { Ports } from '../../base/ports.ts'
import type { Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import type { OnUpdated, TaskWatch, Watch } from '../backend.ts'
import type { ChangeFeed, Honoured } from './change-feed.ts'
import {
  concerns,
  createResourceWatches,
  type Held,
  type ResourceWatches,
} from './resource-watches.ts'

export interface Watching {
  /** In the session that `key` names, which `acquire` opens. */
  inSession(key: string, watch: Watch, acquire: () => Promise<Held | Reply>): Promise<Reply>
  onListen(watch: Watch): Promise<Reply>
  taskOnListen(watch: TaskWatch): Promise<Reply>
  /** The server told of a task. */
  toldOfTask(notification: JsonRpcNotification): void
  /** The server of that session told of a change. */
  updatedIn(key: string, notification: JsonRpcNotification): void
  updatedOnListen(notification: JsonRpcNotification): void
  /** What a listen must ask for. */
  uris(): readonly string[]
  taskIds(): readonly string[]
  onGap(): void
  /** The listen that stands from now on; undefined while there is none. The one before is closed. */
  setFeed(feed: ChangeFeed | undefined): void
}

const accepted: Reply = { kind: 'result', result: lazyFromValue({}) }
const refused = (message: string): Reply => ({
  kind: 'error',
  error: { code: errorCodes.invalidParams, message },
  isOurs: true,
})

export const neverTold = refused('The server does not tell of changes to this resource')

/** Who listens for what, of one kind of things that a listen names. */
const createListened = <Listener>(
  kind: keyof Honoured,
  refusal: Reply,
  refresh: () => Promise<Honoured> | undefined,
) => {
  const byName = new Map<string, Set<Listener>>()
  const forget = (name: string, listener: Listener) => {
    const listeners = byName.get(name)
    listeners?.delete(listener)
    if (listeners?.size !== 0) return
    byName.delete(name)
    void refresh()
  }
  return {
    byName,
    add: async (name: string, listener: Listener, signal: AbortSignal): Promise<Reply> => {
      const listeners = byName.get(name) ?? new Set()
      const isNew = listeners.size === 0
      byName.set(name, listeners.add(listener))
      signal.addEventListener('abort', () => forget(name, listener), { once: true })
      if (signal.aborted) forget(name, listener)
      if (!isNew) return accepted
      const honoured = await refresh()
      if (honoured?.[kind].has(name) === true) return accepted
      forget(name, listener)
      return refusal
    },
  }
}

export const createWatching = (ports: Pick<Ports, 'clock' | 'random'>): Watching => {
  const sessions = new Map<string, ResourceWatches>()
  let feed: ChangeFeed | undefined
  const refresh = () => feed?.refresh()
  const resources = createListened<OnUpdated>('uris', neverTold, refresh)
  const tasks = createListened<TaskWatch['onStatus']>(
    'taskIds',
    refused('The server does not tell of this task'),
    refresh,
  )

  return {
    inSession: (key, { uri, onUpdated, signal }, acquire) => {
      let watches = sessions.get(key)
      if (watches === undefined) {
        watches = createResourceWatches({ ports, acquire, onEmpty: () => sessions.delete(key) })
        sessions.set(key, watches)
      }
      return watches.add(uri, onUpdated, signal)
    },
    onListen: ({ uri, onUpdated, signal }) => resources.add(uri, onUpdated, signal),
    taskOnListen: ({ taskId, onStatus, signal }) => tasks.add(taskId, onStatus, signal),
    updatedIn: (key, notification) => sessions.get(key)?.updated(notification),
    updatedOnListen: ({ params }) => {
      const updated = params?.['uri']
      if (typeof updated !== 'string') return
      for (const [uri, listeners] of resources.byName) {
        if (concerns(uri, updated)) for (const listener of listeners) listener(updated)
      }
    },
    toldOfTask: ({ params }) => {
      const taskId = params?.['taskId']
      if (params === undefined || typeof taskId !== 'string') return
      for (const onStatus of tasks.byName.get(taskId) ?? []) onStatus(params)
    },
    uris: () => [...resources.byName.keys()],
    taskIds: () => [...tasks.byName.keys()],
    onGap: () => {
      for (const [uri, listeners] of resources.byName) {
        for (const listener of listeners) listener(uri)
      }
    },
    setFeed: (next) => {
      feed?.close()
      feed = next
    },
  }
}
