// What is cached of the answers of a backend, and where.
import * as z from 'zod'
import { redisKeys } from '../redis/redis-config.ts'

/** No entry is older, whatever is configured: Redis keeps what makes entries outdated a little longer. */
export const longestTtlSeconds = 86_400

const ttl = (what: string) =>
  z
    .number()
    .min(0)
    .max(longestTtlSeconds)
    .default(0)
    .describe(`Longest time that ${what}, in seconds; 0: not at all`)

export const backendCacheSchema = z.strictObject({
  resource_ttl_seconds: ttl('an answer to resources/read is used again'),
  tool_ttl_seconds: ttl('a result of a tool is used again that is known to be read-only'),
  max_entries: z
    .number()
    .int()
    .positive()
    .default(1000)
    .describe('Maximum number of answers in memory; the least recently used one is evicted first'),
  max_bytes: z
    .number()
    .int()
    .positive()
    .default(67_108_864)
    .describe(
      'Maximum size of all answers in memory, in bytes; an answer larger than an eighth of this is not cached',
    ),
  public: z
    .boolean()
    .default(false)
    .describe(
      'Share answers between callers; default: each caller gets only its own, unless the backend marks an answer cacheScope = "public"',
    ),
  tools: z
    .array(z.string())
    .default([])
    .describe(
      'Tools to cache as read-only although the backend does not mark them so, by the names that it gives them',
    ),
})

export type BackendCacheConfig = z.infer<typeof backendCacheSchema>

const storeKeys = redisKeys('cache')

export const cacheStoreSchema = z
  .strictObject({
    backend: z
      .enum(['memory', 'redis'])
      .default('memory')
      .describe('Where answers are kept: in this process, or in Redis, for several proxies'),
    ...storeKeys,
    url: storeKeys.url
      .optional()
      .describe('With redis: redis://host:port/database, or rediss:// for TLS; no password'),
    timeout_seconds: z
      .number()
      .positive()
      .max(10)
      .default(0.25)
      .describe('Longest wait for Redis; after that the call goes to the backend'),
    prefix: z
      .string()
      .max(64)
      .default('mcp-proxy:')
      .describe('With redis: prefix of every key; proxies with the same prefix share answers'),
  })
  .refine(({ backend, url }) => backend !== 'redis' || url !== undefined, {
    error: 'needs url for backend = "redis"',
  })

export type CacheStoreConfig = z.infer<typeof cacheStoreSchema>

export const performanceSchema = z.strictObject({
  coalesce_requests: z
    .boolean()
    .default(false)
    .describe(
      'Send identical read-only calls of one caller to the backend only once while they are in flight',
    ),
})
