// Decides about signed JWTs: structure, signature and claims into one verdict; signatures are remembered, verdicts are not.
import { abortSignalOf, type CancelSignal } from '../../base/cancellation.ts'
import type { Clock } from '../../base/clock.ts'
import { type ProblemCode, problemOf, problemSpec } from '../../problems/problem.ts'
import { fail, skip, type Check } from '../verdict/check.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import { checkClaims, skippedClaims } from '../claims/claims.ts'
import {
  checkHeader,
  isKnownAlgorithm,
  knownAlgorithms,
  type Algorithm,
} from '../token/jose-header.ts'
import { failedChecks, judge, neverAccepted } from '../verdict/judge.ts'
import { checkSignatureForm, type SignedInput } from '../keys/jws.ts'
import type { KeyQuery, KeySource } from '../keys/key-source.ts'
import { verifyAtHand, verifySignature, type CheckedSignature } from '../keys/verify-signature.ts'
import { principalOf } from '../claims/principal.ts'
import { createSignatureMemory } from './signature-memory.ts'
import { acceptanceEnd } from '../claims/time-claims.ts'
import { tokenDigest } from '../token/token-digest.ts'
import { checkInput } from '../token/token-input.ts'
import { readToken, type SignedToken } from '../token/token-shape.ts'
import type { TokenValidator, Verdict } from '../verdict/verdict.ts'

export interface JwtValidatorOptions {
  readonly keys: KeySource
  readonly policy: ClaimPolicy
  /** The allow-list; undefined: every asymmetric algorithm we know. */
  readonly algorithms: readonly Algorithm[] | undefined
  readonly clock: Clock
  /** How many good signatures to remember. */
  readonly maxRemembered?: number
  /** Go on after a refusal: fetch the keys and check the signature too. For a person who asks why. */
  readonly thorough?: boolean
}

const defaultRemembered = 10_000
/** A claim that is not believed yet may refuse; 403 would say that the rest is good, so scopes wait. */
const refusesUnread = (check: Check): boolean =>
  check.status === 'fail' &&
  check.id !== 'claim-scope' &&
  problemSpec(check.id).outcome === 'rejected'

const signatureSkips = (because: string): readonly Check[] =>
  (['sig-kid-found', 'sig-key-fit', 'sig-verify'] as const).map((id) => skip(id, because))

/** The part of a token that a signature can be checked for, or why there is none. */
const signedInput = (
  token: string,
  shape: SignedToken,
  { header, thorough }: { readonly header: readonly Check[]; readonly thorough: boolean },
): SignedInput | string => {
  const { alg } = shape.header
  const isRefused = header.some(({ id, status }) => id.startsWith('jose-alg') && status === 'fail')
  if (!isKnownAlgorithm(alg) || (isRefused && !thorough)) {
    return 'the algorithm is not one that we verify'
  }
  if (shape.signature === undefined) return 'the signature is not readable'
  return { token, alg, signature: shape.signature }
}

/** A cut rarely leaves base64url behind: the cut explains that. */
const cutSignature = ({
  header: { alg },
  signature,
  signatureRest,
}: SignedToken): readonly Check[] =>
  signature === undefined && isKnownAlgorithm(alg)
    ? checkSignatureForm(alg, signatureRest).filter((check) => check.id === 'in-truncated')
    : []

const queryOf = ({ header }: SignedToken, alg: Algorithm, peer: string | undefined): KeyQuery => ({
  alg,
  kid: typeof header['kid'] === 'string' ? header['kid'] : undefined,
  ...(peer === undefined ? {} : { peer }),
})

/** A question that was asked twice has its worse answer: the signature may show that a token was cut. */
const withoutOverruled = (checks: readonly Check[]): Check[] => {
  const failed = new Set(failedChecks(checks).map(({ id }) => id))
  return checks.filter(({ id, status }) => status === 'fail' || !failed.has(id))
}

interface Caller {
  readonly signal: CancelSignal
  readonly peer: string | undefined
}

interface Examined {
  readonly token: string
  readonly shape: SignedToken
  readonly policy: ClaimPolicy
}

/** Fails closed: whatever the checks say, nothing is accepted whose signature did not pass. */
const conclude = (
  { token, shape: { claims }, policy }: Examined,
  found: readonly Check[],
  retryAfterSeconds?: number,
): Verdict => {
  const checks = withoutOverruled(found)
  const isVerified = checks.some(({ id, status }) => id === 'sig-verify' && status === 'pass')
  if (failedChecks(checks).length === 0 && (!isVerified || claims === undefined)) {
    checks.push(fail(problemOf('sig-verify', 'unchecked')))
  }
  return judge(
    checks,
    () => principalOf(claims ?? {}, { method: 'jwt', token, policy }),
    claims === undefined ? undefined : acceptanceEnd(claims, policy),
    retryAfterSeconds,
  )
}

/**
 * A validator for signed JWTs against one key source and one policy. Claims are judged even before keys
 * are fetched, but unverified claims can only refuse. Does not see revocation, and does not fetch
 * anything that a token names.
 */
export const createJwtValidator = (options: JwtValidatorOptions): TokenValidator => {
  const { keys, policy, clock, thorough = false } = options
  const algorithms = options.algorithms ?? knownAlgorithms
  const max = options.maxRemembered ?? defaultRemembered
  const memory = createSignatureMemory({ keys, policy, clock, max })

  const examine = (
    token: string,
    digest: string,
    shape: SignedToken,
    input: readonly Check[],
    { signal, peer }: Caller,
  ): Verdict | Promise<Verdict> => {
    const examined = { token, shape, policy }
    const header = checkHeader(shape.header, algorithms, policy.profile)
    const structure = [...input, ...shape.checks, ...header]
    const judgeClaims = () =>
      shape.claims === undefined
        ? skippedClaims('the payload is not readable')
        : checkClaims(shape.claims, policy, clock.now() / 1000, 'jwt', shape.header['typ'])
    const claims = judgeClaims()
    const signed = signedInput(token, shape, { header, thorough })
    if (typeof signed === 'string') {
      const unverified = [...cutSignature(shape), ...signatureSkips(signed)]
      return conclude(examined, [...structure, ...unverified, ...claims])
    }
    const settle = (signature: CheckedSignature): Verdict => {
      const { revision } = signature
      const before = [...structure, ...signature.checks]
      // A fetch takes seconds, so the clock is read again.
      const verdict = conclude(examined, [...before, ...judgeClaims()], signature.retryAfterSeconds)
      if (verdict.outcome === 'accepted') {
        const { typ } = shape.header
        memory.remember(digest, { accepted: verdict, revision, timeless: before.length, typ })
      }
      return verdict
    }
    const query = queryOf(shape, signed.alg, peer)
    const form = checkSignatureForm(signed.alg, signed.signature)
    const known = [...structure, ...form, ...claims]
    // Where introspection decides, the signature has no say, so it is not asked for either.
    const goesOn = thorough && !onlyUndecidable(known)
    if (!goesOn && known.some(refusesUnread)) {
      const atHand = keys.peek?.(query)
      if (atHand !== undefined) return verifyAtHand(signed, atHand, keys).then(settle)
      const because = 'the token is refused already, so no keys were fetched for it'
      return conclude(examined, [...structure, ...form, ...signatureSkips(because), ...claims])
    }
    return verifySignature(signed, keys, query, abortSignalOf(signal)).then(settle)
  }

  const validate: TokenValidator['validate'] = (token, signal, _presentation, peer) => {
    const digest = tokenDigest(token)
    const known = memory.recall(digest)
    if (known !== undefined) return known
    const input = checkInput(token)
    if (failedChecks(input).length > 0) {
      return judge(
        [...input, ...skippedClaims('what was sent is not a whole token')],
        neverAccepted,
        undefined,
      )
    }
    const shape = readToken(token)
    if (shape.shape === 'jws') return examine(token, digest, shape, input, { signal, peer })
    const unread = shape.shape === 'jwe' ? 'the token is encrypted' : 'the token is opaque'
    const skipped = [...signatureSkips(unread), ...skippedClaims(unread)]
    const checks = withoutOverruled([...input, ...shape.checks, ...skipped])
    return judge(checks, neverAccepted, undefined)
  }

  return {
    validate,
    holds: (verdict) => memory.holds(verdict),
    ...(keys.close === undefined ? {} : { close: () => keys.close?.() }),
  }
}

/** Failures that say nothing against the token: only its authorization server can tell. */
const undecidableCauses: ReadonlySet<ProblemCode> = new Set([
  'jose-shape',
  'jose-base64',
  'jose-json',
  'jose-encrypted',
  'jose-alg-hmac',
  'sig-kid-found',
  'jwks-duplicate-member',
  'jwks-fetch',
  'jwks-usable',
  'asm-found',
  'asm-issuer',
  'asm-jwks-uri',
])

const onlyIssuerVerifies = (check: Check): boolean =>
  check.id === 'jose-alg-allowed' &&
  typeof check.evidence?.actual === 'string' &&
  !isKnownAlgorithm(check.evidence.actual)

const onlyUndecidable = (checks: readonly Check[]): boolean => {
  // Scopes are the authorization server's to tell, as soon as it has to be asked at all.
  const causes = failedChecks(checks).filter(({ id }) => id !== 'claim-scope')
  return (
    causes.length > 0 &&
    causes.every((check) => undecidableCauses.has(check.id) || onlyIssuerVerifies(check))
  )
}

/**
 * Whether the local refusal leaves the question open, so that introspection may answer it: an opaque or
 * encrypted token, an unknown key, no key set, an algorithm that only the authorization server can
 * check. One definite refusal beside these settles it. Does not look at an acceptance: that is decided.
 */
export const locallyUndecidable = (verdict: Verdict): boolean => {
  if (verdict.outcome === 'accepted') return false
  return onlyUndecidable(verdict.checks)
}
