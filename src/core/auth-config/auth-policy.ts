// What the [auth] section expects of the claims of a token.
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { AuthConfig } from './auth-config.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import type { IssuerConfig } from './issuer-config.ts'
import type { PossessionConfig } from './possession-config.ts'

/** The kinds of authentication that look into tokens. */
export type TokenConfig =
  Extract<AuthConfig, { readonly type: 'jwt' }> | (IssuerConfig & PossessionConfig)

/** RFC 8707: without an expected audience every token of the issuer would do, so there must be one, unless that is meant. */
const audiencesOf = (auth: TokenConfig, defaultAudience: string | undefined) => {
  if (auth.audience !== undefined) return auth.audience
  if (auth.allow_any_audience) return []
  if (defaultAudience !== undefined) return [defaultAudience]
  throw usageError(problemOf('config-value', 'audience'))
}

/** What tokens must say. Throws a UsageError where nothing names the audience. Does not check the issuer. */
export const policyOf = (
  auth: TokenConfig,
  issuers: readonly string[],
  defaultAudience: string | undefined,
): ClaimPolicy => ({
  issuers,
  audiences: audiencesOf(auth, defaultAudience),
  audienceClaims: auth.audience_claims,
  requiredScopes: auth.required_scopes,
  scopeClaims: auth.scope_claims,
  clockToleranceSeconds: auth.clock_tolerance,
  maxLifetimeSeconds: auth.max_lifetime,
  profile: auth.profile,
  senderConstraint: auth.sender_constraint,
})
