// The keys of traces and of metrics that are sent over OTLP.
import * as z from 'zod'
import { secretSchema } from '../core/auth-config/secret-schema.ts'

const timeout = z.number().positive().max(60).default(10)

export const tracingSchema = z.strictObject({
  enabled: z.boolean().default(false).describe('Record a trace of each request and send it'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'OTLP over HTTP: the address of the collector, without /v1/traces. Default: OTEL_EXPORTER_OTLP_ENDPOINT, else http://localhost:4318',
    ),
  service_name: z
    .string()
    .min(1)
    .optional()
    .describe('service.name of the traces. Default: OTEL_SERVICE_NAME, else mcp-proxy'),
  headers: z
    .record(z.string(), secretSchema)
    .default({})
    .describe('Headers of every request to the collector; their values are secret'),
  sample_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of new traces to record; the decision of a trusted caller takes precedence'),
  trust: z
    .enum(['none', 'trusted_proxies', 'any'])
    .default('trusted_proxies')
    .describe(
      'Whose traceparent is continued: that of no caller, of peers in security.trusted_proxies, or of all; for other callers a new trace begins, linked to theirs',
    ),
  timeout_seconds: timeout.describe(
    'Longest time for one request to the collector, retries included',
  ),
})
