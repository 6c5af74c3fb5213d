// In what two identifiers differ, when the difference looks like a slip of configuration.

const parse = (text: string): URL | undefined => {
  try {
    return text.includes('://') ? new URL(text) : undefined
  } catch {
    return undefined
  }
}

const trimSlashes = (text: string): string => {
  let end = text.length
  while (end > 0 && text[end - 1] === '/') end -= 1
  return text.slice(0, end)
}

/** URL parsing hides these: `https://x:443` and `HTTPS://X` are the same URL and other strings. */
const spelledPort = (text: string): boolean => /^[a-z]+:\/\/[^/?#]*:\d+(?:[/?#]|$)/i.test(text)

const urlDifferences = (a: URL, b: URL): readonly string[] | undefined => {
  if (a.hostname !== b.hostname) return undefined
  const found: string[] = []
  if (a.protocol !== b.protocol) {
    found.push(`the scheme (${a.protocol.slice(0, -1)}, ${b.protocol.slice(0, -1)})`)
  }
  if (a.port !== b.port) found.push('the port')
  if (a.pathname !== b.pathname) {
    const slash = trimSlashes(a.pathname) === trimSlashes(b.pathname)
    const letters = a.pathname.toLowerCase() === b.pathname.toLowerCase()
    found.push(slash ? 'a trailing slash' : letters ? 'letter case' : 'the path')
  }
  if (a.search !== b.search) found.push('the query')
  if (a.hash !== b.hash) found.push('the fragment')
  return found
}

/**
 * What differs, in words, or undefined when the two are equal or simply different. For explaining
 * only: no decision may rest on it.
 */
export const nearMiss = (actual: string, expected: string): string | undefined => {
  if (actual === expected || actual.length > 2048 || expected.length > 2048) return undefined
  if (actual.trim() === expected.trim()) return 'white space around it'
  if (trimSlashes(actual) === trimSlashes(expected)) return 'a trailing slash'
  const a = parse(actual)
  const b = parse(expected)
  if (a !== undefined && b !== undefined) {
    const found = urlDifferences(a, b)
    if (found === undefined || found.length > 2) return undefined
    if (found.length > 0) return found.join(' and ')
    return spelledPort(actual) === spelledPort(expected) ? 'letter case' : 'a default port'
  }
  if (actual.toLowerCase() === expected.toLowerCase()) return 'letter case'
  const bare = (text: string) => trimSlashes(text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, ''))
  if (bare(actual) === bare(expected)) return 'the scheme in front'
  return undefined
}
