// A verdict is the decision about one token together with every reason for it.
import type { JsonObject } from '../base/json.ts'
import type { Problem } from '../base/problem.ts'
import type { Check } from './check.ts'
import type { Presentation } from './presentation.ts'

/** The key of callers whom nothing tells apart. */
export const anonymousKey = 'anonymous'

/** Who calls, as far as an accepted token (or the absence of authentication) tells. */
export interface Principal {
  readonly method: 'none' | 'bearer' | 'jwt' | 'introspection'
  /**
   * Names the caller in sessions, caches and upstream credentials: issuer and subject, else issuer
   * and client id, else the fingerprint of the token, which is never shared between tokens.
   */
  readonly key: string
  readonly iss?: string
  readonly sub?: string
  readonly clientId?: string
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  /** The claims or the introspection answer, as they came. */
  readonly claims: JsonObject
  /** First 8 hex digits of the token's SHA-256; undefined without a token. */
  readonly fingerprint?: string
}

export type Verdict = { readonly checks: readonly Check[] } & (
  | {
      readonly outcome: 'accepted'
      readonly principal: Principal
      /** When the acceptance ends whatever a cache says: milliseconds since the epoch. */
      readonly expiresAt: number | undefined
    }
  | {
      readonly outcome: 'rejected' | 'undecided'
      /** The primary cause. `rejected`: the token is at fault. `undecided`: nobody could tell. */
      readonly problem: Problem
      /** For `undecided`: when to come back, in seconds, where something better than a guess is known. */
      readonly retryAfterSeconds?: number
    }
)

export type Refusal = Exclude<Verdict, { readonly outcome: 'accepted' }>

export interface TokenValidator {
  /**
   * Decides about one bare token. Synchronous when everything that is needed is at hand. Never throws for a
   * bad token. `presentation`: how it came, where it came as anything but a plain bearer token.
   */
  validate(
    token: string,
    signal: AbortSignal,
    presentation?: Presentation,
  ): Verdict | Promise<Verdict>
  /**
   * Whether this very verdict, given before, is what its token would get now. False where only `validate`
   * can tell; absent where no verdict outlives its question. What came beside the token is not looked at.
   */
  holds?(verdict: Verdict): boolean
  /** Ends background work (key refresh). */
  close?(): void
}
