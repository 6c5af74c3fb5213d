// Which known word was probably meant.
import { distance } from 'fastest-levenshtein'

/** Two neighbouring letters in the wrong order: one slip, though two steps of edit distance. */
const isSwap = (a: string, b: string): boolean => {
  if (a.length !== b.length) return false
  let at = 0
  while (at < a.length && a[at] === b[at]) at += 1
  return at < a.length && a.slice(0, at) + a.charAt(at + 1) + a.charAt(at) + a.slice(at + 2) === b
}

/** What is compared: the dashes of a flag are in every flag, and say nothing about which one was meant. */
const plain = (text: string): string => text.replace(/^-+/, '').toLowerCase().replaceAll('-', '_')

/** The candidate that differs least, if it differs little enough to be a slip of the fingers. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined => {
  const { length } = plain(word)
  if (length === 0) return undefined
  const limit = length < 4 ? 1 : Math.max(2, Math.floor(length / 3))
  let best: string | undefined
  let least = limit + 1
  for (const candidate of candidates) {
    // A long word cannot be near a short one: spares the comparison of hostile keys.
    if (Math.abs(candidate.length - word.length) > limit) continue
    const [a, b] = [plain(word), plain(candidate)]
    const steps = isSwap(a, b) ? 1 : distance(a, b)
    if (steps < least) [best, least] = [candidate, steps]
  }
  return best
}
