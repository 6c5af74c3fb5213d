// What a refused caller is answered over HTTP: the server sends it, and the command line foretells it.
import { problemSpec } from '../../problems/problem.ts'
import type { PossessionOffer } from '../possession/offer.ts'
import { challenge } from './resource-metadata.ts'
import type { Refusal } from '../verdict/verdict.ts'

export interface RefusalAnswer {
  readonly status: number
  /** The `WWW-Authenticate` value. */
  readonly challenge: string | undefined
  readonly retryAfterSeconds: number | undefined
}

export interface ChallengingResource {
  /** The URL of the protected resource metadata, where some is published. */
  readonly resourceMetadata: string | undefined
  readonly requiredScopes: readonly string[]
  readonly possession?: PossessionOffer | undefined
  /** The scheme that the caller used; default: Bearer. */
  readonly scheme?: 'bearer' | 'dpop' | undefined
}

/** When nobody knows better. */
const guessedRetrySeconds = 5

/** RFC 6750 section 3.1: all that is needed, what the policy that the token fell short of says included. */
const scopesFor = (
  { problem, checks }: Refusal,
  { requiredScopes }: ChallengingResource,
): readonly string[] => {
  const missed = checks.find(({ id, status }) => id === 'claim-scope' && status === 'fail')
  const wanted: unknown = missed?.evidence?.expected
  return problem.code === 'claim-scope' && isTextList(wanted)
    ? [...new Set([...wanted, ...requiredScopes])]
    : requiredScopes
}

const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string')

const challengeOf = (refusal: Refusal, resource: ChallengingResource): string =>
  challenge(refusal.problem, {
    resourceMetadata: resource.resourceMetadata,
    scopes: scopesFor(refusal, resource),
    possession: resource.possession,
    scheme: resource.scheme,
  })

/**
 * Rejected: 401, 403 for scope or 400 for a malformed header, each with a challenge. Undecided: 503 without
 * one, so that clients keep their token (RFC 9110 section 15.6.4). Does not look at the request.
 */
export const answerToRefusal = (refusal: Refusal, resource: ChallengingResource): RefusalAnswer => {
  const { problem } = refusal
  if (refusal.outcome === 'undecided') {
    return {
      status: 503,
      challenge: undefined,
      retryAfterSeconds: refusal.retryAfterSeconds ?? guessedRetrySeconds,
    }
  }
  return {
    status: problemSpec(problem.code).http ?? 401,
    challenge: challengeOf(refusal, resource),
    retryAfterSeconds: undefined,
  }
}
