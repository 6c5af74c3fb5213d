// What serve would answer to a verdict: the status, the challenge, when to come back.
import { problemSpec } from '../base/problem.ts'
import { challenge } from '../core/resource-metadata.ts'
import type { Verdict } from '../core/verdict.ts'

export interface HttpAnswer {
  readonly status: number
  /** The `WWW-Authenticate` value; null where there is none. */
  readonly challenge: string | null
  /** Seconds; null where nothing better than a guess is known. */
  readonly retry_after: number | null
}

interface Resource {
  readonly resourceMetadata: string | undefined
  readonly requiredScopes: readonly string[]
}

/** 200 stands for "passed on": then the backend has the word. */
export const httpAnswer = (verdict: Verdict, resource: Resource): HttpAnswer => {
  if (verdict.outcome === 'accepted') return { status: 200, challenge: null, retry_after: null }
  const { problem } = verdict
  const status = problemSpec(problem.code).http ?? (verdict.outcome === 'undecided' ? 503 : 401)
  const challenges = verdict.outcome === 'rejected' && (status === 401 || status === 403)
  return {
    status,
    challenge: challenges
      ? challenge(problem, {
          resourceMetadata: resource.resourceMetadata,
          scopes: resource.requiredScopes,
        })
      : null,
    retry_after: verdict.retryAfterSeconds ?? null,
  }
}

/** Port 0 stands for a port that nobody knows before the proxy listens. */
export const knownUrl = (url: string | undefined): string | undefined =>
  url === undefined || new URL(url).port === '0' ? undefined : url
