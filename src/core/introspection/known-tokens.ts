// The tokens that their authorization server has vouched for: what goes wrong with these is not their doing.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../base/clock.ts'
import type { Verdict } from '../verdict/verdict.ts'

export interface KnownTokens {
  has(key: string): boolean
  /** Learns from a verdict on an answer about the token. */
  learn(key: string, verdict: Verdict, exp: unknown): void
}

const maxKnown = 10_000
/** Where the answer names no end. */
const usualMs = 3_600_000

/** Bounded: those that were asked about longest ago are strangers again. */
export const createKnownTokens = (clock: Clock): KnownTokens => {
  const ends = new LRUCache<string, number>({ max: maxKnown })
  return {
    has: (key) => {
      const end = ends.get(key)
      if (end === undefined) return false
      if (clock.now() < end) return true
      ends.delete(key)
      return false
    },
    learn: (key, { outcome }, exp) => {
      if (outcome === 'accepted') {
        ends.set(key, typeof exp === 'number' ? exp * 1000 : clock.now() + usualMs)
      } else if (outcome === 'rejected') ends.delete(key)
    },
  }
}
