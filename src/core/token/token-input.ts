// Whether a string can be a bearer token at all, before anybody looks inside (RFC 6750 section 2.1).
import { parseJson } from '../../base/json.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { fail, pass, warn, type Check } from '../verdict/check.ts'
import { credentialKind } from './credential-signs.ts'

/** More than any deployment carries in one header; node:http stops there too. */
export const maxTokenLength = 16 * 1024
/** What proxies in front allow for one header, or for all of them. */
const proxyLength = 8 * 1024
const adviceLength = 4 * 1024

const b64token = /^[A-Za-z0-9\-._~+/]+=*$/
const outsideB64token = /[^A-Za-z0-9\-._~+/=]/u

const placeholders: readonly RegExp[] = [
  /^\$\w+$/,
  /^\$?\{[^{}":]*\}$/,
  /^\{\{.*\}\}$/s,
  /^<[^<>]*>$/,
  /^%\w+%$/,
  // what programs write for a value that was never set
  /^(?:undefined|null|None|NaN|\[object Object\])$/,
]

/** A real token in angle brackets must not be repeated: only what reads like a name is shown. */
const shown = (token: string): string =>
  /^(?:[${<%]+(?:[A-Z_][A-Z0-9_]*|[a-z_ -]+)[}>%]*|undefined|null|None|NaN|\[object Object\])$/.test(
    token,
  ) && token.length <= 40
    ? token
    : 'what was sent'

/** What people leave where a token was cut: dots, stars, a horizontal ellipsis. */
const cutMarks = /\.{3,}|\*{3,}|\u2026/

const cutBy = (token: string): Problem | undefined => {
  if (cutMarks.test(token)) return problemOf('in-truncated', 'ellipsis')
  if (!/^\{\s*"/.test(token)) return undefined
  const parsed = parseJson(token)
  if (parsed.ok) return undefined
  const rest = token.slice(parsed.position ?? 0)
  return parsed.reason === 'unexpected end' || /^\s*"[^"]*$/.test(rest)
    ? problemOf('in-truncated', 'json', { n: token.length })
    : undefined
}

/** What cannot be seen, or looks like something else, in words. */
const characterNames: Readonly<Record<string, string>> = {
  ' ': 'a space',
  '\t': 'a tab',
  '\n': 'a line break',
  '\r': 'a line break',
  '"': 'a quote',
  "'": 'a quote',
  '`': 'a backtick',
  '\u2018': 'a smart quote',
  '\u2019': 'a smart quote',
  '\u201c': 'a smart quote',
  '\u201d': 'a smart quote',
  '\u00a0': 'a no-break space',
  '\u00ad': 'a soft hyphen',
  '\u200b': 'a zero-width space',
  '\u200c': 'a zero-width character',
  '\u200d': 'a zero-width character',
  '\u2060': 'a zero-width character',
  '\ufeff': 'a byte order mark',
  '\ufffd': 'what is left of a character that could not be read',
  '\u0000': 'a NUL',
  '%': 'is it URL-encoded?',
  '{': 'is it JSON?',
  '=': 'padding inside the token',
}

const characterName = (char: string): string | undefined => {
  const known = characterNames[char]
  if (known !== undefined) return known
  if (/[\u2010-\u2015\u2212]/u.test(char)) return 'a dash that is not a hyphen'
  return /[\p{Script=Cyrillic}\p{Script=Greek}\uff01-\uff5e]/u.test(char)
    ? 'a letter that looks like another one'
    : undefined
}

const checkCharacters = (token: string): Check => {
  if (b64token.test(token)) return pass('in-non-ascii')
  const outside = outsideB64token.exec(token)
  // What is left is an equals sign before the end.
  const pos = outside?.index ?? token.indexOf('=')
  const code = token.codePointAt(pos) ?? 0
  const hex = code.toString(16).toUpperCase().padStart(4, '0')
  const name = characterName(String.fromCodePoint(code))
  const evidence = { actual: pos, ...(name === undefined ? {} : { note: name }) }
  const what = name === undefined ? '' : ` (${name})`
  return fail(problemOf('in-non-ascii', 'foreign', { hex, pos, what }), evidence)
}

/** What is wrong with a token that is not even looked at. */
export const oversize = (n: number): Problem => problemOf('in-size', 'refused', { n })

const checkSize = (token: string): Check => {
  const n = Buffer.byteLength(token)
  if (n <= adviceLength) return pass('in-size')
  const evidence = { expected: maxTokenLength, actual: n }
  if (n > maxTokenLength) return fail(oversize(n), evidence)
  return warn(problemOf('in-size', n > proxyLength ? 'proxies' : 'near', { n }), evidence)
}

const checkCut = (token: string): Check => {
  const cut = cutBy(token)
  return cut === undefined ? pass('in-truncated') : fail(cut)
}

const checkKind = (token: string): Check => {
  const kind = credentialKind(token)
  return kind === undefined
    ? pass('in-wrong-kind')
    : warn(problemOf('in-wrong-kind', 'looks', { kind }))
}

/**
 * The group Input, as far as a validator refuses by it; every validator asks it first. Repairs
 * nothing. Does not check the structure of the token: see token-shape.ts.
 */
export const checkInput = (token: string): readonly Check[] => {
  if (token.trim() === '') {
    return [fail(problemOf('in-empty', { source: 'what was sent' }))]
  }
  const size = checkSize(token)
  if (size.status === 'fail') return [pass('in-empty'), size]
  const isPlaceholder = placeholders.some((pattern) => pattern.test(token))
  return [
    pass('in-empty'),
    size,
    isPlaceholder
      ? fail(problemOf('in-unexpanded-variable', { placeholder: shown(token) }))
      : pass('in-unexpanded-variable'),
    checkCut(token),
    checkCharacters(token),
    checkKind(token),
  ]
}
