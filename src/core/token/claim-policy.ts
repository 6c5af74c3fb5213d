// What a resource server expects of the claims of a token, whoever vouches for them.

export interface ClaimPolicy {
  /** Accepted `iss` values, compared code point by code point. Empty: no expectation (introspection only). */
  readonly issuers: readonly string[]
  /** Accepted audiences. Empty: no expectation. */
  readonly audiences: readonly string[]
  /** The claims that may name the audience, in order; `["aud"]` unless the operator says otherwise. */
  readonly audienceClaims: readonly string[]
  readonly requiredScopes: readonly string[]
  /** The claims that may hold scopes, in order: `scope`, `scp`, ... */
  readonly scopeClaims: readonly string[]
  readonly clockToleranceSeconds: number
  /** Longest accepted `exp - iat`; undefined: no limit. */
  readonly maxLifetimeSeconds: number | undefined
  /** RFC 9068: strict wants all of it, lenient refuses only what is positively another kind of token. */
  readonly profile: 'strict' | 'lenient' | 'off'
  /** What to do with sender-constrained tokens (`cnf`). With dpop and mtls see possession.ts. */
  readonly senderConstraint: 'refuse' | 'dpop' | 'mtls' | 'ignore'
}

export type ClaimSource = 'jwt' | 'introspection'
