// Whether a URI could have come out of a URI template, judged by the template's literal parts alone (RFC 6570).

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
    const found = uri.indexOf(literal, at)
    if (found === -1) return false
    at = found + literal.length
  }
  return at <= end
}
