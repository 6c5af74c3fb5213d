// What a guarded resource answers in place of the application: a refusal, or its own metadata.
import { openHintOf, problemSpec } from '../problems/problem.ts'
import { answerToRefusal, type ChallengingResource } from '../core/challenge/http-answer.ts'
import type { MetadataAnswer } from '../core/challenge/metadata-answer.ts'
import type { Refusal } from '../core/verdict/verdict.ts'

/** An answer as any server can send it. */
export interface GuardAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Empty: none. */
  readonly body: string
}

const withBody = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): GuardAnswer => ({
  status,
  headers: {
    ...headers,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  },
  body,
})

export const answerOfMetadata = ({ status, headers, body }: MetadataAnswer): GuardAnswer =>
  body === undefined ? { status, headers, body: '' } : withBody(status, headers, body.toString())

/** The title of the problem, never its evidence: that is in the verdict, for the log. */
export const answerOfRefusal = (refusal: Refusal, resource: ChallengingResource): GuardAnswer => {
  const { status, challenge, retryAfterSeconds } = answerToRefusal(refusal, resource)
  const { problem } = refusal
  const { oauth, title } = problemSpec(problem.code)
  const undecided = refusal.outcome === 'undecided' ? 'temporarily_unavailable' : 'invalid_request'
  return withBody(
    status,
    {
      'cache-control': 'no-store',
      ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    JSON.stringify({
      error: oauth ?? undecided,
      error_description: title,
      code: problem.code,
      hint: openHintOf(problem),
    }),
  )
}
