// Whether a signature belongs to a token: the form of the signature, then the key, through jose.
import { compactVerify } from 'jose/jws/compact/verify'
import { problemOf } from '../../problems/problem.ts'
import { fail, pass, skip, type Check } from '../verdict/check.ts'
import type { Algorithm } from '../token/jose-header.ts'
import type { KeyLookup, VerificationKey } from './key-source.ts'
import { quote } from '../../base/quote.ts'

/** RFC 7518 section 3.4 and RFC 8037 section 3.1: R and S side by side, each as long as the curve. */
const signatureBytes: Readonly<Partial<Record<Algorithm, number>>> = {
  ES256: 64,
  ES384: 96,
  ES512: 132,
  EdDSA: 64,
  Ed25519: 64,
}

/** Keys below 2048 bits are refused (RFC 7518 section 3.3), so no RSA signature is shorter. */
const smallestRsaBytes = 256

const isDer = (signature: Uint8Array): boolean =>
  signature[0] === 0x30 &&
  signature.length > 8 &&
  (signature[1] === signature.length - 2 || signature[1] === 0x81)

const cut = (n: number, wanted: string): Check =>
  fail(problemOf('in-truncated', 'signature', { n, wanted }))

/** Where it is not known which key signed: 512 to 1792 bits are sizes that small keys come in. */
const mayBeOfSmallKey = (n: number): boolean => n >= 64 && n % 32 === 0

/**
 * sig-format, and in-truncated beside it where the end of the token is missing. RSA signatures are as
 * long as the modulus, so there it takes the key to tell a cut signature from a small key.
 */
export const checkSignatureForm = (
  alg: Algorithm,
  signature: Uint8Array,
  rsaBytes?: number,
): readonly Check[] => {
  const wanted = signatureBytes[alg]
  const n = signature.length
  const wrong = (form: 'length' | 'der', expected: string): Check =>
    fail(problemOf('sig-format', form, { alg, n, wanted: expected }), { actual: n })
  if (wanted === undefined) {
    if (n >= (rsaBytes ?? smallestRsaBytes)) return [pass('sig-format')]
    if (rsaBytes === undefined && mayBeOfSmallKey(n)) {
      return [skip('sig-format', 'only its key can tell how long it should be')]
    }
    const least = rsaBytes === undefined ? `at least ${smallestRsaBytes}` : String(rsaBytes)
    return [cut(n, least), wrong('length', least)]
  }
  if (n === wanted) return [pass('sig-format')]
  if (alg.startsWith('ES') && isDer(signature)) return [wrong('der', String(wanted))]
  const failed = wrong('length', String(wanted))
  return n < wanted ? [cut(n, String(wanted)), failed] : [failed]
}

/** Both forms of a key tell the size, in different places. */
interface SizedKey {
  readonly asymmetricKeyDetails?: { readonly modulusLength?: number }
  readonly algorithm?: { readonly modulusLength?: number }
}

const modulusBytes = ({ key }: VerificationKey): number | undefined => {
  const { asymmetricKeyDetails, algorithm } = key as SizedKey
  const bits = asymmetricKeyDetails?.modulusLength ?? algorithm?.modulusLength
  return bits === undefined ? undefined : Math.ceil(bits / 8)
}

type Attempt = 'verified' | 'mismatch' | 'token' | 'key'

/** An extension that jose does not know keeps it from looking at the signature: jose-crit names it. */
const namesExtension = (token: string): boolean =>
  Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').includes('"crit"')

const attemptOf = (code: unknown, token: string): Attempt => {
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') return 'mismatch'
  if (code === 'ERR_JWS_INVALID') return 'token'
  return code === 'ERR_JOSE_NOT_SUPPORTED' && namesExtension(token) ? 'token' : 'key'
}

/** jose says by code what went wrong; whatever it throws, nothing was verified. */
const attempt = async (
  token: string,
  { key }: VerificationKey,
  alg: Algorithm,
): Promise<Attempt> => {
  try {
    await compactVerify(token, key, { algorithms: [alg] })
    return 'verified'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return attemptOf(code, token)
  }
}

const nameOf = (key: VerificationKey | undefined): string =>
  key?.kid === undefined ? '(no kid)' : quote(key.kid)

const mismatch = (
  candidates: readonly VerificationKey[],
  signature: Uint8Array,
): readonly Check[] => {
  const kid = candidates.map(nameOf).join(', ')
  const failed = fail(problemOf('sig-verify', 'mismatch', { kid }))
  const size =
    candidates.length === 1 && candidates[0] !== undefined ? modulusBytes(candidates[0]) : undefined
  return size !== undefined && signature.length < size
    ? [cut(signature.length, String(size)), failed]
    : [failed]
}

export interface SignedInput {
  readonly token: string
  readonly alg: Algorithm
  readonly signature: Uint8Array
}

/**
 * What a lookup and its candidate keys say about the signature. `sig-verify` passes only when one of
 * the candidates verified it. Does not check header extensions (see jose-header.ts) or claims.
 */
export const checkSignature = async (
  { token, alg, signature }: SignedInput,
  lookup: KeyLookup,
): Promise<readonly Check[]> => {
  const { candidates, checks } = lookup
  const form = checkSignatureForm(alg, signature, lookup.signatureBytes)
  if (candidates.length === 0) {
    const refused = checks.some((check) => check.status === 'fail')
    return [
      ...checks,
      ...form,
      refused
        ? skip('sig-verify', 'there is no key to check it with')
        : fail(problemOf('sig-verify', 'no-key')),
    ]
  }
  if (form.some((check) => check.status === 'fail')) {
    return [...checks, ...form, skip('sig-verify', 'the signature has the wrong length')]
  }
  const attempts: Attempt[] = []
  for (const candidate of candidates) {
    const result = await attempt(token, candidate, alg)
    if (result === 'verified') {
      return [
        ...checks,
        ...form,
        pass('sig-verify', undefined, { actual: alg, note: `key ${nameOf(candidate)}` }),
      ]
    }
    attempts.push(result)
  }
  if (attempts.every((result) => result === 'token')) {
    return [...checks, ...form, skip('sig-verify', 'the header keeps it from being verified')]
  }
  if (attempts.every((result) => result === 'key')) {
    const kid = candidates.map(nameOf).join(', ')
    return [
      ...checks,
      ...form,
      fail(problemOf('sig-key-fit', 'unable', { kid, alg })),
      skip('sig-verify', 'the key is not usable'),
    ]
  }
  return [...checks, ...form, ...mismatch(candidates, signature)]
}
