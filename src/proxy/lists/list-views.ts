// What one backend lists to whom: one of both eras may list another thing in each, and a server of the session era more to a
// client that it can ask.
import { agreementFor, type Backend } from '../../backends/backend.ts'
import type { Caller } from '../../mcp/call.ts'
import { questionCapabilities } from '../../mcp/questions.ts'
import type { Era } from '../../mcp/revision.ts'
import type { BackendLists } from './backend-lists.ts'

export interface ListViews {
  /** What callers of that era are offered, whatever they can be asked. */
  of(era: Era): BackendLists
  /** What a caller with these capabilities is offered; undefined where `of` says it all. */
  seenBy(caller: Pick<Caller, 'client'>): BackendLists | undefined
  close(): void
}

export interface ListViewParts {
  readonly backend: Backend
  readonly session: 'caller' | 'shared'
  /** What the main link of the backend lists. */
  readonly lists: BackendLists
  /** Makes the lists of one view of its sessions. There are as many as sets of capabilities, which are few. */
  readonly open: () => BackendLists
}

export const createListViews = ({ backend, session, lists, open }: ListViewParts): ListViews => {
  /** By what the callers can be asked. */
  const views = new Map<string, BackendLists>()
  const view = (key: string): BackendLists => {
    const known = views.get(key) ?? open()
    views.set(key, known)
    return known
  }
  return {
    of: (era) => {
      const { health } = backend
      const isBeside = health.state === 'up' && health.sessions !== undefined
      return era === 'legacy' && isBeside ? view('') : lists
    },
    seenBy: ({ client }) => {
      // In the modern era a list may not depend on the client (MCP 2026-07-28, tools).
      if (session === 'shared' || agreementFor(backend.health, client.era)?.era !== 'legacy') {
        return undefined
      }
      const { key } = questionCapabilities(client)
      return key === '' ? undefined : view(key)
    },
    close: () => {
      for (const one of views.values()) one.close()
    },
  }
}
