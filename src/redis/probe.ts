// Whether a Redis answers, and how fast.
import type { Ports } from '../base/ports.ts'
import { within } from '../base/within.ts'
import { connectRedis, redisReason } from './connection.ts'
import type { RedisAccess } from './redis-config.ts'

/** As long as a person waits for a server that is asked for the first time. */
const longestProbeMs = 5000

export interface RedisProbe {
  readonly access: RedisAccess
  /** Seconds after which an answer comes too late for what it is needed for, and the key that says so. */
  readonly timeout: { readonly seconds: number; readonly key: string }
}

/** How Redis answers: in so many milliseconds, or why not. Opens and closes a connection of its own. */
export const probeRedis = async (
  { access, timeout: { seconds, key } }: RedisProbe,
  { clock }: Pick<Ports, 'clock'>,
  signal: AbortSignal,
): Promise<{ readonly ms: number } | { readonly why: string }> => {
  const client = connectRedis(access, { timeoutMs: seconds * 1000, queues: true })
  let lastError: unknown
  client.on('error', (error: unknown) => {
    lastError = error
  })
  const ping = async (): Promise<{ ms: number } | { why: string }> => {
    try {
      // The first answer has the time in it that the connection takes.
      await client.ping()
      const begun = clock.now()
      await client.ping()
      return { ms: clock.now() - begun }
    } catch (error) {
      return { why: redisReason(lastError ?? error, access) }
    }
  }
  try {
    const found = await within(ping(), { ms: longestProbeMs, clock, signal }, () => ({
      why: lastError === undefined ? 'no answer' : redisReason(lastError, access),
    }))
    return 'ms' in found && found.ms > seconds * 1000
      ? { why: `its answer took ${found.ms} ms, longer than ${key}` }
      : found
  } finally {
    client.disconnect()
  }
}
