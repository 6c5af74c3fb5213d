// Verifies signed introspection answers (RFC 9701 sections 5 and 8): who said it, to whom, and when.
import type { Clock } from '../../base/clock.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import { fail, skip, type Check } from '../verdict/check.ts'
import type { IntrospectionAnswer } from './introspection-request.ts'
import {
  checkHeader,
  isKnownAlgorithm,
  knownAlgorithms,
  type Algorithm,
} from '../token/jose-header.ts'
import { failedChecks } from '../verdict/judge.ts'
import type { KeySource } from '../keys/key-source.ts'
import { verifySignature } from '../keys/verify-signature.ts'
import { quote, quoteList } from '../../base/quote.ts'
import { mediaType } from '../token/token-kind.ts'
import { readToken, type SignedToken } from '../token/token-shape.ts'

export interface SignedAnswerOptions {
  /** The keys of the authorization server. */
  readonly keys: KeySource
  /** What the authorization server may call itself. */
  readonly issuers: readonly string[]
  /** The answer must be meant for this client: ours. */
  readonly clientId: string
  /** The allow-list; undefined: every asymmetric algorithm we know. */
  readonly algorithms: readonly Algorithm[] | undefined
  readonly clock: Clock
  readonly clockToleranceSeconds: number
}

/** An older answer is one that somebody kept: what it says of the token is no longer news. */
const longestAgeSeconds = 300

const wrong = (check: string, evidence?: Check['evidence']): Check =>
  fail(problemOf('intro-jwt', 'check', { check }), evidence)

const unverified = (
  checks: readonly Check[],
  retryAfterSeconds?: number,
): Extract<IntrospectionAnswer, { readonly kind: 'unverified' }> => ({
  kind: 'unverified',
  checks,
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
})

const namesClient = (aud: unknown, clientId: string): boolean =>
  aud === clientId || (Array.isArray(aud) && aud.includes(clientId))

/** What the claims of the envelope have against it, or undefined. */
const envelopeFault = (claims: JsonObject, options: SignedAnswerOptions): Check | undefined => {
  const { iss, aud, iat, exp } = claims
  const { issuers, clientId, clockToleranceSeconds: tolerance } = options
  const now = options.clock.now() / 1000
  if (typeof iss !== 'string' || !issuers.includes(iss)) {
    const values = { iss: quote(iss), expected: quoteList(issuers) }
    const evidence = { expected: issuers, actual: iss ?? null }
    return fail(problemOf('intro-jwt', 'issuer', values), evidence)
  }
  if (!namesClient(aud, clientId)) {
    const problem = problemOf('intro-jwt', 'audience', { client: quote(clientId) })
    return fail(problem, { expected: clientId, actual: aud ?? null })
  }
  if (typeof iat !== 'number' || !Number.isFinite(iat)) return wrong('iat: there is none')
  if (iat > now + tolerance) return wrong('iat: it is in the future: a clock is off')
  if (now - iat > longestAgeSeconds + tolerance) {
    return wrong(`iat: it was made ${Math.round(now - iat)} s ago`)
  }
  if (typeof exp === 'number' && now >= exp + tolerance) return wrong('exp: it has expired')
  return undefined
}

/** The header's own checks speak of tokens; here any of their refusals is one of the answer. */
const headerFault = (
  { header, claims, signature, checks }: SignedToken,
  allowed: readonly Algorithm[],
): Check | undefined => {
  if (mediaType(header['typ']) !== 'token-introspection+jwt') {
    return wrong(`typ: ${quote(header['typ'])}, expected "token-introspection+jwt"`)
  }
  const [bad] = failedChecks([...checks, ...checkHeader(header, allowed, 'off')])
  if (bad !== undefined) return wrong(`${bad.id}: ${bad.message}`)
  return claims === undefined || signature === undefined ? wrong('its form') : undefined
}

/** A key that nobody could fetch is no verdict on the answer: that cause stays itself. */
const keyFault = (checks: readonly Check[]): readonly Check[] => {
  const failed = failedChecks(checks)
  const [why] = failed
  if (failed.some(({ id }) => id === 'jwks-fetch')) {
    const unreachable = checks.filter(({ status }) => status === 'fail' || status === 'warn')
    return [...unreachable, skip('intro-jwt', 'there are no keys to check the answer with')]
  }
  return [wrong(why === undefined ? 'sig-verify' : `${why.id}: ${why.message}`)]
}

/**
 * Believes a signed answer or says why not. The result of an answer that verifies is what an unsigned
 * answer would have said. Does not judge that: neither `active` nor any claim about the token.
 */
export const verifySignedAnswer = async (
  jwt: string,
  options: SignedAnswerOptions,
  signal: AbortSignal,
): Promise<IntrospectionAnswer> => {
  const shape = readToken(jwt)
  if (shape.shape !== 'jws') {
    const form = shape.shape === 'jwe' ? 'encrypted, and we hold no key' : 'not a JWT'
    return unverified([wrong(`its form: ${form}`)])
  }
  const bad = headerFault(shape, options.algorithms ?? knownAlgorithms)
  const { claims, signature, header } = shape
  const { alg, kid } = header
  if (bad !== undefined || claims === undefined || signature === undefined) {
    return unverified([bad ?? wrong('its form')])
  }
  if (!isKnownAlgorithm(alg)) return unverified([wrong('alg')])
  const fault = envelopeFault(claims, options)
  if (fault !== undefined) return unverified([fault])
  const query = { alg, kid: typeof kid === 'string' ? kid : undefined }
  const signed = { token: jwt, alg, signature }
  const { checks, retryAfterSeconds } = await verifySignature(signed, options.keys, query, signal)
  if (!checks.some(({ id, status }) => id === 'sig-verify' && status === 'pass')) {
    return unverified(keyFault(checks), retryAfterSeconds)
  }
  const body = claims['token_introspection']
  if (!isJsonObject(body)) return unverified([wrong('token_introspection: there is none')])
  if (body['active'] === undefined) {
    return unverified([wrong('token_introspection: it has no `active`')])
  }
  return { kind: 'answer', body, signed: true }
}
