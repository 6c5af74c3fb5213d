// What kind of token the claims and the typ header positively say this is (RFC 9068 section 5, RFC 8725 section 3.12).
import { isJsonObject, type JsonObject } from '../../base/json.ts'

/** A case of claim-token-kind. */
type KindName =
  'id' | 'refresh' | 'logout' | 'proof' | 'introspection' | 'event' | 'request' | 'assertion'

export interface TokenKind {
  readonly kind: KindName
  /** The member that shows it, and its value where that is what shows it. */
  readonly sign: { readonly member: string; readonly value?: string }
}

const kindsByType: Readonly<Record<string, KindName>> = {
  'logout+jwt': 'logout',
  'dpop+jwt': 'proof',
  'token-introspection+jwt': 'introspection',
  'secevent+jwt': 'event',
  'oauth-authz-req+jwt': 'request',
  'client-authentication+jwt': 'assertion',
  'rt+jwt': 'refresh',
  'id_token+jwt': 'id',
}

/** Values of `token_use`, `token_type` and the claim `typ` that providers really send. */
const kindsByUse: Readonly<Record<string, KindName>> = {
  id: 'id',
  id_token: 'id',
  refresh: 'refresh',
  refresh_token: 'refresh',
  offline: 'refresh',
  logout: 'logout',
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

const kindOf = (
  kinds: Readonly<Record<string, KindName>>,
  name: string | undefined,
): KindName | undefined =>
  name !== undefined && Object.hasOwn(kinds, name) ? kinds[name] : undefined

const byUse = (claims: JsonObject): TokenKind | undefined => {
  for (const name of ['token_use', 'typ', 'token_type'] as const) {
    const value = word(claims, name)
    const kind = kindOf(kindsByUse, value)
    if (kind !== undefined && value !== undefined) return { kind, sign: { member: name, value } }
  }
  return undefined
}

const byClaims = (claims: JsonObject): TokenKind | undefined => {
  const { events } = claims
  if (isJsonObject(events) && Object.hasOwn(events, logoutEvent)) {
    return { kind: 'logout', sign: { member: 'events', value: 'a back-channel logout' } }
  }
  if (isJsonObject(claims['token_introspection'])) {
    return { kind: 'introspection', sign: { member: 'token_introspection' } }
  }
  if (typeof claims['htm'] === 'string' && typeof claims['htu'] === 'string') {
    return { kind: 'proof', sign: { member: 'htm and htu' } }
  }
  for (const name of ['at_hash', 'c_hash'] as const) {
    if (claims[name] !== undefined) return { kind: 'id', sign: { member: name } }
  }
  // Some access tokens repeat the nonce of the login, so it counts only where no scope says otherwise.
  const hasScope = claims['scope'] !== undefined || claims['scp'] !== undefined
  if (claims['nonce'] !== undefined && !hasScope) {
    return { kind: 'id', sign: { member: 'nonce and no scope' } }
  }
  return undefined
}

/**
 * The other kind of token that this positively is; undefined for an access token and for what says
 * nothing about itself. Does not check that it is a good token of that kind.
 */
export const otherKind = (claims: JsonObject, typ: unknown): TokenKind | undefined => {
  const type = mediaType(typ)
  const named = kindOf(kindsByType, type)
  if (named !== undefined && type !== undefined) {
    return { kind: named, sign: { member: 'typ', value: type } }
  }
  const use = byUse(claims)
  if (use !== undefined) return use
  const says = (name: string) => accessUses.has(word(claims, name) ?? '')
  const isAccessToken = type === 'at+jwt' || says('token_use') || says('typ')
  return isAccessToken ? undefined : byClaims(claims)
}
