// How long to wait before the next try: longer each time, never longer than half a minute.

const firstMs = 1000
const factor = 1.5
const maxMs = 30_000
const jitter = 0.2

export interface Backoff {
  /** The next wait in milliseconds, spread a little so that many clients do not come back at once. */
  next(): number
  reset(): void
}

export const createBackoff = (random: () => number): Backoff => {
  let current = firstMs
  return {
    next: () => {
      const wait = current * (1 - jitter + 2 * jitter * random())
      current = Math.min(current * factor, maxMs)
      return Math.round(wait)
    },
    reset: () => {
      current = firstMs
    },
  }
}
