// Who watches which resource of one backend, in the way of its era: on the listen that all share, or in a session.
import type { JsonObject } from '../base/json.ts'
import type { Ports } from '../base/ports.ts'
import type { Reply } from '../mcp/call.ts'
import { lazyFromValue } from '../mcp/lazy-object.ts'
import type { JsonRpcNotification } from '../mcp/message.ts'
import type { Caller } from './backend.ts'
import type { ChangeFeed } from './change-feed.ts'
import {
  concerns,
  createResourceWatches,
  type Held,
  type OnUpdated,
  type ResourceWatches,
} from './resource-watches.ts'

export interface Watch {
  /** Local. */
  readonly uri: string
  readonly caller: Caller
  readonly onUpdated: OnUpdated
  /** Ends the watch. */
  readonly signal: AbortSignal
}

export interface TaskWatch {
  /** Local. */
  readonly taskId: string
  readonly onStatus: (task: JsonObject) => void
  readonly signal: AbortSignal
}

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
  /** The listen that stands; undefined while there is none. */
  setFeed(feed: ChangeFeed | undefined): void
}

const accepted: Reply = { kind: 'result', result: lazyFromValue({}) }
const refused: Reply = {
  kind: 'error',
  error: { code: -32_602, message: 'The server does not tell of changes to this resource' },
}

const taskRefused: Reply = {
  kind: 'error',
  error: { code: -32_602, message: 'The server does not tell of this task' },
}

export const createWatching = (ports: Pick<Ports, 'clock' | 'random'>): Watching => {
  const sessions = new Map<string, ResourceWatches>()
  const listened = new Map<string, Set<OnUpdated>>()
  const tasks = new Map<string, Set<TaskWatch>>()
  let feed: ChangeFeed | undefined

  const forget = ({ uri, onUpdated }: Watch) => {
    const listeners = listened.get(uri)
    listeners?.delete(onUpdated)
    if (listeners?.size !== 0) return
    listened.delete(uri)
    void feed?.refresh()
  }

  const forgetTask = (watch: TaskWatch) => {
    const watches = tasks.get(watch.taskId)
    watches?.delete(watch)
    if (watches?.size !== 0) return
    tasks.delete(watch.taskId)
    void feed?.refresh()
  }

  return {
    inSession: (key, { uri, onUpdated, signal }, acquire) => {
      let watches = sessions.get(key)
      if (watches === undefined) {
        watches = createResourceWatches({ ports, acquire, onEmpty: () => sessions.delete(key) })
        sessions.set(key, watches)
      }
      return watches.add(uri, onUpdated, signal)
    },
    onListen: async (watch) => {
      const { uri, onUpdated, signal } = watch
      const listeners = listened.get(uri) ?? new Set()
      const isNew = listeners.size === 0
      listened.set(uri, listeners.add(onUpdated))
      signal.addEventListener('abort', () => forget(watch), { once: true })
      if (signal.aborted) forget(watch)
      if (!isNew) return accepted
      const honoured = await feed?.refresh()
      if (honoured?.uris.has(uri) === true) return accepted
      forget(watch)
      return refused
    },
    taskOnListen: async (watch) => {
      const { taskId, signal } = watch
      const watches = tasks.get(taskId) ?? new Set()
      const isNew = watches.size === 0
      tasks.set(taskId, watches.add(watch))
      signal.addEventListener('abort', () => forgetTask(watch), { once: true })
      if (signal.aborted) forgetTask(watch)
      if (!isNew) return accepted
      const honoured = await feed?.refresh()
      if (honoured?.taskIds.has(taskId) === true) return accepted
      forgetTask(watch)
      return taskRefused
    },
    toldOfTask: ({ params }) => {
      const taskId = params?.['taskId']
      if (params === undefined || typeof taskId !== 'string') return
      for (const { onStatus } of tasks.get(taskId) ?? []) onStatus(params)
    },
    taskIds: () => [...tasks.keys()],
    updatedIn: (key, notification) => sessions.get(key)?.updated(notification),
    updatedOnListen: ({ params }) => {
      const updated = params?.['uri']
      if (typeof updated !== 'string') return
      for (const [uri, listeners] of listened) {
        if (concerns(uri, updated)) for (const listener of listeners) listener(updated)
      }
    },
    uris: () => [...listened.keys()],
    onGap: () => {
      for (const [uri, listeners] of listened) for (const listener of listeners) listener(uri)
    },
    setFeed: (next) => {
      feed = next
    },
  }
}
