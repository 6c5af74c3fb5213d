// What outlives a configuration: made once in a process and handed to each generation, which uses it and leaves it.
import { createLeases, type Leases } from '../../base/leases.ts'
import type { Ports } from '../../base/ports.ts'
import {
  createPossessionMemory,
  type PossessionMemory,
} from '../../core/possession/possession-memory.ts'
import { createStateSealer, type StateSealer } from '../../mcp/request-state.ts'
import type { Shared } from '../../shared/shared.ts'
import type { AdminWork } from '../own-tools/admin-member.ts'
import { createSubscriptions, type Subscriptions } from '../routing/subscriptions.ts'
import { createSuspensions, type Suspensions } from '../routing/suspensions.ts'
import { createTaskOwners, type TaskOwners } from '../tasks/task-book.ts'
import type { MayFollow } from '../tasks/tasks.ts'
import { createAnnouncements, type Announce } from './announcements.ts'

export interface Durable {
  /** Authenticators, backends and layers by the key of their section: the same section goes on as it is. */
  readonly leases: Leases
  readonly taskBook: TaskOwners
  readonly suspensions: Suspensions
  /** What was sealed under one configuration opens under the next. */
  readonly sealer: StateSealer
  /** What replicas keep for each other, under the configuration in use. */
  readonly shared: { current: Shared | undefined }
  /** Answers calls of admin tools; undefined where no server offers them. */
  readonly admin: { current: AdminWork | undefined }
  readonly subscriptions: Subscriptions
  /** Whether a session may follow a task, whichever endpoint it belongs to. */
  readonly mayFollow: MayFollow
  /** What an endpoint beside the first needs: all the same, with subscriptions of its own. */
  beside(): Durable
  /** Used DPoP proofs and our nonces. */
  readonly possessionMemory: PossessionMemory
  /** A list that clients keep is outdated. */
  readonly announce: Announce
  /** Calls the listener with the method of each list_changed notification that clients should get. */
  onListChanged(listener: (method: string) => void): () => void
  /** Ends what waits for answers. Generations are closed before. */
  close(): void
}

/** Opens nothing. */
export const createDurable = (ports: Ports): Durable => {
  const listeners = new Set<(method: string) => void>()
  const ended = new AbortController()
  const all = new Set<Subscriptions>()
  const openSubscriptions = (): Subscriptions => {
    const opened = createSubscriptions(ports.clock)
    all.add(opened)
    return opened
  }
  const subscriptions = openSubscriptions()
  const shared: Durable['shared'] = { current: undefined }
  const { clock, log } = ports
  const here = () => shared.current?.relay?.name
  const suspensions = createSuspensions({ clock, log, here })
  listeners.add((method) => {
    for (const one of all) one.changed(method)
  })
  const durable: Durable = {
    leases: createLeases(),
    taskBook: createTaskOwners(() => shared.current?.tasks),
    suspensions,
    shared,
    admin: { current: undefined },
    sealer: createStateSealer(() => ports.clock.now()),
    subscriptions,
    mayFollow: (session, id) => [...all].some((one) => one.mayFollow(session, id)),
    beside: () => ({ ...durable, subscriptions: openSubscriptions() }),
    possessionMemory: createPossessionMemory(ports.clock),
    announce: createAnnouncements(ports.clock, ended.signal, (method) => {
      for (const listener of listeners) listener(method)
    }),
    onListChanged: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      ended.abort()
      suspensions.close()
    },
  }
  return durable
}
