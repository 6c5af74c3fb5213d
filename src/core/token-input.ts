// Whether a string can be a bearer token at all, before anybody looks inside (RFC 6750 section 2.1).
import { fail, messageOf, pass, warn, type Check } from './check.ts'

/** More than any deployment carries in one header; node:http stops there too. */
export const maxTokenLength = 16 * 1024
const adviceLength = 4 * 1024

const b64token = /^[A-Za-z0-9\-._~+/]+=*$/
const outsideB64token = /[^A-Za-z0-9\-._~+/=]/u

const placeholders: readonly RegExp[] = [
  /^\$\w+$/,
  /^\$?\{[^{}]*\}$/,
  /^\{\{.*\}\}$/s,
  /^<[^<>]*>$/,
  /^%\w+%$/,
]

/** A real token in angle brackets must not be repeated: only what reads like a name is shown. */
const shown = (token: string): string =>
  /^[${<%]+(?:[A-Z_][A-Z0-9_]*|[a-z_ -]+)[}>%]*$/.test(token) && token.length <= 40
    ? token
    : 'what was sent'

/** What people leave where a token was cut: dots, stars, a horizontal ellipsis. */
const cutMarks = /\.{3,}|\*{3,}|\u2026/

/** Prefixes by which providers mark credentials that are not access tokens. */
const otherKinds: readonly (readonly [RegExp, string])[] = [
  [/^ghr_/, 'a GitHub refresh token'],
  [/^(?:ghp_|github_pat_)/, 'a GitHub personal access token'],
  [/^glpat-/, 'a GitLab personal access token'],
  [/^1\/\//, 'a Google refresh token'],
  [/^ory_rt_/, 'an Ory refresh token'],
  [/^ory_ac_/, 'an Ory authorization code'],
  [/^4\/0/, 'a Google authorization code'],
  [/^(?:sk-|sk_live_|sk_test_|AIza|AKIA)/, 'an API key'],
  [/^xox[abprs]-/, 'a Slack token'],
]

const checkCharacters = (token: string): Check => {
  if (b64token.test(token)) return pass('in-non-ascii')
  const outside = outsideB64token.exec(token)
  // What is left is an equals sign before the end.
  const pos = outside?.index ?? token.indexOf('=')
  const hex = (token.codePointAt(pos) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return fail('in-non-ascii', messageOf('in-non-ascii', { hex, pos }))
}

const checkSize = (token: string): Check => {
  const n = Buffer.byteLength(token)
  const evidence = { expected: maxTokenLength, actual: n }
  if (n > maxTokenLength) return fail('in-size', messageOf('in-size', { n }), evidence)
  return n > adviceLength ? warn('in-size', messageOf('in-size', { n }), evidence) : pass('in-size')
}

const checkKind = (token: string): Check => {
  const known = otherKinds.find(([prefix]) => prefix.test(token))
  return known === undefined
    ? pass('in-wrong-kind')
    : warn('in-wrong-kind', messageOf('in-wrong-kind', { kind: known[1] }))
}

/**
 * The group Input, as far as a validator refuses by it; every validator asks it first. Repairs
 * nothing. Does not check the structure of the token: see token-shape.ts.
 */
export const checkInput = (token: string): readonly Check[] => {
  if (token.trim() === '') {
    return [fail('in-empty', messageOf('in-empty', { source: 'what was sent' }))]
  }
  const size = checkSize(token)
  if (size.status === 'fail') return [pass('in-empty'), size]
  const isPlaceholder = placeholders.some((pattern) => pattern.test(token))
  return [
    pass('in-empty'),
    size,
    isPlaceholder
      ? fail(
          'in-unexpanded-variable',
          messageOf('in-unexpanded-variable', { placeholder: shown(token) }),
        )
      : pass('in-unexpanded-variable'),
    cutMarks.test(token)
      ? fail('in-truncated', messageOf('in-truncated', { why: 'it holds an ellipsis' }))
      : pass('in-truncated'),
    checkCharacters(token),
    checkKind(token),
  ]
}
