// Where two texts differ: what they begin with and end with alike is left out of the mark.

export interface Difference {
  readonly before: string
  readonly wanted: string
  readonly found: string
  readonly after: string
}

/** Texts that share less than this share nothing worth showing. */
const leastShared = 4

export const difference = (wanted: string, found: string): Difference => {
  const shortest = Math.min(wanted.length, found.length)
  let start = 0
  while (start < shortest && wanted[start] === found[start]) start += 1
  let end = 0
  while (end < shortest - start && wanted.at(-1 - end) === found.at(-1 - end)) end += 1
  if (start + end < leastShared) return { before: '', wanted, found, after: '' }
  return {
    before: wanted.slice(0, start),
    wanted: wanted.slice(start, wanted.length - end),
    found: found.slice(start, found.length - end),
    after: wanted.slice(wanted.length - end),
  }
}
