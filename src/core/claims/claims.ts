// What the claims of a token must say, whoever vouches for them: a signature or an introspection answer.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { type Problem, type ProblemCode, problemOf } from '../../problems/problem.ts'
import { checkAudience } from './audience.ts'
import { checkBinding } from './binding.ts'
import { foreignApiOf } from '../providers/providers.ts'
import { workloadTokenOf } from '../providers/workloads.ts'
import { fail, pass, skip, warn, type Check, type Evidence } from '../verdict/check.ts'
import type { ClaimPolicy, ClaimSource } from '../token/claim-policy.ts'
import { publicOfPair } from '../verdict/internal-issuer.ts'
import { isTenantMiss, nearMiss } from '../verdict/near-miss.ts'
import { quote, quoteList } from '../../base/quote.ts'
import { checkScopes } from './scopes.ts'
import { checkTimes } from './time-claims.ts'
import { otherKind } from '../token/token-kind.ts'

const isHttpUrl = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/** Absent, or null where an introspection answer means "none" by it. */
const isAbsent = (value: Json | undefined, source: ClaimSource): boolean =>
  value === undefined || (value === null && source === 'introspection')

/** Where AD FS has its keys, for tokens that name its service instead of what its metadata says (`access_token_issuer`). */
const adfsKeySet = (iss: string, issuer: string): string | undefined => {
  if (!/^https?:\/\/[^/?#]+\/adfs\/services\/trust$/i.test(iss) || !URL.canParse(issuer))
    return undefined
  const { origin, host, pathname } = new URL(issuer)
  return /^\/adfs\/?$/i.test(pathname) && host === new URL(iss).host
    ? `${origin}${pathname.replace(/\/$/, '')}/discovery/keys`
    : undefined
}

const nearProblem = (iss: string, issuer: string, what: string, expected: string): Problem => {
  const keys = adfsKeySet(iss, issuer)
  const values = { iss: quote(iss), expected }
  if (keys !== undefined) return problemOf('claim-iss', 'adfs', { ...values, keys: quote(keys) })
  return problemOf('claim-iss', isTenantMiss(what) ? 'tenant' : 'near', values)
}

/** What is wrong with an issuer that is not expected, in the words of its cause. */
const issuerProblems = (
  claims: JsonObject,
  issuers: readonly string[],
): readonly (readonly [Problem, Evidence?])[] => {
  const { iss } = claims
  const expected = quoteList(issuers)
  if (iss === undefined) return [[problemOf('claim-iss', 'absent', { expected })]]
  const values = { iss: quote(iss), expected }
  if (typeof iss !== 'string') return [[problemOf('claim-iss', 'not-url', values)]]
  const near = issuers.flatMap((b) => {
    const what = nearMiss(iss, b)
    return what === undefined ? [] : [{ b, what }]
  })[0]
  const api = foreignApiOf(claims['aud'])
  const workload = workloadTokenOf(iss, claims['sub'])
  const cause = (): Problem => {
    if (api !== undefined) return problemOf('claim-iss', 'api', { ...values, ...api })
    if (workload !== undefined) return problemOf('claim-iss', 'workload', { ...values, workload })
    if (near !== undefined) return nearProblem(iss, near.b, near.what, expected)
    const publicName = issuers.flatMap((issuer) => publicOfPair(iss, issuer) ?? [])[0]
    if (publicName !== undefined) {
      return problemOf('claim-iss', 'internal', { ...values, public: quote(publicName) })
    }
    return problemOf('claim-iss', isHttpUrl(iss) ? 'other' : 'not-url', values)
  }
  return near === undefined
    ? [[cause()]]
    : [
        [cause()],
        [
          problemOf('claim-iss-near-miss', near),
          { expected: near.b, actual: iss, note: near.what },
        ],
      ]
}

const checkIssuer = (
  claims: JsonObject,
  { issuers }: ClaimPolicy,
  source: ClaimSource,
): readonly Check[] => {
  const { iss } = claims
  if (source === 'introspection') {
    if (isAbsent(iss, source)) return [skip('claim-iss', 'the answer names no issuer')]
    if (issuers.length === 0) return [skip('claim-iss', 'no issuer is expected')]
  }
  const evidence = { expected: issuers, ...(iss === undefined ? {} : { actual: iss }) }
  if (typeof iss === 'string' && issuers.includes(iss)) {
    return [pass('claim-iss', undefined, evidence)]
  }
  return issuerProblems(claims, issuers).map(([problem, more]) =>
    problem.code === 'claim-iss' ? fail(problem, evidence) : warn(problem, more),
  )
}

const checkKind = (claims: JsonObject, policy: ClaimPolicy, typ: unknown): Check => {
  if (policy.profile === 'off') return skip('claim-token-kind', 'profile is off')
  const other = otherKind(claims, typ)
  return other === undefined
    ? pass('claim-token-kind')
    : fail(problemOf('claim-token-kind', other.kind, other.sign))
}

/** What identifies the client, where issuers really put it. */
export const clientClaims = ['client_id', 'azp', 'appid', 'cid'] as const

const isText = (value: Json | undefined): boolean => typeof value === 'string' && value !== ''

const checkIdentity = (claims: JsonObject, policy: ClaimPolicy, source: ClaimSource): Check => {
  const strict = policy.profile === 'strict' && source === 'jwt'
  const present: Record<string, boolean> = {
    sub: isText(claims['sub']),
    client_id: isText(claims['client_id']),
    jti: isText(claims['jti']),
    iat: typeof claims['iat'] === 'number',
  }
  const named = Object.keys(present).filter((name) => !present[name])
  if (strict) {
    if (named.length === 0) return pass('claim-identity')
    const problem = problemOf('claim-identity', 'strict', { claims: named.join(', ') })
    return fail(problem, { expected: Object.keys(present) })
  }
  const client = clientClaims.find((name) => isText(claims[name]))
  if (present['sub'] === true) {
    return client === undefined
      ? warn(problemOf('claim-identity', 'client'))
      : pass('claim-identity')
  }
  return client === undefined
    ? warn(problemOf('claim-identity', 'caller'))
    : warn(problemOf('claim-identity', 'substitute', { claim: client }))
}

const checkGroups = (claims: JsonObject): Check => {
  const names = claims['_claim_names']
  const { groups } = claims
  if (isJsonObject(names) && names['groups'] !== undefined) {
    return warn(problemOf('claim-groups-overage', 'elsewhere'))
  }
  if (claims['hasgroups'] === true || claims['hasgroups'] === 'true') {
    return warn(problemOf('claim-groups-overage', 'flagged'))
  }
  return Array.isArray(groups) && groups.length > 150
    ? warn(problemOf('claim-groups-overage', 'near', { n: groups.length }))
    : pass('claim-groups-overage')
}

/**
 * Every check of the groups Claims, Time and Binding at `nowSeconds`. Pure. `typ` is the header of a
 * JWT. Does not check who vouches for the claims: neither the signature nor whether the introspection
 * answer says `active`.
 */
export const checkClaims = (
  claims: JsonObject,
  policy: ClaimPolicy,
  nowSeconds: number,
  source: ClaimSource,
  typ?: unknown,
): Check[] => [
  ...checkIssuer(claims, policy, source),
  ...checkAudience(claims, policy, source),
  checkKind(claims, policy, typ),
  ...checkScopes(claims, policy),
  checkIdentity(claims, policy, source),
  checkGroups(claims),
  ...checkTimes(claims, policy, nowSeconds, source),
  ...checkBinding(claims, policy, source),
]

/** The questions that cannot be asked without readable claims. */
const claimQuestions: readonly ProblemCode[] = [
  'claim-iss',
  'claim-aud',
  'claim-token-kind',
  'claim-scope',
  'claim-identity',
  'time-exp',
  'time-nbf',
  'pop-dpop',
  'pop-mtls',
]

export const skippedClaims = (because: string): readonly Check[] =>
  claimQuestions.map((id) => skip(id, because))
