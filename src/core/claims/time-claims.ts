// The dates of a token: exp, nbf and iat against a clock, with tolerance (RFC 7519 sections 4.1.4 to 4.1.6).
import type { Json, JsonObject } from '../../base/json.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import { duration, isoSeconds } from '../../base/duration.ts'
import { quote } from '../../base/quote.ts'

type Source = 'jwt' | 'introspection'
type DateClaim = 'exp' | 'nbf' | 'iat'

/**
 * The end of the year 9999 in any time zone, which some issuers write for "never". In milliseconds it is in the year
 * 1978: no token is that old.
 */
const largestSeconds = 253_402_400_000
const adviceLifetimeSeconds = 24 * 3600

interface Dates {
  readonly exp: number | undefined
  readonly nbf: number | undefined
  readonly iat: number | undefined
  /** What is wrong with a date that is there and is no NumericDate. */
  readonly faults: readonly { readonly claim: DateClaim; readonly value: Json; problem: Problem }[]
}

const fault = (claim: DateClaim, value: Json): Problem | undefined => {
  if (typeof value === 'string') {
    const name = /^\s*-?\d+(?:\.\d*)?\s*$/.test(value.slice(0, 40)) ? 'text' : 'words'
    return problemOf('time-units', name, { claim, value: quote(value) })
  }
  if (typeof value !== 'number') {
    return problemOf('time-units', 'form', { claim, value: quote(value) })
  }
  if (!Number.isFinite(value) || value > 1e14) return problemOf('time-units', 'beyond', { claim })
  if (value > largestSeconds) return problemOf('time-units', 'milliseconds', { claim, value })
  return value < 0 ? problemOf('time-units', 'negative', { claim, value }) : undefined
}

/** Numbers may have a fraction (RFC 7519 section 2). An introspection answer may say null for "none". */
const readDates = (claims: JsonObject, source: Source): Dates => {
  const faults: { claim: DateClaim; value: Json; problem: Problem }[] = []
  const read = (claim: DateClaim): number | undefined => {
    const value = claims[claim]
    if (value === undefined || (value === null && source === 'introspection')) return undefined
    const problem = fault(claim, value)
    if (problem === undefined) return value as number
    faults.push({ claim, value, problem })
    return undefined
  }
  return { exp: read('exp'), nbf: read('nbf'), iat: read('iat'), faults }
}

const isFaulty = (dates: Dates, claim: DateClaim): boolean =>
  dates.faults.some((entry) => entry.claim === claim)

const noDate = (claim: DateClaim): string => `${claim} is not a date in seconds`

const checkUnits = ({ faults: [first] }: Dates): Check => {
  if (first === undefined) return pass('time-units')
  const { value, problem } = first
  return fail(problem, {
    expected: 'seconds since 1970',
    actual: quote(value),
  })
}

const checkExpiry = (
  dates: Dates,
  policy: ClaimPolicy,
  now: number,
  source: Source,
): readonly Check[] => {
  const { exp } = dates
  if (exp === undefined) {
    if (isFaulty(dates, 'exp')) return [pass('time-exp-missing'), skip('time-exp', noDate('exp'))]
    return [
      source === 'jwt'
        ? fail(problemOf('time-exp-missing'))
        : pass('time-exp-missing', 'the answer names no expiry: its active says what counts'),
      skip('time-exp', 'exp is absent'),
    ]
  }
  const iso = isoSeconds(exp)
  const evidence = { actual: iso, note: `tolerance ${policy.clockToleranceSeconds} s` }
  if (exp + policy.clockToleranceSeconds > now) {
    return [pass('time-exp-missing'), pass('time-exp', undefined, evidence)]
  }
  const message = problemOf('time-exp', { ago: duration(now - exp), iso })
  return [pass('time-exp-missing'), fail(message, evidence)]
}

const checkNotBefore = (dates: Dates, policy: ClaimPolicy, now: number): Check => {
  const { nbf } = dates
  if (nbf === undefined) {
    return skip('time-nbf', isFaulty(dates, 'nbf') ? noDate('nbf') : 'nbf is absent')
  }
  const iso = isoSeconds(nbf)
  const evidence = { actual: iso, note: `tolerance ${policy.clockToleranceSeconds} s` }
  if (nbf - policy.clockToleranceSeconds <= now) return pass('time-nbf', undefined, evidence)
  return fail(problemOf('time-nbf', { wait: duration(nbf - now), iso }), evidence)
}

const checkIssuedAt = (dates: Dates, policy: ClaimPolicy, now: number): Check => {
  const { iat } = dates
  if (iat === undefined) {
    return skip('time-iat-future', isFaulty(dates, 'iat') ? noDate('iat') : 'iat is absent')
  }
  const evidence = { actual: isoSeconds(iat) }
  if (iat <= now + policy.clockToleranceSeconds) {
    return pass('time-iat-future', undefined, evidence)
  }
  const message = problemOf('time-iat-future', { n: Math.ceil(iat - now) })
  return policy.profile === 'strict' ? fail(message, evidence) : warn(message, evidence)
}

/** Without iat the life that is left is the least that the lifetime can be. */
const checkLifetime = (dates: Dates, policy: ClaimPolicy, now: number): Check => {
  const { exp, iat } = dates
  if (exp === undefined) return skip('time-lifetime', 'there is no expiry to count from')
  const seconds = exp - (iat ?? now)
  const limit = policy.maxLifetimeSeconds ?? adviceLifetimeSeconds
  if (seconds <= limit) return pass('time-lifetime')
  const message = problemOf('time-lifetime', {
    lifetime: duration(seconds),
    limit: duration(limit),
  })
  const evidence = { expected: limit, actual: seconds }
  return policy.maxLifetimeSeconds === undefined ? warn(message, evidence) : fail(message, evidence)
}

/** The group Time, all of it, at `now` (seconds). Does not check whose dates these are. */
export const checkTimes = (
  claims: JsonObject,
  policy: ClaimPolicy,
  now: number,
  source: Source,
): readonly Check[] => {
  const dates = readDates(claims, source)
  return [
    checkUnits(dates),
    ...checkExpiry(dates, policy, now, source),
    checkNotBefore(dates, policy, now),
    checkIssuedAt(dates, policy, now),
    checkLifetime(dates, policy, now),
  ]
}

/** When an acceptance ends, in milliseconds since the epoch: exp and tolerance. Undefined without a date. */
export const acceptanceEnd = (claims: JsonObject, policy: ClaimPolicy): number | undefined => {
  const { exp } = claims
  return typeof exp === 'number' && fault('exp', exp) === undefined
    ? (exp + policy.clockToleranceSeconds) * 1000
    : undefined
}
