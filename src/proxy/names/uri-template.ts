// Whether a URI could have come out of a URI template, judged by the template's literal parts alone (RFC 6570).

/** What is shorter is found by the plain search in good time, even where nearly every place nearly fits. */
const longLiteral = 32

/** For each end of a beginning of `word`: how much of its own beginning it ends with. */
const bordersOf = (word: string): Uint32Array => {
  const borders = new Uint32Array(word.length)
  let border = 0
  for (let at = 1; at < word.length; at++) {
    while (border > 0 && word[at] !== word[border]) border = borders[border - 1] ?? 0
    if (word[at] === word[border]) border += 1
    borders[at] = border
  }
  return borders
}

/** As `indexOf`, which can take the product of both lengths (Knuth, Morris and Pratt). */
const indexIn = (text: string, word: string, from: number): number => {
  if (word.length < longLiteral) return text.indexOf(word, from)
  if (word.length > text.length - from) return -1
  const borders = bordersOf(word)
  let fits = 0
  for (let at = from; at < text.length; at++) {
    while (fits > 0 && text[at] !== word[fits]) fits = borders[fits - 1] ?? 0
    if (text[at] === word[fits]) fits += 1
    if (fits === word.length) return at + 1 - fits
  }
  return -1
}

/** No expression is evaluated: the literals must occur in their order. Linear, whatever the template. */
export const couldMatch = (template: string, uri: string): boolean => {
  const literals = template.split(/\{[^{}]*\}/)
  const first = literals[0] ?? ''
  if (literals.length === 1) return uri === first
  const last = literals[literals.length - 1] ?? ''
  if (!uri.startsWith(first) || !uri.endsWith(last)) return false
  let at = first.length
  const end = uri.length - last.length
  for (const literal of literals.slice(1, -1)) {
    const found = indexIn(uri, literal, at)
    if (found === -1) return false
    at = found + literal.length
  }
  return at <= end
}
