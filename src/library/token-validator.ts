// The validator interface of the library: claims or an OAuthError, over the verdicts of the core.
import type { TokenValidator as VerdictSource, Verdict } from '../core/verdict/verdict.ts'
import { OAuthError, oauthErrorOf } from './oauth-error.ts'
import { tokenClaimsOf, type TokenClaims } from './token-claims.ts'

export interface TokenValidator {
  /** Resolves what the token says, or rejects with an `OAuthError`. */
  validateToken(token: string): Promise<TokenClaims>
}

/** A validator that can also tell every reason. */
export interface ExplainingValidator extends TokenValidator {
  validate(token: string, signal?: AbortSignal): Promise<Verdict>
}

export const isExplaining = (validator: TokenValidator): validator is ExplainingValidator =>
  typeof (validator as Partial<ExplainingValidator>).validate === 'function'

export const claimsOf = (verdict: Verdict, requiredScopes: readonly string[] = []): TokenClaims => {
  if (verdict.outcome === 'accepted') return tokenClaimsOf(verdict.principal)
  throw oauthErrorOf(verdict, requiredScopes)
}

const never = (): AbortSignal => new AbortController().signal

/** Puts the library's interface before anything that gives verdicts: `createValidator` for one. */
export const asTokenValidator = (
  source: VerdictSource & { readonly requiredScopes?: readonly string[] },
): ExplainingValidator => {
  const validate = async (token: string, signal?: AbortSignal): Promise<Verdict> =>
    source.validate(token, signal ?? never())
  return {
    validate,
    validateToken: async (token) => {
      if (token.trim() === '') throw new OAuthError('MissingToken', 'no token was given')
      return claimsOf(await validate(token), source.requiredScopes ?? [])
    },
  }
}
