// Patterns with * (any characters, none included) and ? (one character). The time is bounded whatever both texts are.

/** Goes back to the last star alone, so that it takes at most the product of both lengths. */
export const globMatches = (pattern: string, text: string): boolean => {
  let at = 0
  let read = 0
  let star = -1
  let resume = 0
  while (read < text.length) {
    const sign = pattern[at]
    if (sign === '*') {
      star = at
      resume = read
      at += 1
    } else if (sign !== undefined && (sign === '?' || sign === text[read])) {
      at += 1
      read += 1
    } else if (star !== -1) {
      at = star + 1
      resume += 1
      read = resume
    } else return false
  }
  while (pattern[at] === '*') at += 1
  return at === pattern.length
}

export interface Patterns {
  /** The first of them that matches. */
  match(text: string): string | undefined
}

/** Patterns without signs are looked up, all others are tried in turn. */
export const compilePatterns = (patterns: readonly string[]): Patterns => {
  const exact = new Set(patterns.filter((pattern) => !/[*?]/.test(pattern)))
  const globs = patterns.filter((pattern) => /[*?]/.test(pattern))
  return {
    match: (text) => (exact.has(text) ? text : globs.find((pattern) => globMatches(pattern, text))),
  }
}
