// Counts in Redis, which several processes share. Loaded only where the configuration has limits.redis.
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Ports } from '../base/ports.ts'
import { problemOf } from '../problems/problem.ts'
<<<<<<< HEAD
import { openRedis, redisAddress } from '../redis/connection.ts'
import { mostKeys, type Left, type SharedCounts, type SharedStore } from './counts.ts'
import type { RedisConfig } from './limits-config.ts'

=======
import { connectRedis, redisReason, type Redis } from '../redis/connection.ts'
import { redisAddress } from '../redis/redis-config.ts'
import { mostKeys, type Left, type SharedCounts, type SharedStore } from './counts.ts'
import type { RedisConfig } from './limits-config.ts'

/** Questions without an answer after which Redis is left alone for a while; one call at a time tries again. */
const mostFailures = 3
const restMs = 1000

const deadlineMs = ({ timeout_seconds: seconds }: RedisConfig): number => Math.ceil(seconds * 1000)

const connect = (config: RedisConfig): Redis =>
  connectRedis(config, { timeoutMs: deadlineMs(config), queues: true })

const lateReason = ({ timeout_seconds: seconds }: RedisConfig): string =>
  `no answer in ${seconds} s`

>>>>>>> main
/** A key says who calls: in Redis there is only its digest. */
const digestOf = (key: string): string =>
  createHash('sha256').update(key).digest('base64url').slice(0, 22)

export const openRedisStore = (
  config: RedisConfig,
  { clock, log, meter }: Pick<Ports, 'clock' | 'log' | 'meter'>,
): SharedStore => {
  const up = meter.gauge('mcp_proxy_limit_store_up')
  const failures = meter.counter('mcp_proxy_limit_store_failures_total')
<<<<<<< HEAD
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
=======
  /** The connection's own error, which says more than that of a command on it. */
  let lastError: unknown
  client.on('error', (error: unknown) => {
    lastError = error
  })
  /** It was asked too often without an answer: one call at a time finds out whether it is back. */
  let isResting = false
  let isReported = false

  const failed = ({ why, isLate }: NoAnswer): void => {
    failures.add({})
    up.set({}, 0)
    isResting ||= breaker.waitMs() > 0
    // One answer that is late is no failure of Redis yet.
    if (isReported || (isLate && !isResting)) return
    isReported = true
    const address = redisAddress(config)
    const { code, detail } = problemOf('limit-store', config.on_failure, { address, why })
    log.warn({ code, detail }, 'limits')
  }
  const answered = (): void => {
    up.set({}, 1)
    lastError = undefined
    isResting = false
    if (!isReported) return
    isReported = false
    log.info({ address: redisAddress(config) }, 'Redis answers again: limits are shared')
  }

  /** Undefined: no answer in time, or Redis is left alone. */
  const ask = async <Result>(work: () => Promise<Result>): Promise<Result | undefined> => {
    const report = isResting ? breaker.admit('trial') : breaker.admit()
    if (report === undefined) return undefined
    const asked: Promise<Asked<Result>> = work().then(
      (result) => ({ result }),
      (error: unknown) => ({ why: redisReason(lastError ?? error, config), isLate: false }),
    )
    // An answer that came while this process was busy is read before the deadline counts.
    const late = (): Promise<Asked<Result>> =>
      Promise.race([
        asked,
        new Promise<Asked<Result>>((resolve) => {
          setImmediate(() => setImmediate(() => resolve({ why: lateReason(config), isLate: true })))
        }),
      ])
    const end = await within<Asked<Result>, Promise<Asked<Result>>>(
      asked,
      { ms: deadlineMs(config), clock },
      late,
    )
    if ('result' in end) {
      report('up')
      answered()
      return end.result
    }
    report('down')
    failed(end)
    return undefined
  }
>>>>>>> main

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
<<<<<<< HEAD
    start: () => redis.start(),
    close: () => redis.close(),
=======
    start: () => {
      if (client.status === 'wait') client.connect().catch(() => undefined)
    },
    close: () => client.disconnect(),
>>>>>>> main
  }
}
