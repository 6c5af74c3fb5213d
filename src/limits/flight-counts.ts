// Calls under way by key. Only keys with calls under way take memory, so that the limit of all calls bounds it.

export interface FlightCounts {
  /** How many more may begin after this one; undefined where this one may not. */
  enter(key: string): number | undefined
  leave(key: string): void
}

export const createFlightCounts = (most: number): FlightCounts => {
  const flying = new Map<string, number>()
  return {
    enter: (key) => {
      const own = flying.get(key) ?? 0
      if (own >= most) return undefined
      flying.set(key, own + 1)
      return most - own - 1
    },
    leave: (key) => {
      const own = (flying.get(key) ?? 1) - 1
      if (own === 0) flying.delete(key)
      else flying.set(key, own)
    },
  }
}
