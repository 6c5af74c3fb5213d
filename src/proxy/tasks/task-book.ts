// Whose task is whose: a backend knows only the proxy, so who may ask for a task is remembered here.
import type { JsonObject } from '../../base/json.ts'
import type { SessionPeer } from '../../mcp/call.ts'
import type { SharedValues } from '../../shared/shared.ts'

/** What a task is a call of: the backend, and that backend's own name of the tool. */
export interface TaskTool {
  readonly backend: string
  readonly name: string
}

export interface TaskOwners {
  /** Resolves when the other replicas know it too; undefined where there are none. */
  note(
    id: string,
    owner: string,
    session: SessionPeer | undefined,
    tool: TaskTool,
  ): Promise<void> | undefined
  /** Finds out about tasks that began at another replica; undefined where there is nothing to find out. */
  learn(ids: readonly string[]): Promise<void> | undefined
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

/** As long as other replicas know a task. */
const sharedMs = 24 * 3_600_000

const readShared = (value: JsonObject | undefined): Omit<Entry, 'session'> | undefined => {
  const { owner, backend, name } = value ?? {}
  return typeof owner === 'string' && typeof backend === 'string' && typeof name === 'string'
    ? { owner, tool: { backend, name } }
    : undefined
}

/** Who begins many forgets the oldest of its own. `shared`: what other replicas know; undefined where there are none. */
export const createTaskOwners = (
  shared: () => SharedValues | undefined = () => undefined,
  { max, maxPerOwner } = taskLimits,
): TaskOwners => {
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

  const keep = (id: string, entry: Entry): void => {
    const { owner } = entry
    forget(id)
    makeRoom(owner)
    entries.set(id, entry)
    owners.set(owner, (owners.get(owner) ?? new Set()).add(id))
  }
  const learnOne = async (id: string, from: SharedValues): Promise<void> => {
    const known = readShared(await from.get(id))
    if (known !== undefined && !entries.has(id)) keep(id, { ...known, session: undefined })
  }

  return {
    note: (id, owner, session, tool) => {
      const entry: Entry = { owner, tool, session }
      keep(id, entry)
      session?.ended.addEventListener('abort', () => (entry.session = undefined), { once: true })
      return shared()?.put(id, { owner, ...tool }, sharedMs)
    },
    learn: (ids) => {
      const from = shared()
      const unknown = from === undefined ? [] : ids.filter((id) => !entries.has(id))
      return from === undefined || unknown.length === 0
        ? undefined
        : Promise.all(unknown.map((id) => learnOne(id, from))).then(() => undefined)
    },
    ownerOf: (id) => entries.get(id)?.owner,
    toolOf: (id) => entries.get(id)?.tool,
    sessionOf: (id) => entries.get(id)?.session,
  }
}
