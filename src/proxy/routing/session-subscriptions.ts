// resources/subscribe and resources/unsubscribe: what sessions are subscribed to, until they end.
import type { Call, Reply, SessionPeer } from '../../mcp/call.ts'
import { badParams, done, maxWatched, updated } from './subscription-reply.ts'
import type { Watches } from './watches.ts'

type BySession = WeakMap<SessionPeer, Map<string, AbortController>>

const subscriptionsOf = (session: SessionPeer, all: BySession): Map<string, AbortController> => {
  const known = all.get(session)
  if (known !== undefined) return known
  const subscribed = new Map<string, AbortController>()
  all.set(session, subscribed)
  const endAll = () => {
    for (const one of subscribed.values()) one.abort()
  }
  session.ended.addEventListener('abort', endAll, { once: true })
  return subscribed
}

export const createSessionSubscriptions = (watches: Watches) => {
  const all: BySession = new WeakMap()

  const subscribe = async (call: Call, session: SessionPeer, uri: string): Promise<Reply> => {
    const subscribed = subscriptionsOf(session, all)
    if (subscribed.has(uri)) return done({})
    if (subscribed.size >= maxWatched) return badParams(`more than ${maxWatched} subscriptions`)
    const own = new AbortController()
    subscribed.set(uri, own)
    const reply = await watches.resource(uri, call, own.signal, (changed) =>
      session.notify(updated(changed)),
    )
    if (reply.kind !== 'result' && subscribed.get(uri) === own) subscribed.delete(uri)
    return reply.kind === 'result' ? done({}) : reply
  }

  const unsubscribe = (session: SessionPeer, uri: string): Reply => {
    const subscribed = subscriptionsOf(session, all)
    subscribed.get(uri)?.abort()
    subscribed.delete(uri)
    return done({})
  }

  return {
    handle: async (call: Call, session: SessionPeer): Promise<Reply> => {
      const uri = call.request.params?.['uri']
      if (typeof uri !== 'string') return badParams('uri is not a string')
      return call.request.method === 'resources/subscribe'
        ? subscribe(call, session, uri)
        : unsubscribe(session, uri)
    },
  }
}
