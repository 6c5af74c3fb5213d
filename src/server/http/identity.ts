// Who an accepted caller is, in headers: values that no header can break out of, and that no two callers share.
import type { OutgoingHttpHeaders } from 'node:http'
import type { Principal } from '../../base/principal.ts'
import type { IdentityFact } from '../../config/verify.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'

/** Gateways keep the head of an answer in a buffer of a few kilobytes. */
const mostBytes = 8192

const hex = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`

/** UTF-8; of a lone surrogate, which has none, the three bytes that it would have, so that it differs from U+FFFD. */
const bytesOf = (character: string): readonly number[] => {
  const code = character.codePointAt(0) ?? 0
  return code >= 0xd800 && code <= 0xdfff
    ? [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]
    : [...Buffer.from(character)]
}

/** All but visible ASCII, and what has a meaning of its own: "%" here, "," between the entries of a list. */
const unsafe = /[^\x21-\x7e]|[%,]/gu

/** Percent-encoding: control characters, spaces and everything beyond ASCII become bytes in hexadecimal. */
export const headerText = (value: string): string =>
  value.replace(unsafe, (character) => bytesOf(character).map(hex).join(''))

type Read = (principal: Principal, roles: () => readonly string[]) => string

const readers: Readonly<Record<IdentityFact, Read>> = {
  subject: ({ sub = '' }) => headerText(sub),
  client_id: ({ clientId = '' }) => headerText(clientId),
  issuer: ({ iss = '' }) => headerText(iss),
  // No scope has a space (RFC 6749 section 3.3).
  scopes: ({ scopes }) => scopes.map(headerText).join(' '),
  roles: (_, roles) => roles().map(headerText).join(','),
}

/** Each configured header, empty where nothing is known: a gateway that copies it overwrites what the client sent. */
export const identityOf = (
  wanted: readonly (readonly [fact: IdentityFact, name: string])[],
  principal: Principal,
  roles: () => readonly string[],
): { readonly headers: OutgoingHttpHeaders } | Problem => {
  const headers: Record<string, string> = {}
  let size = 0
  for (const [fact, name] of wanted) {
    const value = readers[fact](principal, roles)
    size += name.length + value.length + 4
    headers[name.toLowerCase()] = value
  }
  return size > mostBytes ? problemOf('verify-identity', { size, limit: mostBytes }) : { headers }
}
