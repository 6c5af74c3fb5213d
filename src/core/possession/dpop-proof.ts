// Whether a DPoP proof is good for one request (RFC 9449 section 4.3), told predicate by predicate.
import { createHash, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import { fail, pass, type Check } from '../verdict/check.ts'
import { checkHeader, isKnownAlgorithm, type Algorithm } from '../token/jose-header.ts'
import { checkSignature } from '../keys/jws.ts'
import { examineKeySet, keyFits } from '../keys/key-set.ts'
import type { Presentation } from '../verdict/presentation.ts'
import { quote } from '../../base/quote.ts'
import { maxTokenLength } from '../token/token-input.ts'
import { mediaType } from '../token/token-kind.ts'
import { readToken, type SignedToken } from '../token/token-shape.ts'

/** A predicate of section 4.3 that does not hold. */
interface Fault {
  readonly predicate:
    'header' | 'form' | 'typ' | 'alg' | 'jwk' | 'signature' | 'htm' | 'htu' | 'iat' | 'jti' | 'ath'
  readonly why: string
  readonly expected?: Json
  readonly actual?: Json
}

export interface ProofRules {
  readonly algorithms: readonly Algorithm[]
  readonly maxAgeSeconds: number
  readonly toleranceSeconds: number
}

export interface ProofExamination {
  /** pop-dpop-proof. */
  readonly check: Check
  /** RFC 7638 thumbprint of the proof's key; undefined where that key cannot be read. */
  readonly jkt: string | undefined
  readonly jti: string | undefined
  readonly iatSeconds: number | undefined
  readonly nonce: Json | undefined
}

/** RFC 9449 section 4.2: the hash that ties a proof to one token. */
const accessTokenHash = (token: string): string =>
  createHash('sha256').update(token).digest('base64url')

/** RFC 9449 section 4.3: compared without query and fragment, after the normalisation of RFC 3986. */
const comparable = (url: string): string | undefined => {
  if (!URL.canParse(url)) return undefined
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const checkMethod = ({ htm }: JsonObject, method: string): readonly Fault[] =>
  htm === method
    ? []
    : [
        {
          predicate: 'htm',
          why: `htm is ${quote(htm)}, the method is ${method}`,
          expected: method,
          actual: htm ?? null,
        },
      ]

const checkUrl = ({ htu }: JsonObject, url: string): readonly Fault[] => {
  const named = typeof htu === 'string' ? comparable(htu) : undefined
  const expected = comparable(url)
  return named !== undefined && named === expected
    ? []
    : [
        {
          predicate: 'htu',
          // A query may hold what nobody should read in a log.
          why: `htu is ${quote(named ?? htu)}, the URL is ${expected ?? 'not known'}`,
          expected: expected ?? null,
          actual: named ?? htu ?? null,
        },
      ]
}

const checkAge = (
  { iat }: JsonObject,
  { maxAgeSeconds, toleranceSeconds }: ProofRules,
  nowSeconds: number,
): readonly Fault[] => {
  if (typeof iat !== 'number' || !Number.isFinite(iat)) {
    return [{ predicate: 'iat', why: `iat is ${quote(iat)}, not a date`, actual: iat ?? null }]
  }
  const age = Math.round(nowSeconds - iat)
  const wrong = (why: string): readonly Fault[] => [{ predicate: 'iat', why, actual: iat }]
  if (age > maxAgeSeconds + toleranceSeconds) {
    return wrong(`it was made ${age} s ago, more than ${maxAgeSeconds} s`)
  }
  return age < -toleranceSeconds ? wrong(`it is dated ${-age} s in the future`) : []
}

const checkClaims = (
  claims: JsonObject,
  { method, url }: Presentation,
  { token, rules, nowSeconds }: ProofContext,
): readonly Fault[] => {
  const ath = accessTokenHash(token)
  return [
    ...checkMethod(claims, method),
    ...checkUrl(claims, url),
    ...checkAge(claims, rules, nowSeconds),
    ...(text(claims['jti']) === undefined
      ? [{ predicate: 'jti', why: 'jti is missing' } as const]
      : []),
    ...(claims['ath'] === ath
      ? []
      : [
          {
            predicate: 'ath',
            why:
              claims['ath'] === undefined
                ? 'ath is missing'
                : 'ath is not the hash of this access token',
          } as const,
        ]),
  ]
}

/** `typ` says that a JWT was made as a proof, so that no other JWT of the client can pass as one. */
const checkType = ({ typ }: JsonObject): readonly Fault[] =>
  mediaType(typ) === 'dpop+jwt'
    ? []
    : [{ predicate: 'typ', why: `typ is ${quote(typ)}, not dpop+jwt`, actual: typ ?? null }]

/** What any JOSE header may say (alg, crit, nesting), by the rules for tokens. */
const checkJose = (header: JsonObject, algorithms: readonly Algorithm[]): readonly Fault[] =>
  checkHeader(header, algorithms, 'off').flatMap((check) =>
    check.status === 'fail' ? [{ predicate: 'alg', why: check.message } as const] : [],
  )

interface ProofKey {
  readonly faults: readonly Fault[]
  readonly jkt: string | undefined
}

/** Anybody may send any key: one that takes long to verify with would make proofs an attack. */
const largestRsaBits = 4096
const largestRsaExponent = 0xffff_ffffn

const isCostly = (key: KeyObject): boolean => {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  return modulusLength > largestRsaBits || publicExponent > largestRsaExponent
}

/** The key is the sender's own, so nothing has to vouch for it: it only has to be public, sound and fitting. */
const verify = async (proof: string, { header, signature }: SignedToken): Promise<ProofKey> => {
  const { jwk, alg } = header
  const wrong = (why: string): ProofKey => ({
    faults: [{ predicate: 'jwk', why }],
    jkt: undefined,
  })
  if (!isJsonObject(jwk)) return wrong('the header holds no jwk')
  const [key] = examineKeySet({ keys: [{ ...jwk, kid: undefined }] }).keys
  if (key?.flaw?.code === 'jwks-private-key') return wrong('jwk holds a private key')
  if (key?.key === undefined) return wrong('jwk is not a public key that can be used')
  if (isCostly(key.key))
    return wrong(`jwk is larger than RSA ${largestRsaBits} with a short exponent`)
  const jkt = await calculateJwkThumbprint(jwk)
  if (!isKnownAlgorithm(alg)) return { faults: [], jkt }
  if (!keyFits(key, alg)) {
    return { faults: [{ predicate: 'jwk', why: `jwk does not suit ${alg}` }], jkt }
  }
  const candidates = [{ kid: undefined, key: key.key }]
  const checks =
    signature === undefined
      ? []
      : await checkSignature({ token: proof, alg, signature }, { checks: [], candidates })
  return checks.some(({ id, status }) => id === 'sig-verify' && status === 'pass')
    ? { faults: [], jkt }
    : { faults: [{ predicate: 'signature', why: 'the signature does not match jwk' }], jkt }
}

const checkOf = (faults: readonly Fault[]): Check => {
  const [first] = faults
  if (first === undefined) return pass('pop-dpop-proof')
  const why = faults.map((fault) => fault.why).join('; ')
  return fail(problemOf('pop-dpop-proof', { why }), {
    ...(first.expected === undefined ? {} : { expected: first.expected }),
    ...(first.actual === undefined ? {} : { actual: first.actual }),
    note: faults.map(({ predicate }) => predicate).join(', '),
  })
}

const unread = (fault: Fault): ProofExamination => ({
  check: checkOf([fault]),
  jkt: undefined,
  jti: undefined,
  iatSeconds: undefined,
  nonce: undefined,
})

const headerFault = (n: number): Fault => ({
  predicate: 'header',
  why: n === 0 ? 'there is no DPoP header' : `there are ${n} DPoP headers`,
  expected: 1,
  actual: n,
})

/** The checks of the form: one proof, one JWT, readable, nothing said twice. */
const readProof = (proof: string): SignedToken | Fault => {
  if (proof.length > maxTokenLength) return { predicate: 'form', why: 'it is too large' }
  const shape = readToken(proof)
  if (shape.shape !== 'jws') return { predicate: 'form', why: 'it is not a signed JWT' }
  const bad = shape.checks.find((check) => check.status === 'fail')
  return bad === undefined || bad.status !== 'fail'
    ? shape
    : { predicate: 'form', why: bad.message }
}

export interface ProofContext {
  readonly token: string
  readonly rules: ProofRules
  readonly nowSeconds: number
}

/**
 * Every predicate of one proof for one request. Does not check that it is new (dpop-replay.ts), that it
 * holds a nonce of ours (dpop-nonce.ts), or that the token is bound to its key (possession.ts).
 */
export const examineProof = async (
  presentation: Presentation,
  context: ProofContext,
): Promise<ProofExamination> => {
  const [proof, ...more] = presentation.proofs
  if (proof === undefined || more.length > 0) return unread(headerFault(presentation.proofs.length))
  const shape = readProof(proof.trim())
  if ('predicate' in shape) return unread(shape)
  const { header, claims = {} } = shape
  const { faults, jkt } = await verify(proof.trim(), shape)
  return {
    check: checkOf([
      ...checkType(header),
      ...checkJose(header, context.rules.algorithms),
      ...faults,
      ...checkClaims(claims, presentation, context),
    ]),
    jkt,
    jti: text(claims['jti']),
    iatSeconds: typeof claims['iat'] === 'number' ? claims['iat'] : undefined,
    nonce: claims['nonce'],
  }
}
