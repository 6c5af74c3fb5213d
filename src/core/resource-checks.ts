// What can be said of a protected resource from its challenge and its metadata: one predicate a check.
import { isLoopbackHost } from '../base/address.ts'
import type { Exchange } from '../base/exchange.ts'
import type { JsonObject } from '../base/json.ts'
import { fail, pass, skip, warn, type Check } from './check.ts'
import { nearMiss } from './near-miss.ts'
import { quote } from './quote.ts'
import type { Challenge } from './www-authenticate.ts'

/** One location of the metadata and what it gave. */
export interface ResourceAttempt {
  /** Where the address came from. */
  readonly from: 'challenge' | 'inserted' | 'root'
  readonly exchange: Exchange
  readonly document: JsonObject | undefined
}

/** RFC 9728 section 5.1, RFC 6750 section 3. Does not check that a token would be accepted. */
export const checkChallenge = (probe: Exchange, challenge: Challenge | undefined): Check => {
  const id = 'prm-challenge'
  const { status, fault } = probe
  if (status === undefined) return skip(id, `no answer: ${fault?.detail ?? 'unknown cause'}`)
  if (status === 401 && challenge !== undefined) return pass(id, `401 ${challenge.scheme}`)
  if (status === 401) {
    const header = probe.headers['www-authenticate']
    return fail(
      id,
      header === undefined
        ? 'Got 401 without a WWW-Authenticate header'
        : 'Got 401 with a challenge that is not Bearer',
      header === undefined ? undefined : { actual: header.slice(0, 200) },
    )
  }
  if (status >= 500) return skip(id, `the server answered ${String(status)}`)
  return fail(id, `Got ${String(status)} without a challenge: nobody was asked for a token`, {
    expected: 401,
    actual: status,
  })
}

export const checkParameter = (challenge: Challenge | undefined): Check => {
  const id = 'prm-resource-metadata-param'
  if (challenge === undefined) return skip(id, 'there is no challenge')
  const named = challenge.params['resource_metadata']
  if (named === undefined) {
    return warn(
      id,
      challenge.broken
        ? 'Challenge is not well-formed, so its resource_metadata cannot be read'
        : 'Challenge has no resource_metadata',
    )
  }
  if (!URL.canParse(named)) return warn(id, `resource_metadata is no absolute URL: ${quote(named)}`)
  const { protocol, hostname } = new URL(named)
  return protocol === 'https:' || isLoopbackHost(hostname)
    ? pass(id, named)
    : warn(id, `resource_metadata is not https: ${quote(named)}`)
}

const resultOf = ({ exchange: { status, fault }, document }: ResourceAttempt): string =>
  status === undefined
    ? (fault?.detail ?? 'no answer')
    : status === 200 && document === undefined
      ? '200, but not a JSON object'
      : String(status)

/** RFC 9728 section 3.1: the inserted location answers; the root is for clients that know no other. */
export const checkLocation = (attempts: readonly ResourceAttempt[]): Check => {
  const id = 'prm-location'
  if (attempts.length === 0) return skip(id, 'the server did not answer')
  const standard = attempts.find(({ from }) => from !== 'root') ?? attempts[0]
  const found = attempts.find(({ document }) => document !== undefined)
  if (found === undefined) {
    const table = attempts.map((attempt) => ({
      url: attempt.exchange.url,
      result: resultOf(attempt),
    }))
    return fail(id, `None of ${String(attempts.length)} locations has the metadata`, {
      actual: table,
    })
  }
  return standard === undefined || standard.document !== undefined
    ? pass(id, found.exchange.url)
    : warn(id, `${resultOf(standard)} at ${standard.exchange.url}; found at ${found.exchange.url}`)
}

export const checkOpen = (attempts: readonly ResourceAttempt[]): Check => {
  const id = 'prm-open'
  const closed = attempts.find(({ exchange: { status } }) => status === 401 || status === 403)
  if (closed !== undefined) {
    return fail(id, `The metadata itself demands a token: ${closed.exchange.url}`, {
      actual: closed.exchange.status ?? null,
    })
  }
  return attempts.some(({ document }) => document !== undefined)
    ? pass(id)
    : skip(id, 'no metadata was found')
}

const checkResource = (url: string, metadata: JsonObject): Check => {
  const id = 'prm-resource'
  const { resource } = metadata
  if (resource === url) return pass(id, url)
  const difference = typeof resource === 'string' ? nearMiss(resource, url) : undefined
  const what = difference === undefined ? '' : `: differs in ${difference}`
  return fail(id, `resource is ${quote(resource)}, you called ${quote(url)}${what}`, {
    expected: url,
    actual: resource ?? null,
  })
}

const notAnIssuer = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || !URL.canParse(value)) return quote(value as never)
  return value.includes('/.well-known/') ? `${quote(value)} is a metadata URL` : undefined
}

const checkServers = (metadata: JsonObject): Check => {
  const id = 'prm-servers'
  const servers = metadata['authorization_servers']
  if (!Array.isArray(servers) || servers.length === 0) {
    return fail(id, 'authorization_servers is missing or empty')
  }
  const wrong = servers.map(notAnIssuer).find((found) => found !== undefined)
  return wrong === undefined
    ? pass(id, servers.join(', '))
    : fail(id, `authorization_servers names what is no issuer: ${wrong}`)
}

const plainHttp = (value: unknown): boolean =>
  typeof value === 'string' &&
  URL.canParse(value) &&
  new URL(value).protocol === 'http:' &&
  !isLoopbackHost(new URL(value).hostname)

const checkScheme = (url: string, metadata: JsonObject): Check => {
  const id = 'prm-scheme'
  if (new URL(url).protocol !== 'https:') return skip(id, 'the server was called by http')
  const servers = metadata['authorization_servers']
  const named = [metadata['resource'], ...(Array.isArray(servers) ? servers : [])]
  const wrong = named.find(plainHttp)
  return wrong === undefined
    ? pass(id)
    : fail(id, `Advertises ${quote(wrong)} although it is called by https`)
}

const checkScopes = (metadata: JsonObject): Check => {
  const id = 'prm-scopes'
  const scopes = metadata['scopes_supported']
  if (scopes === undefined) return skip(id, 'no scopes are advertised')
  if (!Array.isArray(scopes) || scopes.length === 0) return warn(id, 'scopes_supported is empty')
  return scopes.includes('offline_access')
    ? warn(
        id,
        'offline_access is no scope of a resource: clients ask the authorization server for it',
      )
    : pass(id, scopes.filter((scope) => typeof scope === 'string').join(' '))
}

/** RFC 9728 sections 2 and 3.3, as far as the document alone tells. */
export const checkDocument = (url: string, metadata: JsonObject): readonly Check[] => [
  checkResource(url, metadata),
  checkServers(metadata),
  checkScheme(url, metadata),
  checkScopes(metadata),
]

export const skippedDocument = (): readonly Check[] =>
  (['prm-resource', 'prm-servers', 'prm-scheme', 'prm-scopes'] as const).map((id) =>
    skip(id, 'no metadata was found'),
  )
