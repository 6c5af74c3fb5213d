// Which of the names that a caller is shown was probably meant by one that is none of them.
import { nearest } from '../../config/nearest.ts'

/** A name beyond these was not misspelt, and comparing it would cost. */
const longestName = 128
const mostNames = 2000

/** `readTextFile`, `read-text-file` and `files.read_text_file` differ in their signs alone. */
const lettersOf = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '')

/** The one that differs in signs, the one that ends with it, as without its prefix, or the one that is near. */
export const nearName = (given: string, names: readonly string[]): string | undefined => {
  if (given.length > longestName || names.length > mostNames) return undefined
  const wanted = lettersOf(given)
  if (wanted === '') return undefined
  const known = names
    .filter((name) => name.length <= longestName)
    .map((name) => ({ name, letters: lettersOf(name) }))
  const namesOf = (fits: (letters: string) => boolean) =>
    known.filter(({ letters }) => fits(letters)).map(({ name }) => name)
  const same = namesOf((letters) => letters === wanted)
  const ending =
    same.length > 0 || wanted.length < 3 ? same : namesOf((letters) => letters.endsWith(wanted))
  // Of several no one is the likely one.
  if (ending.length > 0) return ending.length === 1 ? ending[0] : undefined
  return (
    nearest(
      given,
      known.map(({ name }) => name),
    ) ?? nearestEnd(wanted, known)
  )
}

/** A slip in a name without its prefix. */
const nearestEnd = (
  wanted: string,
  known: readonly { readonly name: string; readonly letters: string }[],
): string | undefined => {
  if (wanted.length < 5) return undefined
  const ends = new Map(known.map(({ name, letters }) => [letters.slice(-wanted.length), name]))
  const end = nearest(wanted, [...ends.keys()])
  return end === undefined ? undefined : ends.get(end)
}
