// Whose task is whose: a backend knows only the proxy, so who may ask for a task is remembered here.
import type { SessionPeer } from '../../mcp/call.ts'

/** What a task is a call of: the backend, and that backend's own name of the tool. */
export interface TaskTool {
  readonly backend: string
  readonly name: string
}

export interface TaskOwners {
  note(id: string, owner: string, session: SessionPeer | undefined, tool: TaskTool): void
  /** Undefined for a task that nobody is known to have begun. */
  ownerOf(id: string): string | undefined
  toolOf(id: string): TaskTool | undefined
  /** The session that began it, as long as that lasts. */
  sessionOf(id: string): SessionPeer | undefined
}

interface Entry {
  readonly owner: string
  readonly tool: TaskTool
  session: SessionPeer | undefined
}

export const taskLimits = { max: 10_000, maxPerOwner: 1000 }

/** Who begins many forgets the oldest of its own. */
export const createTaskOwners = ({ max, maxPerOwner } = taskLimits): TaskOwners => {
  const entries = new Map<string, Entry>()
  const owners = new Map<string, Set<string>>()

  const forget = (id: string) => {
    const entry = entries.get(id)
    if (entry === undefined) return
    entries.delete(id)
    const own = owners.get(entry.owner)
    own?.delete(id)
    if (own?.size === 0) owners.delete(entry.owner)
  }
  const makeRoom = (owner: string) => {
    const own = owners.get(owner)
    const [oldestOwn] = own !== undefined && own.size >= maxPerOwner ? own : []
    const [oldest] = entries.size >= max ? entries.keys() : []
    const leaves = oldestOwn ?? oldest
    if (leaves !== undefined) forget(leaves)
  }

  return {
    note: (id, owner, session, tool) => {
      forget(id)
      makeRoom(owner)
      const entry: Entry = { owner, tool, session }
      entries.set(id, entry)
      owners.set(owner, (owners.get(owner) ?? new Set()).add(id))
      session?.ended.addEventListener('abort', () => (entry.session = undefined), { once: true })
    },
    ownerOf: (id) => entries.get(id)?.owner,
    toolOf: (id) => entries.get(id)?.tool,
    sessionOf: (id) => entries.get(id)?.session,
  }
}
