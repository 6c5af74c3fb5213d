// Remembers which tokens had a good signature, so that a token seen before costs no cryptography and no promise.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import { checkClaims } from '../claims/claims.ts'
import { judge } from '../verdict/judge.ts'
import type { KeySource } from '../keys/key-source.ts'
import { acceptanceEnd } from '../claims/time-claims.ts'
import type { Verdict } from '../verdict/verdict.ts'

export type Acceptance = Extract<Verdict, { readonly outcome: 'accepted' }>

export interface FreshlyVerified {
  readonly accepted: Acceptance
  /** The key set's revision that the signature was verified under. */
  readonly revision: number
  /** How many of its checks are about input, structure and signature: those that no clock can change. */
  readonly timeless: number
  readonly typ: Json | undefined
}

interface Remembered extends FreshlyVerified {
  readonly verifiedAt: number
  /** Until then the acceptance is still true: what was not too early then is not too early later. */
  readonly until: number
}

export interface SignatureMemory {
  /** The verdict of now; undefined when the signature has to be checked (again). */
  recall(digest: string): Verdict | undefined
  remember(digest: string, verified: FreshlyVerified): void
  /** Whether a remembered acceptance is still the verdict of now. */
  holds(verdict: Verdict): boolean
}

interface MemoryOptions {
  readonly keys: KeySource
  readonly policy: ClaimPolicy
  readonly clock: Clock
  readonly max: number
}

/** How long a signature counts as checked: within it, a withdrawn key or a stale set is not yet seen. */
const rememberMs = 60_000

/**
 * A bounded memory for one policy and one key source. Refusals are not remembered, so a flood of bad
 * tokens pushes no good one out. Does not verify anything itself.
 */
export const createSignatureMemory = (options: MemoryOptions): SignatureMemory => {
  const { keys, policy, clock } = options
  const remembered = new LRUCache<string, Remembered>({ max: options.max })
  const acceptances = new WeakMap<Verdict, Remembered>()

  const rejudge = ({ accepted, timeless, typ }: Remembered, now: number): Verdict => {
    const { principal, checks } = accepted
    const claims = checkClaims(principal.claims, policy, now / 1000, 'jwt', typ)
    const expiresAt = acceptanceEnd(principal.claims, policy)
    return judge([...checks.slice(0, timeless), ...claims], () => principal, expiresAt)
  }

  const countsAsChecked = ({ revision, verifiedAt }: Remembered, now: number): boolean => {
    const age = now - verifiedAt
    return revision === keys.revision && age >= 0 && age <= rememberMs
  }

  return {
    recall: (digest) => {
      const known = remembered.get(digest)
      if (known === undefined) return undefined
      const now = clock.now()
      if (!countsAsChecked(known, now)) {
        remembered.delete(digest)
        return undefined
      }
      return now < known.until ? known.accepted : rejudge(known, now)
    },
    remember: (digest, verified) => {
      const until = verified.accepted.expiresAt ?? 0
      const entry = { ...verified, verifiedAt: clock.now(), until }
      remembered.set(digest, entry)
      acceptances.set(verified.accepted, entry)
    },
    holds: (verdict) => {
      const known = acceptances.get(verdict)
      if (known === undefined) return false
      const now = clock.now()
      return now < known.until && countsAsChecked(known, now)
    },
  }
}
