// The caches of backends, with what they have: they go on under the next configuration where the section of the backend does.
import type { Ports } from '../../base/ports.ts'
import { sectionKey, sharedKey } from '../../base/section-key.ts'
import type { CacheStoreConfig } from '../../cache/cache-config.ts'
import { MemoryStore } from '../../cache/memory-store.ts'
import type { CacheStore, OpenCache } from '../../cache/store.ts'
import type { BackendConfig, Config } from '../../config/schema.ts'
import { problemOf } from '../../problems/problem.ts'
import type { RedisConnection } from '../../redis/asking.ts'
import { redisAddress } from '../../redis/redis-config.ts'
import type { Take } from './open-limits.ts'
import { serverIn } from './open-resilience.ts'

const nothingToEnd = () => undefined

const connect = async (
  { url = '', ...config }: CacheStoreConfig,
  { clock, log, meter }: Ports,
): Promise<RedisConnection> => {
  const { openRedis } = await import('../../redis/asking.ts')
  const up = meter.gauge('mcp_proxy_cache_store_up')
  const address = redisAddress({ url })
  return openRedis(
    { ...config, url },
    { clock },
    {
      onFailure: () => up.set({}, 0),
      onAnswer: () => up.set({}, 1),
      onDown: (why) => {
        const { code, detail } = problemOf('backend-cache', { address, why })
        log.warn({ code, detail }, 'cache')
      },
      onBack: () => log.info({ address }, 'Redis answers again: answers are cached'),
    },
  )
}

/** What a server is shown of us and of callers: another credential may see other things. */
const shownTo = ({
  bearer_token,
  basic_auth,
  headers,
  oauth,
  forward_auth,
  forward_headers,
}: BackendConfig): object => ({
  bearer_token,
  basic_auth,
  headers,
  oauth,
  forward_auth,
  forward_headers,
})

/** Proxies share what they know of one server by one credential, and never of two that have the same name. */
const prefixFor = async (backend: BackendConfig, { prefix }: CacheStoreConfig): Promise<string> => {
  const server = await sharedKey([serverIn(backend), shownTo(backend)], prefix)
  return `${prefix}cache:${backend.name}:${server}:`
}

const openStore = async (
  backend: BackendConfig & { readonly cache: NonNullable<BackendConfig['cache']> },
  store: CacheStoreConfig,
  redis: RedisConnection | undefined,
  { clock }: Ports,
): Promise<CacheStore> => {
  if (redis === undefined) return new MemoryStore(backend.cache, clock)
  const { createRedisStore } = await import('../../cache/redis-store.ts')
  const { max_bytes: maxBytes } = backend.cache
  const prefix = await prefixFor(backend, store)
  return createRedisStore({ redis, clock, prefix, maxBytes })
}

export interface OpenCaches {
  /** Undefined where the backend has none. `key`: that of everything that its answers depend on. */
  for(backend: BackendConfig, key: string): Promise<OpenCache | undefined>
  /** Connects to Redis, where there is one. A second call does nothing. */
  start(): void
}

export const openCaches = async (
  { cache: store, backends }: Config,
  take: Take,
  ports: Ports,
): Promise<OpenCaches> => {
  const isUsed = store.backend === 'redis' && backends.some(({ cache }) => cache !== undefined)
  const redis = isUsed
    ? await take<RedisConnection>(
        `cache redis ${sectionKey(store)}`,
        () => connect(store, ports),
        (open) => open.close(),
      )
    : undefined
  return {
    for: async (backend, key) => {
      const { cache } = backend
      if (cache === undefined) return undefined
      return take<OpenCache>(
        `cache ${key}`,
        async () => ({
          store: await openStore({ ...backend, cache }, store, redis, ports),
          counts: { hits: 0, misses: 0 },
        }),
        nothingToEnd,
      )
    },
    start: () => redis?.start(),
  }
}
