// Why a token was not accepted, as an error for those who use the library: six variants, one challenge each.
import type { ProblemCode } from '../problems/problem.ts'
import type { Check } from '../core/verdict/check.ts'
import { quotedString } from '../core/challenge/resource-metadata.ts'
import type { Refusal } from '../core/verdict/verdict.ts'

export type OAuthErrorKind =
  | 'MissingToken'
  | 'InvalidToken'
  | 'InvalidAudience'
  | 'ExpiredToken'
  | 'InsufficientScope'
  /** Nobody could tell: the token may be good. Ask again later. */
  | 'Undecided'

const statuses: Readonly<Record<OAuthErrorKind, 401 | 403 | 503>> = {
  MissingToken: 401,
  InvalidToken: 401,
  InvalidAudience: 401,
  ExpiredToken: 401,
  InsufficientScope: 403,
  Undecided: 503,
}

export interface OAuthErrorOptions {
  /** The id in the check catalogue, where a verdict stands behind the error. */
  readonly code?: ProblemCode | undefined
  readonly checks?: readonly Check[]
  readonly requiredScopes?: readonly string[]
  readonly retryAfterSeconds?: number | undefined
}

export class OAuthError extends Error {
  readonly kind: OAuthErrorKind
  readonly description: string
  readonly status: 401 | 403 | 503
  readonly code: ProblemCode | undefined
  readonly checks: readonly Check[]
  readonly requiredScopes: readonly string[]
  readonly retryAfterSeconds: number | undefined

  constructor(kind: OAuthErrorKind, description: string, options: OAuthErrorOptions = {}) {
    super(description)
    this.name = 'OAuthError'
    this.kind = kind
    this.description = description
    this.status = statuses[kind]
    this.code = options.code
    this.checks = options.checks ?? []
    this.requiredScopes = options.requiredScopes ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  /**
   * The `WWW-Authenticate` value (RFC 6750 section 3, RFC 9728 section 5.1). Undefined for `Undecided`:
   * a challenge would make clients throw a good token away.
   */
  wwwAuthenticate(resourceMetadata?: string): string | undefined {
    if (this.kind === 'Undecided') return undefined
    const params: string[] = []
    if (this.kind !== 'MissingToken') {
      const error = this.kind === 'InsufficientScope' ? 'insufficient_scope' : 'invalid_token'
      params.push(`error=${quotedString(error)}`)
      params.push(`error_description=${quotedString(this.description)}`)
    }
    if (this.requiredScopes.length > 0) {
      params.push(`scope=${quotedString(this.requiredScopes.join(' '))}`)
    }
    if (resourceMetadata !== undefined) {
      params.push(`resource_metadata=${quotedString(resourceMetadata)}`)
    }
    return params.length === 0 ? 'Bearer' : `Bearer ${params.join(', ')}`
  }
}

const kinds: Readonly<Partial<Record<ProblemCode, OAuthErrorKind>>> = {
  'req-token-missing': 'MissingToken',
  'in-empty': 'MissingToken',
  'claim-aud': 'InvalidAudience',
  'claim-aud-missing': 'InvalidAudience',
  'intro-aud': 'InvalidAudience',
  'time-exp': 'ExpiredToken',
  'claim-scope': 'InsufficientScope',
}

/** The error that says the same as a refusing verdict. */
export const oauthErrorOf = (
  verdict: Refusal,
  requiredScopes: readonly string[] = [],
): OAuthError => {
  const { code, detail } = verdict.problem
  const kind = verdict.outcome === 'undecided' ? 'Undecided' : (kinds[code] ?? 'InvalidToken')
  return new OAuthError(kind, detail, {
    code,
    checks: verdict.checks,
    requiredScopes: kind === 'InsufficientScope' ? requiredScopes : [],
    retryAfterSeconds: verdict.retryAfterSeconds,
  })
}
