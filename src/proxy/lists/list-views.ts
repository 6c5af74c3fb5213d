// What one backend lists to whom: one of both eras may list another thing in each, a server of the session era more to a
// client that it can ask, and one that gets the token of each caller what that caller may use.
import { LRUCache } from 'lru-cache'
import { agreementFor, type Backend } from '../../backends/backend.ts'
import type { Caller } from '../../mcp/call.ts'
import { questionCapabilities } from '../../mcp/questions.ts'
import type { Era } from '../../mcp/revision.ts'
import type { BackendLists } from './backend-lists.ts'

export interface ListViews {
  /** What callers of that era are offered, whatever they can be asked. */
  of(era: Era): BackendLists
  /** What a caller with these capabilities is offered; undefined where `of` says it all. */
  seenBy(caller: Viewer): BackendLists | undefined
  /** Whether callers see what is listed to them, and nothing of what is listed to the proxy. */
  readonly exclusive: boolean
  close(): void
}

export type Viewer = Pick<Caller, 'client' | 'principal' | 'operator'>

export interface ListViewParts {
  readonly backend: Backend
  readonly session: 'caller' | 'shared'
  /** The backend gets a token of each caller, and may list another thing to each. */
  readonly perCaller?: boolean
  /** What the main link of the backend lists. */
  readonly lists: BackendLists
  /** Makes the lists of one view. There are as many as sets of capabilities, which are few, or as callers. */
  readonly open: (era: Era) => BackendLists
}

/** Callers whose lists are kept; those of the one that asked the longest ago make room. */
const mostCallers = 1000

const callerKey = ({ client, principal }: Viewer): string =>
  JSON.stringify([
    client.era,
    questionCapabilities(client).key,
    principal.key,
    [...principal.scopes].sort(),
  ])

export const createListViews = ({
  backend,
  session,
  perCaller = false,
  lists,
  open,
}: ListViewParts): ListViews => {
  /** By what the callers can be asked. */
  const views = new Map<string, BackendLists>()
  const callers = new LRUCache<string, BackendLists>({
    max: mostCallers,
    dispose: (view) => view.close(),
  })
  const view = (key: string): BackendLists => {
    const known = views.get(key) ?? open('legacy')
    views.set(key, known)
    return known
  }
  const viewOf = (caller: Viewer): BackendLists => {
    const key = callerKey(caller)
    const known = callers.get(key) ?? open(caller.client.era)
    if (!callers.has(key)) callers.set(key, known)
    return known
  }
  return {
    exclusive: perCaller,
    of: (era) => {
      const { health } = backend
      const isBeside = health.state === 'up' && health.sessions !== undefined
      return era === 'legacy' && isBeside ? view('') : lists
    },
    seenBy: (caller) => {
      const { client } = caller
      if (perCaller) return caller.operator === true ? undefined : viewOf(caller)
      // In the modern era a list may not depend on the client (MCP 2026-07-28, tools).
      if (session === 'shared' || agreementFor(backend.health, client.era)?.era !== 'legacy') {
        return undefined
      }
      const { key } = questionCapabilities(client)
      return key === '' ? undefined : view(key)
    },
    close: () => {
      for (const one of views.values()) one.close()
      callers.clear()
    },
  }
}
