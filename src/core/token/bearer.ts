// The Authorization header: the one token it carries, or what is wrong with it (RFC 6750 section 2.1, RFC 9449 section 7.1).
import { type Problem, problemOf } from '../../problems/problem.ts'
import { isBlank, trimBlanks } from '../../base/trim.ts'
import { maxTokenLength, oversize } from './token-input.ts'

/** `scheme` stands only where it is not Bearer. */
export type Authorization = { readonly token: string; readonly scheme?: 'dpop' } | Problem

const splitCredentials = (value: string): { readonly scheme: string; readonly token: string } => {
  const text = trimBlanks(value)
  let gap = 0
  while (gap < text.length && !isBlank(text[gap])) gap += 1
  return { scheme: text.slice(0, gap), token: trimBlanks(text.slice(gap)) }
}

/** Schemes that may be named in an answer; anything else may be a token that was sent bare. */
const otherSchemes = /^(?:basic|dpop|digest|negotiate|token|apikey)$/i

/**
 * Takes the header's values as they were sent, one for each header line. A bare scheme gives the empty
 * token, and characters are not looked at: what validators say of a token (in-empty, in-non-ascii)
 * they say wherever it came from. Does not check anything else about the token.
 */
export const parseAuthorization = (
  values: readonly string[] | undefined,
  options: { readonly dpop?: boolean } = {},
): Authorization => {
  const [value, ...more] = values ?? []
  if (value === undefined) {
    return problemOf('req-token-missing')
  }
  if (more.length > 0)
    return problemOf('req-authorization-malformed', 'several', { n: more.length + 1 })
  const { scheme, token } = splitCredentials(value)
  if (scheme === '') {
    return problemOf('req-token-missing')
  }
  const name = scheme.toLowerCase()
  if (name !== 'bearer' && !(name === 'dpop' && options.dpop === true)) {
    return otherSchemes.test(scheme)
      ? problemOf('req-authorization-malformed', 'scheme', { scheme })
      : problemOf('req-authorization-malformed', 'bare')
  }
  if (/^(?:bearer|dpop)(?:[ \t]|$)/i.test(token))
    return problemOf('req-authorization-malformed', 'doubled')
  if (/\s/.test(token)) return problemOf('req-authorization-malformed', 'words')
  if (token.length > maxTokenLength) {
    return oversize(token.length)
  }
  return name === 'dpop' ? { token, scheme: 'dpop' } : { token }
}
