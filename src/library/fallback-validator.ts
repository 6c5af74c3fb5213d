// A local validator first, a second one where the first cannot know (the strategy `both` for the library).
import { fallback } from '../core/validator/fallback.ts'
import { readToken } from '../core/token/token-shape.ts'
import type { TokenValidator as VerdictSource, Verdict } from '../core/verdict/verdict.ts'
import { OAuthError } from './oauth-error.ts'
import type { TokenClaims } from './token-claims.ts'
import {
  asTokenValidator,
  isExplaining,
  type ExplainingValidator,
  type TokenValidator,
} from './token-validator.ts'

export interface FallbackValidatorOptions {
  /**
   * `undecided` (default): ask the second only where the first cannot know: no JWT, unknown key, no key
   * set. `any`: after every refusal.
   */
  readonly fallback?: 'undecided' | 'any'
}

const sourceOf = (validator: ExplainingValidator): VerdictSource => ({
  validate: (token: string, signal: AbortSignal): Promise<Verdict> =>
    validator.validate(token, signal),
})

/** A validator that only throws tells too little, so the form of the token speaks for it. */
const mayBeUnknown = (error: unknown, token: string): boolean =>
  readToken(token).shape !== 'jws' || (error instanceof OAuthError && error.kind === 'Undecided')

/**
 * What the first accepts is accepted without the second. Where the second is asked its word is final,
 * refusal or not. Any validators will do, two introspections too.
 */
export class FallbackValidator<
  First extends TokenValidator,
  Second extends TokenValidator = TokenValidator,
> implements TokenValidator {
  readonly first: First
  readonly second: Second
  readonly #any: boolean
  readonly #explained: TokenValidator | undefined

  constructor(first: First, second: Second, options: FallbackValidatorOptions = {}) {
    this.first = first
    this.second = second
    this.#any = options.fallback === 'any'
    this.#explained =
      isExplaining(first) && isExplaining(second)
        ? asTokenValidator(
            fallback(sourceOf(first), sourceOf(second), {
              fallback: options.fallback ?? 'undecided',
              introspectJwts: false,
            }),
          )
        : undefined
  }

  async validateToken(token: string): Promise<TokenClaims> {
    if (this.#explained !== undefined) return this.#explained.validateToken(token)
    try {
      return await this.first.validateToken(token)
    } catch (error) {
      if (!this.#any && !mayBeUnknown(error, token)) throw error
      return this.second.validateToken(token)
    }
  }
}
