// The headers that a client sends to a server: a bearer token has a key of its own, all others stay headers.
import { isSecretName } from '../../base/secret-name.ts'
import { headerNameFault, isHeaderValue } from '../../backends/credential.ts'
import {
  claimed,
  isEntry,
  isLiteral,
  masked,
  place,
  read,
  wishFor,
  written,
  type Reading,
} from './reading.ts'
import type { Piece } from './references.ts'
import { secretSpans } from '../secret-like.ts'

interface Headers {
  readonly bearer_token?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Without its scheme; undefined where it is another one. */
const bearerOf = (value: string): string | undefined => {
  const [, scheme, rest = ''] = /^\s*([A-Za-z]+)\s+(.*)$/s.exec(value) ?? []
  if (scheme !== undefined) return scheme.toLowerCase() === 'bearer' ? rest.trim() : undefined
  return value.trim() === '' ? undefined : value.trim()
}

const bearerToken = (bearer: string, value: string, reading: Reading): string => {
  const pieces = read(bearer, reading)
  const [only] = pieces
  if (pieces.length !== 1 || only === undefined || 'text' in only) {
    return written(claimed(bearer, reading, 'bearer_token', 'token'), 'bearer_token', reading)
  }
  reading.context.variables.refer(only.variable, place('bearer_token', reading), only.was)
  if (!/bearer/i.test(value)) {
    reading.notes.push(`${only.variable} holds the token alone: without the word Bearer before it`)
  }
  return written(pieces, 'bearer_token', reading)
}

/** The value of any other header: all of it is secret where its name or its text says so. */
const headerText = (name: string, value: string, reading: Reading): string => {
  const key = `headers.${name}`
  const plain = read(value, reading)
  const isSecret = isSecretName(name) || secretSpans(value).length > 0
  const pieces: readonly Piece[] =
    isLiteral(plain) && isSecret
      ? claimed(value, reading, key, name)
      : masked(plain, reading, key, wishFor(reading))
  return written(pieces, key, reading)
}

export const headersOf = (reading: Reading): Headers => {
  const { entry, leftOut } = reading
  const given = entry['headers']
  if (given !== undefined && given !== null && !isEntry(given)) {
    leftOut.push({ key: 'headers', why: 'is no table' })
  }
  const known = new Set<string>()
  const headers: Record<string, string> = {}
  let token: string | undefined
  for (const [name, value] of Object.entries(isEntry(given) ? given : {})) {
    const key = `headers.${name}`
    const lower = name.toLowerCase()
    const text = ['string', 'number', 'boolean'].includes(typeof value) ? String(value).trim() : ''
    const fault = headerNameFault(name)
    const wrong =
      fault === undefined
        ? undefined
        : fault === 'header-name'
          ? 'is no name of a header'
          : 'is a header that the proxy sets itself'
    const why =
      text === ''
        ? 'is no text'
        : (wrong ??
          (known.has(lower)
            ? 'is there twice'
            : isHeaderValue(text)
              ? undefined
              : 'has characters that no header can contain'))
    if (why !== undefined) {
      leftOut.push({ key, why })
      continue
    }
    known.add(lower)
    const bearer = lower === 'authorization' ? bearerOf(text) : undefined
    if (bearer === undefined) headers[name] = headerText(name, text, reading)
    else token = bearerToken(bearer, text, reading)
  }
  return {
    ...(token === undefined ? {} : { bearer_token: token }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  }
}
