// Blanks around the words of a header (OWS, RFC 9110 section 5.6.3).

export const isBlank = (character: string | undefined): boolean =>
  character === ' ' || character === '\t'

/** By hand, since trimming with an expression takes quadratic time on long runs of blanks. */
export const trimBlanks = (text: string): string => {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text[start])) start += 1
  while (end > start && isBlank(text[end - 1])) end -= 1
  return text.slice(start, end)
}
