// Keeps a modern backend telling us when its lists and the resources that somebody watches change.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { Peer } from '../../mcp/call.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { notOffered } from '../../mcp/questions.ts'
import { declaresTasks, tasksExtension } from '../../mcp/tasks.ts'
import { createBackoff } from '../../base/backoff.ts'
import { assumedChanges } from '../link/changes.ts'
import { ownMeta, type ClientIdentity } from '../link/era-bridge.ts'
import type { Link } from '../link/link.ts'

export interface FeedOptions {
  readonly identity: ClientIdentity
  readonly ports: Pick<Ports, 'clock' | 'random'>
  /** The resources to listen for. */
  readonly uris: () => readonly string[]
  readonly taskIds: () => readonly string[]
  readonly publish: (notification: JsonRpcNotification) => void
  /** Nobody told us anything for a while: each watched resource may have changed. */
  readonly onGap: () => void
}

/** What one listen gives: the resources and the tasks that the backend will tell of. */
export interface Honoured {
  readonly uris: ReadonlySet<string>
  readonly taskIds: ReadonlySet<string>
}

export interface ChangeFeed {
  /** Listens for what is wanted now. A filter cannot be changed in place: the new stream stands before the old one ends. */
  refresh(): Promise<Honoured>
  /** Listens no more. */
  close(): void
}

const tellsChanges = (capabilities: JsonObject, kind: string): boolean => {
  const capability = capabilities[kind]
  return isJsonObject(capability) && capability['listChanged'] === true
}

const filterFor = (
  capabilities: JsonObject,
  uris: readonly string[],
  taskIds: readonly string[],
): JsonObject => ({
  ...(tellsChanges(capabilities, 'tools') ? { toolsListChanged: true } : {}),
  ...(tellsChanges(capabilities, 'prompts') ? { promptsListChanged: true } : {}),
  ...(tellsChanges(capabilities, 'resources') ? { resourcesListChanged: true } : {}),
  ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }),
  ...(taskIds.length === 0 || !declaresTasks(capabilities) ? {} : { taskIds }),
})

const acknowledged = 'notifications/subscriptions/acknowledged'

const textsIn = (list: Json | undefined): ReadonlySet<string> =>
  new Set(
    Array.isArray(list) ? (list as readonly Json[]).filter((one) => typeof one === 'string') : [],
  )

const honouredIn = (params: JsonObject | undefined): Honoured => {
  const told = params?.['notifications']
  const notifications = isJsonObject(told) ? told : {}
  return {
    uris: textsIn(notifications['resourceSubscriptions']),
    taskIds: textsIn(notifications['taskIds']),
  }
}

const nothing: Honoured = { uris: new Set(), taskIds: new Set() }

/** Ends with the link, when it is closed, or when the backend says that it cannot do this. Changes come as the link's notifications. */
export const openChangeFeed = (link: Link, options: FeedOptions): ChangeFeed => {
  const { identity, ports, uris, taskIds, publish, onGap } = options
  const backoff = createBackoff(ports.random)
  const closed = new AbortController()
  // A link that we close ourselves does not end: see LinkEvents.onEnd.
  const over = AbortSignal.any([link.ended, closed.signal])
  let standing: AbortController | undefined
  let refused = false
  let wasOpen = false

  const listen = (afterGap: boolean): Promise<Honoured> => {
    const { era, protocolVersion, capabilities } = link.agreement
    const notifications = filterFor(capabilities, uris(), taskIds())
    if (era !== 'modern' || refused || Object.keys(notifications).length === 0) {
      standing?.abort()
      standing = undefined
      return Promise.resolve(nothing)
    }
    return new Promise((resolve) => {
      const own = new AbortController()
      const signal = AbortSignal.any([over, own.signal])
      const peer: Peer = {
        notify: ({ method, params }) => {
          if (method !== acknowledged) return
          backoff.reset()
          standing?.abort()
          standing = own
          if (afterGap && wasOpen) {
            for (const change of assumedChanges) publish(change)
            onGap()
          }
          wasOpen = true
          resolve(honouredIn(params))
        },
        ask: ({ method }) => Promise.resolve(notOffered(method)),
      }
      const declared =
        notifications['taskIds'] === undefined ? {} : { extensions: { [tasksExtension]: {} } }
      const params = { notifications, _meta: ownMeta(protocolVersion, identity, declared) }
      const request = { jsonrpc: '2.0', id: 0, method: 'subscriptions/listen', params } as const
      void link.transport.request(request, peer, signal).then(async (reply) => {
        resolve(nothing)
        // Another stream has taken over, or nothing is left to listen on.
        if (signal.aborted || (standing !== undefined && standing !== own)) return
        if (reply.kind === 'error' && standing === undefined) {
          refused = true
          return
        }
        standing = undefined
        await ports.clock.sleep(backoff.next(), over).catch(() => undefined)
        if (!over.aborted && standing === undefined) await listen(true)
      })
    })
  }

  let last: Promise<Honoured> = listen(false)
  let queued: Promise<Honoured> | undefined
  return {
    // One after the other, and one for all that is asked for meanwhile.
    refresh: () => {
      queued ??= last.then(() => {
        queued = undefined
        return listen(false)
      })
      last = queued
      return queued
    },
    close: () => closed.abort(),
  }
}
