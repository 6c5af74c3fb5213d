// The audience rule: whether a token was made for us (RFC 7519 section 4.1.3, RFC 8707 section 2).
import type { Json, JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import { foreignApiOf, providers } from '../providers/providers.ts'
import { nearMiss } from '../verdict/near-miss.ts'
import { quote, quoteList } from '../../base/quote.ts'

/**
 * Whether `aud` names one of the expected audiences, by exact comparison. Without an expectation every
 * value matches. A string must equal, an array must hold an equal string; anything else fails closed.
 * Does not check who says so, and never normalises.
 */
export const audienceMatches = (
  expected: string | readonly string[] | undefined,
  aud: unknown,
): boolean => {
  if (expected === undefined) return true
  const accepted = typeof expected === 'string' ? [expected] : expected
  if (accepted.length === 0) return true
  if (typeof aud === 'string') return accepted.includes(aud)
  if (!Array.isArray(aud)) return false
  return aud.some((entry) => typeof entry === 'string' && accepted.includes(entry))
}

/** The strings in an `aud`-shaped value, without duplicates; values of other types count as absent. */
export const audienceList = (aud: Json | undefined): readonly string[] => {
  if (typeof aud === 'string') return aud === '' ? [] : [aud]
  if (!Array.isArray(aud)) return []
  return [
    ...new Set(aud.filter((entry): entry is string => typeof entry === 'string' && entry !== '')),
  ]
}

/** Every audience that the configured claims name. */
export const audiencesOf = (claims: JsonObject, policy: ClaimPolicy): readonly string[] => [
  ...new Set(policy.audienceClaims.flatMap((name) => audienceList(claims[name]))),
]

/** Values that providers put into the tokens of every resource they know. */
const sharedAudiences: ReadonlySet<string> = new Set(['account', 'authenticated', '*'])

const kindOf = (value: Json): string =>
  typeof value === 'object' ? 'an object' : `a ${typeof value}`

const absence = (claims: JsonObject, policy: ClaimPolicy): string =>
  policy.audienceClaims
    .map((name) => {
      const value = claims[name]
      if (value === undefined) return `${name} is absent`
      if (value === null) return `${name} is null`
      if (value === '' || (Array.isArray(value) && value.length === 0)) return `${name} is empty`
      return Array.isArray(value) ? `${name} has no string` : `${name} is ${kindOf(value)}`
    })
    .join(', ')

interface NearMiss {
  readonly a: string
  readonly b: string
  readonly what: string
}

const nearMissOf = (actual: readonly string[], policy: ClaimPolicy): NearMiss | undefined => {
  for (const a of actual.slice(0, 100)) {
    for (const b of policy.audiences) {
      const what = nearMiss(a, b)
      if (what !== undefined) return { a, b, what }
    }
  }
  return undefined
}

/** Several audiences in one string, as scopes are written: RFC 7519 section 4.1.3 wants a list. */
const isJoined = (aud: string, expected: readonly string[]): boolean =>
  aud.length <= longestJoined &&
  /[\s,]/.test(aud) &&
  aud.split(/[\s,]+/).some((one) => expected.includes(one))

const longestJoined = 4096

const mismatch = (actual: readonly string[], policy: ClaimPolicy): readonly Check[] => {
  const evidence = { expected: policy.audiences, actual: actual.slice(0, 20) }
  const values = { aud: quoteList(actual), expected: quoteList(policy.audiences) }
  const api = foreignApiOf(actual)
  if (api !== undefined) {
    return [fail(problemOf('claim-aud', 'api', { ...values, ...api }), evidence)]
  }
  if (actual.some((aud) => isJoined(aud, policy.audiences))) {
    return [fail(problemOf('claim-aud', 'joined', values), evidence)]
  }
  const near = nearMissOf(actual, policy)
  if (near === undefined) {
    const isShared = actual.every((name) => sharedAudiences.has(name))
    return [fail(problemOf('claim-aud', isShared ? 'shared' : 'other', values), evidence)]
  }
  const { a, b, what } = near
  return [
    fail(problemOf('claim-aud', 'near', { ...values, near: quote(a) }), evidence),
    warn(problemOf('claim-aud-near-miss', near), { expected: b, actual: a, note: what }),
  ]
}

const originOf = (url: string): string | undefined =>
  URL.canParse(url) ? new URL(url).origin : undefined

const longestIssuer = 500

/**
 * What is no other resource: the client that the token was issued to, an endpoint of the issuer itself (userinfo), and
 * what the provider calls its own account pages.
 */
const ownAudiences = (claims: JsonObject): ((name: string) => boolean) => {
  const { iss, azp, client_id: client } = claims
  const issuer = typeof iss === 'string' && iss.length <= longestIssuer ? iss : ''
  const origin = originOf(issuer)
  const provided = providers
    .filter((provider) => provider.issuer?.test(issuer) === true)
    .flatMap(({ ownAudiences: own = [] }) => own)
  return (name) =>
    name === azp ||
    name === client ||
    provided.includes(name) ||
    (origin !== undefined && origin !== 'null' && originOf(name) === origin)
}

const checkBroad = (actual: readonly string[], policy: ClaimPolicy, claims: JsonObject): Check => {
  const beside = actual.filter((name) => !policy.audiences.includes(name))
  const isOwn = beside.length === 0 ? () => false : ownAudiences(claims)
  const others = beside.filter((name) => !isOwn(name))
  const shared = [...others, ...policy.audiences].filter(
    (name) => actual.includes(name) && (sharedAudiences.has(name) || name.includes('*')),
  )
  const named = [...new Set([...others, ...shared])]
  if (policy.audiences.length === 0 || named.length === 0) return pass('claim-aud-broad')
  return warn(problemOf('claim-aud-broad', { others: quoteList(named) }), {
    actual: named.slice(0, 20),
  })
}

/**
 * The audience group: claim-aud-missing (intro-aud for an introspection answer), claim-aud and the
 * advice beside them. Does not check the signature or who the issuer is.
 */
export const checkAudience = (
  claims: JsonObject,
  policy: ClaimPolicy,
  source: 'jwt' | 'introspection',
): readonly Check[] => {
  const missing = source === 'jwt' ? 'claim-aud-missing' : 'intro-aud'
  const expected = policy.audiences
  const actual = audiencesOf(claims, policy)
  const demanded = expected.length > 0 || (source === 'jwt' && policy.profile === 'strict')
  if (actual.length === 0) {
    const why = absence(claims, policy)
    return [
      demanded ? fail(problemOf(missing, { why }), { expected }) : skip(missing, why),
      skip('claim-aud', why),
      skip('claim-aud-broad', why),
    ]
  }
  if (expected.length === 0) {
    const because = 'no audience is expected: --audience or auth.audience names one'
    return [pass(missing), skip('claim-aud', because), skip('claim-aud-broad', because)]
  }
  const evidence = { expected, actual: actual.slice(0, 20) }
  if (audienceMatches(expected, actual)) {
    return [
      pass(missing),
      pass('claim-aud', undefined, evidence),
      checkBroad(actual, policy, claims),
    ]
  }
  return [
    pass(missing),
    ...mismatch(actual, policy),
    skip('claim-aud-broad', 'the token is not for this audience'),
  ]
}
