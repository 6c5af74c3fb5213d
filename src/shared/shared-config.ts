// The section [shared]: what several replicas of one proxy keep for each other, and the Redis where they do.
import * as z from 'zod'
import { redisKeys } from '../redis/redis-config.ts'

export const sharedSchema = z.strictObject({
  ...redisKeys('shared'),
  prefix: z
    .string()
    .max(64)
    .default('mcp-proxy:')
    .describe(
      'Begins every key and channel in Redis; replicas with the same prefix are of one proxy',
    ),
  timeout_seconds: z
    .number()
    .positive()
    .max(10)
    .default(0.25)
    .describe('Longest wait for an answer of Redis'),
  tasks: z
    .boolean()
    .default(true)
    .describe(
      'Share whose task is whose, for 24 hours: a caller may ask for its task at any replica',
    ),
  questions: z
    .boolean()
    .default(true)
    .describe(
      'Let a stateless caller answer a question of a backend at any replica: it passes the answer on to the replica where the call waits',
    ),
  introspection: z
    .boolean()
    .default(false)
    .describe(
      'Share the answers of introspection endpoints about active tokens, for no longer than auth.cache_ttl: one replica asks',
    ),
})

export type SharedConfig = z.infer<typeof sharedSchema>
