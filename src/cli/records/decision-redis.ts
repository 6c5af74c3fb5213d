// Decisions in a stream of Redis, as a proxy writes them there (observability.decisions.redis): read in pages.
import { Secret } from '../../base/secret.ts'
import { systemClock } from '../../base/clock.ts'
import { within } from '../../base/within.ts'
import { isRedisUrl, redisAddress, type RedisAccess } from '../../redis/redis-config.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import type { Narrator } from '../terminal/narrator.ts'

const usualKey = 'mcp-proxy:decisions'
const pageSize = 500
const timeoutMs = 5000

export const isRedisSource = isRedisUrl

interface Stream extends RedisAccess {
  readonly key: string
}

/** As reports show it: without what a URL could have beside the place. */
export const redisSourceText = (source: string): string => {
  const { protocol, host, pathname } = new URL(source)
  return `${protocol}//${host}${pathname}`
}

/** A UsageError for a password in the URL: other users of the machine see command lines. */
const streamOf = (source: string, env: Narrator['env']): Stream => {
  const url = new URL(source)
  if (url.password !== '') throw usageError(problemOf('usage-flag', 'redis-password'))
  const key = url.searchParams.get('key') ?? usualKey
  const username = decodeURIComponent(url.username)
  const password = env['MCP_PROXY_REDIS_PASSWORD']
  url.username = ''
  url.search = ''
  return {
    url: url.href,
    key,
    ...(username === '' ? {} : { username }),
    ...(password === undefined || password === '' ? {} : { password: new Secret(password) }),
  }
}

interface Entry {
  readonly id: string
  readonly text: string
}

const entriesIn = (page: readonly (readonly [string, readonly string[]])[]): readonly Entry[] =>
  page.map(([id, fields]) => ({ id, text: fields[1] ?? '' }))

export interface DecisionStreamReader {
  /** How many there are. */
  count(): Promise<number>
  /** All pages, oldest first. */
  forEach(onEntry: (text: string) => void): Promise<void>
  /** Pages from the newest on, until `onPage` returns false. */
  backwards(onPage: (texts: readonly string[]) => boolean): Promise<void>
  close(): void
}

/** Everything it does rejects with a UsageError where Redis cannot be read. */
export const openDecisionReader = async (
  source: string,
  env: Narrator['env'],
): Promise<DecisionStreamReader> => {
  const stream = streamOf(source, env)
  const { key } = stream
  const { connectRedis, redisReason } = await import('../../redis/connection.ts')
  const client = connectRedis(stream, { timeoutMs, queues: true })
  let lastError: unknown
  client.on('error', (error: unknown) => {
    lastError = error
  })
  const fault = (why: string): UsageError =>
    usageError(problemOf('decision-store', 'read', { address: redisAddress(stream), why }))
  const ask = async <Result>(work: Promise<Result>): Promise<Result> => {
    const asked = work.then(
      (result) => ({ result }),
      (error: unknown) => ({ why: redisReason(lastError ?? error, stream) }),
    )
    const limit = { ms: timeoutMs, clock: systemClock }
    const end = await within(asked, limit, () => ({ why: `no answer in ${timeoutMs / 1000} s` }))
    if ('result' in end) return end.result
    throw fault(end.why)
  }
  return {
    count: () => ask(client.xlen(key)),
    forEach: async (onEntry) => {
      for (let from = '-'; ;) {
        const page = entriesIn(await ask(client.xrange(key, from, '+', 'COUNT', pageSize)))
        for (const { text } of page) onEntry(text)
        const last = page.at(-1)
        if (last === undefined || page.length < pageSize) return
        from = `(${last.id}`
      }
    },
    backwards: async (onPage) => {
      for (let to = '+'; ;) {
        const page = entriesIn(await ask(client.xrevrange(key, to, '-', 'COUNT', pageSize)))
        const last = page.at(-1)
        if (last === undefined) return
        if (!onPage(page.map(({ text }) => text)) || page.length < pageSize) return
        to = `(${last.id}`
      }
    },
    close: () => client.disconnect(),
  }
}
