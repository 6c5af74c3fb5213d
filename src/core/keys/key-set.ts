// What a key set (RFC 7517) is worth: which of its keys can verify signatures, and what is wrong with the others.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import {
  hintOf,
  type Problem,
  type ProblemCode,
  problemOf,
  together,
} from '../../problems/problem.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import { quote } from '../../base/quote.ts'
import { hasRocaFingerprint } from './roca.ts'

export interface SetKey {
  readonly kid: string | undefined
  readonly kty: string
  readonly crv: string | undefined
  readonly alg: string | undefined
  readonly use: string | undefined
  readonly keyOps: readonly string[] | undefined
  /** RSA: the size of the modulus. */
  readonly bits: number | undefined
  /** Undefined exactly when there is a flaw. */
  readonly key: KeyObject | undefined
  /** Why the key cannot be used. */
  readonly flaw: Problem | undefined
}

export interface KeySetExamination {
  /** In the order of the document; entries that are no objects are left out. */
  readonly keys: readonly SetKey[]
  /** How many of them could verify some signature. */
  readonly usable: number
  /** The group Key set, as far as the document alone tells. */
  readonly checks: readonly Check[]
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'] as const
/** A key of more than this takes so long to verify with that sending tokens becomes an attack. */
const largestRsaBits = 16_384
const smallestRsaBits = 2048

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const nameOf = (jwk: JsonObject, index: number): string =>
  typeof jwk['kid'] === 'string' ? `kid ${quote(jwk['kid'])}` : `key ${index + 1}`

/** What a key of each type consists of (RFC 7518 section 6, RFC 8037 section 2). */
const publicMembers: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
}

const knownCurves = ['P-256', 'P-384', 'P-521', 'secp256k1', 'Ed25519', 'Ed448', 'X25519', 'X448']

const hasText = (value: unknown): boolean => typeof value === 'string' && value !== ''

/** The key of a JWK, of its public members alone: serialisers write null for those that a key does not have. */
export const importKey = (jwk: JsonObject): KeyObject | undefined => {
  const members = ['kty', ...(publicMembers[text(jwk['kty']) ?? ''] ?? [])]
  // An empty string would be read as the number 0.
  if (!members.every((member) => hasText(jwk[member]))) return undefined
  try {
    // Checks the encoding, and for curves that the point is on the curve.
    return createPublicKey({
      key: Object.fromEntries(members.map((member) => [member, jwk[member]])),
      format: 'jwk',
    })
  } catch {
    return undefined
  }
}

const modulusOf = ({ n }: JsonObject): bigint =>
  typeof n === 'string' ? BigInt(`0x0${Buffer.from(n, 'base64url').toString('hex')}`) : 0n

const rsaFlaw = (key: KeyObject, jwk: JsonObject, name: string): Problem | undefined => {
  const { modulusLength: bits = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (bits < smallestRsaBits) return problemOf('jwks-weak-key', 'short', { key: name, bits })
  if (publicExponent < 3n || publicExponent % 2n === 0n) {
    return problemOf('jwks-weak-key', 'exponent', { key: name })
  }
  if (bits > largestRsaBits) return problemOf('jwks-weak-key', 'long', { key: name, bits })
  return hasRocaFingerprint(modulusOf(jwk))
    ? problemOf('jwks-weak-key', 'roca', { key: name })
    : undefined
}

const isFilled = (value: unknown): boolean => Array.isArray(value) && value.length > 0

const flawBefore = (jwk: JsonObject, name: string): Problem | undefined => {
  if (jwk['kty'] === 'oct') return problemOf('jwks-symmetric', { key: name })
  return privateMembers.some((member) => hasText(jwk[member]) || isFilled(jwk[member]))
    ? problemOf('jwks-private-key', { key: name })
    : undefined
}

/** RFC 7517 section 5: a set may have keys of types that a reader does not know. */
const unreadable = (jwk: JsonObject, key: string): Problem => {
  const id = 'jwks-usable'
  const type = text(jwk['kty'])
  if (type === undefined || type === '') return problemOf(id, 'incomplete', { key, lacking: 'kty' })
  const members = publicMembers[type]
  if (members === undefined) return problemOf(id, 'unknown', { key, what: `kty ${quote(type)}` })
  const lacking = members.filter((member) => !hasText(jwk[member])).join(' and ')
  if (lacking !== '') {
    const instead = jwk['x5c'] === undefined ? 'incomplete' : 'certificate'
    return problemOf(id, instead, { key, lacking })
  }
  const curve = text(jwk['crv'])
  return curve !== undefined && members.includes('crv') && !knownCurves.includes(curve)
    ? problemOf(id, 'unknown', { key, what: `crv ${quote(curve)}` })
    : problemOf(id, 'unreadable', { key, type })
}

const keyOpsOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined

const examineKey = (jwk: JsonObject, index: number): SetKey => {
  const name = nameOf(jwk, index)
  const facts = {
    kid: text(jwk['kid']),
    kty: text(jwk['kty']) ?? '',
    crv: text(jwk['crv']),
    alg: text(jwk['alg']),
    use: text(jwk['use']),
    keyOps: keyOpsOf(jwk['key_ops']),
    bits: undefined,
  }
  const flawed = (flaw: Problem): SetKey => ({ ...facts, key: undefined, flaw })
  const known = flawBefore(jwk, name)
  if (known !== undefined) return flawed(known)
  const key = importKey(jwk)
  if (key === undefined) return flawed(unreadable(jwk, name))
  if (key.asymmetricKeyType !== 'rsa') return { ...facts, key, flaw: undefined }
  const bits = key.asymmetricKeyDetails?.modulusLength
  const weak = rsaFlaw(key, jwk, name)
  if (weak !== undefined) return { ...flawed(weak), bits }
  return { ...facts, bits, key, flaw: undefined }
}

const ellipticCurves: Readonly<Record<string, string>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
}

/** RFC 9864 gave the only curve that anybody uses with EdDSA a name of its own. */
const edwards = (alg: string): boolean => alg === 'EdDSA' || alg === 'Ed25519'

const typeFits = ({ kty, crv }: SetKey, alg: string): boolean => {
  if (/^[RP]S(?:256|384|512)$/.test(alg)) return kty === 'RSA'
  if (edwards(alg)) return kty === 'OKP' && crv === 'Ed25519'
  return kty === 'EC' && crv !== undefined && ellipticCurves[alg] === crv
}

const wantedType = (alg: string): string =>
  /^[RP]S/.test(alg) ? 'RSA' : edwards(alg) ? 'OKP Ed25519' : `EC ${ellipticCurves[alg] ?? ''}`

/** RFC 7517 sections 4.2 to 4.4: what in a key's own words keeps it from verifying with `alg`. */
export const misfitsOf = (key: SetKey, alg: string): readonly string[] => {
  const { kty, crv, use, keyOps } = key
  const found: string[] = []
  if (!typeFits(key, alg)) {
    const is = [kty, crv].filter((part) => part !== undefined && part !== '').join(' ')
    found.push(`it is ${is === '' ? 'of no type' : is}, ${alg} wants ${wantedType(alg)}`)
  }
  if (key.alg !== undefined && key.alg !== alg && !(edwards(key.alg) && edwards(alg))) {
    found.push(`its alg is ${key.alg}`)
  }
  if (use !== undefined && use !== 'sig') found.push(`its use is ${use}`)
  if (keyOps !== undefined && !keyOps.includes('verify')) found.push('its key_ops lack verify')
  return found
}

export const keyFits = (key: SetKey, alg: string): boolean => misfitsOf(key, alg).length === 0

const verifiesAnything = (key: SetKey): boolean =>
  key.key !== undefined &&
  ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA', ...(key.alg === undefined ? [] : [key.alg])].some(
    (alg) => keyFits(key, alg),
  )

const purposeOf = (key: SetKey): string =>
  [key.kty, key.crv, key.alg, key.use].filter((part) => part !== undefined).join('/')

const checkUsable = (keys: readonly SetKey[], usable: number): Check => {
  if (keys.length >= largestSet) {
    return fail(problemOf('jwks-usable', 'many', { n: largestSet }))
  }
  if (usable > 0) return pass('jwks-usable', `${usable} of ${keys.length} keys`)
  if (keys.length === 0) return fail(problemOf('jwks-usable', 'empty'))
  const reasons = keys.map(
    (key, index) => key.flaw?.detail ?? `${key.kid ?? `key ${index + 1}`}: ${purposeOf(key)}`,
  )
  const why = reasons.slice(0, 5).join('; ')
  const [flaw] = keys.flatMap((key) => key.flaw ?? [])
  const isFlawed = flaw?.code === 'jwks-usable' && keys.every((key) => key.flaw !== undefined)
  return fail(
    isFlawed
      ? problemOf('jwks-usable', 'flawed', { n: keys.length, why, remedy: hintOf(flaw) })
      : problemOf('jwks-usable', 'unfit', { n: keys.length, why }),
  )
}

const checkFlaws = (keys: readonly SetKey[], id: ProblemCode): Check => {
  const [first, ...others] = keys.flatMap(({ flaw }) => (flaw?.code === id ? [flaw] : []))
  return first === undefined ? pass(id) : fail(together(first, ...others.slice(0, 4)))
}

const sameKey = (a: SetKey, b: SetKey): boolean =>
  a.key !== undefined && b.key !== undefined && a.key.equals(b.key)

const checkDuplicates = (keys: readonly SetKey[]): Check => {
  const named = new Map<string, SetKey[]>()
  for (const key of keys) {
    if (key.kid !== undefined) named.set(key.kid, [...(named.get(key.kid) ?? []), key])
  }
  const [first, ...others] = [...named]
    .filter(([, twins]) => twins.length > 1)
    .map(([kid, { length: n }]) => problemOf('jwks-duplicate-kid', { kid: quote(kid), n }))
  return first === undefined ? pass('jwks-duplicate-kid') : warn(together(first, ...others))
}

const checkKids = (keys: readonly SetKey[]): Check => {
  const without = keys.filter((key) => key.kid === undefined).length
  if (keys.length < 2) return skip('jwks-missing-kid', 'there is no second key to confuse it with')
  return without === 0
    ? pass('jwks-missing-kid')
    : warn(problemOf('jwks-missing-kid', { n: without, total: keys.length }))
}

/** Each key costs an import; nobody publishes so many but to make others pay for it. */
const largestSet = 1000

/** The entries of a document, or undefined when it is no key set at all. */
const entriesOf = (document: unknown): readonly JsonObject[] | undefined => {
  if (!isJsonObject(document)) return undefined
  const { keys } = document
  return Array.isArray(keys) ? keys.slice(0, largestSet).filter(isJsonObject) : undefined
}

/** Whether a document has the shape of a key set. Does not check its keys. */
export const isKeySet = (document: unknown): document is JsonObject =>
  entriesOf(document) !== undefined

/**
 * Looks at every key on its own: a bad one does not spoil the others. Keys beyond the first thousand are not
 * looked at. Does not check certificates
 * (`x5c`) and fetches nothing (`x5u`). What is no key set has no keys.
 */
export const examineKeySet = (document: unknown): KeySetExamination => {
  const keys = (entriesOf(document) ?? []).map(examineKey)
  const usable = keys.filter(verifiesAnything).length
  return {
    keys,
    usable,
    checks: [
      checkUsable(keys, usable),
      checkFlaws(keys, 'jwks-weak-key'),
      checkFlaws(keys, 'jwks-private-key'),
      checkFlaws(keys, 'jwks-symmetric'),
      checkDuplicates(keys),
      checkKids(keys),
    ],
  }
}

/** One of each: the same key published twice is no ambiguity. */
export const distinctKeys = (keys: readonly SetKey[]): readonly SetKey[] =>
  keys.filter((key, index) => !keys.slice(0, index).some((earlier) => sameKey(earlier, key)))
