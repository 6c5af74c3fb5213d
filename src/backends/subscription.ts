// Keeps a modern backend telling us when its lists change.
import type { Ports } from '../base/ports.ts'
import { isJsonObject, type JsonObject } from '../base/json.ts'
import type { Peer } from '../mcp/call.ts'
import type { JsonRpcNotification } from '../mcp/message.ts'
import { createBackoff } from './backoff.ts'
import { assumedChanges } from './changes.ts'
import { ownMeta, type ClientIdentity } from './era-bridge.ts'
import type { Link } from './link.ts'

export interface SubscriptionOptions {
  readonly identity: ClientIdentity
  readonly ports: Pick<Ports, 'clock' | 'random'>
  readonly signal: AbortSignal
  readonly publish: (notification: JsonRpcNotification) => void
}

const tellsChanges = (capabilities: JsonObject, kind: string): boolean => {
  const capability = capabilities[kind]
  return isJsonObject(capability) && capability['listChanged'] === true
}

/** The kinds of change to listen for; empty where the backend announces none. */
const filterFor = (capabilities: JsonObject): Record<string, true> => ({
  ...(tellsChanges(capabilities, 'tools') ? { toolsListChanged: true } : {}),
  ...(tellsChanges(capabilities, 'prompts') ? { promptsListChanged: true } : {}),
  ...(tellsChanges(capabilities, 'resources') ? { resourcesListChanged: true } : {}),
})

/** Listens until the link ends or the backend says that it cannot do this. Changes come as the link's notifications. */
export const listenForChanges = async (link: Link, options: SubscriptionOptions): Promise<void> => {
  const { identity, ports, signal, publish } = options
  const backoff = createBackoff(ports.random)
  let subscribed = false
  const peer: Peer = {
    notify: ({ method }) => {
      if (method !== 'notifications/subscriptions/acknowledged') return
      backoff.reset()
      // Between two subscriptions nobody told us anything.
      if (subscribed) for (const change of assumedChanges) publish(change)
      subscribed = true
    },
    ask: async () => ({ kind: 'error', error: { code: -32_601, message: 'Not offered here' } }),
  }
  while (!signal.aborted) {
    const { era, protocolVersion, capabilities } = link.agreement
    const notifications = filterFor(capabilities)
    if (era !== 'modern' || Object.keys(notifications).length === 0) return
    const params = { notifications, _meta: ownMeta(protocolVersion, identity) }
    const reply = await link.transport.request(
      { jsonrpc: '2.0', id: 0, method: 'subscriptions/listen', params },
      peer,
      signal,
    )
    if (signal.aborted || reply.kind === 'error') return
    await ports.clock.sleep(backoff.next(), signal).catch(() => undefined)
  }
}
