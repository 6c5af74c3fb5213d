// Which known word was probably meant.
import { distance } from 'fastest-levenshtein'

/** The candidate that differs least, if it differs little enough to be a slip of the fingers. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined => {
  const plain = (text: string) => text.toLowerCase().replaceAll('-', '_')
  // Two swapped letters count as two steps, so that only very short words must come closer.
  const limit = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))
  let best: string | undefined
  let least = limit + 1
  for (const candidate of candidates) {
    // A long word cannot be near a short one: spares the comparison of hostile keys.
    if (Math.abs(candidate.length - word.length) > limit) continue
    const steps = distance(plain(word), plain(candidate))
    if (steps < least) [best, least] = [candidate, steps]
  }
  return best
}
