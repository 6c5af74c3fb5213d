// What serve would answer to a verdict: the status, the challenge, when to come back.
import { problemSpec } from '../base/problem.ts'
import { challenge } from '../core/resource-metadata.ts'
import type { Verdict } from '../core/verdict.ts'

export interface HttpAnswer {
  readonly status: number
  /** The `WWW-Authenticate` value; null where there is none. */
  readonly challenge: string | null
  /** Seconds; null where there is none. */
  readonly retry_after: number | null
}

interface Resource {
  readonly resourceMetadata: string | undefined
  readonly requiredScopes: readonly string[]
}

/** When nobody knows better, serve asks callers to wait this long. */
const retryAfterSeconds = 5

/** 200 stands for "passed on": then the backend has the word. */
export const httpAnswer = (verdict: Verdict, resource: Resource): HttpAnswer => {
  if (verdict.outcome === 'accepted') return { status: 200, challenge: null, retry_after: null }
  if (verdict.outcome === 'undecided') {
    const retryAfter = verdict.retryAfterSeconds ?? retryAfterSeconds
    return { status: 503, challenge: null, retry_after: retryAfter }
  }
  const { problem } = verdict
  return {
    status: problemSpec(problem.code).http ?? 401,
    challenge: challenge(problem, {
      resourceMetadata: resource.resourceMetadata,
      scopes: resource.requiredScopes,
    }),
    retry_after: null,
  }
}

/** Port 0 stands for a port that nobody knows before the proxy listens. */
export const knownUrl = (url: string | undefined): string | undefined =>
  url === undefined || new URL(url).port === '0' ? undefined : url
