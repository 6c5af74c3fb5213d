// The headers that a client sends to a server: our backends have one credential, the bearer token.
import type { Piece } from './references.ts'

/** A key of another client's file that has no place in ours. */
export interface LeftOut {
  readonly key: string
  readonly why: string
}

interface HeaderReading {
  readonly read: (value: string) => readonly Piece[]
  readonly claim: (secret: string) => readonly Piece[]
  readonly refer: (variable: string, was: string | undefined) => void
}

interface Headers {
  readonly token: readonly Piece[] | undefined
  readonly leftOut: readonly LeftOut[]
  readonly notes: readonly string[]
}

const onlyBearer = 'a backend has no key for headers; bearer_token is its only credential'

/** Without its scheme; undefined where it is another one. */
const bearerOf = (value: string): string | undefined => {
  const [, scheme, rest = ''] = /^\s*([A-Za-z]+)\s+(.*)$/s.exec(value) ?? []
  if (scheme !== undefined) return scheme.toLowerCase() === 'bearer' ? rest.trim() : undefined
  return value.trim() === '' ? undefined : value.trim()
}

export const headersOf = (given: unknown, { read, claim, refer }: HeaderReading): Headers => {
  const leftOut: LeftOut[] = []
  const notes: string[] = []
  let token: readonly Piece[] | undefined
  const headers = typeof given === 'object' && given !== null ? Object.entries(given) : []
  for (const [name, value] of headers) {
    const isAuthorization = name.toLowerCase() === 'authorization'
    const bearer = isAuthorization && typeof value === 'string' ? bearerOf(value) : undefined
    if (bearer === undefined || token !== undefined) {
      const why = isAuthorization ? 'another scheme than Bearer is not offered' : onlyBearer
      leftOut.push({ key: `headers.${name}`, why })
      continue
    }
    const pieces = read(bearer)
    const [only] = pieces
    if (pieces.length !== 1 || only === undefined || 'text' in only) {
      token = claim(bearer)
      continue
    }
    token = pieces
    refer(only.variable, only.was)
    if (!/bearer/i.test(String(value))) {
      notes.push(`${only.variable} holds the token alone: without the word Bearer before it`)
    }
  }
  return { token, leftOut, notes }
}
