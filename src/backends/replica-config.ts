// The keys of one [[backends]] entry about several servers behind its name.
import * as z from 'zod'

const outlierSchema = z.strictObject({
  consecutive_errors: z
    .number()
    .int()
    .positive()
    .default(5)
    .describe('Consecutive failures after which a replica gets no calls'),
  interval_seconds: z
    .number()
    .positive()
    .default(10)
    .describe('Failures further apart than this do not count as consecutive'),
  base_ejection_seconds: z
    .number()
    .positive()
    .default(30)
    .describe(
      'Seconds without calls; each repetition without a success in between adds as many, up to ten times as many',
    ),
  max_ejection_percent: z
    .number()
    .min(0)
    .max(100)
    .default(50)
    .describe(
      'Highest percentage of replicas that may be without calls at one time; one always may, and never all of them',
    ),
})

export const replicaKeys = {
  replicas: z
    .array(z.url())
    .default([])
    .describe(
      'http, sse, websocket: further addresses of the same server; calls are spread over url and these, and a caller in a session stays with one while that works',
    ),
  outlier_detection: outlierSchema
    .optional()
    .describe(
      'Give a replica no calls for a while when too many in a row fail there: connections that break or are refused, time-outs, HTTP 5xx; default: none',
    ),
}
