// Which scopes a token grants, wherever its issuer put them (RFC 9068 section 2.2.3, RFC 8693 section 4.2).
import type { Json, JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import { quoteList } from '../../base/quote.ts'

/** A space-delimited string, or an array of such strings as some issuers send. */
export const scopeList = (value: Json | undefined): readonly string[] => {
  const texts = Array.isArray(value) ? (value as readonly Json[]) : [value]
  const words = texts.flatMap((text) => (typeof text === 'string' ? text.split(' ') : []))
  return [...new Set(words.filter((scope) => scope !== ''))]
}

/** The scopes of the first configured claim that holds any. Does not check what they permit. */
export const scopesOf = (claims: JsonObject, policy: ClaimPolicy): readonly string[] => {
  for (const name of policy.scopeClaims) {
    const scopes = scopeList(claims[name])
    if (scopes.length > 0) return scopes
  }
  return []
}

/** Where providers put scopes when they do not put them where RFC 9068 says. */
const knownClaims = ['scope', 'scp', 'scopes', 'permissions'] as const

const checkShape = (claims: JsonObject, policy: ClaimPolicy): Check => {
  const found = policy.scopeClaims.find((name) => scopeList(claims[name]).length > 0)
  const claim = found ?? knownClaims.find((name) => scopeList(claims[name]).length > 0)
  if (claim === undefined) return skip('claim-scope-shape', 'no claim holds scopes')
  const value = claims[claim]
  const commas = scopeList(value).some((scope) => scope.includes(','))
  const type = commas ? 'a list with commas' : Array.isArray(value) ? 'an array' : 'a string'
  if (found !== undefined && !commas) {
    return pass('claim-scope-shape', undefined, { actual: claim, note: type })
  }
  return warn(problemOf('claim-scope-shape', { claim, type }), {
    expected: policy.scopeClaims,
    actual: claim,
  })
}

const inOtherLetters = (scope: string, actual: readonly string[]): string | undefined =>
  actual.find((one) => one.toLowerCase() === scope.toLowerCase())

/** claim-scope (403): the required scopes among those that are granted. */
export const scopeCheck = (required: readonly string[], actual: readonly string[]): Check => {
  if (required.length === 0) return skip('claim-scope', 'no scope is required')
  const granted = new Set(actual)
  const missing = required.filter((scope) => !granted.has(scope))
  const evidence = { expected: required, actual: actual.slice(0, 50) }
  if (missing.length === 0) return pass('claim-scope', undefined, evidence)
  const values = { list: quoteList(missing), req: quoteList(required) }
  const near = missing.map((scope) => inOtherLetters(scope, actual))
  const isSpelling = near.every((scope) => scope !== undefined)
  return fail(
    isSpelling
      ? problemOf('claim-scope', 'spelling', { ...values, near: quoteList(near) })
      : problemOf('claim-scope', 'missing', values),
    evidence,
  )
}

/** Claims with access rights that are not scopes, or not yet. */
const otherClaims = [...knownClaims, 'roles'] as const

/** The claim that has every missing scope, where none of the configured ones has. */
const elsewhere = (
  claims: JsonObject,
  { requiredScopes, scopeClaims }: ClaimPolicy,
  actual: readonly string[],
): string | undefined => {
  const missing = requiredScopes.filter((scope) => !actual.includes(scope))
  return otherClaims.find((name) => {
    const found = scopeClaims.includes(name) ? [] : scopeList(claims[name])
    return found.length > 0 && missing.every((scope) => found.includes(scope))
  })
}

const checkRequired = (claims: JsonObject, policy: ClaimPolicy): Check => {
  const actual = scopesOf(claims, policy)
  const check = scopeCheck(policy.requiredScopes, actual)
  if (check.status !== 'fail') return check
  const claim = elsewhere(claims, policy, actual)
  if (claim === undefined) return check
  const missing = policy.requiredScopes.filter((scope) => !actual.includes(scope))
  const values = { list: quoteList(missing), req: quoteList(policy.requiredScopes), claim }
  return fail(problemOf('claim-scope', 'elsewhere', values), check.evidence)
}

/** claim-scope (403) and claim-scope-shape. Does not check the rules of single tools. */
export const checkScopes = (claims: JsonObject, policy: ClaimPolicy): readonly Check[] => [
  checkRequired(claims, policy),
  checkShape(claims, policy),
]
