// Where signature keys come from, seen by the code that verifies signatures.
import type { CryptoKey, KeyObject } from 'jose'
import type { Check } from '../verdict/check.ts'

export interface VerificationKey {
  readonly kid: string | undefined
  readonly key: CryptoKey | KeyObject | Uint8Array
}

export interface KeyQuery {
  readonly alg: string
  readonly kid: string | undefined
  /** Whose share of the fetches that tokens cause it takes; undefined where no one else asks. */
  readonly peer?: string | undefined
}

/** What the key set has for one token. */
export interface KeyLookup {
  /**
   * jwks-fetch, jwks-usable, sig-kid-found, sig-kid-ambiguous, sig-key-fit: each with the address of the
   * set, its age and the number of its keys as evidence. A failed one means there is no candidate.
   */
  readonly checks: readonly Check[]
  /** Keys whose kid, kty, crv, alg, use and key_ops suit the query; more than one only without a kid. */
  readonly candidates: readonly VerificationKey[]
  /** RSA: how long a signature of the named key is, be the key usable or too small; tells cut signatures. */
  readonly signatureBytes?: number
  /** When another fetch may help, where jwks-fetch failed. */
  readonly retryAfterSeconds?: number
}

export interface KeySource {
  /** Synchronous when the keys at hand settle the question. */
  find(query: KeyQuery, signal: AbortSignal): KeyLookup | Promise<KeyLookup>
  /** What the keys at hand say, starting no fetch; undefined where they do not settle the question. */
  peek?(query: KeyQuery): KeyLookup | undefined
  /**
   * For a token that the keys of the revision `tried` did not verify: what a newer set says, as a kid may
   * name another key than before. Undefined when there is none, or it is too early to ask for one.
   */
  again?(query: KeyQuery, tried: number, signal: AbortSignal): Promise<KeyLookup | undefined>
  /** Grows whenever the set of keys changes: what was verified under an older number is verified anew. */
  readonly revision: number
  close?(): void
}
