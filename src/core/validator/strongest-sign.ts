// What a refused token positively is leads its verdict: it explains every other finding, whichever validator refused.
import type { Clock } from '../../base/clock.ts'
import { quoteList } from '../../base/quote.ts'
import { problemOf, type Problem, type ProblemCode } from '../../problems/problem.ts'
import { checkClaims } from '../claims/claims.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import { credentialSign } from '../token/credential-signs.ts'
import { checkHeader, knownAlgorithms } from '../token/jose-header.ts'
import { readToken } from '../token/token-shape.ts'
import { fail, problemFrom, type Check, type FailedCheck } from '../verdict/check.ts'
import { failedChecks, replaceById } from '../verdict/judge.ts'
import type { Verdict } from '../verdict/verdict.ts'
import type { AuthGate } from './auth-gate.ts'
import { mapped } from './with-possession.ts'

/** The signs in what a token says of itself, the strongest first: an id, or single cases of it. */
const ranked: readonly (readonly [id: ProblemCode, cases?: readonly string[]])[] = [
  ['jose-alg-none'],
  ['claim-token-kind'],
  ['claim-iss', ['api', 'workload']],
  ['claim-aud', ['api']],
]

/** With these there was nothing to recognise. */
const nothingSent: ReadonlySet<ProblemCode> = new Set([
  'in-empty',
  'in-unexpanded-variable',
  'in-size',
])

const credentialProblem = (token: string, { issuers }: ClaimPolicy): Problem | undefined => {
  const sign = credentialSign(token)
  if (sign?.decisive !== true) return undefined
  const { home, kind } = sign
  if (home !== undefined && issuers.some((issuer) => home.test(issuer))) return undefined
  const issuer = issuers.length === 0 ? 'the authorization server' : quoteList(issuers)
  return sign.class === 'grant' || sign.class === 'code' || sign.class === 'decoded'
    ? problemOf('in-wrong-kind', sign.class, { kind })
    : problemOf('in-wrong-kind', sign.class, { kind, issuer })
}

/** Where the authorization server judged, no one has read the token yet. */
const readChecks = (token: string, policy: ClaimPolicy, clock: Clock): readonly Check[] => {
  const shape = readToken(token)
  if (shape.shape !== 'jws') return []
  const { header, claims } = shape
  return [
    ...checkHeader(header, knownAlgorithms, policy.profile),
    ...(claims === undefined
      ? []
      : checkClaims(claims, policy, clock.now() / 1000, 'jwt', header['typ'])),
  ]
}

const strongestOf = (checks: readonly Check[]): FailedCheck | undefined => {
  const failed = failedChecks(checks)
  for (const [id, cases] of ranked) {
    const found = failed.find(
      (check) => check.id === id && (cases === undefined || cases.includes(check.case ?? '')),
    )
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether the authorization server knows the token: then it is a token of its own, whatever it looks like. */
const isKnown = ({ checks }: Verdict): boolean =>
  checks.some(({ id, status }) => id === 'intro-active' && status === 'pass')

const signOf = (
  token: string,
  verdict: Verdict,
  policy: ClaimPolicy,
  clock: Clock,
): FailedCheck | undefined => {
  const credential = credentialProblem(token, policy)
  if (credential !== undefined) return fail(credential)
  const asked = verdict.checks.some(({ id }) => id === 'intro-active')
  return strongestOf(asked ? readChecks(token, policy, clock) : verdict.checks)
}

/** Changes no outcome: what is accepted or undecided stays as it is. */
const led = (token: string, verdict: Verdict, policy: ClaimPolicy, clock: Clock): Verdict => {
  if (verdict.outcome !== 'rejected' || nothingSent.has(verdict.problem.code)) return verdict
  if (isKnown(verdict)) return verdict
  const sign = signOf(token, verdict, policy, clock)
  if (sign === undefined) return verdict
  return {
    ...verdict,
    checks: replaceById(verdict.checks, [sign]),
    problem: problemFrom(sign),
  }
}

/** Puts the strongest sign in front of every refusal of the gate. */
export const withStrongestSign = (gate: AuthGate, policy: ClaimPolicy, clock: Clock): AuthGate => {
  const { introspect } = gate
  return {
    ...gate,
    validate: (token, signal, presentation, peer) =>
      mapped(gate.validate(token, signal, presentation, peer), (verdict) =>
        led(token, verdict, policy, clock),
      ),
    introspect:
      introspect &&
      (async (token, signal) => {
        const found = await introspect(token, signal)
        return { ...found, verdict: led(token, found.verdict, policy, clock) }
      }),
  }
}
