// What can be said of an authorization server from its metadata alone: plain predicates, one per check.
import { problemOf, together, type Problem } from '../../problems/problem.ts'
import { isLoopbackHost } from '../../net/address.ts'
import type { Exchange } from '../../net/exchange.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import { urlFields, type AuthServerMetadata } from './metadata.ts'
import type { MetadataForm } from './well-known.ts'

/** What the strategy needs of the server; undefined: nobody has chosen one yet. */
export type Strategy = 'jwt' | 'introspection' | 'both' | undefined

/** RFC 8414 section 2: https, no query, no fragment; credentials have no place in an identifier either. */
export const checkIssuerSyntax = (issuer: string, allowHttp: boolean): Check => {
  const id = 'asm-issuer-syntax'
  const bad = (what: string): Check => fail(problemOf(id, 'form', { what }), { actual: issuer })
  if (!URL.canParse(issuer)) return bad('no scheme and host: it must be an absolute URL')
  const { protocol, hostname, username, password } = new URL(issuer)
  if (username !== '' || password !== '') return fail(problemOf(id, 'credentials'))
  if (issuer.includes('#')) return bad('a fragment')
  if (issuer.includes('?')) return bad('a query')
  if (protocol === 'http:' && isLoopbackHost(hostname)) return pass(id, 'http on loopback')
  if (protocol === 'http:' && allowHttp) return warn(problemOf(id, 'http'))
  return protocol === 'https:' ? pass(id) : bad(`the scheme ${protocol.slice(0, -1)}`)
}

/** OpenID Connect Discovery section 4.3: a template is no issuer. */
export const checkIssuerTemplate = (...issuers: readonly string[]): Check => {
  const template = issuers.find((issuer) => /[{}]|%7[BbDd]/.test(issuer))
  return template === undefined
    ? pass('asm-issuer-template')
    : fail(problemOf('asm-issuer-template'), { actual: template })
}

/** Where the document was found: clients of RFC 8414 alone (MCP 2025-06-18) know the oauth form only. */
export const checkForm = (form: MetadataForm, others: readonly MetadataForm[] = []): Check => {
  const id = 'asm-form'
  if (form === 'oauth' || form === 'oauth-inserted') return pass(id, form)
  if (form === 'oauth-appended') {
    return warn(problemOf(id, 'appended'), { actual: form }, 'high')
  }
  const forms =
    others.length === 0 ? `${form} answers` : `${[form, ...others].join(' and ')} answer`
  return warn(problemOf(id, 'openid', { forms }), { actual: form })
}

const redirectsOf = (answer: Exchange): string =>
  answer.redirects.map((hop) => hop.headers['location'] ?? '').join(', ')

/** Clients read this at every login, on phones too. */
const largeBytes = 65_536
const slowMs = 3000

/** RFC 8414 section 3.2: the document comes as JSON, directly. */
export const checkHttp = (answer: Exchange): Check => {
  const type = answer.contentType ?? 'no content type'
  const findings = [
    ['redirect', answer.redirects.length > 0, `redirect to ${redirectsOf(answer)}`],
    ['type', type !== 'application/json', `served as ${type}`],
    [
      'marked',
      answer.marked === true,
      'begins with a byte order mark, which strict parsers refuse',
    ],
    ['size', answer.bytes > largeBytes, `${answer.bytes} bytes are many`],
    ['slow', answer.ms > slowMs, `took ${(answer.ms / 1000).toFixed(1)} s`],
    ['status', answer.status !== 200, 'not 200'],
  ] as const
  const found = findings.filter(([, isFound]) => isFound)
  const [first] = found
  const status = answer.status ?? 0
  return first === undefined
    ? pass('asm-http', `${status}, application/json, ${answer.ms} ms`)
    : warn(
        problemOf('asm-http', first[0], {
          status,
          findings: found.map(([, , text]) => text).join('; '),
        }),
      )
}

const insecure = (url: string, allowHttp: boolean): boolean => {
  if (!URL.canParse(url)) return true
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:') return false
  return protocol !== 'http:' || !(allowHttp || isLoopbackHost(hostname))
}

const unfilled = /[{}<>]|%7[bd]|\/\/(?:[^/?#]*\.)?(?:your-|yourdomain|changeme|example\.invalid)/i

const isLocal = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  return isLoopbackHost(hostname) || hostname === '0.0.0.0'
}

const flawOf = (
  field: string,
  url: string,
  { allowHttp, issuer }: MetadataCheckOptions,
): Problem | undefined => {
  const id = 'asm-tls-urls'
  if (url === '') return problemOf(id, 'empty', { field })
  if (unfilled.test(url)) return problemOf(id, 'template', { field, url })
  if (!URL.canParse(url)) return problemOf(id, 'relative', { field, url })
  const { protocol } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') {
    return problemOf(id, 'scheme', { field, url, scheme: protocol.replace(/:$/, '') })
  }
  if (insecure(url, allowHttp)) return problemOf(id, 'insecure', { field, url })
  return isLocal(url) && URL.canParse(issuer) && !isLocal(issuer)
    ? problemOf(id, 'local', { field, url })
    : undefined
}

/** OAuth 2.1 section 1.5; no placeholders either. Does not check that the endpoints answer. */
export const checkUrls = (metadata: AuthServerMetadata, options: MetadataCheckOptions): Check => {
  const [first, ...others] = urlFields(metadata)
    .map(([field, url]) => flawOf(field, url, options))
    .filter((flaw) => flaw !== undefined)
  return first === undefined ? pass('asm-tls-urls') : fail(together(first, ...others))
}

const checkKeySetUrl = (metadata: AuthServerMetadata, strategy: Strategy): Check => {
  const id = 'asm-jwks-uri'
  if (metadata.jwks_uri !== undefined) return pass(id, metadata.jwks_uri)
  if (strategy === 'introspection') return skip(id, 'introspection needs no key set')
  return strategy === undefined && introspectionEndpointOf(metadata) !== undefined
    ? warn(problemOf(id, 'introspection'), undefined, 'medium')
    : fail(problemOf(id, 'absent'))
}

const legacyEndpoint = 'token_introspection_endpoint'

const checkIntrospectionUrl = (metadata: AuthServerMetadata, strategy: Strategy): Check => {
  const id = 'asm-introspection'
  if (metadata.introspection_endpoint !== undefined)
    return pass(id, metadata.introspection_endpoint)
  if (typeof metadata.raw[legacyEndpoint] === 'string') {
    return warn(problemOf(id, 'legacy', { name: legacyEndpoint }), undefined, 'low')
  }
  if (strategy === 'jwt') return skip(id, 'the jwt strategy needs no introspection')
  return strategy === undefined
    ? skip(id, 'not advertised; only introspection and both need it')
    : fail(problemOf(id, 'absent'))
}

/**
 * The introspection endpoint, also where it goes by the name that drafts of RFC 8414 gave it. With mutual
 * TLS its alias, where there is one (RFC 8705 section 5).
 */
export const introspectionEndpointOf = (
  metadata: AuthServerMetadata,
  mutualTls = false,
): string | undefined => {
  const alias = metadata.mtls_endpoint_aliases?.['introspection_endpoint']
  if (mutualTls && typeof alias === 'string') return alias
  const legacy = metadata.raw[legacyEndpoint]
  return metadata.introspection_endpoint ?? (typeof legacy === 'string' ? legacy : undefined)
}

/** With mutual TLS its alias, where there is one (RFC 8705 section 5). */
export const tokenEndpointOf = (
  metadata: AuthServerMetadata,
  mutualTls = false,
): string | undefined => {
  const alias = metadata.mtls_endpoint_aliases?.['token_endpoint']
  return mutualTls && typeof alias === 'string' ? alias : metadata.token_endpoint
}

/** MCP clients must refuse a server that does not advertise S256. */
const checkPkce = (metadata: AuthServerMetadata): Check => {
  const methods = metadata.code_challenge_methods_supported
  const id = 'asm-pkce'
  if (methods.includes('S256')) return pass(id)
  if (metadata.authorization_endpoint === undefined) {
    return skip(id, 'no authorization endpoint: no logins here')
  }
  return methods.length === 0
    ? warn(problemOf(id, 'absent'))
    : warn(problemOf(id, 'lacking'), { actual: [...methods] })
}

const checkRegistration = (metadata: AuthServerMetadata): Check => {
  const id = 'asm-registration'
  if (metadata.client_id_metadata_document_supported === true) {
    return pass(id, 'client id metadata documents')
  }
  return metadata.registration_endpoint === undefined
    ? warn(problemOf(id))
    : pass(id, 'dynamic registration')
}

const checkIssParameter = (metadata: AuthServerMetadata): Check =>
  metadata.authorization_response_iss_parameter_supported === true
    ? pass('asm-iss-param')
    : warn(problemOf('asm-iss-param'))

/** RFC 8414 section 2: what a client needs for the authorization code flow. */
const checkEndpoints = (metadata: AuthServerMetadata): Check => {
  const id = 'asm-endpoints'
  const { response_types_supported: types, grant_types_supported: grants } = metadata
  const machinesOnly = grants.length > 0 && !grants.includes('authorization_code')
  const lacking = [
    ...(metadata.authorization_endpoint === undefined ? ['authorization_endpoint'] : []),
    ...(metadata.token_endpoint === undefined ? ['token_endpoint'] : []),
    ...(machinesOnly ? ['authorization_code in grant_types_supported'] : []),
    ...(types.length > 0 && !types.includes('code') ? ['code in response_types_supported'] : []),
  ]
  if (lacking.length > 0) return warn(problemOf(id, 'lacking', { what: lacking.join(', ') }))
  return types.length === 0 ? warn(problemOf(id, 'response-types')) : pass(id)
}

const checkClientDocuments = (metadata: AuthServerMetadata): Check =>
  metadata.client_id_metadata_document_supported === true
    ? pass('asm-cimd')
    : warn(problemOf('asm-cimd'))

/** An absent list means authorization_code and implicit (RFC 8414 section 2). */
const checkRefresh = (metadata: AuthServerMetadata): Check => {
  const id = 'asm-refresh'
  if (!metadata.grant_types_supported.includes('refresh_token')) {
    return warn(problemOf(id))
  }
  return metadata.scopes_supported.includes('offline_access')
    ? pass(id, 'refresh_token and offline_access')
    : pass(id, 'refresh_token')
}

const checkLegacyGrants = (metadata: AuthServerMetadata): Check => {
  const { grant_types_supported: grants, response_types_supported: types } = metadata
  const offered = [
    ...(grants.includes('password') ? ['password'] : []),
    ...(grants.includes('implicit') || types.some((type) => /(?:^| )token(?: |$)/.test(type))
      ? ['implicit']
      : []),
    ...(metadata.code_challenge_methods_supported.includes('plain') ? ['plain PKCE'] : []),
  ]
  return offered.length === 0
    ? pass('asm-legacy-grants')
    : warn(problemOf('asm-legacy-grants', { grants: offered.join(', ') }))
}

export interface MetadataCheckOptions {
  /** The issuer that was asked for. */
  readonly issuer: string
  readonly strategy?: Strategy
  readonly allowHttp: boolean
}

/** Every check that needs nothing but the document. Does not compare its issuer: discovery did. */
export const checkMetadata = (
  metadata: AuthServerMetadata,
  options: MetadataCheckOptions,
): readonly Check[] => [
  checkUrls(metadata, options),
  checkEndpoints(metadata),
  checkKeySetUrl(metadata, options.strategy),
  checkIntrospectionUrl(metadata, options.strategy),
  checkPkce(metadata),
  checkRegistration(metadata),
  checkClientDocuments(metadata),
  checkIssParameter(metadata),
  checkRefresh(metadata),
  checkLegacyGrants(metadata),
]
