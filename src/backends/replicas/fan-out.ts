// A watch on all replicas: a change is announced by the one that it was made at, and one that comes back is watched again.
import type { Reply } from '../../mcp/call.ts'
import type { Backend } from '../backend.ts'

/** Watches at one replica. */
type WatchAt = (replica: Backend) => Promise<Reply>

interface Open {
  readonly at: WatchAt
  /** Those that accepted it, and watch by themselves from then on. */
  readonly accepted: Set<Backend>
}

export interface FanOut {
  /** Resolves as soon as one replica accepts it, or with why none does. */
  watch(at: WatchAt, signal: AbortSignal): Promise<Reply>
  /** A replica is there (again). */
  onUp(replica: Backend): void
}

export const createFanOut = (replicas: readonly Backend[]): FanOut => {
  const open = new Set<Open>()
  const ask = async (one: Open, replica: Backend): Promise<Reply> => {
    const reply = await one.at(replica)
    if (reply.kind === 'result') one.accepted.add(replica)
    return reply
  }
  const firstAccepted = (replies: readonly Promise<Reply>[]): Promise<Reply> =>
    new Promise((resolve) => {
      void Promise.all(
        replies.map(async (replied) => {
          const reply = await replied
          if (reply.kind === 'result') resolve(reply)
          return reply
        }),
      ).then((all) => resolve(all.find(({ kind }) => kind === 'error') ?? (all[0] as Reply)))
    })
  return {
    watch: async (at, signal) => {
      const one: Open = { at, accepted: new Set() }
      const asked = replicas.filter(({ health }) => health.state !== 'down')
      const reply = await firstAccepted(
        (asked.length === 0 ? replicas : asked).map((replica) => ask(one, replica)),
      )
      if (reply.kind !== 'result' || signal.aborted) return reply
      open.add(one)
      signal.addEventListener('abort', () => open.delete(one), { once: true })
      return reply
    },
    onUp: (replica) => {
      for (const one of open) if (!one.accepted.has(replica)) void ask(one, replica)
    },
  }
}
