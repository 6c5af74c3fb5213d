// Values that replicas share, each sealed for its own key: who can write to Redis cannot put another in its place.
import { createHash } from 'node:crypto'
import type { StateSealer } from '../mcp/request-state.ts'
import type { RedisConnection } from '../redis/asking.ts'
import type { SharedValues } from './shared.ts'

export interface RedisValuesParts {
  readonly redis: Pick<RedisConnection, 'ask' | 'client'>
  readonly sealer: Pick<StateSealer, 'seal' | 'open'>
  /** Begins every key. */
  readonly prefix: string
}

/** What an id says is for no one who reads the keys. */
const digestOf = (id: string): string =>
  createHash('sha256').update(id).digest('base64url').slice(0, 32)

const bindingOf = (key: string) => ({ owner: '', backend: key, request: { method: 'shared' } })

export const createRedisValues = ({ redis, sealer, prefix }: RedisValuesParts): SharedValues => {
  const keyOf = (id: string): string => `${prefix}${digestOf(id)}`
  return {
    get: async (id) => {
      const key = keyOf(id)
      const text = await redis.ask(() => redis.client.get(key))
      return text === undefined || text === null ? undefined : sealer.open(text, bindingOf(key))
    },
    put: async (id, value, ttlMs) => {
      if (ttlMs < 1) return
      const key = keyOf(id)
      const text = sealer.seal(value, bindingOf(key), ttlMs)
      await redis.ask(() => redis.client.set(key, text, 'PX', Math.floor(ttlMs)))
    },
  }
}
