// What callers have to show beside a token that is bound to a key or a certificate.
import type { Algorithm } from '../token/jose-header.ts'

/** What callers have to show beside a bound token; challenge and metadata tell them. */
export type PossessionOffer =
  | {
      readonly kind: 'dpop'
      /** Tokens that are bound to nothing are refused. */
      readonly required: boolean
      readonly algorithms: readonly Algorithm[]
      /** The nonce that the next proof has to hold; undefined where none is demanded. */
      nonce(): string | undefined
    }
  | { readonly kind: 'mtls'; readonly required: boolean }
