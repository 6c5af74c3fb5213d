// What a person has in hand, recognised: a token, an address, a request, a request id, or a text that explain reads.
// Nothing of it is repeated but addresses without credentials, ids, and who a token is from and for.
import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { credentialKind } from '../../core/token/credential-signs.ts'
import { decodedToken, decodedWords } from '../../core/token/decoded-token.ts'
import { readToken } from '../../core/token/token-shape.ts'
import { looksLikeToken } from '../../base/token-like.ts'
import { isPlainAddress, readPasted } from '../address/pasted-address.ts'
import { challengeIn, signsIn } from '../explain/signs.ts'
import { shellWords } from '../terminal/shell-words.ts'
import { mendToken } from '../token/token-repairs.ts'
import { readCurl } from './curl.ts'
import { readHar } from './har.ts'
import { issuerOf, type GivenRequest } from './request.ts'

/** `saw`: what it was taken for, in words that go on from "This is". */
export type Seen = { readonly saw: string } & (
  | { readonly kind: 'token'; readonly token: string; readonly issuer: string | undefined }
  | { readonly kind: 'address'; readonly address: string }
  /** `answer`: what came back, where the person has it. */
  | { readonly kind: 'request'; readonly request: GivenRequest; readonly answer?: string }
  | { readonly kind: 'decision'; readonly id: string; readonly text?: string }
  /** `server`: the MCP server that it names. */
  | { readonly kind: 'text'; readonly text: string; readonly server: string | undefined }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'config'; readonly file: string }
  | { readonly kind: 'nothing' }
)

const largestHar = 67_108_864
const largestText = 1_048_576

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

// Files

/** As terminals paste a file that was dropped: quoted, escaped, or as a URL. */
const fileNamed = (text: string): string | undefined => {
  if (text.includes('\n') || text.length > 4096) return undefined
  const words = shellWords(text) ?? []
  const [word = ''] = words.length === 1 ? words : [text]
  if (word.startsWith('file:///')) return URL.canParse(word) ? fileURLToPath(word) : undefined
  return word.replace(/^~(?=\/)/, homedir())
}

const isFile = (file: string): boolean => {
  try {
    return existsSync(file) && statSync(file).isFile()
  } catch {
    return false
  }
}

const seenFile = (file: string): Seen => {
  const read = readRegularFile(file, { maxBytes: largestHar })
  if (isReadFault(read)) return { kind: 'nothing', saw: `a file that cannot be read: ${read.why}` }
  const har = readHar(read.bytes)
  if (har !== undefined) {
    const { n, told } = har
    const saw = `a HAR file with ${String(n)} exchange${n === 1 ? '' : 's'}`
    if (told === undefined) {
      return { kind: 'nothing', saw: `${saw}, of which none failed and none is one of MCP` }
    }
    const { answer, status, ...request } = told
    return {
      kind: 'request',
      request,
      answer,
      saw: `${saw}; ${request.address} answered ${String(status)}`,
    }
  }
  if (/\.toml$/i.test(file)) return { kind: 'config', file, saw: 'a configuration' }
  if (read.bytes.length > largestText) return { kind: 'nothing', saw: 'a file too large to read' }
  const seen = seenText(read.bytes.toString('utf8').trim())
  return { ...seen, saw: `a file with ${seen.saw}` }
}

// Tokens

const claim = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= 200 ? value : undefined

const seenToken = (text: string): Seen | undefined => {
  const { token } = mendToken(text)
  if (/\s/.test(token) || token === '') return undefined
  const shape = readToken(token)
  if (shape.shape === 'jws') {
    const issuer = claim(shape.claims?.['iss'])
    const audience = claim([shape.claims?.['aud']].flat()[0])
    const of = issuer === undefined ? '' : ` of ${issuer}`
    const whom = audience === undefined ? '' : ` for ${audience}`
    return { kind: 'token', token, issuer, saw: `a JWT${of}${whom}` }
  }
  if (shape.shape === 'jwe') {
    return { kind: 'token', token, issuer: undefined, saw: 'an encrypted token' }
  }
  const known = credentialKind(token)
  if (known !== undefined) return { kind: 'token', token, issuer: undefined, saw: known }
  const isRandom = token.length >= 20 && /\d/.test(token) && /^[\w.~+/=-]+$/.test(token)
  return isRandom ? { kind: 'token', token, issuer: undefined, saw: 'an opaque token' } : undefined
}

/** It is validated as a token is, which says what lacks. */
const seenDecoded = (text: string): Seen | undefined => {
  const decoded = decodedToken(text)
  if (decoded === undefined) return undefined
  const issuer = claim(decoded.claims?.['iss'])
  return { kind: 'token', token: text, issuer, saw: decodedWords(decoded) }
}

// Addresses

const seenAddress = (text: string): Seen | undefined => {
  const read = readPasted(text)
  if (read.kind !== 'address') return undefined
  const { address } = read
  // The address of a redirect says what went wrong, or has a code.
  if (/[?&](?:error|code|state)=/.test(new URL(address).search)) return undefined
  return { kind: 'address', address, saw: `an address, ${address}` }
}

// Requests and texts

const seenRequest = (text: string): Seen | undefined => {
  const request = readCurl(text)
  if (request === undefined) return undefined
  const { address, token, asksForToken } = request
  const what = asksForToken
    ? `that asks for a token at ${address}`
    : `to ${address} ${token === undefined ? 'without a token' : 'with a token'}`
  return { kind: 'request', request, saw: `a curl command ${what}` }
}

const seenDecision = (text: string): Seen | undefined => {
  // As the log shows it, in short.
  const isShort = /^(?=.*[a-f])[0-9a-f]{8}$/i.test(text)
  const id = isShort ? text : uuid.exec(text)?.[0]
  if (id === undefined) return undefined
  if (text.toLowerCase() === id.toLowerCase()) {
    return { kind: 'decision', id, saw: 'a request id of a running proxy' }
  }
  return new RegExp(`(?:x-request-id|request_id)\\\\?"?\\s*[:=]\\s*\\\\?"?${id}`, 'i').test(text)
    ? { kind: 'decision', id, text, saw: `an answer or a log line of a proxy, request id ${id}` }
    : undefined
}

const kindWords = {
  check: 'an mcp-proxy check',
  vendor: 'an authorization server error',
  words: 'a message of a client library',
  system: 'a network error',
  challenge: 'a challenge',
  oauth: 'an OAuth error',
  rpc: 'a JSON-RPC error',
  vague: 'an OAuth error',
  weakness: 'a challenge',
  status: 'an HTTP status',
} as const

const seenSigns = (text: string): Seen | undefined => {
  const challenge = challengeIn(text)
  if (challenge !== undefined) {
    return { kind: 'text', text, server: challenge.server, saw: 'a challenge' }
  }
  const [first] = signsIn(text)
  return first === undefined
    ? undefined
    : { kind: 'text', text, server: undefined, saw: kindWords[first.kind] }
}

const seenWords = (text: string): Seen | undefined => {
  const words = text.split(/\s+/)
  const isPlain = words.length <= 8 && words.every((word) => /^[\w'-]{1,30}$/.test(word))
  return isPlain && !words.some(looksLikeToken)
    ? { kind: 'words', words, saw: 'a few words: the checks that have them' }
    : undefined
}

/** A challenge, or the address of a redirect with an error: it may have other things beside, which matter less. */
const isAnswer = (text: string): boolean =>
  /^https?:\S+[?&]error=\w/.test(text) || challengeIn(text) !== undefined

const seenText = (text: string): Seen =>
  seenRequest(text) ??
  seenDecoded(text) ??
  seenDecision(text) ??
  (isAnswer(text) ? seenSigns(text) : undefined) ??
  seenAddress(text) ??
  seenToken(text) ??
  seenSigns(text) ??
  seenWords(text) ?? { kind: 'nothing', saw: 'nothing that mcp-proxy recognises' }

/** `text`: what was pasted. Reads the file that it names, if it names one, and nothing else. */
export const recognise = (given: string): Seen => {
  const text = given.trim()
  const file = fileNamed(text)
  if (file !== undefined && isFile(file)) return seenFile(file)
  if (/\.har['"]?$/i.test(text))
    return { kind: 'nothing', saw: 'the name of a file that does not exist' }
  return seenText(text)
}

/** Where a request has to be looked into. */
export const placeOf = ({ address, asksForToken }: GivenRequest): string =>
  asksForToken ? issuerOf(address) : address

/** Words, numbers and codes; a mixture of letters and digits could be a secret, or the beginning of one. */
const plainWord =
  /^(?:[a-z_'-]{1,40}|[A-Z_]{1,40}|[A-Z][a-z']{0,20}|-?\d{1,6}|(?:AADSTS|E0)\d{1,8})[.,:;?!]?$/

const isShown = (word: string): boolean =>
  plainWord.test(word) || uuid.exec(word)?.[0] === word || isPlainAddress(word)

/** What of a paste may be on the screen, in one line. */
export const shownPaste = (text: string): string => {
  const line = text.trim()
  if (line === '') return ''
  const words = line.length > 200 || line.includes('\n') ? [] : line.split(/\s+/)
  return words.length > 0 && words.every(isShown) ? line : `[${String(line.length)} characters]`
}
