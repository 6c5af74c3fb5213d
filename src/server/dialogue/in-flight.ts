// The calls under way, so that an orderly end can wait for them and a forced one can abort them.

import type { Cancel } from '../../base/cancellation.ts'
import { createRoster, type Ticket } from '../../base/roster.ts'

export interface InFlight {
  enter(call: Cancel): Ticket<Cancel>
  leave(call: Ticket<Cancel>): void
  abortAll(): void
  /** Resolves when nothing is under way, or when `giveUp` aborts. */
  idle(giveUp: AbortSignal): Promise<void>
}

export const createInFlight = (): InFlight => {
  const calls = createRoster<Cancel>()
  const waiting = new Set<() => void>()
  return {
    enter: (call) => calls.add(call),
    leave: (call) => {
      calls.remove(call)
      if (calls.size > 0) return
      for (const resolve of waiting) resolve()
      waiting.clear()
    },
    abortAll: () => {
      for (const call of calls.values()) call.abort()
    },
    idle: (giveUp) =>
      new Promise((resolve) => {
        if (calls.size === 0 || giveUp.aborted) {
          resolve()
          return
        }
        waiting.add(resolve)
        giveUp.addEventListener('abort', () => resolve(), { once: true })
      }),
  }
}
