// Counts in Redis, which several processes share. Loaded only where the configuration has limits.redis.
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Ports } from '../base/ports.ts'
import { problemOf } from '../problems/problem.ts'
import { openRedis } from '../redis/asking.ts'
import { redisAddress } from '../redis/redis-config.ts'
import { mostKeys, type Left, type SharedCounts, type SharedStore } from './counts.ts'
import type { RedisConfig } from './limits-config.ts'

/** A key says who calls: in Redis there is only its digest. */
const digestOf = (key: string): string =>
  createHash('sha256').update(key).digest('base64url').slice(0, 22)

export const openRedisStore = (
  config: RedisConfig,
  { clock, log, meter }: Pick<Ports, 'clock' | 'log' | 'meter'>,
): SharedStore => {
  const up = meter.gauge('mcp_proxy_limit_store_up')
  const failures = meter.counter('mcp_proxy_limit_store_failures_total')
  const address = redisAddress(config)
  const redis = openRedis(
    config,
    { clock },
    {
      onFailure: () => {
        failures.add({})
        up.set({}, 0)
      },
      onAnswer: () => up.set({}, 1),
      onDown: (why) => {
        const { code, detail } = problemOf('limit-store', config.on_failure, { address, why })
        log.warn({ code, detail }, 'limits')
      },
      onBack: () => log.info({ address }, 'Redis answers again: limits are shared'),
    },
  )

  const leftOf = (answer: RateLimiterRes, isAllowed: boolean): Left => ({
    isAllowed,
    remaining: isAllowed ? answer.remainingPoints : 0,
    waitMs: Math.max(0, answer.msBeforeNext),
  })

  return {
    counts: ({ name, requests, period_seconds }): SharedCounts => {
      const limiter = new RateLimiterRedis({
        storeClient: redis.client,
        keyPrefix: `${config.prefix}limit:${name}:${period_seconds}`,
        points: requests,
        duration: period_seconds,
      })
      /** Until when keys are used up: nothing is asked of Redis for them. */
      const usedUp = new LRUCache<string, number>({ max: mostKeys })
      const consume = async (key: string): Promise<Left> => {
        try {
          return leftOf(await limiter.consume(key), true)
        } catch (error) {
          if (error instanceof RateLimiterRes) return leftOf(error, false)
          throw error
        }
      }
      return {
        take: async (key) => {
          const until = usedUp.get(key)
          const now = clock.now()
          if (until !== undefined && until > now) {
            return { isAllowed: false, remaining: 0, waitMs: until - now }
          }
          const left = await redis.ask(() => consume(digestOf(key)))
          if (left !== undefined && !left.isAllowed) usedUp.set(key, clock.now() + left.waitMs)
          return left
        },
        giveBack: (key) => {
          if (!redis.isResting) limiter.reward(digestOf(key), 1).catch(() => undefined)
        },
      }
    },
    start: () => redis.start(),
    close: () => redis.close(),
  }
}
