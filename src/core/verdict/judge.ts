// The decision: which of the failed checks is the cause of a refusal, or that there is none.
import type { Principal } from '../../base/principal.ts'
import { problemCodes, problemSpec, type ProblemCode } from '../../problems/problem.ts'
import { problemFrom, type Check, type FailedCheck } from './check.ts'
import type { Verdict } from './verdict.ts'

/**
 * Causes before their symptoms. What comes earlier explains what comes later: a cut token explains its
 * signature, an ID token its audience and its HMAC, a foreign issuer the unknown key and the audience,
 * milliseconds the lifetime, an expiry the key that was rotated away. What only a key set can tell comes
 * after all that the token says itself: no keys are fetched for a token that is refused already, and
 * the cause must not depend on whether they were at hand. Codes that are not listed follow in the
 * catalogue's order, before `lastCauses`.
 */
const causeOrder: readonly ProblemCode[] = [
  // what was sent is no token at all
  'in-empty',
  'in-unexpanded-variable',
  'in-truncated',
  'in-non-ascii',
  'in-size',
  'token-unknown',
  // the form of the token
  'jose-base64',
  'jose-json',
  'jose-duplicate-member',
  'jose-encrypted',
  'jose-shape',
  // the authorization server spoke: nothing else in its answer counts
  'intro-active',
  // no later check can put this right
  'jose-alg-none',
  // another kind of token: refresh tokens are often signed for their issuer alone
  'claim-token-kind',
  'jose-alg-hmac',
  'jose-crit',
  'jose-nested',
  // another issuer: this explains algorithm, key and audience
  'claim-iss',
  'jose-alg-allowed',
  'jose-typ',
  'sig-format',
  // the claims
  'claim-aud-missing',
  'intro-aud',
  'claim-aud',
  'time-units',
  'time-exp-missing',
  'time-exp',
  'time-nbf',
  'time-iat-future',
  'time-lifetime',
  'pop-dpop-proof',
  'pop-dpop-nonce',
  'pop-dpop',
  'pop-dpop-replay',
  'pop-mtls',
  'claim-identity',
  'intro-claims',
  // what the key set tells
  'jwks-usable',
  'sig-kid-found',
  'sig-kid-ambiguous',
  'sig-key-fit',
  'sig-verify',
]

/** 403 tells a caller that the token itself is good, so everything else must have passed. */
const lastCauses: readonly ProblemCode[] = ['claim-scope']

const ranks: ReadonlyMap<ProblemCode, number> = (() => {
  const named = new Set<ProblemCode>([...causeOrder, ...lastCauses])
  const others = problemCodes.filter((code) => !named.has(code))
  return new Map([...causeOrder, ...others, ...lastCauses].map((code, rank) => [code, rank]))
})()

/** A definite refusal comes before "nobody could tell", except that a scope is judged last of all. */
const rankOf = ({ id }: FailedCheck): number => {
  const rank = ranks.get(id) ?? ranks.size
  if (lastCauses.includes(id)) return 3 * ranks.size + rank
  return problemSpec(id).outcome === 'undecided' ? ranks.size + rank : rank
}

const isFailed = (check: Check): check is FailedCheck & { readonly status: 'fail' } =>
  check.status === 'fail'

/** Checks by id: a later one with the same id takes the place of the earlier one where `counts` says so. */
export const replaceById = (
  earlier: readonly Check[],
  later: readonly Check[],
  counts: (check: Check) => boolean = () => true,
): readonly Check[] => {
  const byId = new Map(later.map((check) => [check.id, check]))
  const merged = earlier.map((check) => {
    const other = byId.get(check.id)
    byId.delete(check.id)
    return other !== undefined && counts(other) ? other : check
  })
  return [...merged, ...byId.values()]
}

/** For `judge` where some check has failed already. */
export const neverAccepted = (): Principal => {
  throw new Error('a token was accepted although a check had failed')
}

export const failedChecks = (checks: readonly Check[]): readonly FailedCheck[] =>
  checks.filter(isFailed)

/**
 * The one decision about a list of checks. `principal` is asked only when nothing failed; `expiresAt`
 * is in milliseconds. Does not check that the list is complete: whoever gathers the checks adds a
 * failed one for a question that had to be asked and was not. An empty list is never an acceptance.
 */
export const judge = (
  checks: readonly Check[],
  principal: () => Principal,
  expiresAt: number | undefined,
  retryAfterSeconds?: number,
): Verdict => {
  let primary: FailedCheck | undefined
  for (const check of checks) {
    if (isFailed(check) && (primary === undefined || rankOf(check) < rankOf(primary))) {
      primary = check
    }
  }
  if (primary === undefined) {
    if (checks.length === 0) throw new Error('no check was made')
    return { outcome: 'accepted', checks, principal: principal(), expiresAt }
  }
  const { outcome } = problemSpec(primary.id)
  return {
    outcome,
    checks,
    problem: problemFrom(primary),
    ...(outcome === 'undecided' && retryAfterSeconds !== undefined ? { retryAfterSeconds } : {}),
  }
}
