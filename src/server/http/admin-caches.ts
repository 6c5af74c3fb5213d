// The caches of the backends on the admin surface: what they counted, and how they are emptied.
import type { JsonObject } from '../../base/json.ts'
import type { Generation } from '../../proxy/generation/generation.ts'
import { sendAdminJson } from './admin-answer.ts'
import type { HttpExchange } from './state.ts'

const cachesOf = ({ backends, cacheOf }: Generation) =>
  backends.flatMap(({ name }) => {
    const cache = cacheOf(name)
    return cache === undefined ? [] : [{ name, cache }]
  })

export const serveCacheStats = (exchange: HttpExchange): void => {
  const stats = cachesOf(exchange.state.generation).map(({ name, cache }): JsonObject => {
    const { hits, misses } = cache.counts
    const { entries } = cache.store
    return {
      backend: name,
      hits,
      misses,
      hit_rate: hits + misses === 0 ? 0 : hits / (hits + misses),
      // Of a store that several processes share it is not known.
      entry_count: entries ?? null,
    }
  })
  sendAdminJson(exchange, 200, stats)
}

export const clearCaches = async (exchange: HttpExchange): Promise<void> => {
  const caches = cachesOf(exchange.state.generation)
  for (const { cache } of caches) await cache.store.clear()
  sendAdminJson(exchange, 200, { cleared: caches.map(({ name }) => name) })
}
