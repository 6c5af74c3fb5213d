// Remembers introspection answers for a short while: answers, never verdicts, and never under the token itself.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../base/clock.ts'
import type { JsonObject } from '../../base/json.ts'
import { isNo } from './introspection-request.ts'
import { tokenDigest } from '../token/token-digest.ts'

export interface CachedAnswer {
  readonly body: JsonObject
  /** Milliseconds since the epoch: then it is asked for again. */
  readonly until: number
}

export interface IntrospectionCache {
  get(key: string): CachedAnswer | undefined
  /** Stores an active answer with the end that it has. */
  keep(key: string, entry: CachedAnswer): void
  /** Stores what may be stored and gives the end of the answer either way. */
  put(key: string, body: JsonObject, mayStore?: boolean): CachedAnswer
}

export interface IntrospectionCacheOptions {
  readonly clock: Clock
  readonly ttlSeconds: number
  readonly negativeTtlSeconds: number
  readonly maxEntries?: number
}

const second = 1000
/** An answer that names no end of its own is not trusted for longer, whatever the operator allows. */
const longestWithoutExpiryMs = 30 * second
const defaultMaxEntries = 10_000

/** Who asked where about which token. One version for each change of what is stored. */
export const introspectionKey = (
  url: string,
  clientId: string | undefined,
  token: string,
): string => tokenDigest(JSON.stringify(['1', url, clientId ?? '', token]))

/**
 * Good answers and `active: false` are kept apart, so that a flood of garbage cannot push out good
 * entries. Anything else is not stored. Does not judge: the claims of a hit are checked every time.
 */
export const createIntrospectionCache = (
  options: IntrospectionCacheOptions,
): IntrospectionCache => {
  const { clock } = options
  const max = options.maxEntries ?? defaultMaxEntries
  const active = new LRUCache<string, CachedAnswer>({ max })
  const inactive = new LRUCache<string, CachedAnswer>({ max })

  const endOf = ({ exp }: JsonObject, now: number): number => {
    const ttl = options.ttlSeconds * second
    return typeof exp === 'number'
      ? Math.min(now + ttl, Math.max(now, exp * second))
      : now + Math.min(ttl, longestWithoutExpiryMs)
  }

  return {
    get: (key) => {
      for (const store of [active, inactive]) {
        const found = store.get(key)
        if (found === undefined) continue
        if (clock.now() < found.until) return found
        store.delete(key)
      }
      return undefined
    },
    keep: (key, entry) => {
      inactive.delete(key)
      active.set(key, entry)
    },
    put: (key, body, mayStore = true) => {
      const now = clock.now()
      if (!mayStore) {
        active.delete(key)
        inactive.delete(key)
        return { body, until: now }
      }
      if (body['active'] === true) {
        const entry = { body, until: endOf(body, now) }
        inactive.delete(key)
        if (entry.until > now) active.set(key, entry)
        return entry
      }
      active.delete(key)
      const entry = { body, until: now + options.negativeTtlSeconds * second }
      if (isNo(body) && entry.until > now) inactive.set(key, entry)
      return entry
    },
  }
}
