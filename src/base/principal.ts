// The caller, as far as an accepted token (or the absence of authentication) identifies it.
import type { JsonObject } from './json.ts'

/** The key of callers whom nothing tells apart. */
export const anonymousKey = 'anonymous'

/** Who calls, as far as an accepted token (or the absence of authentication) tells. */
export interface Principal {
  readonly method: 'none' | 'bearer' | 'key' | 'jwt' | 'introspection'
  /**
   * Names the caller in sessions, caches and upstream credentials: issuer and subject, else issuer
   * and client id, else the fingerprint of the token, which is never shared between tokens.
   */
  readonly key: string
  readonly iss?: string
  readonly sub?: string
  readonly clientId?: string
  readonly scopes: readonly string[]
  /** Roles that the credential gives by itself, beside those that its claims are mapped to: of an API key. */
  readonly roles?: readonly string[]
  readonly audience: readonly string[]
  /** The claims or the introspection answer, as they came. */
  readonly claims: JsonObject
  /** First 8 hex digits of the token's SHA-256; undefined without a token. */
  readonly fingerprint?: string
}

/** Every caller where authentication is off. */
export const anyone: Principal = {
  method: 'none',
  key: anonymousKey,
  scopes: [],
  audience: [],
  claims: {},
}
