// What a token is made of: splits it, decodes what can be decoded, and says whether it is JWS, JWE or opaque.
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../base/json.ts'
import { messageOf } from '../../problems/message.ts'
import { fail, pass, skip, type Check } from '../verdict/check.ts'
import { credentialKind } from './credential-kinds.ts'

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
type Decoded = { readonly bytes: Uint8Array } | { readonly why: string }

/**
 * RFC 7515 section 2: no padding, no line breaks. Bits that no byte uses must be zero, so that one
 * signature has one spelling (RFC 4648 section 3.5).
 */
const decodeBase64url = (text: string): Decoded => {
  if (/[+/]/.test(text)) return { why: 'it uses + or / of plain base64' }
  if (text.includes('=')) return { why: 'it is padded' }
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return { why: 'it holds other characters' }
  if (text.length % 4 === 1) return { why: `no bytes make ${text.length} characters` }
  const bytes = Buffer.from(text, 'base64url')
  const canonical = text.length % 4 === 0 || bytes.toString('base64url') === text
  return canonical ? { bytes } : { why: 'its last character has bits that belong to no byte' }
}

interface ReadObject {
  readonly object: JsonObject | undefined
  readonly base64: Check
  readonly json: Check
  readonly duplicates: Check
}

const kindOf = (value: Json): string =>
  Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`

const readObject = (part: Part, text: string): ReadObject => {
  const decoded = decodeBase64url(text)
  if ('why' in decoded) {
    const because = `the ${part} is not base64url`
    return {
      object: undefined,
      base64: fail('jose-base64', messageOf('jose-base64', { part, why: decoded.why })),
      json: skip('jose-json', because),
      duplicates: skip('jose-duplicate-member', because),
    }
  }
  const base64 = pass('jose-base64')
  const parsed = parseJson(decoded.bytes)
  const why = !parsed.ok
    ? `${parsed.reason}${parsed.position === undefined ? '' : ` at ${parsed.position}`}`
    : isJsonObject(parsed.value)
      ? undefined
      : `it is ${kindOf(parsed.value)}`
  if (why !== undefined || !parsed.ok) {
    return {
      object: undefined,
      base64,
      json: fail('jose-json', messageOf('jose-json', { part, why: why ?? '' })),
      duplicates: skip('jose-duplicate-member', `the ${part} is not a JSON object`),
    }
  }
  const [name] = parsed.duplicates
  return {
    object: parsed.value as JsonObject,
    base64,
    json: pass('jose-json'),
    duplicates:
      name === undefined
        ? pass('jose-duplicate-member')
        : fail(
            'jose-duplicate-member',
            messageOf('jose-duplicate-member', { name: name.slice(0, 60), part }),
          ),
  }
}

/** One check for an id that was asked of several parts: the first failure, else the first answer. */
const merge = (checks: readonly Check[]): readonly Check[] => {
  const worst = checks.find((check) => check.status === 'fail') ?? checks[0]
  return worst === undefined ? [] : [worst]
}

const opaqueRoute = 'only introspection can tell whether it is good'

const opaque = (what: string, more: readonly Check[] = []): OtherToken => ({
  shape: 'opaque',
  header: undefined,
  checks: [
    ...more,
    fail('jose-shape', messageOf('jose-shape', { shape: what, route: opaqueRoute })),
  ],
})

/** How many parts a token has whose beginning this is: a token that lost its end still has its header. */
const wantedParts = (first: string): 3 | 5 | undefined => {
  if (!first.startsWith('ey')) return undefined
  const text = Buffer.from(first, 'base64url').toString('latin1')
  if (!/^\{\s*"/.test(text) || !/"alg"\s*:/.test(text)) return undefined
  const signs = /"alg"\s*:\s*"(?:[RPEH]S\d|Ed|none)/i.test(text)
  return !signs && /"enc"\s*:/.test(text) ? 5 : 3
}

const cutToken = (parts: number, wanted: number, characters: number): OtherToken => {
  const why = `${parts} of ${wanted} parts, ${characters} characters`
  const what = `the beginning of ${wanted === 5 ? 'an encrypted' : 'a signed'} token`
  return opaque(what, [fail('in-truncated', messageOf('in-truncated', { why }))])
}

const readEncrypted = (first: string): OtherToken => {
  const { object } = readObject('header', first)
  const name = (value: Json | undefined) => (typeof value === 'string' ? value.slice(0, 40) : '?')
  return {
    shape: 'jwe',
    header: object,
    checks: [
      pass('jose-shape', 'five parts: JWE'),
      fail(
        'jose-encrypted',
        messageOf('jose-encrypted', { alg: name(object?.['alg']), enc: name(object?.['enc']) }),
      ),
    ],
  }
}

/** RFC 7519 section 5.2 wants such a token to say so by cty; refused is it either way. */
const nestedToken = /^ey[\w-]+\.[\w-]*\.[\w-]*(?:\.[\w-]*){0,2}$/

const checkPayload = (payload: string): readonly Check[] =>
  nestedToken.test(Buffer.from(payload, 'base64url').toString('latin1'))
    ? [fail('jose-nested', messageOf('jose-nested', { member: 'the payload is itself a token' }))]
    : []

const readSigned = (first: string, second: string, third: string): TokenShape => {
  const header = readObject('header', first)
  if (header.object === undefined) {
    const unread = [header.base64, header.json].filter((check) => check.status === 'fail')
    return opaque('three parts of which the first is no JOSE header', unread)
  }
  if (header.object['alg'] === undefined) {
    return opaque('three parts of which the first names no alg')
  }
  const payload = readObject('payload', second)
  const signature = decodeBase64url(third)
  const signatureText =
    'why' in signature
      ? fail('jose-base64', messageOf('jose-base64', { part: 'signature', why: signature.why }))
      : pass('jose-base64')
  return {
    shape: 'jws',
    header: header.object,
    claims: payload.object,
    signature: 'bytes' in signature ? signature.bytes : undefined,
    signatureRest: Buffer.from(third, 'base64url'),
    checks: [
      pass('jose-shape', 'three parts: JWS'),
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
  const isCut = wanted !== undefined && parts.length < wanted && parts.length !== 3
  // The second part of an encrypted token may be empty, the payload of a signed one never is.
  if (isCut || (parts.length === 3 && wanted === 5)) {
    return cutToken(parts.length, wanted, token.length)
  }
  if (parts.length === 3) return readSigned(first, second, third)
  if (parts.length === 5) return readEncrypted(first)
  const kind = credentialKind(token)
  const what = kind === undefined ? 'opaque token' : `opaque token that looks like ${kind}`
  return opaque(parts.length === 1 ? what : `${parts.length} parts: ${what}`)
}
