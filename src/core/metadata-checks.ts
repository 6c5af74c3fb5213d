// What can be said of an authorization server from its metadata alone: plain predicates, one per check.
import { isLoopbackHost } from '../base/address.ts'
import type { Exchange } from '../base/exchange.ts'
import { fail, pass, skip, warn, type Check } from './check.ts'
import type { AuthServerMetadata } from './metadata.ts'
import type { MetadataForm } from './well-known.ts'

/** What the strategy needs of the server; undefined: nobody has chosen one yet. */
export type Strategy = 'jwt' | 'introspection' | 'both' | undefined

/** RFC 8414 section 2: https, no query, no fragment; credentials have no place in an identifier either. */
export const checkIssuerSyntax = (issuer: string, allowHttp: boolean): Check => {
  const id = 'asm-issuer-syntax'
  const bad = (what: string): Check => fail(id, `Issuer has ${what}`, { actual: issuer })
  if (!URL.canParse(issuer)) return bad('no scheme and host: it must be an absolute URL')
  const { protocol, hostname, username, password } = new URL(issuer)
  if (username !== '' || password !== '') return fail(id, 'Issuer has credentials in it')
  if (issuer.includes('#')) return bad('a fragment')
  if (issuer.includes('?')) return bad('a query')
  if (protocol === 'http:' && isLoopbackHost(hostname)) return pass(id, 'http on loopback')
  if (protocol === 'http:' && allowHttp) return warn(id, 'Issuer has the scheme http')
  return protocol === 'https:' ? pass(id) : bad(`the scheme ${protocol.slice(0, -1)}`)
}

/** OpenID Connect Discovery section 4.3: a template is no issuer. */
export const checkIssuerTemplate = (issuer: string): Check =>
  /[{}]|%7[BbDd]/.test(issuer)
    ? fail('asm-issuer-template', 'Multi-tenant template issuer', { actual: issuer })
    : pass('asm-issuer-template')

export const checkForm = (form: MetadataForm): Check => {
  if (form === 'oidc-appended') {
    const message = 'Only oidc-appended answers: clients that know only RFC 8414 fail'
    return warn('asm-form', message, { actual: form })
  }
  if (form === 'oauth-appended') {
    const message = 'Only oauth-appended answers: no standard client asks there'
    return warn('asm-form', message, { actual: form })
  }
  return pass('asm-form', form)
}

const redirectsOf = (answer: Exchange): string =>
  answer.redirects.map((hop) => hop.headers['location'] ?? '').join(', ')

/** RFC 8414 section 3.2: the document comes as JSON, directly, with fields of the right types. */
export const checkHttp = (answer: Exchange, mistyped: readonly string[]): Check => {
  const findings: string[] = []
  if (answer.redirects.length > 0) findings.push(`redirect to ${redirectsOf(answer)}`)
  const type = answer.contentType ?? 'no content type'
  if (type !== 'application/json') findings.push(`served as ${type}`)
  if (mistyped.length > 0) {
    findings.push(`wrong type, treated as absent: ${mistyped.join(', ')}`)
  }
  return findings.length === 0
    ? pass('asm-http', `${answer.status}, application/json, ${answer.ms} ms`)
    : warn('asm-http', `${answer.status}, ${findings.join('; ')}`)
}

const urlFields = (metadata: AuthServerMetadata): readonly (readonly [string, string])[] =>
  Object.entries(metadata.raw).flatMap(([field, value]) =>
    typeof value === 'string' && (field.endsWith('_endpoint') || field === 'jwks_uri')
      ? [[field, value] as const]
      : [],
  )

const insecure = (url: string, allowHttp: boolean): boolean => {
  if (!URL.canParse(url)) return true
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:') return false
  return protocol !== 'http:' || !(allowHttp || isLoopbackHost(hostname))
}

/** OAuth 2.1 section 1.5. Does not check that the endpoints answer. */
export const checkUrls = (metadata: AuthServerMetadata, allowHttp: boolean): Check => {
  const bad = urlFields(metadata).filter(([, url]) => insecure(url, allowHttp))
  return bad.length === 0
    ? pass('asm-tls-urls')
    : fail('asm-tls-urls', bad.map(([field, url]) => `${field} is ${url}`).join('; '))
}

const checkKeySetUrl = (metadata: AuthServerMetadata, strategy: Strategy): Check => {
  if (metadata.jwks_uri !== undefined) return pass('asm-jwks-uri', metadata.jwks_uri)
  return strategy === 'introspection'
    ? skip('asm-jwks-uri', 'introspection needs no key set')
    : fail('asm-jwks-uri', 'No jwks_uri')
}

const legacyEndpoint = 'token_introspection_endpoint'

const checkIntrospectionUrl = (metadata: AuthServerMetadata, strategy: Strategy): Check => {
  const id = 'asm-introspection'
  if (metadata.introspection_endpoint !== undefined)
    return pass(id, metadata.introspection_endpoint)
  if (typeof metadata.raw[legacyEndpoint] === 'string') {
    return warn(id, `Advertised only under the old name ${legacyEndpoint}`)
  }
  if (strategy === 'jwt') return skip(id, 'the jwt strategy needs no introspection')
  return strategy === undefined
    ? skip(id, 'not advertised; only introspection and both need it')
    : fail(id, 'Not advertised')
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

/** MCP clients must refuse a server that does not advertise S256. */
const checkPkce = (metadata: AuthServerMetadata): Check => {
  const methods = metadata.code_challenge_methods_supported
  const id = 'asm-pkce'
  if (methods.includes('S256')) return pass(id)
  if (metadata.authorization_endpoint === undefined) {
    return skip(id, 'no authorization endpoint: nobody logs in here')
  }
  return methods.length === 0
    ? warn(id, 'code_challenge_methods_supported is missing: many clients refuse to log in')
    : warn(id, 'code_challenge_methods_supported lacks S256', { actual: [...methods] })
}

const checkRegistration = (metadata: AuthServerMetadata): Check => {
  const id = 'asm-registration'
  if (metadata.client_id_metadata_document_supported === true) {
    return pass(id, 'client id metadata documents')
  }
  return metadata.registration_endpoint === undefined
    ? warn(id, 'Clients must be pre-registered')
    : pass(id, 'dynamic registration')
}

const checkIssParameter = (metadata: AuthServerMetadata): Check =>
  metadata.authorization_response_iss_parameter_supported === true
    ? pass('asm-iss-param')
    : warn('asm-iss-param', 'No iss in authorization responses')

const checkLegacyGrants = (metadata: AuthServerMetadata): Check => {
  const grants = metadata.grant_types_supported.filter((grant) =>
    ['password', 'implicit'].includes(grant),
  )
  const plain = metadata.code_challenge_methods_supported.includes('plain') ? ['plain PKCE'] : []
  const offered = [...grants, ...plain]
  return offered.length === 0
    ? pass('asm-legacy-grants')
    : warn('asm-legacy-grants', `Offers ${offered.join(', ')}`)
}

export interface MetadataCheckOptions {
  readonly strategy?: Strategy
  readonly allowHttp: boolean
}

/** Every check that needs nothing but the document. Does not compare its issuer: discovery did. */
export const checkMetadata = (
  metadata: AuthServerMetadata,
  options: MetadataCheckOptions,
): readonly Check[] => [
  checkUrls(metadata, options.allowHttp),
  checkKeySetUrl(metadata, options.strategy),
  checkIntrospectionUrl(metadata, options.strategy),
  checkPkce(metadata),
  checkRegistration(metadata),
  checkIssParameter(metadata),
  checkLegacyGrants(metadata),
]
