// In what two strings that should be one issuer differ: words for messages, never a reason to accept.

const part = (a: URL, b: URL): string => {
  if (a.protocol !== b.protocol) return 'the scheme'
  if (a.hostname !== b.hostname) return 'the host'
  if (a.port !== b.port) return 'the port'
  if (a.pathname.replace(/\/$/, '') === b.pathname.replace(/\/$/, '')) return 'a trailing slash'
  if (a.pathname.toLowerCase() === b.pathname.toLowerCase()) return 'upper and lower case'
  if (a.pathname !== b.pathname) return 'the path'
  return 'the query'
}

/** Names the first part in which they differ. Equality itself is decided code point by code point elsewhere. */
export const issuerDifference = (a: string, b: string): string => {
  if (a.trim() === b.trim()) return 'white space'
  if (!URL.canParse(a) || !URL.canParse(b)) return 'the whole string'
  const [left, right] = [new URL(a), new URL(b)]
  if (left.href !== right.href) return part(left, right)
  if (a.replace(/\/$/, '') === b.replace(/\/$/, '')) return 'a trailing slash'
  if (a.toLowerCase() === b.toLowerCase()) return 'upper and lower case'
  return 'a default port or an escape'
}
