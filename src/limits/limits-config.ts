// The section [limits]: rules on who may call how often, and where the counts are kept.
import * as z from 'zod'
import { redisKeys } from '../redis/redis-config.ts'

export const quotaParts = ['caller', 'role', 'tool', 'backend', 'address'] as const

export type QuotaPart = (typeof quotaParts)[number]

/** Rules have to fit the integers of structured fields (RFC 9651 section 3.3.1). */
const mostRequests = 1_000_000_000
/** 31 days. */
const longestPeriod = 2_678_400

const names = z.array(z.string().min(1).max(256)).min(1).optional()

const ruleSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'is not 1 to 64 letters, digits, dots, dashes and underscores')
      .describe('Name of the rule for callers, logs, metrics and RateLimit headers'),
    by: z
      .array(z.enum(quotaParts))
      .default([])
      .describe(
        'What gets its own quota: each caller, set of roles, tool, backend or address, or each combination of those listed; default: all calls share one',
      ),
    requests: z
      .number()
      .int()
      .positive()
      .max(mostRequests)
      .optional()
      .describe('Requests allowed per period; further ones get HTTP 429'),
    period_seconds: z
      .number()
      .int()
      .positive()
      .max(longestPeriod)
      .default(1)
      .describe('Length of the period in seconds'),
    max_concurrent: z
      .number()
      .int()
      .positive()
      .max(mostRequests)
      .optional()
      .describe('Concurrent calls allowed in this process; further ones get HTTP 429'),
    tools: names.describe('Tools that the rule applies to, as patterns; default: every request'),
    backends: names.describe('Backends that the rule applies to; default: every request'),
    roles: names.describe('Roles whose callers the rule applies to; default: every caller'),
    report_only: z
      .boolean()
      .default(false)
      .describe('Count and log what the rule would refuse, without refusing anything'),
  })
  .refine(
    ({ requests, max_concurrent }) => (requests === undefined) !== (max_concurrent === undefined),
    { error: 'needs either requests or max_concurrent', path: ['requests'] },
  )

const redisSchema = z.strictObject({
  ...redisKeys('limits.redis'),
  prefix: z
    .string()
    .max(64)
    .default('mcp-proxy:')
    .describe('Prefix of every key in Redis; proxies with the same prefix and rules share counts'),
  timeout_seconds: z
    .number()
    .positive()
    .max(10)
    .default(0.25)
    .describe('Longest wait for an answer of Redis'),
  on_failure: z
    .enum(['open', 'closed'])
    .default('open')
    .describe(
      'While Redis does not answer: open: each process counts on its own; closed: calls that a rule with requests is about are refused with HTTP 503',
    ),
})

export const limitsSchema = z.strictObject({
  rules: z
    .array(ruleSchema)
    .default([])
    .describe(
      'Limits by caller, role, tool, backend or address; every rule that matches a call applies',
    ),
  redis: redisSchema
    .optional()
    .describe('Counts requests in Redis, so that several processes share the limits'),
})

export type LimitsConfig = z.infer<typeof limitsSchema>
export type LimitRule = LimitsConfig['rules'][number]
export type RedisConfig = NonNullable<LimitsConfig['redis']>
