// How long to leave alone what has failed: longer each time, never the same for two processes.
import type { Ports } from './ports.ts'

/** How waits grow. All times in milliseconds. */
export interface BackoffPolicy {
  readonly firstMs: number
  readonly longestMs: number
  readonly factor: number
  /** A wait is drawn between these two multiples of the full one, so that many clients do not come back at once. */
  readonly spread: readonly [least: number, most: number]
}

/** For servers that are asked for documents: each of many tokens would ask. */
const documents: BackoffPolicy = { firstMs: 1000, longestMs: 60_000, factor: 2, spread: [0.5, 1] }

/** For connections that somebody waits for. */
const connections: BackoffPolicy = {
  firstMs: 1000,
  longestMs: 30_000,
  factor: 1.5,
  spread: [0.8, 1.2],
}

/** `nth` counts from 0. */
export const backoffMs = (
  nth: number,
  { firstMs, longestMs, factor, spread: [least, most] }: BackoffPolicy,
  random: () => number,
): number => Math.min(longestMs, firstMs * factor ** nth) * (least + (most - least) * random())

export interface Backoff {
  /** The next wait, in whole milliseconds. */
  next(): number
  reset(): void
}

export const createBackoff = (random: () => number): Backoff => {
  let nth = 0
  return {
    next: () => {
      const wait = backoffMs(nth, connections, random)
      nth += 1
      return Math.round(wait)
    },
    reset: () => {
      nth = 0
    },
  }
}

export interface CoolDown {
  failed(): void
  /** Waits without counting a failure: somebody else knows how long. */
  hold(ms: number): void
  succeeded(): void
  /** 0 when the server may be asked now. */
  waitMs(): number
}

export const createCoolDown = ({ clock, random }: Pick<Ports, 'clock' | 'random'>): CoolDown => {
  let failures = 0
  let until = Number.NEGATIVE_INFINITY
  return {
    failed: () => {
      until = clock.now() + backoffMs(failures, documents, random)
      failures += 1
    },
    hold: (ms) => {
      until = clock.now() + Math.min(ms, documents.longestMs)
    },
    succeeded: () => {
      failures = 0
      until = Number.NEGATIVE_INFINITY
    },
    waitMs: () => Math.max(0, until - clock.now()),
  }
}
