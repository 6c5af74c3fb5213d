// Whether anybody uses the link that callers share, beyond the lists that the proxy itself asks for.
import type { Clock } from '../../base/clock.ts'
import { within } from '../../base/within.ts'
import type { Caller, SessionPeer } from '../../mcp/call.ts'

export interface SharedUse {
  /** Counts the work, and its client for as long as it has a session here. `keeps`: the server may keep something of it. */
  run<Result>(caller: Caller, keeps: boolean, work: () => Promise<Result>): Promise<Result>
  /** Until the function that comes is called. */
  hold(): () => void
  /** Waits for the work to end. Resolves to whether the link is unused then. */
  untilFree(limitMs: number): Promise<boolean>
  /** There is another link, of which nothing has been used. */
  renew(): void
}

export const createSharedUse = (clock: Clock): SharedUse => {
  let working = 0
  let holds = 0
  let clients = new Set<SessionPeer>()
  let waiting: (() => void)[] = []
  const done = () => {
    working -= 1
    if (working > 0) return
    for (const go of waiting) go()
    waiting = []
  }
  const keep = (session: SessionPeer | undefined) => {
    const of = clients
    if (session === undefined || of.has(session) || session.ended.aborted) return
    of.add(session)
    session.ended.addEventListener('abort', () => of.delete(session), { once: true })
  }
  return {
    run: async ({ session }, keeps, work) => {
      working += 1
      if (keeps) keep(session)
      try {
        return await work()
      } finally {
        done()
      }
    },
    hold: () => {
      holds += 1
      return () => {
        holds -= 1
      }
    },
    untilFree: async (limitMs) => {
      const isUsed = () => holds > 0 || clients.size > 0
      if (working > 0 && !isUsed()) {
        const idle = new Promise<void>((resolve) => {
          waiting.push(resolve)
        })
        await within(idle, { ms: limitMs, clock }, () => undefined)
      }
      return working === 0 && !isUsed()
    },
    renew: () => {
      clients = new Set()
    },
  }
}
