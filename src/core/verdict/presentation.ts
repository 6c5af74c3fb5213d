// How a token came: what a sender-constrained token is compared with, beside what it says itself.

/** The certificate of the caller's TLS connection, or why none is known. */
export type ShownCertificate =
  /** base64url of the SHA-256 of its DER form (RFC 8705 section 3.1). */
  { readonly thumbprint: string } | { readonly missing: string }

/** What a request shows beside its token. */
export interface Shown {
  /** The method of the HTTP request. */
  readonly method: string
  /** The values of all DPoP headers. */
  readonly proofs: readonly string[]
  readonly certificate?: ShownCertificate
  /** Where it is about another request than one to the public URL: what is shown is for this one. */
  readonly url?: string
}

export interface Presentation extends Shown {
  readonly scheme: 'bearer' | 'dpop'
  /** The URL as callers know it, never built from Host. */
  readonly url: string
  /** Judged after the fact: nobody here knows which nonces were given out and which proofs were used. */
  readonly captured?: true
}
