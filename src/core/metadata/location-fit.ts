// What one answer of a metadata location is worth, and what the answers of all of them come to.
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Exchange } from '../../net/exchange.ts'
import type { FaultKind } from '../../net/fault.ts'
import { publicOfPair } from '../verdict/internal-issuer.ts'
import { nearMiss } from '../verdict/near-miss.ts'
import { readMetadata, type AuthServerMetadata, type ReadingFault } from './metadata.ts'

/** Why a location gave no document, as far as it changes the remedy: cases of asm-found. */
export type Miss =
  | 'nowhere'
  | 'lost'
  | 'guarded'
  | 'failing'
  | 'unreachable'
  | 'untrusted'
  | 'refused'
  | 'redirected'
  | 'garbled'
  | ReadingFault

const missByFault: Partial<Record<FaultKind, Miss>> = {
  tls: 'untrusted',
  address: 'refused',
  redirect: 'redirected',
  'too-large': 'garbled',
  protocol: 'garbled',
  encoding: 'garbled',
}

const missByStatus = (status: number | undefined): Miss => {
  if (status === 401 || status === 403) return 'guarded'
  return status !== undefined && (status >= 500 || status === 429) ? 'failing' : 'nowhere'
}

export type Fit =
  | { readonly kind: 'used'; readonly metadata: AuthServerMetadata }
  | {
      readonly kind: 'failed'
      readonly problem: string
      readonly quiet: boolean
      readonly miss: Miss
      /** A member of the document appears twice. */
      readonly duplicate?: Problem
    }
  | {
      readonly kind: 'foreign'
      readonly problem: string
      readonly issuer: Problem
      readonly named: string
      readonly metadata: AuthServerMetadata
    }

const failed = (
  problem: string,
  miss: Miss,
  quiet = false,
): Extract<Fit, { readonly kind: 'failed' }> => ({
  kind: 'failed',
  problem,
  quiet,
  miss,
})

const foreignIssuer = (named: string, asked: string): Problem => {
  const what = nearMiss(named, asked) ?? 'the whole string'
  const publicName = publicOfPair(named, asked)
  return publicName === undefined
    ? problemOf('asm-issuer', 'other', { named, asked, what })
    : problemOf('asm-issuer', 'internal', { named, asked, public: publicName })
}

/** What one answer is worth. A 4xx means "not here" and needs no mention; anything else does. */
export const fitOf = (answer: Exchange, expected: string): Fit => {
  const { status, fault, url, body } = answer
  if (fault !== undefined) {
    const miss = missByFault[fault.kind] ?? 'unreachable'
    return failed(`failed to discover auth server at ${url}: ${fault.detail}`, miss)
  }
  if (status === undefined || status < 200 || status > 299) {
    const quiet = status !== undefined && status >= 400 && status < 500
    const said = `auth server discovery failed: ${url} returned ${status}`
    return failed(said, missByStatus(status), quiet)
  }
  const reading = readMetadata(body ?? '')
  if ('cause' in reading) {
    const { cause, fault: miss, duplicate } = reading
    const fit = failed(`failed to parse auth server metadata: ${cause} (${url})`, miss)
    return duplicate === undefined
      ? fit
      : { ...fit, duplicate: problemOf('asm-duplicate-member', { name: duplicate, url }) }
  }
  // RFC 8414 section 3.3: identical, code point by code point, or not to be used.
  const named = reading.metadata.issuer
  // AD FS puts another issuer into its tokens than it has itself, and says which.
  if (named !== expected && reading.metadata.raw['access_token_issuer'] !== expected) {
    const issuer = foreignIssuer(named, expected)
    return { kind: 'foreign', problem: issuer.detail, issuer, named, metadata: reading.metadata }
  }
  return { kind: 'used', metadata: reading.metadata }
}

export const failureOf = (fits: readonly Fit[]): string | undefined => {
  const foreign = fits.find((fit) => fit.kind === 'foreign')
  if (foreign !== undefined) return foreign.problem
  const missed = fits.flatMap((fit) => (fit.kind === 'failed' ? [fit] : []))
  const loud = missed.filter((fit) => !fit.quiet).map((fit) => fit.problem)
  // The seed names the last URL it asked; what is not a plain "not here" must not hide behind that.
  return loud.length > 0 ? [...new Set(loud)].join('; ') : missed.at(-1)?.problem
}

/** The plainest of its answers: a 401 says less than a document that lacks something. */
const saysLittle: ReadonlySet<Miss> = new Set(['nowhere', 'guarded'])

/** What to do about it follows from the first location that said more than "not here". */
export const missOf = (fits: readonly Fit[]): Miss => {
  const missed = fits.flatMap((fit) => (fit.kind === 'failed' ? [fit.miss] : []))
  return (
    missed.find((miss) => !saysLittle.has(miss)) ??
    missed.find((miss) => miss !== 'nowhere') ??
    'nowhere'
  )
}
