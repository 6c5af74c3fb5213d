// What serve would answer to a verdict: the status, the challenge, when to come back.
import { answerToRefusal, type ChallengingResource } from '../../core/challenge/http-answer.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'

export interface HttpAnswer {
  readonly status: number
  /** The `WWW-Authenticate` value; null where there is none. */
  readonly challenge: string | null
  /** Seconds; null where there is none. */
  readonly retry_after: number | null
}

/** 200 stands for "passed on": then the backend has the word. */
export const httpAnswer = (verdict: Verdict, resource: ChallengingResource): HttpAnswer => {
  if (verdict.outcome === 'accepted') return { status: 200, challenge: null, retry_after: null }
  const { status, challenge, retryAfterSeconds } = answerToRefusal(verdict, resource)
  return { status, challenge: challenge ?? null, retry_after: retryAfterSeconds ?? null }
}

/** Port 0 stands for a port that nobody knows before the proxy listens. */
export const knownUrl = (url: string | undefined): string | undefined =>
  url === undefined || new URL(url).port === '0' ? undefined : url
