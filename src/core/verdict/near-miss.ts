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

const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text)
const pair = (a: string, b: string): string => `(${shown(a) || 'none'}, ${shown(b) || 'none'})`

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'

/** Where issuers keep their tenants apart by path; the group is the name of the tenant. */
const tenantPaths: readonly RegExp[] = [
  /^.*\/realms\/([^/]+)\/?$/,
  new RegExp(`^/(${uuid}|common|organizations|consumers)(?=/|$)`, 'i'),
  /^\/oauth2\/([^/]+)\/?$/,
  /^\/application\/o\/([^/]+)\/?$/,
  /^\/([a-z]{2}(?:-[a-z]+)+-\d_\w+)\/?$/,
  new RegExp(`^/(${uuid})/as/?$`, 'i'),
  /^\/user_management\/([^/]+)\/?$/,
  /^\/v1\/apps\/(.+?)\/?$/,
]

const tenantOf = (path: string): readonly [tenant: string, rest: string] | undefined => {
  for (const pattern of tenantPaths) {
    const tenant = pattern.exec(path)?.[1]
    if (tenant !== undefined) return [tenant, path.replace(tenant, '{}')]
  }
  return undefined
}

/** Hosted issuers whose tenants are subdomains. */
const tenantHosts =
  /^([^.]+)\.((?:(?:us|eu|au|jp|uk|ca)\.)?auth0\.com|okta(?:preview|-emea)?\.com|b2clogin\.com|ciamlogin\.com|zitadel\.cloud|logto\.app|clerk\.accounts\.dev|authkit\.app|supabase\.co|stytch\.com)$/

const environments: ReadonlySet<string> = new Set(
  'dev develop development test testing qa uat int stage staging stg preprod sandbox demo prod production live'.split(
    ' ',
  ),
)

/** A host without the words that name an environment, and those words. The last label is a domain. */
const withoutEnvironment = (host: string): readonly [plain: string, environment: string] => {
  const named: string[] = []
  const labels = host.split('.')
  const kept = labels.flatMap((label, index) => {
    if (index === labels.length - 1) return [label]
    const words = label.split('-').filter((word) => {
      if (!environments.has(word)) return true
      named.push(word)
      return false
    })
    return words.length === 0 ? [] : [words.join('-')]
  })
  return [kept.join('.'), named.join(' ')]
}

const isLocal = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'

/** What sets two hosts apart that are meant for the same thing; undefined for hosts that are strangers. */
const hostDifference = (a: string, b: string): string | undefined => {
  if (isLocal(a) && isLocal(b)) return `the host ${pair(a, b)}`
  const [left, right] = [tenantHosts.exec(a), tenantHosts.exec(b)]
  if (left !== null && right !== null && left[2] === right[2]) {
    return `the tenant ${pair(left[1] ?? '', right[1] ?? '')}`
  }
  const [plainA, environmentA] = withoutEnvironment(a)
  const [plainB, environmentB] = withoutEnvironment(b)
  if (plainA === plainB && plainA.includes('.')) {
    return `the environment ${pair(environmentA, environmentB)}`
  }
  return `www.${a}` === b || a === `www.${b}` ? `the host ${pair(a, b)}` : undefined
}

/** The same tenant writes another issuer into the tokens of each version of its endpoints. */
const versionDifference = (a: URL, b: URL): string | undefined => {
  const version = ({ hostname, pathname }: URL): readonly [string, string] | undefined => {
    const tenant = new RegExp(`^/(${uuid})/?(v2\\.0)?/?$`, 'i').exec(pathname)
    if (tenant === null || !/^(?:sts\.windows\.net|login\.microsoftonline\.com)$/.test(hostname)) {
      return undefined
    }
    return [(tenant[1] ?? '').toLowerCase(), tenant[2] === undefined ? 'v1' : 'v2']
  }
  const [left, right] = [version(a), version(b)]
  return left !== undefined && right !== undefined && left[0] === right[0] && left[1] !== right[1]
    ? `the token version ${pair(left[1], right[1])}`
    : undefined
}

const pathDifference = (a: string, b: string): string => {
  if (trimSlashes(a) === trimSlashes(b)) return 'a trailing slash'
  const [left, right] = [tenantOf(a), tenantOf(b)]
  if (left !== undefined && right !== undefined && trimSlashes(left[1]) === trimSlashes(right[1])) {
    const letters = left[0].toLowerCase() === right[0].toLowerCase()
    return letters ? 'letter case' : `the tenant ${pair(left[0], right[0])}`
  }
  return a.toLowerCase() === b.toLowerCase() ? 'letter case' : `the path ${pair(a, b)}`
}

const portOf = ({ port, protocol }: URL): string => port || (protocol === 'http:' ? '80' : '443')

const urlDifferences = (a: URL, b: URL): readonly string[] | undefined => {
  const version = versionDifference(a, b)
  if (version !== undefined) return [version]
  const found: string[] = []
  if (a.hostname !== b.hostname) {
    const host = hostDifference(a.hostname, b.hostname)
    if (host === undefined) return undefined
    found.push(host)
  }
  if (a.protocol !== b.protocol) {
    found.push(`the scheme ${pair(a.protocol.slice(0, -1), b.protocol.slice(0, -1))}`)
  }
  // Another scheme brings its own default along: that alone is no second difference.
  if (a.port !== b.port) found.push(`the port ${pair(portOf(a), portOf(b))}`)
  if (a.pathname !== b.pathname) found.push(pathDifference(a.pathname, b.pathname))
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

/** Whether it is another tenant of the same provider that was named. */
export const isTenantMiss = (what: string | undefined): boolean =>
  what?.startsWith('the tenant') === true
