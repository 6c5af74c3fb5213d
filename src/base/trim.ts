// Trimming by hand, since an expression takes quadratic time on long runs of what it trims.

type IsOne = (character: string | undefined) => boolean

const endWithout = (text: string, isOne: IsOne, start = 0): number => {
  let end = text.length
  while (end > start && isOne(text[end - 1])) end -= 1
  return end
}

/** Without such characters at both ends. */
export const trimWhile = (text: string, isOne: IsOne): string => {
  let start = 0
  while (start < text.length && isOne(text[start])) start += 1
  return text.slice(start, endWithout(text, isOne, start))
}

/** What may surround the words of a header (OWS, RFC 9110 section 5.6.3). */
export const isBlank: IsOne = (character) => character === ' ' || character === '\t'

export const trimBlanks = (text: string): string => trimWhile(text, isBlank)

/** Without the line ends that files and pipes leave behind. */
export const withoutLineEnds = (text: string): string =>
  text.slice(
    0,
    endWithout(text, (character) => character === '\r' || character === '\n'),
  )
