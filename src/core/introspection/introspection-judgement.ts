// Judges an introspection answer by the same claim checks as a JWT (RFC 7662 sections 2.2 and 4). Pure.
import type { JsonObject } from '../../base/json.ts'
import { type ProblemCode, problemOf } from '../../problems/problem.ts'
import { asAdvice, fail, pass, skip, type Check } from '../verdict/check.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import { errorIn, errorText } from '../client/server-words.ts'
import { checkClaims, skippedClaims } from '../claims/claims.ts'
import { isNo, type IntrospectionAnswer } from './introspection-request.ts'
import { failedChecks, judge } from '../verdict/judge.ts'
import { principalOf } from '../claims/principal.ts'
import { quote } from '../../base/quote.ts'
import { acceptanceEnd } from '../claims/time-claims.ts'
import type { Verdict } from '../verdict/verdict.ts'

/** What contradicts `active: true`: the server's word and the server's claims cannot both be right. */
const contradictions: ReadonlySet<ProblemCode> = new Set([
  'claim-iss',
  'time-exp',
  'time-nbf',
  'time-units',
])

const withContradictions = (checks: readonly Check[]): readonly Check[] => {
  const found = failedChecks(checks).filter(({ id }) => contradictions.has(id))
  const judged = checks.map((check) => {
    const contradiction = found.find((one) => one === check)
    return contradiction === undefined ? check : asAdvice(contradiction)
  })
  if (found.length === 0) return [...judged, pass('intro-claims')]
  const why = found.map(({ message }) => message).join('; ')
  const name = found.every(({ id }) => id === 'time-units') ? 'dates' : 'contradicts'
  return [...judged, fail(problemOf('intro-claims', name, { why }))]
}

/** RFC 7662 section 2.2: a boolean. The string "true" is not one, whoever else accepts it. */
const checkActive = (answer: JsonObject): Check => {
  const { active } = answer
  if (active === true) return pass('intro-active')
  const evidence = { expected: true, actual: active ?? null }
  if (isNo(answer)) {
    // Cleaned when it was read.
    const said = errorIn(answer, [])
    if (said === undefined) return fail(problemOf('intro-active', 'inactive'), evidence)
    const name = said.error === 'unsupported_token_type' ? 'unsupported' : 'refused'
    return fail(problemOf('intro-active', name, { words: errorText(said) }), evidence)
  }
  const type = active === null ? 'null' : typeof active
  return fail(problemOf('intro-active', 'nonsense', { value: quote(active), type }), evidence)
}

const unasked = (because: string): readonly Check[] => [
  skip('intro-active', because),
  ...skippedClaims(because),
]

const unproven = fail(problemOf('intro-jwt', 'unverified'))

/** Every check about an answer. Does not check that the server that gave it is the right one. */
export const introspectionChecks = (
  answer: IntrospectionAnswer,
  policy: ClaimPolicy,
  nowSeconds: number,
): readonly Check[] => {
  if (answer.kind === 'unreachable') {
    const because = 'the authorization server did not return a usable answer'
    return [fail(answer), ...unasked(because)]
  }
  if (answer.kind === 'busy') {
    const because = 'no server was asked'
    return [fail(answer), skip('intro-reach', because), ...unasked(because)]
  }
  if (answer.kind === 'ambiguous') {
    const because = 'it is unclear which value of the answer counts'
    const evidence = { actual: answer.member }
    return [pass('intro-reach'), fail(answer, evidence), ...unasked(because)]
  }
  if (answer.kind === 'client-refused') {
    const because = 'the authorization server does not know us'
    return [pass('intro-reach'), fail(answer), ...unasked(because)]
  }
  if (answer.kind === 'unverified' || answer.kind === 'signed') {
    const because = 'the answer is not proven to be that of the authorization server'
    const checks = answer.kind === 'signed' ? [unproven] : answer.checks
    return [pass('intro-reach'), pass('intro-client-auth'), ...checks, ...unasked(because)]
  }
  const active = checkActive(answer.body)
  const heard = [
    pass('intro-reach'),
    pass('intro-client-auth'),
    ...(answer.signed === true ? [pass('intro-jwt')] : []),
    active,
  ]
  return active.status === 'fail'
    ? [...heard, ...skippedClaims('the token is not active')]
    : [
        ...heard,
        ...withContradictions(checkClaims(answer.body, policy, nowSeconds, 'introspection')),
      ]
}

export interface IntrospectionContext {
  readonly token: string
  readonly policy: ClaimPolicy
  readonly nowSeconds: number
  /** What was checked before anybody was asked. */
  readonly before: readonly Check[]
  /** When the answer is to be asked for again, in milliseconds: no acceptance outlives it. */
  readonly answerEnds: number
}

/** The verdict on an answer. Pure: the same answer and the same second give the same verdict. */
export const judgeIntrospection = (
  answer: IntrospectionAnswer,
  { token, policy, nowSeconds, before, answerEnds }: IntrospectionContext,
): Verdict => {
  const claims = answer.kind === 'answer' ? answer.body : {}
  const end = acceptanceEnd(claims, policy)
  return judge(
    [...before, ...introspectionChecks(answer, policy, nowSeconds)],
    () => principalOf(claims, { method: 'introspection', token, policy }),
    Math.min(answerEnds, end ?? answerEnds),
    'retryAfterSeconds' in answer ? answer.retryAfterSeconds : undefined,
  )
}
