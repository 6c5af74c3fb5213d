// The caches of the backends: what they counted, and how they are emptied.
import type { Generation } from '../../proxy/generation/generation.ts'
import { operate, read, type AdminRoute } from './route.ts'
import { cacheClearedSchema, cacheStatsSchema } from './schemas.ts'

const cachesOf = ({ backends, cacheOf }: Generation) =>
  backends.flatMap(({ name }) => {
    const cache = cacheOf(name)
    return cache === undefined ? [] : [{ name, cache }]
  })

const stats = read({
  path: '/admin/cache/stats',
  id: 'getCacheStats',
  summary: 'Hits and misses of the cache of each backend',
  answer: cacheStatsSchema,
  serve: (_, { generation }) =>
    cachesOf(generation).map(({ name, cache }) => {
      const { hits, misses } = cache.counts
      return {
        backend: name,
        hits,
        misses,
        hit_rate: hits + misses === 0 ? 0 : hits / (hits + misses),
        // Of a store that several processes share it is not known.
        entry_count: cache.store.entries ?? null,
      }
    }),
})

const clear = operate({
  path: '/admin/cache/clear',
  id: 'clearCaches',
  summary: 'Drops all cached answers of all backends, in Redis those of these backends',
  answer: cacheClearedSchema,
  serve: async (_, { generation }) => {
    const caches = cachesOf(generation)
    for (const { cache } of caches) await cache.store.clear()
    return { cleared: caches.map(({ name }) => name) }
  },
})

export const cacheRoutes: readonly AdminRoute[] = [stats, clear]
