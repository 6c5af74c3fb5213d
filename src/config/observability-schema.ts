// The section [observability]: log, audit, decisions and traces.
import * as z from 'zod'
import { observabilityLayerKeys } from '../layers/order.ts'
import { redisKeys } from '../redis/redis-config.ts'
import { tracingSchema } from './tracing-schema.ts'

/** A file that is appended to, and renamed when it is full. */
const appendFileSchema = (lines: string) =>
  z.strictObject({
    path: z.string().min(1).describe(`Where to append ${lines}`),
    max_bytes: z
      .number()
      .int()
      .min(65_536)
      .default(104_857_600)
      .describe('Size at which the file is renamed to `.1` and a new one is started'),
    keep: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(5)
      .describe('How many renamed files to keep (`.1` is the newest)'),
  })

export const observabilitySchema = z.strictObject({
  log_level: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least important log lines to write'),
  log_format: z
    .enum(['auto', 'pretty', 'text', 'json'])
    .default('auto')
    .describe(
      'Form of log lines: `pretty` is for people, `text` is key=value, `json` is one object a line; `auto` is pretty on a terminal and text elsewhere',
    ),
  json_logs: z
    .boolean()
    .default(false)
    .describe('Older form of `log_format = "json"`; applies only while log_format is `auto`'),
  audit: z.boolean().default(true).describe('Log an audit event for each call and each refusal'),
  audit_file: appendFileSchema('audit lines, whatever the log level')
    .optional()
    .describe('Write audit lines to a separate file, as JSON'),
  client_address: z
    .enum(['full', 'network', 'none'])
    .default('full')
    .describe(
      'How much of a client address the log, the audit file and decisions record: all of it, the network (/24, /48) or nothing',
    ),
  decisions: z
    .strictObject({
      keep: z
        .number()
        .int()
        .min(0)
        .max(100_000)
        .default(1000)
        .describe('How many decisions to keep in memory for `mcp-proxy why`; 0 keeps none'),
      accepted: z
        .number()
        .min(0)
        .max(1)
        .default(0.01)
        .describe(
          'Share of accepted calls to keep in addition to all refusals: 0 for none, 1 for all',
        ),
      claims: z
        .array(z.string().min(1).max(256))
        .max(32)
        .default([])
        .describe(
          'Claims of accepted tokens to record with decisions, by name or by path with dots, for `mcp-proxy replay`; all others are left out',
        ),
      file: appendFileSchema('decisions')
        .optional()
        .describe('The same decisions in a file, as JSON, for `mcp-proxy why --decisions`'),
      redis: z
        .strictObject({
          ...redisKeys('observability.decisions.redis'),
          key: z
            .string()
            .min(1)
            .max(256)
            .default('mcp-proxy:decisions')
            .describe('The key of the stream; proxies that share it share the stream'),
          max: z
            .number()
            .int()
            .min(100)
            .max(10_000_000)
            .default(100_000)
            .describe('About how many decisions the stream keeps; older ones are removed by Redis'),
          timeout_seconds: z
            .number()
            .positive()
            .max(10)
            .default(1)
            .describe('Longest wait for an answer of Redis; no call waits for it'),
        })
        .optional()
        .describe(
          'The same decisions in a stream of Redis, for `mcp-proxy why --decisions redis://host`',
        ),
    })
    .prefault({})
    .describe(
      'Records of decisions for later inspection: each refusal, and a sample of accepted calls',
    ),
  tracing: tracingSchema
    .prefault({})
    .describe('Traces of requests, over OTLP (OpenTelemetry, HTTP with protobuf)'),
  ...observabilityLayerKeys,
})
