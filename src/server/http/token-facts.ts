// What a refused token says of itself, for the log alone: unverified, shortened, never the token.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'

const longest = 200
const largestSegment = 16_384

const decode = (segment: string | undefined): JsonObject => {
  if (segment === undefined || segment.length > largestSegment) return {}
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'))
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}

const shown = (value: Json | undefined): Json | undefined => {
  if (typeof value === 'string') return value.slice(0, longest)
  if (!Array.isArray(value)) return undefined
  const strings = value.filter((item): item is string => typeof item === 'string')
  return strings.slice(0, 5).map((item) => item.slice(0, longest))
}

export interface TokenFacts {
  readonly iss: Json | undefined
  readonly aud: Json | undefined
  readonly kid: Json | undefined
}

/** All undefined for what is no JWT. */
export const tokenFacts = (token: string): TokenFacts => {
  const parts = token.split('.')
  if (parts.length !== 3) return { iss: undefined, aud: undefined, kid: undefined }
  const { kid } = decode(parts[0])
  const { iss, aud } = decode(parts[1])
  return { iss: shown(iss), aud: shown(aud), kid: shown(kid) }
}
