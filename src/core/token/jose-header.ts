// What the protected header of a signed token may say: algorithm, type, extensions (RFC 7515 section 4, RFC 8725).
import type { Json, JsonObject } from '../../base/json.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
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
      fail(problemOf('jose-alg-none', { alg: name })),
      skip('jose-alg-hmac', because),
      skip('jose-alg-allowed', because),
    ]
  }
  if (isHmac(alg)) {
    return [
      pass('jose-alg-none'),
      fail(problemOf('jose-alg-hmac', { alg: name })),
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
      : fail(
          problemOf('jose-alg-allowed', isKnownAlgorithm(alg) ? 'listed' : 'unknown', {
            alg: name,
            list,
          }),
          evidence,
        ),
  ]
}

const typProblem = (typ: Json | undefined): Problem => {
  if (typ === undefined) return problemOf('jose-typ', 'absent')
  const values = { typ: quote(typ) }
  if (typeof typ !== 'string') return problemOf('jose-typ', 'form', values)
  return problemOf('jose-typ', mediaType(typ) === 'jwt' ? 'jwt' : 'other', values)
}

/** RFC 9068 section 4 wants at+jwt; providers send JWT or nothing, which only profile strict refuses. */
const checkType = ({ typ }: JsonObject, profile: ClaimPolicy['profile']): Check => {
  const type = mediaType(typ)
  const evidence = { expected: 'at+jwt', ...(typ === undefined ? {} : { actual: typ }) }
  if (type === 'at+jwt') return pass('jose-typ', undefined, evidence)
  if (profile === 'strict') return fail(typProblem(typ), evidence)
  if (typ === undefined) return pass('jose-typ', 'the header has no typ', evidence)
  return type === 'jwt'
    ? pass('jose-typ', 'typ stands for any JWT', evidence)
    : warn(typProblem(typ), evidence)
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

const critProblem = (header: JsonObject): Problem | undefined => {
  const { crit } = header
  const malformed = (why: string) => problemOf('jose-crit', 'form', { why: why.slice(0, 200) })
  if (crit === undefined) return undefined
  if (!Array.isArray(crit)) return malformed('it is not a list')
  if (crit.length === 0) return malformed('the list is empty')
  const names = crit as readonly Json[]
  for (const name of names) {
    if (typeof name !== 'string' || name === '') {
      return malformed('it lists something that is not a name')
    }
    if (registered.has(name)) return malformed(`${name} is not an extension`)
    if (!Object.hasOwn(header, name)) return malformed(`${quote(name)} is listed but absent`)
    if (!understood.has(name)) {
      return problemOf('jose-crit', 'unknown', { name: quote(name).slice(0, 200) })
    }
  }
  if (new Set(names).size !== names.length) return malformed('a name is listed twice')
  return typeof header['b64'] === 'boolean' ? undefined : malformed('b64 is neither true nor false')
}

const checkCritical = (header: JsonObject): Check => {
  const problem = critProblem(header)
  return problem === undefined ? pass('jose-crit') : fail(problem)
}

/** RFC 8725 section 3.10: such members are never followed, never used. */
const checkEmbeddedKey = (header: JsonObject): Check => {
  const names = ['jwk', 'jku', 'x5u', 'x5c'].filter((name) => header[name] !== undefined)
  return names.length === 0
    ? pass('jose-embedded-key')
    : warn(problemOf('jose-embedded-key', { name: quoteList(names).replaceAll('"', '') }))
}

const nestedContent = /^(?:jwt|jose|jwe|jws|.+\+(?:jwt|jose))$/

const checkNested = (header: JsonObject): Check => {
  const content = mediaType(header['cty'])
  if (content !== undefined && nestedContent.test(content)) {
    return fail(problemOf('jose-nested', 'type', { cty: quote(header['cty']) }))
  }
  if (header['zip'] !== undefined) return fail(problemOf('jose-nested', 'compressed'))
  return header['b64'] === false ? fail(problemOf('jose-nested', 'detached')) : pass('jose-nested')
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
