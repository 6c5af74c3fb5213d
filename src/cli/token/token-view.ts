// A token as it may be shown: its kind, its size, what it says of itself; never the token.
import type { JsonObject } from '../../base/json.ts'
import { fingerprint } from '../../base/secret.ts'
import { decodedToken } from '../../core/token/decoded-token.ts'
import { readToken } from '../../core/token/token-shape.ts'
import { redact } from '../report/redact.ts'

export interface TokenView {
  readonly kind: 'jwt' | 'jwe' | 'opaque'
  readonly characters: number
  readonly fingerprint: string
  /** Null where it cannot be read. */
  readonly header: JsonObject | null
  readonly claims: JsonObject | null
}

const shown = (document: JsonObject | undefined): JsonObject | null =>
  document === undefined ? null : redact(document)

/** Verifies nothing: whoever shows this has to say so, or to show the checks beside it. */
export const tokenView = (token: string): TokenView => {
  const shape = readToken(token)
  const signed = shape.shape === 'jws'
  const decoded = signed ? undefined : decodedToken(token)
  return {
    kind: signed ? 'jwt' : shape.shape,
    characters: token.length,
    fingerprint: fingerprint(token),
    header: shown(shape.header ?? decoded?.header),
    claims: shown(signed ? shape.claims : decoded?.claims),
  }
}
