// What kind of token the claims and the typ header positively say this is (RFC 9068 section 5, RFC 8725 section 3.12).
import { isJsonObject, type JsonObject } from '../../base/json.ts'

export interface TokenKind {
  /** With its article, as it stands in a sentence. */
  readonly kind: string
  readonly why: string
}

const kindsByType: Readonly<Record<string, string>> = {
  'logout+jwt': 'a logout token',
  'dpop+jwt': 'a DPoP proof',
  'token-introspection+jwt': 'an introspection response',
  'secevent+jwt': 'a security event token',
  'oauth-authz-req+jwt': 'an authorization request',
  'client-authentication+jwt': 'a client assertion',
  'rt+jwt': 'a refresh token',
  'id_token+jwt': 'an ID token',
}

/** Values of `token_use`, `token_type` and the claim `typ` that providers really send. */
const kindsByUse: Readonly<Record<string, string>> = {
  id: 'an ID token',
  id_token: 'an ID token',
  refresh: 'a refresh token',
  refresh_token: 'a refresh token',
  offline: 'a refresh token',
  logout: 'a logout token',
}

const accessUses: ReadonlySet<string> = new Set(['access', 'access_token', 'bearer', 'at+jwt'])

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** RFC 7515 section 4.1.9: the prefix may be left out, and media types ignore case. */
export const mediaType = (typ: unknown): string | undefined =>
  typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined

const word = (claims: JsonObject, name: string): string | undefined => {
  const value = claims[name]
  return typeof value === 'string' ? value.toLowerCase() : undefined
}

const byUse = (claims: JsonObject): TokenKind | undefined => {
  for (const name of ['token_use', 'typ', 'token_type'] as const) {
    const value = word(claims, name)
    if (value === undefined || !Object.hasOwn(kindsByUse, value)) continue
    return { kind: kindsByUse[value] ?? '', why: `${name} is "${value}"` }
  }
  return undefined
}

const byClaims = (claims: JsonObject): TokenKind | undefined => {
  const { events } = claims
  if (isJsonObject(events) && Object.hasOwn(events, logoutEvent)) {
    return { kind: 'a logout token', why: 'events names a back-channel logout' }
  }
  if (isJsonObject(claims['token_introspection'])) {
    return { kind: 'an introspection response', why: 'it has token_introspection' }
  }
  if (typeof claims['htm'] === 'string' && typeof claims['htu'] === 'string') {
    return { kind: 'a DPoP proof', why: 'it has htm and htu' }
  }
  for (const name of ['at_hash', 'c_hash'] as const) {
    if (claims[name] !== undefined) return { kind: 'an ID token', why: `it has ${name}` }
  }
  // Some access tokens repeat the nonce of the login, so it counts only where no scope says otherwise.
  const hasScope = claims['scope'] !== undefined || claims['scp'] !== undefined
  if (claims['nonce'] !== undefined && !hasScope) {
    return { kind: 'an ID token', why: 'it has nonce and no scope' }
  }
  return undefined
}

/**
 * The other kind of token that this positively is; undefined for an access token and for what says
 * nothing about itself. Does not check that it is a good token of that kind.
 */
export const otherKind = (claims: JsonObject, typ: unknown): TokenKind | undefined => {
  const type = mediaType(typ)
  if (type !== undefined && Object.hasOwn(kindsByType, type)) {
    return { kind: kindsByType[type] ?? '', why: `typ is "${type}"` }
  }
  const use = byUse(claims)
  if (use !== undefined) return use
  const says = (name: string) => accessUses.has(word(claims, name) ?? '')
  const isAccessToken = type === 'at+jwt' || says('token_use') || says('typ')
  return isAccessToken ? undefined : byClaims(claims)
}
