// What can be said of a protected resource from its challenge and its metadata: one predicate a check.
import { isLoopbackHost } from '../../net/address.ts'
import type { Exchange } from '../../net/exchange.ts'
import type { JsonObject } from '../../base/json.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import { strangeOrigin, type McpProbe } from './mcp-probes.ts'
import { disagreements, namesOf } from '../metadata/metadata-agreement.ts'
import { messageOf } from '../../problems/message.ts'
import { printable } from '../../base/escape.ts'
import { nearMiss } from '../verdict/near-miss.ts'
import { quote } from '../../base/quote.ts'
import { silenceOf } from '../../net/unanswered.ts'
import type { Challenge } from '../challenge/www-authenticate.ts'

/** One location of the metadata and what it gave. */
export interface ResourceAttempt {
  /** Where the address came from. */
  readonly from: 'challenge' | 'inserted' | 'root'
  readonly exchange: Exchange
  readonly document: JsonObject | undefined
  /** A member name that appears twice in what came: no document is made of it. */
  readonly twice?: string
}

/** RFC 9728 section 5.1, RFC 6750 section 3. Does not check that a token would be accepted. */
export const checkChallenge = (
  { asked, exchange }: Pick<McpProbe, 'asked' | 'exchange'>,
  challenge: Challenge | undefined,
): Check => {
  const id = 'prm-challenge'
  const { status, headers } = exchange
  const silence = silenceOf(exchange)
  if (silence !== undefined) return skip(id, silence, 'answer')
  if (status === 401 && challenge !== undefined) {
    return pass(id, `401 ${challenge.scheme} to ${asked}`)
  }
  if (status === 401) {
    const header = headers['www-authenticate']
    return fail(
      id,
      header === undefined
        ? 'Got 401 without a WWW-Authenticate header'
        : 'Got 401 with a challenge that is not Bearer',
      header === undefined ? undefined : { actual: header.slice(0, 200) },
    )
  }
  const message =
    status === 200
      ? 'Got 200 without a token: the server is open to everybody (if that is meant, it needs no login)'
      : `Got ${String(status)} without a challenge: nobody was asked for a token`
  return fail(id, message, { expected: 401, actual: status ?? null })
}

/** MCP authorization: what a client asks for first. */
export const checkScopeParameter = (challenge: Challenge | undefined): Check => {
  const id = 'prm-scope-param'
  if (challenge === undefined) return skip(id, 'there is no challenge')
  const { scope } = challenge.params
  return scope === undefined || scope.trim() === ''
    ? warn(id, 'The challenge names no scope: clients have to guess what to ask for')
    : pass(id, scope)
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

const repeated = (name: string): string =>
  messageOf('prm-duplicate-member', { name: printable(name.slice(0, 60)) })

/** RFC 8259 section 4: parsers disagree about which value counts, so that none does. */
export const checkDuplicates = (attempts: readonly ResourceAttempt[]): Check => {
  const id = 'prm-duplicate-member'
  const found = attempts.flatMap(({ twice, exchange: { url } }) =>
    twice === undefined ? [] : [`${repeated(twice)}: ${url}`],
  )
  if (found.length > 0) return fail(id, found.join('; '))
  return attempts.some(({ document }) => document !== undefined)
    ? pass(id)
    : skip(id, 'no metadata was found')
}

const resultOf = ({ exchange: { status, fault }, document, twice }: ResourceAttempt): string =>
  status === undefined
    ? (fault?.detail ?? 'no answer')
    : status === 200 && document === undefined
      ? twice === undefined
        ? '200, but not a JSON object'
        : `200, but ${repeated(twice)}`
      : String(status)

/** RFC 9728 section 3.1: the inserted location answers; the root is for clients that know no other. */
export const checkLocation = (
  attempts: readonly ResourceAttempt[],
  asksForToken: boolean,
): Check => {
  const id = 'prm-location'
  if (attempts.length === 0) return skip(id, 'the server did not answer', 'answer')
  const standard = attempts.find(({ from }) => from !== 'root') ?? attempts[0]
  const found = attempts.find(({ document }) => document !== undefined)
  if (found === undefined) {
    const silence = attempts
      .map(({ exchange }) => silenceOf(exchange))
      .find((why) => why !== undefined)
    if (silence !== undefined) return skip(id, silence, 'answer')
    if (!asksForToken)
      return skip(id, 'nobody is asked for a token, and nothing says where to get one')
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

/** The metadata as another origin's page asks for it. */
export type Reread = Exchange | undefined

const isJson = (type: string | undefined): boolean =>
  type === 'application/json' || type?.endsWith('+json') === true

const closedBy = ({
  exchange: { status, url },
  document,
  twice,
}: ResourceAttempt): string | undefined => {
  if (status === 401 || status === 403) return `${url} demands a token`
  if (twice !== undefined) return `${repeated(twice)}: ${url}`
  return status === 200 && document === undefined ? `${url} is no JSON object` : undefined
}

/** RFC 9728 section 3.2. Pages of other origins read it too, where the client is one (CORS). */
export const checkOpen = (attempts: readonly ResourceAttempt[], reread: Reread): Check => {
  const id = 'prm-open'
  const found = attempts.find(({ document }) => document !== undefined)
  const closed = attempts.find(({ exchange: { status } }) => status === 401 || status === 403)
  if (closed !== undefined) {
    return fail(id, `The metadata itself demands a token: ${closed.exchange.url}`, {
      actual: closed.exchange.status ?? null,
    })
  }
  if (found === undefined) {
    const why = attempts.map(closedBy).find((flaw) => flaw !== undefined)
    return why === undefined
      ? skip(id, 'no metadata was found')
      : fail(id, `The metadata cannot be read: ${why}`)
  }
  const { contentType } = found.exchange
  if (!isJson(contentType)) {
    const message = `The metadata is served as ${contentType ?? 'no type at all'}`
    return warn(id, message, { expected: 'application/json' }, 'medium')
  }
  if (reread === undefined || silenceOf(reread) !== undefined) return pass(id)
  const allowed = reread.headers['access-control-allow-origin']
  return allowed === '*' || allowed === strangeOrigin
    ? pass(id, 'for web pages too')
    : warn(id, 'Web pages cannot read it: no Access-Control-Allow-Origin', undefined, 'low')
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

/** RFC 8414 section 2 says what an issuer looks like. */
const notAnIssuer = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return `${quote(value as never)} is no string`
  if (!URL.canParse(value)) return `${quote(value)} is no URL`
  const { protocol, search, hash, pathname } = new URL(value)
  if (pathname.includes('/.well-known/')) return `${quote(value)} is a metadata URL`
  if (protocol !== 'https:' && protocol !== 'http:') return `${quote(value)} is no https URL`
  return search !== '' || hash !== '' ? `${quote(value)} has a query or a fragment` : undefined
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

const checkScheme = (
  url: string,
  metadata: JsonObject,
  challenge: Challenge | undefined,
): Check => {
  const id = 'prm-scheme'
  if (new URL(url).protocol !== 'https:') return skip(id, 'the server was called by http')
  const servers = metadata['authorization_servers']
  const named = [
    challenge?.params['resource_metadata'],
    metadata['resource'],
    ...(Array.isArray(servers) ? servers : []),
  ]
  const wrong = named.find(plainHttp)
  return wrong === undefined
    ? pass(id)
    : fail(id, `Advertises ${quote(wrong)} although it is called by https`)
}

/** A scope that is a URL belongs to the resource whose prefix it has. */
const isForeign = (scope: string, resource: string): boolean => {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(scope) || scope.startsWith(resource)) return false
  if (!URL.canParse(scope) || !URL.canParse(resource)) return true
  const [of, own] = [new URL(scope), new URL(resource)]
  return of.protocol !== own.protocol || of.host !== own.host
}

const checkScopes = (
  url: string,
  metadata: JsonObject,
  challenge: Challenge | undefined,
): Check => {
  const id = 'prm-scopes'
  const advertised = metadata['scopes_supported']
  const asked = challenge?.params['scope']?.split(' ').filter((scope) => scope !== '') ?? []
  if (advertised === undefined && asked.length === 0) return skip(id, 'no scopes are advertised')
  if (advertised !== undefined && !Array.isArray(advertised)) {
    return warn(id, 'scopes_supported is no list')
  }
  if (advertised?.length === 0) return warn(id, 'scopes_supported is empty')
  const scopes = [...(advertised ?? []), ...asked].filter((scope) => typeof scope === 'string')
  const named = metadata['resource']
  const resource = typeof named === 'string' ? named : url
  const foreign = [...new Set(scopes)].filter((scope) => isForeign(scope, resource))
  const flaws = [
    ...foreign
      .slice(0, 3)
      .map((scope) => `Scope ${quote(scope)} belongs to another resource than ${quote(resource)}`),
    ...(scopes.includes('offline_access')
      ? ['offline_access is no scope of a resource: clients ask the authorization server for it']
      : []),
  ]
  return flaws.length === 0 ? pass(id, [...new Set(scopes)].join(' ')) : warn(id, flaws.join('; '))
}

const checkMethods = ({ bearer_methods_supported: methods }: JsonObject): Check => {
  const id = 'prm-bearer-methods'
  if (methods === undefined) return skip(id, 'the metadata does not say')
  return Array.isArray(methods) && methods.includes('header')
    ? pass(id, methods.join(' '))
    : warn(id, 'bearer_methods_supported lacks header')
}

/** A document about another resource is no rival: at the root there may be one for the whole host. */
export const checkDocumentsAgree = (attempts: readonly ResourceAttempt[]): Check => {
  const id = 'prm-agree'
  const [used, ...others] = attempts.filter(({ document }) => document !== undefined)
  const rivals = others.filter(
    ({ from, document }) =>
      from !== 'root' || document?.['resource'] === used?.document?.['resource'],
  )
  if (used?.document === undefined || rivals.length === 0) {
    return skip(id, 'there is one document, and nothing to compare it with')
  }
  const { document } = used
  const told = rivals.flatMap((rival) => {
    const fields = disagreements(document, rival.document ?? {}, [
      'authorization_servers',
      'scopes_supported',
    ])
    return fields.length === 0 ? [] : [`${namesOf(fields)} at ${rival.exchange.url}`]
  })
  return told.length === 0
    ? pass(id, `${String(rivals.length + 1)} documents agree`)
    : warn(id, `The documents of this resource disagree on ${told.join('; ')}`)
}

/** RFC 9728 sections 2 and 3.3, as far as the document alone tells. */
export const checkDocument = (
  url: string,
  metadata: JsonObject,
  challenge: Challenge | undefined,
): readonly Check[] => [
  checkResource(url, metadata),
  checkServers(metadata),
  checkScheme(url, metadata, challenge),
  checkScopes(url, metadata, challenge),
  checkMethods(metadata),
]

const aboutDocument = [
  'prm-resource',
  'prm-servers',
  'prm-scheme',
  'prm-scopes',
  'prm-bearer-methods',
] as const

export const skippedDocument = (): readonly Check[] =>
  aboutDocument.map((id) => skip(id, 'no metadata was found'))
