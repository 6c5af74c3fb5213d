// What one backend lists to whom: a server of the session era may offer more to a client that it can ask.
import type { Backend } from '../../backends/backend.ts'
import type { Caller } from '../../mcp/call.ts'
import { questionCapabilities } from '../../mcp/questions.ts'
import type { BackendLists } from './backend-lists.ts'

export interface ListViews {
  /** What a caller with these capabilities is offered; undefined where everybody is offered the same. */
  seenBy(caller: Pick<Caller, 'client'>): BackendLists | undefined
  close(): void
}

const everybodyTheSame: ListViews = { seenBy: () => undefined, close: () => undefined }

/** `open` makes the lists of one view. There are as many views as sets of capabilities, which are few. */
export const createListViews = (
  backend: Backend,
  session: 'caller' | 'shared',
  open: () => BackendLists,
): ListViews => {
  if (session === 'shared') return everybodyTheSame
  const views = new Map<string, BackendLists>()
  return {
    seenBy: ({ client }) => {
      const { health } = backend
      // In the modern era a list may not depend on the client (MCP 2026-07-28, tools).
      if (health.state !== 'up' || health.era === 'modern') return undefined
      const { key } = questionCapabilities(client)
      if (key === '') return undefined
      const known = views.get(key) ?? open()
      views.set(key, known)
      return known
    },
    close: () => {
      for (const view of views.values()) view.close()
    },
  }
}
