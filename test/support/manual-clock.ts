// A Clock whose time moves only when a test says so.
import { cancelReason } from '../../src/base/cancellation.ts'
import type { Clock } from '../../src/base/clock.ts'

export interface ManualClock extends Clock {
  /** Moves time on, waking sleepers in the order of their deadlines, each at its own moment. */
  advance(ms: number): Promise<void>
  /** Sets the time of day, which moves no deadline: for clocks that jump. */
  set(ms: number): void
  /** How many sleeps are waiting. */
  readonly sleepers: number
  /** Resolves once at least `count` sleeps are waiting, so that a test knows when to advance. */
  untilSleeping(count?: number): Promise<void>
}

/** 2026-03-04T05:06:40Z: any fixed moment will do, a round number of seconds reads well. */
export const testEpochMs = 1_772_600_800_000

interface Sleeper {
  readonly deadline: number
  readonly wake: () => void
}

/** Lets everything run that is ready to run: promise callbacks and one turn of the event loop. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export const createManualClock = (startMs: number = testEpochMs): ManualClock => {
  let now = startMs
  let elapsed = 0
  const sleepers = new Set<Sleeper>()
  const watchers = new Set<() => void>()

  const earliest = (limit: number): Sleeper | undefined => {
    let first: Sleeper | undefined
    for (const sleeper of sleepers) {
      if (sleeper.deadline <= limit && (first === undefined || sleeper.deadline < first.deadline)) {
        first = sleeper
      }
    }
    return first
  }

  const moveTo = (ms: number) => {
    now += Math.max(0, ms - elapsed)
    elapsed = Math.max(elapsed, ms)
  }

  return {
    now: () => now,
    elapsed: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(cancelReason(signal))
          return
        }
        const onAbort = () => {
          sleepers.delete(sleeper)
          reject(cancelReason(signal))
        }
        const sleeper: Sleeper = {
          deadline: elapsed + ms,
          wake: () => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          },
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        sleepers.add(sleeper)
        for (const watch of watchers) watch()
      }),
    advance: async (ms) => {
      const target = elapsed + ms
      await settle()
      for (let next = earliest(target); next !== undefined; next = earliest(target)) {
        sleepers.delete(next)
        moveTo(next.deadline)
        next.wake()
        await settle()
      }
      moveTo(target)
    },
    set: (ms) => {
      now = ms
    },
    get sleepers() {
      return sleepers.size
    },
    untilSleeping: (count = 1) =>
      new Promise((resolve) => {
        const watch = () => {
          if (sleepers.size < count) return
          watchers.delete(watch)
          resolve()
        }
        watchers.add(watch)
        watch()
      }),
  }
}
