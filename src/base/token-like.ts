// Which words of a command line must not be echoed, because they could be a token.

/** Long, dotted or JWT-like words may be credentials, which do not belong on a screen or in a CI log. */
export const looksLikeToken = (word: string): boolean =>
  word.length > 40 ||
  word.startsWith('eyJ') ||
  /^(?:gh[a-z]_|mcpk_|github_pat_|xox[a-z]-|sk-|glpat-|Bearer\b)/i.test(word) ||
  word.split('.').length >= 3
