// The calls under way, so that an orderly end can wait for them and a forced one can abort them.

export interface InFlight {
  enter(call: AbortController): void
  leave(call: AbortController): void
  abortAll(): void
  /** Resolves when nothing is under way, or when `giveUp` aborts. */
  idle(giveUp: AbortSignal): Promise<void>
}

export const createInFlight = (): InFlight => {
  const calls = new Set<AbortController>()
  const waiting = new Set<() => void>()
  return {
    enter: (call) => {
      calls.add(call)
    },
    leave: (call) => {
      calls.delete(call)
      if (calls.size > 0) return
      for (const resolve of waiting) resolve()
      waiting.clear()
    },
    abortAll: () => {
      for (const call of calls) call.abort()
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
