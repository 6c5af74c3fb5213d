// What a token is made of: splits it, decodes what can be decoded, and says whether it is JWS, JWE or opaque.
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../base/json.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { fail, pass, skip, type Check } from '../verdict/check.ts'
import { credentialKind } from './credential-signs.ts'

export interface SignedToken {
  readonly shape: 'jws'
  readonly header: JsonObject
  /** Undefined when the payload is not readable; the checks say why. */
  readonly claims: JsonObject | undefined
  /** Undefined when the third part is not base64url. */
  readonly signature: Uint8Array | undefined
  /** What there is of the signature, whether it is base64url or not: for telling that it was cut. */
  readonly signatureRest: Uint8Array
  readonly checks: readonly Check[]
}

export interface OtherToken {
  readonly shape: 'jwe' | 'opaque'
  readonly header: JsonObject | undefined
  readonly checks: readonly Check[]
}

export type TokenShape = SignedToken | OtherToken

type Part = 'header' | 'payload' | 'signature'
/** What keeps a part from being base64url: a case of jose-base64. */
type Base64Fault = 'plain' | 'padded' | 'foreign' | 'length' | 'spare'
type Decoded = { readonly bytes: Uint8Array } | { readonly fault: Base64Fault }

/**
 * RFC 7515 section 2: no padding, no line breaks. Bits that no byte uses must be zero, so that one
 * signature has one spelling (RFC 4648 section 3.5).
 */
const decodeBase64url = (text: string): Decoded => {
  if (/[+/]/.test(text)) return { fault: 'plain' }
  if (text.includes('=')) return { fault: 'padded' }
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return { fault: 'foreign' }
  if (text.length % 4 === 1) return { fault: 'length' }
  const bytes = Buffer.from(text, 'base64url')
  const canonical = text.length % 4 === 0 || bytes.toString('base64url') === text
  return canonical ? { bytes } : { fault: 'spare' }
}

const notBase64url = (part: Part, fault: Base64Fault, { length: n }: string): Problem =>
  problemOf('jose-base64', fault, { part, n })

interface ReadObject {
  readonly object: JsonObject | undefined
  readonly base64: Check
  readonly json: Check
  readonly duplicates: Check
}

const kindOf = (value: Json): string =>
  Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`

const notAnObject = (part: Part, parsed: ReturnType<typeof parseJson>): Problem => {
  if (parsed.ok) return problemOf('jose-json', 'kind', { part, kind: kindOf(parsed.value) })
  const place = parsed.position === undefined ? '' : ` at ${parsed.position}`
  return problemOf('jose-json', 'syntax', { part, why: `${parsed.reason}${place}` })
}

const readObject = (part: Part, text: string): ReadObject => {
  const decoded = decodeBase64url(text)
  if ('fault' in decoded) {
    const because = `the ${part} is not base64url`
    return {
      object: undefined,
      base64: fail(notBase64url(part, decoded.fault, text)),
      json: skip('jose-json', because),
      duplicates: skip('jose-duplicate-member', because),
    }
  }
  const base64 = pass('jose-base64')
  const parsed = parseJson(decoded.bytes)
  if (!parsed.ok || !isJsonObject(parsed.value)) {
    return {
      object: undefined,
      base64,
      json: fail(notAnObject(part, parsed)),
      duplicates: skip('jose-duplicate-member', `the ${part} is not a JSON object`),
    }
  }
  const [name] = parsed.duplicates
  return {
    object: parsed.value,
    base64,
    json: pass('jose-json'),
    duplicates:
      name === undefined
        ? pass('jose-duplicate-member')
        : fail(problemOf('jose-duplicate-member', { name: name.slice(0, 60), part })),
  }
}

/** One check for an id that was asked of several parts: the first failure, else the first answer. */
const merge = (checks: readonly Check[]): readonly Check[] => {
  const worst = checks.find((check) => check.status === 'fail') ?? checks[0]
  return worst === undefined ? [] : [worst]
}

const opaque = (problem: Problem, more: readonly Check[] = []): OtherToken => ({
  shape: 'opaque',
  header: undefined,
  checks: [...more, fail(problem)],
})

/** How many parts a token has whose beginning this is: a token that lost its end still has its header. */
const wantedParts = (first: string): 3 | 5 | undefined => {
  if (!first.startsWith('ey')) return undefined
  const text = Buffer.from(first, 'base64url').toString('latin1')
  if (!/^\{\s*"/.test(text) || !/"alg"\s*:/.test(text)) return undefined
  const signs = /"alg"\s*:\s*"(?:[RPEH]S\d|Ed|none)/i.test(text)
  return !signs && /"enc"\s*:/.test(text) ? 5 : 3
}

const isUnsigned = (first: string): boolean => {
  const alg = readObject('header', first).object?.['alg']
  return typeof alg === 'string' && alg.toLowerCase() === 'none'
}

const cutToken = (parts: number, wanted: number, characters: number): OtherToken => {
  const kind = wanted === 5 ? 'an encrypted' : 'a signed'
  const cut = fail(problemOf('in-truncated', 'parts', { parts, wanted, n: characters }))
  return opaque(problemOf('jose-shape', 'cut', { kind }), [cut])
}

const readEncrypted = (first: string): OtherToken => {
  const { object } = readObject('header', first)
  const name = (value: Json | undefined) => (typeof value === 'string' ? value.slice(0, 40) : '?')
  return {
    shape: 'jwe',
    header: object,
    checks: [
      pass('jose-shape', 'five parts: JWE'),
      fail(problemOf('jose-encrypted', { alg: name(object?.['alg']), enc: name(object?.['enc']) })),
    ],
  }
}

/** RFC 7519 section 5.2 wants such a token to say so by cty; refused is it either way. */
const nestedToken = /^ey[\w-]+\.[\w-]*\.[\w-]*(?:\.[\w-]*){0,2}$/

const checkPayload = (payload: string): readonly Check[] =>
  nestedToken.test(Buffer.from(payload, 'base64url').toString('latin1'))
    ? [fail(problemOf('jose-nested', 'payload'))]
    : []

/** Whether a part begins as an encoded JSON object does, however damaged the rest of it is. */
const beginsAsObject = (part: string): boolean =>
  part.startsWith('ey') ||
  /^\s*\{\s*["}]/.test(Buffer.from(part.slice(0, 64), 'base64url').toString('latin1'))

const readSigned = (first: string, second: string, third: string): TokenShape => {
  const header = readObject('header', first)
  if (header.object === undefined) {
    // Opaque tokens may have dots as well: only what was meant as a JWT is worth copying again.
    if (![first, second, third].some((part) => beginsAsObject(part))) {
      return opaque(problemOf('jose-shape', 'dotted'))
    }
    const unread = [header.base64, header.json].filter((check) => check.status === 'fail')
    return opaque(problemOf('jose-shape', 'header'), unread)
  }
  if (header.object['alg'] === undefined) {
    return opaque(problemOf('jose-shape', 'alg'))
  }
  const payload = readObject('payload', second)
  const signature = decodeBase64url(third)
  const signatureText =
    'fault' in signature
      ? fail(notBase64url('signature', signature.fault, third))
      : pass('jose-base64')
  return {
    shape: 'jws',
    header: header.object,
    claims: payload.object,
    signature: 'bytes' in signature ? signature.bytes : undefined,
    signatureRest: Buffer.from(third, 'base64url'),
    checks: [
      pass('jose-shape', third === '' ? 'JWS without a signature' : 'three parts: JWS'),
      ...merge([header.base64, payload.base64, signatureText]),
      ...merge([header.json, payload.json]),
      ...merge([header.duplicates, payload.duplicates]),
      ...(payload.object === undefined ? checkPayload(second) : []),
    ],
  }
}

/**
 * Reads a token without believing it. JWS: three parts of which the first decodes to a JSON object with
 * `alg`; JWE: five parts; all else is opaque, a JSON serialization too. Does not check the signature,
 * the meaning of any header member, or any claim.
 */
export const readToken = (token: string): TokenShape => {
  const parts = token.split('.', 7)
  const [first = '', second = '', third = ''] = parts
  const wanted = wantedParts(first)
  // RFC 7519 section 6.1 leaves the signature empty; some leave the dot before it out too.
  if (parts.length === 2 && isUnsigned(first)) return readSigned(first, second, '')
  const isCut = wanted !== undefined && parts.length < wanted && parts.length !== 3
  // The second part of an encrypted token may be empty, the payload of a signed one never is.
  if (isCut || (parts.length === 3 && wanted === 5)) {
    return cutToken(parts.length, wanted, token.length)
  }
  if (parts.length === 3) return readSigned(first, second, third)
  if (parts.length === 5) return readEncrypted(first)
  const kind = credentialKind(token)
  const before = parts.length === 1 ? '' : `${parts.length} parts: `
  return opaque(
    kind === undefined
      ? problemOf('jose-shape', 'opaque', { parts: before })
      : problemOf('jose-shape', 'other', { parts: before, kind }),
  )
}
