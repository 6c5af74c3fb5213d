// A verdict is the decision about one token together with every reason for it.
import type { CancelSignal } from '../../base/cancellation.ts'
import type { Principal } from '../../base/principal.ts'
import type { Problem } from '../../problems/problem.ts'
import type { Check } from './check.ts'
import type { Presentation } from './presentation.ts'

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
   * bad token. `presentation`: how it came, where it came as anything but a plain bearer token. `peer`: whose
   * share of the work on unknown tokens it takes.
   */
  validate(
    token: string,
    signal: CancelSignal,
    presentation?: Presentation,
    peer?: string,
  ): Verdict | Promise<Verdict>
  /**
   * Whether this very verdict, given before, is what its token would get now. False where only `validate`
   * can tell; absent where no verdict outlives its question. What came beside the token is not looked at.
   */
  holds?(verdict: Verdict): boolean
  /** Ends background work (key refresh). */
  close?(): void
}
