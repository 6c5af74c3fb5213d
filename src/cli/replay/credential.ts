// The credential of a recorded request before another configuration: who its caller would be, as far as that is recorded.
import { anyone, type Principal } from '../../base/principal.ts'
import { keyState } from '../../core/api-keys/key-file.ts'
import { keyPrincipal } from '../../core/api-keys/key-validator.ts'
import { hasIssuer } from '../../core/auth-config/auth-kinds.ts'
import { audienceList, audienceMatches } from '../../core/claims/audience.ts'
import { scopeCheck } from '../../core/claims/scopes.ts'
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import type { Check } from '../../core/verdict/check.ts'
import { failedChecks, judge } from '../../core/verdict/judge.ts'
import type { ClaimPolicy } from '../../core/token/claim-policy.ts'
import type { Json } from '../../base/json.ts'
import type { PastCaller } from '../../policy/policy.ts'
import { isProblemCode, type ProblemCode } from '../../problems/problem.ts'
import type { Candidate } from './candidate.ts'
import type { Reason, Recorded } from './replay-report.ts'

export type JudgedCredential =
  | { readonly kind: 'known'; readonly caller: PastCaller }
  /** Accepted, and nothing of what it allows was recorded. */
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly code: ProblemCode }
  | { readonly kind: 'open'; readonly reason: Reason; readonly about?: string | undefined }

const refused = (code: ProblemCode): JudgedCredential => ({ kind: 'refused', code })
const open = (reason: Reason, about?: string): JudgedCredential => ({ kind: 'open', reason, about })

/** A network is not one address. */
const addressOf = ({ caller, facts }: Recorded): string | null | undefined =>
  facts.address === 'full' ? (caller.address ?? undefined) : null

const known = (
  record: Recorded,
  principal: Principal,
  more: Partial<Pick<PastCaller, 'roles' | 'knows'>> = {},
): JudgedCredential => ({
  kind: 'known',
  caller: {
    principal,
    address: addressOf(record),
    roles: undefined,
    knows: () => true,
    ...more,
  },
})

/** Those of every request, and those that a gateway asks for. */
const scopesMissing = (
  { facts }: Recorded,
  required: readonly string[],
  granted: readonly string[],
): boolean =>
  scopeCheck([...new Set([...required, ...facts.wanted_scopes])], granted).status === 'fail'

const judgeStatic = (record: Recorded, { tokens }: Candidate): JudgedCredential => {
  const { token } = record.caller
  const key = token === null ? undefined : tokens.get(token)
  if (key === undefined) return refused('token-unknown')
  if (scopesMissing(record, [], [])) return refused('claim-scope')
  return known(record, { ...anyone, method: 'bearer', key })
}

const requiredOf = (auth: Candidate['auth']): readonly string[] =>
  auth.type === 'none' || auth.type === 'bearer' ? [] : auth.required_scopes

/** Undefined: the key file has no such key. */
const judgeKey = (record: Recorded, { keys, auth }: Candidate): JudgedCredential | undefined => {
  const { caller, time } = record
  const entry = caller.token === null ? undefined : keys.get(caller.token)
  if (entry === undefined) return undefined
  const state = keyState(entry, Date.parse(time))
  if (state !== 'active') return refused(state === 'revoked' ? 'key-revoked' : 'key-expired')
  const principal = keyPrincipal(entry)
  return scopesMissing(record, requiredOf(auth), principal.scopes)
    ? refused('claim-scope')
    : known(record, principal)
}

type Facts = NonNullable<Recorded['facts']['caller']>

const isTexts = (value: Json | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

/** Of the claims that name it there; undefined where other claims do. */
const audienceOf = (
  { checks }: Recorded,
  { audience }: Facts,
  { audienceClaims }: ClaimPolicy,
): readonly string[] | undefined => {
  if (audienceClaims.length === 1 && audienceClaims[0] === 'aud') return audience
  const judged = checks.find(({ id }) => id === 'claim-aud')?.evidence?.actual
  return isTexts(judged) ? judged : undefined
}

const isKnownPath = (facts: Facts, path: string): boolean => {
  const [head = ''] = path.split('.')
  return [path, head].some(
    (name) => Object.hasOwn(facts.claims, name) || facts.absent.includes(name),
  )
}

/** How claims give roles there: from the claim, or as they gave them here. Undefined: that is not recorded. */
const rolesThere = (
  facts: Facts,
  { roleClaim, roleMapping, policy }: Candidate,
): { readonly roles: readonly string[] | undefined } | undefined => {
  if (roleClaim === undefined || policy.roles.length === 0) return { roles: undefined }
  if (roleMapping === facts.role_mapping) return { roles: facts.roles }
  const isKnown = roleClaim === 'scope' || isKnownPath(facts, roleClaim)
  return isKnown ? { roles: undefined } : undefined
}

const judgeIssued = (record: Recorded, facts: Facts, candidate: Candidate): JudgedCredential => {
  const { iss, sub, client_id: clientId } = record.caller
  const { method, scopes, audience, claims, own_roles: roles } = facts
  const expected = candidate.expects(iss ?? undefined)
  if (expected === undefined) {
    return method === 'jwt' ? refused('claim-iss') : open('credential-kind', method)
  }
  if (candidate.tokenRules.of(iss ?? undefined) !== record.facts.token_rules) {
    return open('token-rules')
  }
  const named = audienceOf(record, facts, expected)
  if (named === undefined && expected.audiences.length > 0) return open('token-rules')
  if (named?.length === 0 && expected.audiences.length > 0) {
    return refused(method === 'jwt' ? 'claim-aud-missing' : 'intro-aud')
  }
  if (!audienceMatches(expected.audiences, named)) return refused('claim-aud')
  if (scopesMissing(record, expected.requiredScopes, scopes)) return refused('claim-scope')
  const there = rolesThere(facts, candidate)
  if (there === undefined) return open('role-claim', candidate.roleClaim)
  const principal: Principal = {
    method,
    key: '',
    ...(iss === null ? {} : { iss }),
    ...(sub === null ? {} : { sub }),
    ...(clientId === null ? {} : { clientId }),
    scopes,
    roles,
    audience,
    claims,
  }
  return known(record, principal, { ...there, knows: (claim) => isKnownClaim(facts, claim) })
}

const isKnownClaim = ({ claims, absent }: Facts, claim: string): boolean =>
  Object.hasOwn(claims, claim) || absent.includes(claim)

/** Of a caller that was accepted. */
const judgeAccepted = (record: Recorded, facts: Facts, candidate: Candidate): JudgedCredential => {
  const { auth } = candidate
  switch (facts.method) {
    case 'none':
      return open('no-credential')
    case 'bearer':
      if (auth.type === 'bearer') return judgeStatic(record, candidate)
      return auth.type === 'keys' ? refused('key-unknown') : open('credential-kind', 'bearer')
    case 'key': {
      const judged = judgeKey(record, candidate)
      if (judged !== undefined) return judged
      if (candidate.keys.size > 0 || auth.type === 'keys') return refused('key-unknown')
      return auth.type === 'bearer' ? refused('token-unknown') : open('credential-kind', 'key')
    }
    case 'jwt':
    case 'introspection':
      if (hasIssuer(auth)) return judgeIssued(record, facts, candidate)
      return refused(auth.type === 'bearer' ? 'token-unknown' : 'key-unknown')
  }
}

/** As the judge of verdicts takes them: what was found, without its words. */
const checkOf = ({ id, status, message, evidence }: CheckReport): Check =>
  status === 'skip'
    ? { id, status, because: message ?? '' }
    : { id, status, message: message ?? '', ...(evidence === null ? {} : { evidence }) }

/** Without one of these no token was ever accepted. */
const decisive: readonly string[] = ['sig-verify', 'intro-active']

const failed = (id: ProblemCode): Check => ({ id, status: 'fail', message: '' })

/** The checks that depend on issuer, audience and scopes: they are made again. */
const expectedChecks: readonly string[] = [
  'claim-iss',
  'claim-aud',
  'claim-aud-missing',
  'intro-aud',
  'claim-scope',
]

/** Of a token that was refused: what it claims, or else what was compared. Undefined: that was not recorded. */
const claimedAudience = (
  { caller: { claimed }, checks }: Recorded,
  { audienceClaims }: ClaimPolicy,
): readonly string[] | undefined => {
  if (claimed !== null && audienceClaims.length === 1 && audienceClaims[0] === 'aud') {
    return audienceList(claimed.aud ?? undefined)
  }
  const judged = checks.find(({ id }) => id === 'claim-aud')?.evidence?.actual
  return isTexts(judged) ? judged : undefined
}

/** Undefined: what has to be compared was not recorded. */
const expectedAgain = (record: Recorded, expected: ClaimPolicy): readonly Check[] | undefined => {
  const { audiences, requiredScopes } = expected
  const again: Check[] = []
  if (audiences.length > 0) {
    const named = claimedAudience(record, expected)
    if (named === undefined) return undefined
    if (named.length === 0) again.push(failed('claim-aud-missing'))
    else if (!audienceMatches(audiences, named)) again.push(failed('claim-aud'))
  }
  if (requiredScopes.length === 0 && record.facts.wanted_scopes.length === 0) return again
  const granted = record.checks.find(({ id }) => id === 'claim-scope')?.evidence?.actual
  // Another refusal comes before that of a scope.
  if (!isTexts(granted)) return again.length > 0 ? again : undefined
  if (scopesMissing(record, requiredScopes, granted)) again.push(failed('claim-scope'))
  return again
}

/** Of a token that was refused: the checks that depend on what [auth] expects are made again. */
const judgeRefusedToken = (record: Recorded, candidate: Candidate): JudgedCredential => {
  const { claimed } = record.caller
  const iss = typeof claimed?.iss === 'string' ? claimed.iss : undefined
  const expected = candidate.expects(iss)
  if (expected === undefined) return iss === undefined ? open('not-asked') : refused('claim-iss')
  const { token_rules: rules } = record.facts
  if (rules !== null && rules !== candidate.tokenRules.of(iss)) return open('token-rules')
  const others = record.checks
    .filter(({ id }) => isProblemCode(id) && !expectedChecks.includes(id))
    .map(checkOf)
  const again = expectedAgain(record, expected)
  const found = failedChecks([...others, ...(again ?? [])])
  if (found.length > 0) {
    const verdict = judge(found, () => anyone, undefined)
    return verdict.outcome === 'rejected' ? refused(verdict.problem.code) : open('undecided')
  }
  const isProven = others.some(({ id, status }) => decisive.includes(id) && status === 'pass')
  return isProven && rules !== null && again !== undefined
    ? { kind: 'accepted' }
    : open('not-asked')
}

/** Neither there nor here was anything sent that could be judged. */
const isMissing = ({ code }: Recorded): boolean =>
  code === 'req-token-missing' || code === 'req-authorization-malformed'

/** Whether the record is about a credential that was refused. */
export const isRefusedCredential = (record: Recorded): boolean =>
  record.facts.caller === null &&
  record.code !== null &&
  (isMissing(record) || !/^(?:req|limit)-/.test(record.code))

export const judgeCredential = (record: Recorded, candidate: Candidate): JudgedCredential => {
  const { auth } = candidate
  const { facts, code, outcome } = record
  if (record.request.door === 'stdio' || auth.type === 'none') return known(record, anyone)
  if (facts.caller !== null) return judgeAccepted(record, facts.caller, candidate)
  if (isMissing(record)) return refused(code as ProblemCode)
  if (auth.type === 'bearer') return judgeStatic(record, candidate)
  const byKey = judgeKey(record, candidate)
  if (byKey !== undefined) return byKey
  if (code?.startsWith('key-') === true) {
    return keyCodes.includes(code) ? refused('key-unknown') : refused(code as ProblemCode)
  }
  if (!hasIssuer(auth)) return refused('key-unknown')
  if (outcome === 'undecided') return open('undecided')
  // It was compared with a list, and not read.
  if (code === 'token-unknown') return open('not-asked')
  return judgeRefusedToken(record, candidate)
}

/** What only a key that is in the file gets. */
const keyCodes: readonly string[] = ['key-revoked', 'key-expired']
