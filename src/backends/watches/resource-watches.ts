// Who wants to know when a resource of a session-era server changes: one subscription for each resource, however many want it.
import { untilAborted } from '../../base/cancellation.ts'
import type { Ports } from '../../base/ports.ts'
import type { Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { nobody } from '../../mcp/questions.ts'
import type { OnUpdated } from '../backend.ts'
import { createBackoff } from '../../base/backoff.ts'
import type { Link } from '../link/link.ts'

/** A link that stays while it is held. */
export interface Held {
  readonly link: Link
  /** Aborts when the server has forgotten what it was asked on this link. */
  readonly lost: AbortSignal
  release(): void
}

export interface ResourceWatches {
  /** Resolves with the server's answer to the subscription; the signal ends it. */
  add(uri: string, onUpdated: OnUpdated, signal: AbortSignal): Promise<Reply>
  /** A change that the server told of. */
  updated(notification: JsonRpcNotification): void
}

export interface WatchOptions {
  readonly ports: Pick<Ports, 'clock' | 'random'>
  /** A reply where there is none to be had. */
  acquire(signal: AbortSignal): Promise<Held | Reply>
  /** Nobody watches anything any more. */
  onEmpty?(): void
}

interface Watched {
  readonly listeners: Set<OnUpdated>
  readonly first: Promise<Reply>
  readonly stop: AbortController
}

/** A server may tell of a part of what was subscribed to (MCP resources, subscriptions). */
export const concerns = (watched: string, updated: string): boolean =>
  updated === watched ||
  (updated.startsWith(watched) &&
    (watched.endsWith('/') || '/?#'.includes(updated.charAt(watched.length))))

const isHeld = (found: Held | Reply): found is Held => 'link' in found

const never = new AbortController().signal

export const createResourceWatches = (options: WatchOptions): ResourceWatches => {
  const { ports } = options
  const watched = new Map<string, Watched>()

  const say = ({ link }: Held, method: string, uri: string, signal: AbortSignal): Promise<Reply> =>
    link.transport.request({ jsonrpc: '2.0', id: 0, method, params: { uri } }, nobody, signal)

  const tell = (uri: string, updated: string) => {
    for (const listener of watched.get(uri)?.listeners ?? []) listener(updated)
  }

  /** Subscribes, and again on every new link, until it is stopped. */
  const follow = async (uri: string, stop: AbortSignal, first: (reply: Reply) => void) => {
    const backoff = createBackoff(ports.random)
    let isFirst = true
    while (!stop.aborted) {
      const held = await options.acquire(stop)
      const reply = isHeld(held) ? await say(held, 'resources/subscribe', uri, stop) : held
      if (isFirst) first(reply)
      // What was missed in between is not known: it may have changed.
      else if (reply.kind === 'result') tell(uri, uri)
      if (isHeld(held)) {
        if (reply.kind === 'result') {
          backoff.reset()
          await untilAborted(held.lost, stop)
          if (stop.aborted && !held.lost.aborted)
            await say(held, 'resources/unsubscribe', uri, never)
        }
        held.release()
      }
      if (stop.aborted || (isFirst && reply.kind !== 'result')) return
      isFirst = false
      await ports.clock.sleep(backoff.next(), stop).catch(() => undefined)
    }
  }

  const begin = (uri: string): Watched => {
    const stop = new AbortController()
    const first = new Promise<Reply>((resolve) => {
      void follow(uri, stop.signal, resolve)
    })
    const begun = { listeners: new Set<OnUpdated>(), first, stop }
    watched.set(uri, begun)
    return begun
  }

  return {
    add: async (uri, onUpdated, signal) => {
      const current = watched.get(uri) ?? begin(uri)
      current.listeners.add(onUpdated)
      const remove = () => {
        signal.removeEventListener('abort', remove)
        current.listeners.delete(onUpdated)
        if (current.listeners.size > 0) return
        current.stop.abort()
        if (watched.get(uri) === current) watched.delete(uri)
        if (watched.size === 0) options.onEmpty?.()
      }
      signal.addEventListener('abort', remove, { once: true })
      const reply = await current.first
      if (reply.kind !== 'result' || signal.aborted) remove()
      return reply
    },
    updated: ({ params }) => {
      const uri = params?.['uri']
      if (typeof uri !== 'string') return
      for (const subscribed of watched.keys()) if (concerns(subscribed, uri)) tell(subscribed, uri)
    },
  }
}
