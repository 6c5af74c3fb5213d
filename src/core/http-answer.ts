// What a refused caller is answered over HTTP: the server sends it, and the command line foretells it.
import { problemSpec, type Problem } from '../base/problem.ts'
import type { PossessionOffer } from './possession.ts'
import { challenge } from './resource-metadata.ts'
import type { Refusal } from './verdict.ts'

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

const challengeOf = (problem: Problem, resource: ChallengingResource): string =>
  challenge(problem, {
    resourceMetadata: resource.resourceMetadata,
    scopes: resource.requiredScopes,
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
    challenge: challengeOf(problem, resource),
    retryAfterSeconds: undefined,
  }
}
