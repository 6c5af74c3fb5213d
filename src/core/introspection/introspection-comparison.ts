// What the token itself says beside what its authorization server says of it. Advice: it changes no verdict.
import type { Json, JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import { audienceList } from '../claims/audience.ts'
import { warn, type Check } from '../verdict/check.ts'
import { quote } from '../../base/quote.ts'
import type { Verdict } from '../verdict/verdict.ts'

const words = (value: Json | undefined): readonly Json[] =>
  typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? (value as Json[]) : []

const sameSet = (a: readonly Json[], b: readonly Json[]): boolean => {
  const [first, second] = [new Set(a), new Set(b)]
  return first.size === second.size && [...first].every((entry) => second.has(entry))
}

/** Servers round the fractions of seconds in their own ways. */
const sameSecond = (a: Json, b: Json): boolean =>
  typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= 1

const same = (a: Json, b: Json): boolean => a === b

const compared: Readonly<Record<string, (a: Json, b: Json) => boolean>> = {
  iss: same,
  sub: same,
  client_id: same,
  jti: same,
  aud: (a, b) => sameSet(audienceList(a), audienceList(b)),
  scope: (a, b) => sameSet(words(a), words(b)),
  exp: sameSecond,
  nbf: sameSecond,
  iat: sameSecond,
}

/** intro-claims as a warning, where a member that both have differs; undefined where none does. */
export const differingClaims = (answer: JsonObject, claims: JsonObject): Check | undefined => {
  const differing = Object.entries(compared).flatMap(([name, fits]) => {
    const [said, own] = [answer[name], claims[name]]
    const isBoth = said !== undefined && said !== null && own !== undefined && own !== null
    return isBoth && !fits(said, own) ? [{ name, said, own }] : []
  })
  if (differing.length === 0) return undefined
  const why = differing.map(
    ({ name, said, own }) => `${name} is ${quote(said)}, in the token ${quote(own)}`,
  )
  return warn(problemOf('intro-claims', 'differs', { why: why.join('; ') }), {
    expected: Object.fromEntries(differing.map(({ name, own }) => [name, own])),
    actual: Object.fromEntries(differing.map(({ name, said }) => [name, said])),
  })
}

/** The answers take the place of bare passes with their ids; those of other ids follow `after`. */
const advised = (checks: readonly Check[], advice: Check, after: Check['id']): readonly Check[] => {
  const known = checks.findIndex(({ id }) => id === advice.id)
  if (known >= 0) {
    return checks[known]?.status === 'fail' ? checks : checks.with(known, advice)
  }
  const at = checks.findIndex(({ id }) => id === after)
  return at < 0 ? [...checks, advice] : checks.toSpliced(at + 1, 0, advice)
}

/** The same verdict with one more piece of advice. */
export const withAdvice = <Decided extends Verdict>(
  verdict: Decided,
  advice: Check | undefined,
  after: Check['id'],
): Decided =>
  advice === undefined ? verdict : { ...verdict, checks: advised(verdict.checks, advice, after) }

/** For a token that its authorization server calls inactive although it verifies here. */
export const inactiveThoughValid = (): Check => warn(problemOf('intro-inactive-valid'))
