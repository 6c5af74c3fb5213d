// How much of something there may be at one time, in all and for one caller.
import { anonymousKey } from '../../base/principal.ts'

export interface OwnerLimits {
  /** Undefined when one more is let in; else how many there are, of this caller or of all. */
  enter(owner: string): number | undefined
  leave(owner: string): void
  /** Bounds what enters from now on. What is inside stays. */
  resize(max: number, maxPerOwner: number): void
}

/** Callers whom nobody tells apart are bounded together. */
export const createOwnerLimits = (firstMax: number, firstMaxPerOwner: number): OwnerLimits => {
  let max = firstMax
  let maxPerOwner = firstMaxPerOwner
  const owners = new Map<string, number>()
  let total = 0
  return {
    enter: (owner) => {
      if (total >= max) return max
      if (owner !== anonymousKey) {
        const own = owners.get(owner) ?? 0
        if (own >= maxPerOwner) return maxPerOwner
        owners.set(owner, own + 1)
      }
      total += 1
      return undefined
    },
    leave: (owner) => {
      total -= 1
      if (owner === anonymousKey) return
      const own = (owners.get(owner) ?? 1) - 1
      if (own === 0) owners.delete(owner)
      else owners.set(owner, own)
    },
    resize: (newMax, newMaxPerOwner) => {
      max = newMax
      maxPerOwner = newMaxPerOwner
    },
  }
}

/** Of subscriptions/listen. */
export const listenLimits = { max: 10_000, maxPerOwner: 256 }
