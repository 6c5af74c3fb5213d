// The issuers that tokens name, for a person who gave nothing else: not believed, only asked for their keys.
import { credentialKind } from '../../core/token/credential-signs.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { decodedToken } from '../../core/token/decoded-token.ts'
import { readToken } from '../../core/token/token-shape.ts'

/** A file of tokens may name as many; more are no tokens of one person. */
const mostIssuers = 20
const longestIssuer = 2048

const issuerOf = (token: string): string | undefined => {
  const shape = readToken(token)
  const claims = shape.shape === 'jws' ? shape.claims : decodedToken(token)?.claims
  const iss = claims?.['iss']
  if (typeof iss !== 'string' || iss.length > longestIssuer || !URL.canParse(iss)) return undefined
  return /^https?:$/.test(new URL(iss).protocol) ? iss : undefined
}

/** Each one once, in the order of the tokens. */
export const namedIssuers = (tokens: readonly string[]): readonly string[] =>
  [...new Set(tokens.map(issuerOf).filter((iss) => iss !== undefined))].slice(0, mostIssuers)

const whatIs = (token: string): string => {
  const shape = readToken(token)
  if (shape.shape === 'jwe') return 'it is encrypted'
  if (shape.shape === 'jws') return 'its iss is not a URL'
  const kind = credentialKind(token)
  return kind === undefined ? 'it is opaque' : `it looks like ${kind}`
}

/** What is missing where the token names no issuer that could be asked. */
export const issuerMissing = ([token]: readonly string[]): Problem =>
  token === undefined
    ? problemOf('usage-missing', 'issuer')
    : problemOf('usage-missing', 'issuer-unnamed', { what: whatIs(token) })
