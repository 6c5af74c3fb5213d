// How often calls may come: one token bucket for all callers, and one for each backend.
import * as z from 'zod'
import type { Clock } from '../base/clock.ts'
import { problemOf } from '../problems/problem.ts'
import type { Call, Layer, Reply } from '../mcp/call.ts'
import { defineBackendLayer, defineEdgeLayer } from './define.ts'

const limitSchema = z.strictObject({
  requests: z.number().int().positive().describe('Requests allowed in one period, and at once'),
  period_seconds: z.number().positive().default(1).describe('Length of the period in seconds'),
})

type Limit = z.infer<typeof limitSchema>

/** Takes one token: 0 when there was one, else the milliseconds until the next. */
type Bucket = () => number

/** Filled at the start, so that a burst of one whole period passes. Counted in whole numbers, which do not drift. */
export const tokenBucket = ({ requests, period_seconds }: Limit, clock: Clock): Bucket => {
  const cost = period_seconds * 1000
  const full = cost * requests
  let credit = full
  let refilledAt = clock.now()
  return () => {
    const now = clock.now()
    credit = Math.min(full, credit + Math.max(0, now - refilledAt) * requests)
    refilledAt = now
    if (credit < cost) return (cost - credit) / requests
    credit -= cost
    return 0
  }
}

const limiting =
  (bucket: Bucket, counts: (call: Call) => boolean, refuse: (seconds: number) => Reply): Layer =>
  (next) =>
  (call) => {
    const waitMs = counts(call) ? bucket() : 0
    return waitMs === 0
      ? next(call)
      : Promise.resolve(refuse(Math.max(1, Math.ceil(waitMs / 1000))))
  }

/** One bucket for all callers and every method. */
export const rateLimit = defineEdgeLayer(
  { rate_limit: limitSchema.optional().describe('Limit over all callers; beyond it HTTP 429') },
  ({ rate_limit: limit }, { clock }) => {
    if (limit === undefined) return undefined
    const detail = problemOf('limit-rate', 'all', {
      requests: limit.requests,
      seconds: limit.period_seconds,
    })
    return limiting(
      tokenBucket(limit, clock),
      () => true,
      (retryAfterSeconds) => ({
        kind: 'refusal',
        problem: detail,
        retryAfterSeconds,
      }),
    )
  },
)

/** One bucket for one backend. Lists are the proxy's own questions, kept and rare: they do not count. */
export const backendRateLimit = defineBackendLayer(
  {
    rate_limit: limitSchema
      .optional()
      .describe('Limit for this backend; beyond it an error in band'),
  },
  ({ rate_limit: limit }, { clock }, { backend }) => {
    if (limit === undefined) return undefined
    const detail = problemOf('limit-backend-rate', {
      backend: backend.name,
      requests: limit.requests,
      seconds: limit.period_seconds,
    })
    return limiting(
      tokenBucket(limit, clock),
      (call) => !call.request.method.endsWith('/list'),
      (retryAfterSeconds) => ({
        kind: 'refusal',
        problem: detail,
        retryAfterSeconds,
      }),
    )
  },
)
