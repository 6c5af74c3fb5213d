// What a decoder shows of a JWT, recognised: its payload, its header, or both. There is nothing to verify in it.
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'
import { quote } from '../../base/quote.ts'

export interface DecodedToken {
  readonly header: JsonObject | undefined
  readonly claims: JsonObject | undefined
}

/** More than any header carries: what is longer is refused for its size. */
const longest = 16 * 1024
const mostObjects = 3

/** Where the object ends that begins at `start`; -1 where it does not. */
const endOf = (text: string, start: number): number => {
  let depth = 0
  let isQuoted = false
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (isQuoted) {
      if (character === '\\') at += 1
      else if (character === '"') isQuoted = false
    } else if (character === '"') isQuoted = true
    else if (character === '{') depth += 1
    else if (character === '}') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return -1
}

/** Decoders write a line or two before each object. */
const objectsIn = (text: string): readonly JsonObject[] => {
  const found: JsonObject[] = []
  let start = text.indexOf('{')
  while (start !== -1 && found.length < mostObjects) {
    const end = endOf(text, start)
    if (end === -1) return found
    const parsed = parseJson(text.slice(start, end))
    if (parsed.ok && isJsonObject(parsed.value)) found.push(parsed.value)
    start = text.indexOf('{', end)
  }
  return found
}

const claimNames = ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'scope', 'scp', 'azp'] as const
/** Members of other documents: a token response, an introspection answer, metadata, a key, an error. */
const foreign = ['access_token', 'active', 'issuer', 'kty', 'keys', 'error', 'jsonrpc'] as const

const isForeign = (object: JsonObject): boolean =>
  foreign.some((name) => object[name] !== undefined)

/** A JWS or JWE in the JSON serialization (RFC 7515 section 7.2, RFC 7516 section 7.2) is a token, in another form. */
const isSerialized = ({ payload, ciphertext }: JsonObject): boolean =>
  typeof payload === 'string' || typeof ciphertext === 'string'

const isHeader = (object: JsonObject): boolean =>
  typeof object['alg'] === 'string' && object['iss'] === undefined && !isForeign(object)

const isClaims = (object: JsonObject): boolean =>
  !isForeign(object) && claimNames.filter((name) => object[name] !== undefined).length >= 2

/** Undefined for everything else. A token itself is no JSON, so that the two are never confused. */
export const decodedToken = (text: string): DecodedToken | undefined => {
  if (text.length > longest || !text.includes('{') || /\beyJ[\w-]+\./.test(text)) return undefined
  if (!/^[^{"]{0,200}\{/.test(text)) return undefined
  const read = objectsIn(text)
  if (read.some(isSerialized)) return undefined
  const objects = read.flatMap((object) => {
    const inner = [object['header'], object['payload'], object['claims']].filter(isJsonObject)
    return inner.length > 0 ? inner : [object]
  })
  const header = objects.find(isHeader)
  const claims = objects.find(isClaims)
  return header === undefined && claims === undefined ? undefined : { header, claims }
}

const most = 200
const said = (name: string, value: unknown): readonly string[] =>
  value === undefined ? [] : [`${name} ${quote(value as never).slice(0, most)}`]

const dateOf = (seconds: unknown): readonly string[] => {
  const date = typeof seconds === 'number' ? new Date(seconds * 1000) : undefined
  return date === undefined || Number.isNaN(date.getTime())
    ? []
    : [`expires ${date.toISOString().replace('.000Z', 'Z')}`]
}

/** With its article, and with what it says of itself: from whom, for whom, until when. */
export const decodedWords = ({ header, claims }: DecodedToken): string => {
  const what =
    claims === undefined
      ? 'the decoded header of a JWT'
      : `the decoded ${header === undefined ? 'payload' : 'header and payload'} of a JWT`
  const facts = [
    ...said('alg', header?.['alg']),
    ...said('iss', claims?.['iss']),
    ...said('aud', claims?.['aud']),
    ...dateOf(claims?.['exp']),
  ]
  return facts.length === 0 ? what : `${what} (${facts.join(', ')})`
}
