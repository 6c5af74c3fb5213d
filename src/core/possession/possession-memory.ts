// What is remembered about proofs of possession whatever the configuration becomes: used proofs, and the nonces we gave out.
import type { Clock } from '../../base/clock.ts'
import { createNonces, type Nonces } from './dpop-nonce.ts'
import { createReplayMemory, type ReplayMemory } from './dpop-replay.ts'

export interface PossessionMemory {
  nonces(): Nonces
  /** `windowMs`: how long a proof can be accepted, from its first to its last second. */
  replay(windowMs: number): ReplayMemory
}

export const createPossessionMemory = (clock: Clock): PossessionMemory => {
  let nonces: Nonces | undefined
  // A longer window needs a longer memory; the shorter one goes on for those that use it.
  const byWindow = new Map<number, ReplayMemory>()
  return {
    nonces: () => (nonces ??= createNonces(clock)),
    replay: (windowMs) => {
      const known = byWindow.get(windowMs) ?? createReplayMemory({ clock, windowMs })
      byWindow.set(windowMs, known)
      return known
    },
  }
}
