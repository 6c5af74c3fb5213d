// What ties a DPoP proof to one request: htm, htu, iat, jti, ath (RFC 9449 section 4.3).
import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../base/json.ts'
import { quote } from '../../base/quote.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Presentation } from '../verdict/presentation.ts'
import type { ProofFault } from './proof-fault.ts'

const id = 'pop-dpop-proof'

export interface ProofWindow {
  readonly maxAgeSeconds: number
  readonly toleranceSeconds: number
}

const checkMethod = ({ htm }: JsonObject, method: string): readonly ProofFault[] => {
  if (htm === method) return []
  const values = { htm: quote(htm), method }
  const isCase = typeof htm === 'string' && htm.toUpperCase() === method
  return [
    {
      predicate: 'htm',
      problem:
        htm === undefined
          ? problemOf(id, 'htm-missing', { method })
          : problemOf(id, isCase ? 'htm-case' : 'htm', values),
      expected: method,
      actual: htm ?? null,
    },
  ]
}

/** RFC 9449 section 4.3: compared without query and fragment, after the normalisation of RFC 3986. */
const comparable = (url: string): string | undefined => {
  if (!URL.canParse(url)) return undefined
  const { protocol, host, pathname } = new URL(url)
  return host === '' ? undefined : `${protocol}//${host}${pathname}`
}

/** In what two URLs differ, as a case of the catalogue. */
const difference = (
  first: string,
  second: string,
): 'htu-host' | 'htu-scheme' | 'htu-slash' | 'htu' => {
  const [named, wanted] = [new URL(first), new URL(second)]
  const isSamePath = named.pathname === wanted.pathname
  if (named.host !== wanted.host) return isSamePath ? 'htu-host' : 'htu'
  if (named.protocol !== wanted.protocol) return isSamePath ? 'htu-scheme' : 'htu'
  const bare = ({ pathname }: URL): string => pathname.replace(/\/$/, '')
  return bare(named) === bare(wanted) ? 'htu-slash' : 'htu'
}

const checkUrl = ({ htu }: JsonObject, publicUrl: string): readonly ProofFault[] => {
  // A query may contain a secret: `named` is without it.
  const named = typeof htu === 'string' ? comparable(htu) : undefined
  const url = comparable(publicUrl) ?? publicUrl
  if (named === url) return []
  const values = { htu: quote(named ?? htu), url }
  const problem =
    htu === undefined
      ? problemOf(id, 'htu-missing', { url })
      : problemOf(id, named === undefined ? 'htu-form' : difference(named, url), values)
  return [{ predicate: 'htu', problem, expected: url, actual: named ?? htu ?? null }]
}

/** In seconds this is after the year 5000. */
const leastMilliseconds = 1e11

const ageProblem = (
  iat: Json | undefined,
  { maxAgeSeconds, toleranceSeconds }: ProofWindow,
  nowSeconds: number,
): Problem | undefined => {
  if (iat === undefined) return problemOf(id, 'iat-missing')
  if (typeof iat !== 'number' || !Number.isFinite(iat)) {
    return problemOf(id, 'iat-form', { iat: quote(iat) })
  }
  if (iat > leastMilliseconds) return problemOf(id, 'iat-unit', { iat })
  const age = Math.round(nowSeconds - iat)
  if (age > maxAgeSeconds + toleranceSeconds) {
    return problemOf(id, 'iat-old', { age, max: maxAgeSeconds })
  }
  return age < -toleranceSeconds
    ? problemOf(id, 'iat-future', { ahead: -age, tolerance: toleranceSeconds })
    : undefined
}

const checkAge = (
  { iat }: JsonObject,
  window: ProofWindow,
  nowSeconds: number,
): readonly ProofFault[] => {
  const problem = ageProblem(iat, window, nowSeconds)
  return problem === undefined ? [] : [{ predicate: 'iat', problem, actual: iat ?? null }]
}

const checkIdentifier = ({ jti }: JsonObject): readonly ProofFault[] => {
  if (typeof jti === 'string' && jti !== '') return []
  const problem =
    jti === undefined
      ? problemOf(id, 'jti-missing')
      : problemOf(id, 'jti-form', { jti: quote(jti) })
  return [{ predicate: 'jti', problem }]
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Fixed mistakes of clients: each has a remedy of its own. */
const hashProblem = (ath: Json | undefined, token: string, digest: Buffer): Problem => {
  if (ath === undefined) return problemOf(id, 'ath-missing')
  if (typeof ath !== 'string') return problemOf(id, 'ath')
  const [hex, base64] = [digest.toString('hex'), digest.toString('base64')]
  const encodings = [base64, base64.replace(/=+$/, ''), `${digest.toString('base64url')}=`]
  if (ath.toLowerCase() === hex || encodings.includes(ath)) return problemOf(id, 'ath-encoding')
  const around = [`DPoP ${token}`, `Bearer ${token}`, `${token}\n`]
  return around.some((text) => sha256(text).toString('base64url') === ath)
    ? problemOf(id, 'ath-scheme')
    : problemOf(id, 'ath')
}

/** RFC 9449 section 4.2: the hash that ties a proof to one token. */
const checkHash = ({ ath }: JsonObject, token: string): readonly ProofFault[] => {
  const digest = sha256(token)
  return ath === digest.toString('base64url')
    ? []
    : [{ predicate: 'ath', problem: hashProblem(ath, token, digest) }]
}

export interface ProofContext {
  readonly token: string
  readonly rules: ProofWindow
  readonly nowSeconds: number
}

/** Every claim of a proof against the request that brought it. Does not check the nonce. */
export const checkProofClaims = (
  claims: JsonObject,
  { method, url }: Presentation,
  { token, rules, nowSeconds }: ProofContext,
): readonly ProofFault[] => [
  ...checkMethod(claims, method),
  ...checkUrl(claims, url),
  ...checkAge(claims, rules, nowSeconds),
  ...checkIdentifier(claims),
  ...checkHash(claims, token),
]
