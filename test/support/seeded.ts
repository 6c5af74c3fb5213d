// Random numbers that a test can repeat, by mulberry32: the same seed gives the same numbers.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** A whole number from 0 to below the limit. */
  below(limit: number): number
  one<T>(list: readonly T[]): T
}

export const randomOf = (start: number): Random => {
  let state = start
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { next, below, one: (list) => list[below(list.length)] as (typeof list)[number] }
}
