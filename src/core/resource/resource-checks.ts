// What can be said of a protected resource from its challenge and its metadata: one predicate a check.
import { problemOf, together, type Problem } from '../../problems/problem.ts'
import { isLoopbackHost } from '../../net/address.ts'
import type { Exchange } from '../../net/exchange.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import { strangeOrigin } from './mcp-probes.ts'
import { checkResourceMembers } from '../metadata/member-checks.ts'
import { disagreements, namesOf } from '../metadata/metadata-agreement.ts'
import { printable } from '../../base/escape.ts'
import { nearMiss } from '../verdict/near-miss.ts'
import { quote } from '../../base/quote.ts'
import { silenceOf } from '../../net/unanswered.ts'
import type { Challenge } from '../../net/www-authenticate.ts'

/** One location of the metadata and what it gave. */
export interface ResourceAttempt {
  /** Where the address came from. */
  readonly from: 'challenge' | 'inserted' | 'root'
  readonly exchange: Exchange
  readonly document: JsonObject | undefined
  /** A member name that appears twice in what came: no document is made of it. */
  readonly twice?: string
}

const repeated = (name: string, url: string): Problem =>
  problemOf('prm-duplicate-member', { name: printable(name.slice(0, 60)), url })

/** RFC 8259 section 4: parsers disagree about which value counts, so that none does. */
export const checkDuplicates = (attempts: readonly ResourceAttempt[]): Check => {
  const id = 'prm-duplicate-member'
  const found = attempts.flatMap(({ twice, exchange: { url } }) =>
    twice === undefined ? [] : [repeated(twice, url)],
  )
  const [first, ...others] = found
  if (first !== undefined) return fail(together(first, ...others))
  return attempts.some(({ document }) => document !== undefined)
    ? pass(id)
    : skip(id, 'no metadata was found')
}

export const isSuccess = (status: number | undefined): boolean =>
  status !== undefined && status >= 200 && status <= 299

/** As far as it came, in a few words. */
const bodyOf = ({ exchange: { body = '' }, twice }: ResourceAttempt): string => {
  const text = body.trim()
  if (twice !== undefined) return 'but a member appears twice'
  if (text === '') return 'but an empty body'
  return text.startsWith('<') ? 'but HTML' : 'but not a JSON object'
}

const resultOf = (attempt: ResourceAttempt): string => {
  const { exchange, document } = attempt
  const { status, fault, redirects } = exchange
  if (fault !== undefined || status === undefined) return fault?.detail ?? 'no answer'
  const [first] = redirects
  const way = first === undefined ? '' : `${String(first.status ?? 0)} to ${exchange.url}: `
  return `${way}${String(status)}${isSuccess(status) && document === undefined ? `, ${bodyOf(attempt)}` : ''}`
}

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
    if (!asksForToken) return skip(id, 'no token is required, and nothing says where to get one')
    const table = attempts.map((attempt) => ({
      url: attempt.exchange.url,
      result: resultOf(attempt),
    }))
    return fail(problemOf(id, 'nowhere', { n: attempts.length }), {
      actual: table,
    })
  }
  if (standard === undefined || standard.document !== undefined) return pass(id, found.exchange.url)
  const values = {
    result: resultOf(standard),
    url: standard.exchange.redirects[0]?.url ?? standard.exchange.url,
    found: found.exchange.url,
  }
  return warn(problemOf(id, standard.from === 'challenge' ? 'challenge' : 'elsewhere', values))
}

/** The metadata as another origin's page asks for it. */
export type Reread = Exchange | undefined

const isJson = (type: string | undefined): boolean =>
  type === 'application/json' || type?.endsWith('+json') === true

/** RFC 9728 section 3.2. Pages of other origins read it too, where the client is one (CORS). */
export const checkOpen = (attempts: readonly ResourceAttempt[], reread: Reread): Check => {
  const id = 'prm-open'
  const found = attempts.find(({ document }) => document !== undefined)
  const closed = attempts.find(({ exchange: { status } }) => status === 401 || status === 403)
  if (closed !== undefined) {
    return fail(problemOf(id, 'protected', { url: closed.exchange.url }), {
      actual: closed.exchange.status ?? null,
    })
  }
  if (found === undefined) {
    const page = attempts.find(({ exchange: { status } }) => isSuccess(status))
    if (page === undefined) return skip(id, 'no metadata was found')
    const name = page.twice === undefined ? 'not-json' : 'duplicate'
    return fail(problemOf(id, name, { url: page.exchange.url }))
  }
  const { contentType, status } = found.exchange
  if (status !== 200)
    return warn(problemOf(id, 'status', { status: status ?? 0 }), undefined, 'medium')
  if (!isJson(contentType)) {
    const problem = problemOf(id, 'type', { type: contentType ?? 'no type at all' })
    return warn(problem, { expected: 'application/json' }, 'medium')
  }
  if (found.exchange.marked === true) return warn(problemOf(id, 'marked'), undefined, 'medium')
  if (reread === undefined || silenceOf(reread) !== undefined) return pass(id)
  const allowed = reread.headers['access-control-allow-origin']
  return allowed === '*' || allowed === strangeOrigin
    ? pass(id, 'for web pages too')
    : warn(problemOf(id, 'cors'), undefined, 'low')
}

const checkResource = (url: string, metadata: JsonObject): Check => {
  const id = 'prm-resource'
  const { resource } = metadata
  if (resource === url) return pass(id, url)
  const what = typeof resource === 'string' ? nearMiss(resource, url) : undefined
  const values = { resource: quote(resource), url: quote(url) }
  const problem =
    what === undefined ? problemOf(id, 'other', values) : problemOf(id, 'near', { ...values, what })
  return fail(problem, {
    expected: url,
    actual: resource ?? null,
  })
}

/** RFC 8414 section 2 says what an issuer looks like. */
const notAnIssuer = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return `${quote(value as never)} is not a string`
  if (!URL.canParse(value)) return `${quote(value)} is not a URL`
  const { protocol, search, hash, pathname } = new URL(value)
  if (pathname.includes('/.well-known/')) return `${quote(value)} is a metadata URL`
  if (protocol !== 'https:' && protocol !== 'http:') return `${quote(value)} is not an https URL`
  return search !== '' || hash !== '' ? `${quote(value)} has a query or a fragment` : undefined
}

/** The member as people write it from memory. */
const likeServers = /^(?:oauth2?_?)?auth(?:orization)?[-_]?servers?$/i

const checkServers = (metadata: JsonObject): Check => {
  const id = 'prm-servers'
  const servers = metadata['authorization_servers']
  if (servers !== undefined && !Array.isArray(servers)) {
    const found =
      servers === null ? 'null' : `${isJsonObject(servers) ? 'an' : 'a'} ${typeof servers}`
    return fail(problemOf(id, 'not-list', { found }))
  }
  if (servers === undefined || servers.length === 0) {
    const other = Object.keys(metadata).find((name) => likeServers.test(name))
    if (servers === undefined && other !== undefined) {
      return fail(problemOf(id, 'misspelt', { name: other }))
    }
    return fail(problemOf(id, 'missing'))
  }
  const wrong = servers.map(notAnIssuer).find((found) => found !== undefined)
  return wrong === undefined
    ? pass(id, servers.join(', '))
    : fail(problemOf(id, 'not-issuer', { value: wrong }))
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
  return wrong === undefined ? pass(id) : fail(problemOf(id, { url: quote(wrong) }))
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
    return skip(id, 'scopes_supported is not a list, as prm-members says')
  }
  if (advertised?.length === 0) return warn(problemOf(id, 'empty'))
  const scopes = [...(advertised ?? []), ...asked].filter((scope) => typeof scope === 'string')
  const named = metadata['resource']
  const resource = typeof named === 'string' ? named : url
  const foreign = [...new Set(scopes)].filter((scope) => isForeign(scope, resource))
  const [first, ...others] = [
    ...foreign
      .slice(0, 3)
      .map((scope) => problemOf(id, 'foreign', { scope: quote(scope), resource: quote(resource) })),
    ...(scopes.includes('offline_access') ? [problemOf(id, 'offline')] : []),
  ]
  return first === undefined
    ? pass(id, [...new Set(scopes)].join(' '))
    : warn(together(first, ...others))
}

const checkMethods = ({ bearer_methods_supported: methods }: JsonObject): Check => {
  const id = 'prm-bearer-methods'
  if (methods === undefined) return skip(id, 'the metadata does not say')
  return Array.isArray(methods) && methods.includes('header')
    ? pass(id, methods.join(' '))
    : warn(problemOf(id))
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
    : warn(problemOf(id, { differences: told.join('; ') }))
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
  checkResourceMembers(metadata),
]

const aboutDocument = [
  'prm-resource',
  'prm-servers',
  'prm-scheme',
  'prm-scopes',
  'prm-bearer-methods',
  'prm-members',
] as const

export const skippedDocument = (): readonly Check[] =>
  aboutDocument.map((id) => skip(id, 'no metadata was found'))
