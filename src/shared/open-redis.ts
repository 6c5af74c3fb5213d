// What replicas share, in Redis. Loaded only where the configuration has [shared].
import type { Ports } from '../base/ports.ts'
import type { StateSealer } from '../mcp/request-state.ts'
import { logInternalError } from '../problems/log-internal-error.ts'
import { problemOf } from '../problems/problem.ts'
import { openRedis } from '../redis/asking.ts'
import { connectRedis } from '../redis/connection.ts'
import { redisAddress } from '../redis/redis-config.ts'
import { createRedisValues } from './redis-values.ts'
import { createRelay } from './relay.ts'
import type { SharedConfig } from './shared-config.ts'
import type { ResumeHere, Shared } from './shared.ts'

export interface SharedParts {
  readonly ports: Pick<Ports, 'clock' | 'log' | 'meter'>
  readonly sealer: StateSealer
  readonly resumeHere: ResumeHere
}

export const openShared = (
  config: SharedConfig,
  { ports: { clock, log, meter }, sealer, resumeHere }: SharedParts,
): Shared => {
  const up = meter.gauge('mcp_proxy_shared_store_up')
  const address = redisAddress(config)
  const redis = openRedis(
    config,
    { clock },
    {
      onFailure: () => up.set({}, 0),
      onAnswer: () => up.set({}, 1),
      onDown: (why) => {
        const { code, detail } = problemOf('shared-store', 'down', { address, why })
        log.warn({ code, detail }, 'shared')
      },
      onBack: () => log.info({ address }, 'Redis answers again: replicas share what they know'),
    },
  )
  const { prefix } = config
  const values = (kind: string) => createRedisValues({ redis, sealer, prefix: `${prefix}${kind}:` })
  const reader = config.questions
    ? connectRedis(config, { timeoutMs: config.timeout_seconds * 1000, queues: true })
    : undefined
  const relay =
    reader &&
    createRelay({
      redis,
      reader,
      sealer,
      clock,
      prefix,
      resumeHere,
      onError: (error) => logInternalError(log, error, {}),
    })
  let isStarted = false
  return {
    tasks: config.tasks ? values('task') : undefined,
    introspection: config.introspection ? values('introspection') : undefined,
    relay,
    start: () => {
      if (isStarted) return
      isStarted = true
      redis.start()
      relay?.start()
    },
    close: () => {
      redis.close()
      reader?.disconnect()
    },
  }
}
