// Answers in a Redis that several processes share. Loaded only where the configuration has cache.backend = "redis".
import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { lazyFromBytes } from '../mcp/lazy-object.ts'
import type { RedisConnection } from '../redis/asking.ts'
import { longestTtlSeconds } from './cache-config.ts'
import {
  everyone,
  writesOf,
  type CacheStore,
  type Found,
  type Question,
  type Topic,
} from './store.ts'

/** Keys say who called, and with what: in Redis there are only their digests. */
const digestOf = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 32)

/** What makes entries outdated stays longer than any entry. */
const topicSeconds = 2 * longestTtlSeconds

/** Larger answers are not worth their way. */
const mostBytes = 8 * 1024 * 1024

const never = Buffer.from('0')
const newline = 0x0a

/** An entry is its head, a line break, and the bytes of the result. */
const entryOf = (stamp: string, cameAt: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${cameAt} ${stamp}\n`), bytes])

const readEntry = (entry: Buffer | null | undefined, stamp: string, now: number) => {
  if (entry === null || entry === undefined) return undefined
  const end = entry.indexOf(newline)
  const head = entry.toString('latin1', 0, end)
  const space = head.indexOf(' ')
  const cameAt = Number(head.slice(0, space))
  if (end < 0 || head.slice(space + 1) !== stamp || Number.isNaN(cameAt)) return undefined
  return {
    result: lazyFromBytes(entry.subarray(end + 1)),
    ageMs: Math.max(0, now - cameAt),
  }
}

/** How often each topic had changed: for an answer of the caller, and for one that is for everyone. */
interface RedisStamp {
  readonly own: string
  readonly all: string
}

export interface RedisStoreParts {
  readonly redis: Pick<RedisConnection, 'ask' | 'client' | 'isResting'>
  readonly clock: Clock
  /** Begins every key of this backend. */
  readonly prefix: string
  readonly maxBytes: number
}

export const createRedisStore = ({
  redis,
  clock,
  prefix,
  maxBytes,
}: RedisStoreParts): CacheStore => {
  const { client } = redis
  const answerKey = ({ id }: Question, owner: string) =>
    `${prefix}a:${digestOf(owner)}:${digestOf(id)}`
  const topicKey = (topic: Topic) => `${prefix}t:${digestOf(topic)}`
  /** A change did not get there: what is kept may be outdated, and is dropped before it is used again. */
  let missedChange = false
  const removeAll = async (): Promise<true> => {
    let cursor = '0'
    const pattern = `${prefix.replaceAll(/[[\]?*\\]/g, String.raw`\$&`)}a:*`
    do {
      const [next, keys] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', 1000)
      if (keys.length > 0) await client.unlink(...keys)
      cursor = next
    } while (cursor !== '0')
    return true
  }
  const makeGood = async (): Promise<void> => {
    if (await redis.ask(removeAll)) missedChange = false
  }

  const find = async (question: Question): Promise<Found> => {
    const { owner, writer } = question
    if (missedChange) {
      await makeGood()
      return undefined
    }
    const topics = [...question.topics, writesOf(writer), writesOf(everyone)].map(topicKey)
    const found = await redis.ask(() =>
      client.mgetBuffer(answerKey(question, owner), answerKey(question, everyone), ...topics),
    )
    if (found === undefined) return undefined
    const [ownEntry, publicEntry, ...changes] = found
    const counts = changes.map((value) => (value ?? never).toString('latin1'))
    const about = counts.slice(0, -2)
    const own = [...about, counts.at(-2)].join(',')
    const all = [...about, counts.at(-1)].join(',')
    const now = clock.now()
    return (
      readEntry(ownEntry, own, now) ?? readEntry(publicEntry, all, now) ?? { stamp: { own, all } }
    )
  }

  return {
    find,
    keep: (question, stamp, { bytes, ttlMs, isPublic }) => {
      if (bytes.length > Math.min(mostBytes, maxBytes / 8)) return
      const key = answerKey(question, isPublic ? everyone : question.owner)
      const { own, all } = stamp as RedisStamp
      const entry = entryOf(isPublic ? all : own, clock.now(), bytes)
      if (redis.isResting) return
      client.set(key, entry, 'PX', Math.max(1, Math.floor(ttlMs))).catch(() => undefined)
    },
    outdate: (topic) => {
      const key = topicKey(topic)
      const missed = () => {
        missedChange = true
      }
      if (redis.isResting) missed()
      else client.multi().incr(key).expire(key, topicSeconds).exec().catch(missed)
    },
    clear: async () => {
      await makeGood()
    },
    entries: undefined,
  }
}
