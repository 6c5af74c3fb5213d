// What the protected header of a signed token may say: algorithm, type, extensions (RFC 7515 section 4, RFC 8725).
import type { Json, JsonObject } from '../../base/json.ts'
import { messageOf } from '../../problems/message.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import type { ClaimPolicy } from './claim-policy.ts'
import { quote, quoteList } from '../../base/quote.ts'
import { mediaType } from './token-kind.ts'

/** Every asymmetric signature algorithm that we can verify. */
export const knownAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

export type Algorithm = (typeof knownAlgorithms)[number]

export const isKnownAlgorithm = (alg: Json | undefined): alg is Algorithm =>
  typeof alg === 'string' && (knownAlgorithms as readonly string[]).includes(alg)

const isNone = (alg: Json | undefined) => typeof alg === 'string' && alg.toLowerCase() === 'none'
const isHmac = (alg: Json | undefined) => typeof alg === 'string' && /^hs\d+$/i.test(alg)

const checkAlgorithm = (
  { alg }: JsonObject,
  allowed: readonly Algorithm[],
): readonly [none: Check, hmac: Check, allowed: Check] => {
  const name = typeof alg === 'string' ? alg.slice(0, 40) : quote(alg)
  if (isNone(alg)) {
    const because = 'the token is unsigned'
    return [
      fail('jose-alg-none', messageOf('jose-alg-none', { alg: name })),
      skip('jose-alg-hmac', because),
      skip('jose-alg-allowed', because),
    ]
  }
  if (isHmac(alg)) {
    return [
      pass('jose-alg-none'),
      fail('jose-alg-hmac', messageOf('jose-alg-hmac', { alg: name })),
      skip('jose-alg-allowed', 'the token is signed with a shared secret'),
    ]
  }
  const evidence = { expected: allowed, actual: typeof alg === 'string' ? alg : quote(alg) }
  const list = allowed.join(', ')
  return [
    pass('jose-alg-none'),
    pass('jose-alg-hmac'),
    isKnownAlgorithm(alg) && allowed.includes(alg)
      ? pass('jose-alg-allowed', undefined, evidence)
      : fail('jose-alg-allowed', messageOf('jose-alg-allowed', { alg: name, list }), evidence),
  ]
}

const typMeaning = (typ: Json | undefined): string => {
  if (typ === undefined) return 'it does not say that this is an access token'
  if (typeof typ !== 'string') return 'it is no media type'
  return mediaType(typ) === 'jwt'
    ? 'any JWT, not positively an access token'
    : 'not the type of an access token'
}

/** RFC 9068 section 4 wants at+jwt; providers send JWT or nothing, which only profile strict refuses. */
const checkType = ({ typ }: JsonObject, profile: ClaimPolicy['profile']): Check => {
  const type = mediaType(typ)
  const evidence = { expected: 'at+jwt', ...(typ === undefined ? {} : { actual: typ }) }
  if (type === 'at+jwt') return pass('jose-typ', undefined, evidence)
  const message = messageOf('jose-typ', { typ: quote(typ), meaning: typMeaning(typ) })
  if (profile === 'strict') return fail('jose-typ', message, evidence)
  return typ === undefined || type === 'jwt'
    ? pass('jose-typ', message, evidence)
    : warn('jose-typ', message, evidence)
}

/** RFC 7515 section 4.1.11: names that the specification itself defines may not be listed. */
const registered: ReadonlySet<string> = new Set([
  'alg',
  'jku',
  'jwk',
  'kid',
  'x5u',
  'x5c',
  'x5t',
  'x5t#S256',
  'typ',
  'cty',
  'crit',
  'enc',
  'zip',
])

/** `b64` (RFC 7797) is the one extension that is understood; false is refused as jose-nested. */
const understood: ReadonlySet<string> = new Set(['b64'])

const critFault = (header: JsonObject): string | undefined => {
  const { crit } = header
  if (crit === undefined) return undefined
  if (!Array.isArray(crit)) return 'it is not a list'
  if (crit.length === 0) return 'the list is empty'
  const names = crit as readonly Json[]
  for (const name of names) {
    if (typeof name !== 'string' || name === '') return 'it lists something that is not a name'
    if (registered.has(name)) return `${name} is not an extension`
    if (!Object.hasOwn(header, name)) return `${quote(name)} is listed but absent`
    if (!understood.has(name)) return `the extension ${quote(name)} is not understood`
  }
  if (new Set(names).size !== names.length) return 'a name is listed twice'
  return typeof header['b64'] === 'boolean' ? undefined : 'b64 is neither true nor false'
}

const checkCritical = (header: JsonObject): Check => {
  const why = critFault(header)
  return why === undefined
    ? pass('jose-crit')
    : fail('jose-crit', messageOf('jose-crit', { why: why.slice(0, 200) }))
}

/** RFC 8725 section 3.10: such members are never followed, never used. */
const checkEmbeddedKey = (header: JsonObject): Check => {
  const names = ['jwk', 'jku', 'x5u', 'x5c'].filter((name) => header[name] !== undefined)
  return names.length === 0
    ? pass('jose-embedded-key')
    : warn(
        'jose-embedded-key',
        messageOf('jose-embedded-key', { name: quoteList(names).replaceAll('"', '') }),
      )
}

const nestedContent = /^(?:jwt|jose|jwe|jws|.+\+(?:jwt|jose))$/

const checkNested = (header: JsonObject): Check => {
  const content = mediaType(header['cty'])
  const member =
    content !== undefined && nestedContent.test(content)
      ? `cty ${quote(header['cty'])}`
      : header['zip'] !== undefined
        ? 'zip'
        : header['b64'] === false
          ? 'b64 false'
          : undefined
  return member === undefined
    ? pass('jose-nested')
    : fail('jose-nested', messageOf('jose-nested', { member }))
}

/**
 * The group Structure, as far as the header settles it. Does not check the signature, or whether a key
 * for it is known.
 */
export const checkHeader = (
  header: JsonObject,
  allowed: readonly Algorithm[],
  profile: ClaimPolicy['profile'],
): readonly Check[] => [
  ...checkAlgorithm(header, allowed),
  checkType(header, profile),
  checkCritical(header),
  checkEmbeddedKey(header),
  checkNested(header),
]
