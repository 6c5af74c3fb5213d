// How values of a token are put into a sentence: quoted, shortened, without control characters.
import type { Json } from './json.ts'

const longest = 200

/** A JSON value as one short line. Does not redact: claims may be shown, tokens never come here. */
export const quote = (value: Json | undefined): string => {
  const text = value === undefined ? '(absent)' : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest)}... (${text.length} characters)` : text
}

/** A few quoted strings, and how many more there are. */
export const quoteList = (values: readonly string[]): string => {
  const shown = values.slice(0, 4).map((value) => quote(value))
  const rest = values.length - shown.length
  return `${shown.join(', ') || '(none)'}${rest > 0 ? ` and ${rest} more` : ''}`
}
