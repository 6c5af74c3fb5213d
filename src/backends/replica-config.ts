// The keys of one [[backends]] entry about several servers behind its name.
import * as z from 'zod'

const outlierSchema = z.strictObject({
  consecutive_errors: z
    .number()
    .int()
    .positive()
    .default(5)
    .describe('Failures in a row after which a replica gets no calls'),
  interval_seconds: z
    .number()
    .positive()
    .default(10)
    .describe('A failure that is older than this is in a row with no other'),
  base_ejection_seconds: z
    .number()
    .positive()
    .default(30)
    .describe(
      'Seconds without calls; each time that follows without success in between it is so much longer, up to ten times',
    ),
  max_ejection_percent: z
    .number()
    .min(0)
    .max(100)
    .default(50)
    .describe('How many of 100 replicas may be without calls; one always may, and never all'),
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
