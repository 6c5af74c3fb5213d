// What a published key set says beside its keys: certificates, cache lifetime, readiness for a rotation.
import { createHash, X509Certificate } from 'node:crypto'
import type { Exchange } from '../../net/exchange.ts'
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { type Problem, problemOf, together } from '../../problems/problem.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import { duration } from '../../base/duration.ts'
import { importKey, isKeySet, type KeySetExamination } from './key-set.ts'
import { quote } from '../../base/quote.ts'
import { silenceOf } from '../../net/unanswered.ts'

/** Some libraries pad base64url, or write base64: the bytes count. */
const isThumbprint = (value: string, algorithm: 'sha1' | 'sha256', der: Uint8Array): boolean =>
  createHash(algorithm).update(der).digest().equals(Buffer.from(value, 'base64url'))

/** Serialisers write null, an empty string or an empty list for what a key does not have. */
const isGiven = (value: Json | undefined): boolean =>
  value !== undefined &&
  value !== null &&
  value !== '' &&
  !(Array.isArray(value) && value.length === 0)

const readCertificate = (value: Json | undefined): X509Certificate | undefined => {
  if (typeof value !== 'string') return undefined
  try {
    return new X509Certificate(Buffer.from(value, 'base64'))
  } catch {
    return undefined
  }
}

/** A key that cannot be read is no other key: jwks-usable says what it lacks. */
const isOfAnother = (certificate: X509Certificate, jwk: JsonObject): boolean => {
  const key = importKey(jwk)
  return key !== undefined && !certificate.publicKey.equals(key)
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

/** RFC 7517 sections 4.7 to 4.9: what is wrong with the certificates of one key. */
const certificateFlaws = (jwk: JsonObject, nowMs: number): readonly string[] => {
  const chain = jwk['x5c']
  const first = Array.isArray(chain) ? readCertificate(chain[0]) : undefined
  if (first === undefined) return ['it is not readable']
  const [from, to] = [new Date(first.validFrom), new Date(first.validTo)]
  const wrongPrint = (member: string, algorithm: 'sha1' | 'sha256'): boolean =>
    isGiven(jwk[member]) &&
    !(typeof jwk[member] === 'string' && isThumbprint(jwk[member], algorithm, first.raw))
  return [
    ...(isOfAnother(first, jwk) ? ['it is of another key'] : []),
    ...(to.getTime() < nowMs ? [`it expired on ${day(to)}`] : []),
    ...(from.getTime() > nowMs ? [`it is valid from ${day(from)}`] : []),
    ...(wrongPrint('x5t', 'sha1') ? ['x5t is not its thumbprint'] : []),
    ...(wrongPrint('x5t#S256', 'sha256') ? ['x5t#S256 is not its thumbprint'] : []),
  ]
}

const nameOf = (jwk: JsonObject, index: number): string =>
  typeof jwk['kid'] === 'string' ? `kid ${quote(jwk['kid'])}` : `key ${String(index + 1)}`

const entriesOf = (document: unknown): readonly JsonObject[] => {
  if (!isKeySet(document)) return []
  const { keys } = document
  return Array.isArray(keys) ? keys.filter(isJsonObject) : []
}

/** Looks at the first certificate alone: nobody has to trust the chain, for the key is taken from the JWK. */
export const checkCertificates = (document: unknown, nowMs: number): Check => {
  const id = 'jwks-x5c'
  const certified = entriesOf(document).flatMap((jwk, index) =>
    !isGiven(jwk['x5c']) ? [] : [{ name: nameOf(jwk, index), jwk }],
  )
  if (certified.length === 0) return skip(id, 'no key has a certificate')
  const [first, ...others] = certified.flatMap(({ name, jwk }) => {
    const flaws = certificateFlaws(jwk, nowMs)
    return flaws.length === 0 ? [] : [problemOf(id, { key: name, why: flaws.join(', ') })]
  })
  return first === undefined
    ? pass(id, `${String(certified.length)} certificates`)
    : warn(together(first, ...others.slice(0, 4)))
}

const looseEnds = (answer: Exchange): readonly string[] => [
  ...answer.redirects.map((hop) => `redirect to ${hop.headers['location'] ?? ''}`),
  ...(answer.contentType === 'application/json' || answer.contentType === 'application/jwk-set+json'
    ? []
    : [`served as ${answer.contentType ?? 'no content type'}`]),
  ...(answer.marked === true ? ['begins with a byte order mark'] : []),
]

/** RFC 7517 section 5. `problem` is what keeps the answer from being a key set. */
export const checkFetch = (answer: Exchange, problem: Problem | undefined): Check => {
  const id = 'jwks-fetch'
  const url = answer.redirects[0]?.url ?? answer.url
  if (problem !== undefined) {
    // What is not a URL that can be asked is wrong for everybody, whatever the network says.
    const silence = answer.fault?.kind === 'url' ? undefined : silenceOf(answer)
    return silence === undefined ? fail(problem) : skip(id, `${silence}: ${url}`, 'answer')
  }
  const loose = looseEnds(answer)
  return loose.length > 0
    ? warn(problemOf(id, 'loose', { findings: loose.join('; '), url }), undefined, 'low')
    : pass(id, `200, ${String(answer.bytes)} bytes, ${String(Math.round(answer.ms))} ms`)
}

const shortestSeconds = 300
const longestSeconds = 86_400

/** RFC 9111 section 5.2. Too short costs requests, too long costs logins after a rotation. */
export const checkCaching = ({ headers }: Exchange): Check => {
  const id = 'jwks-cache'
  const control = headers['cache-control']?.toLowerCase() ?? ''
  const stated = /(?:^|[\s,])max-age="?(\d{1,10})/.exec(control)?.[1]
  const etag = headers['etag'] === undefined ? 'no ETag' : 'ETag'
  const age = /^\d{1,10}$/.test(headers['age'] ?? '') ? Number(headers['age']) : 0
  if (/no-store|no-cache/.test(control)) return warn(problemOf(id, 'forbidden'))
  if (stated === undefined) return warn(problemOf(id, 'unstated'))
  const seconds = Number(stated)
  if (seconds < shortestSeconds) return warn(problemOf(id, 'short', { age: stated }))
  if (seconds > longestSeconds) return warn(problemOf(id, 'long', { age: stated }))
  if (age >= seconds) return warn(problemOf(id, 'cached', { age: stated, held: age }))
  return pass(id, `reused for ${duration(seconds)}, ${etag}`)
}

/** OpenID Connect Core section 10.1.1. One look cannot tell how long the keys overlap. */
export const checkRotation = ({ usable }: KeySetExamination): Check => {
  const id = 'jwks-rotation'
  if (usable === 0) return skip(id, 'there is no usable key')
  return usable === 1 ? warn(problemOf(id)) : pass(id, `${String(usable)} keys`)
}
