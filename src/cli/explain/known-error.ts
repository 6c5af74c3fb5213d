// One code or text that people paste, with the checks that look at its cause.
import type { ProblemCode } from '../../problems/problem.ts'

export interface KnownError {
  /** As it is shown. */
  readonly code: string
  /** Goes on from "the OAuth error invalid_token: ". */
  readonly means: string
  /** The checks that look at its cause, the likeliest first. */
  readonly checks: readonly [ProblemCode, ...ProblemCode[]]
  /** The specification, or the address of the documentation. */
  readonly source: string
}

export type Row = readonly [code: string, means: string, checks: string, source: string]

export const known = ([code, means, ids, source]: Row): KnownError => ({
  code,
  means,
  checks: ids.split(' ') as unknown as KnownError['checks'],
  source,
})

// Where several errors are documented.
export const tlsSource = 'https://nodejs.org/api/tls.html#x509-certificate-error-codes'
export const systemSource = 'https://nodejs.org/api/errors.html#common-system-errors'
export const untrusted = 'the certificate is not trusted here: pass the authority with --ca-file'
export const sdk = 'https://github.com/modelcontextprotocol/typescript-sdk'

/** A message, and what it is. */
export type Phrase = readonly [words: RegExp, ...row: Row]
