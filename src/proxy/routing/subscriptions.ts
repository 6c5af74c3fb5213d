// Subscriptions of both eras: sessions that subscribed to resources, and stateless callers that listen.
import type { Clock } from '../../base/clock.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import { listen, listenFilter, type Listen } from './listen.ts'
import { createSessionSubscriptions } from './session-subscriptions.ts'
import { badParams } from './subscription-reply.ts'
import { createWatches, type Watches } from './watches.ts'

export interface Subscriptions {
  /** Answers resources/subscribe, resources/unsubscribe and subscriptions/listen. */
  handle(call: Call): Promise<Reply>
  /** A list that clients have is outdated. `method`: the notification. */
  changed(method: string): void
  /** Gives every listener its closing result. */
  endListens(): void
  readonly heard: Watches['heard']
  readonly mayFollow: Watches['mayFollow']
  readonly use: Watches['use']
}

/** Outlives the configuration that it is used with: `use` says where names lead. */
export const createSubscriptions = (clock: Clock): Subscriptions => {
  const watches = createWatches()
  const sessions = createSessionSubscriptions(watches)
  const open = new Set<Listen>()
  return {
    handle: async (call) => {
      const { session } = call.caller
      if (call.request.method !== 'subscriptions/listen') {
        return session === undefined
          ? badParams('a subscription needs a session')
          : sessions.handle(call, session)
      }
      const filter = listenFilter(call)
      return 'kind' in filter ? filter : listen(call, filter, { watches, clock, open })
    },
    changed: (method) => {
      for (const one of open) if (one.methods.has(method)) one.notify({ jsonrpc: '2.0', method })
    },
    endListens: () => {
      for (const one of open) one.end()
    },
    heard: (caller) => watches.heard(caller),
    mayFollow: (session, id) => watches.mayFollow(session, id),
    use: (scope) => watches.use(scope),
  }
}
