// How often tokens may cause a key set to be fetched again: seldom for one peer, and not much more for all of them.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../base/clock.ts'

export interface RefetchLimit {
  /** Whether a token of this peer may cause a fetch now. Counts nothing. */
  mayAsk(peer: string | undefined): boolean
  /** Counts a fetch that a token of this peer causes. */
  asked(peer: string | undefined): void
}

export const refetchCooldown = {
  /** After a fetch that a token of one peer caused, until its next one. */
  peerMs: 30_000,
  /** After a fetch that any token caused, until the next one. */
  allMs: 5000,
  /** Peers that are remembered; one that falls out is limited by the cool-down of all. */
  peers: 4096,
} as const

/**
 * Two cool-downs. A caller whose tokens no key verifies uses up only its own share, so a key that was
 * just published is found for the others after the short one. Tokens without a peer share one.
 */
export const createRefetchLimit = (clock: Clock): RefetchLimit => {
  const peers = new LRUCache<string, number>({ max: refetchCooldown.peers })
  let lastAt = Number.NEGATIVE_INFINITY
  return {
    mayAsk: (peer = '') => {
      const now = clock.now()
      const ownAt = peers.get(peer) ?? Number.NEGATIVE_INFINITY
      return now - lastAt >= refetchCooldown.allMs && now - ownAt >= refetchCooldown.peerMs
    },
    asked: (peer = '') => {
      lastAt = clock.now()
      peers.set(peer, lastAt)
    },
  }
}
