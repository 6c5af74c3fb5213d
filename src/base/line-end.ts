// The line breaks at the end of what was read. By hand: an expression looks at a run of breaks from each of its places.

/** As files and pipes end; breaks elsewhere stay. */
export const withoutLineEnd = (text: string): string => {
  let end = text.length
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1
  return text.slice(0, end)
}
