// One connection to Redis. Loaded only where a configuration or a command names one.
import { Redis } from 'ioredis'
import type { RedisAccess } from './redis-config.ts'

export { Redis } from 'ioredis'

const longestReconnectMs = 1000
/** A connection that gives no answer for so long is given up for a new one. */
const deadSocketMs = 5000
const leastConnectMs = 1000

/** Connects with the first command, or by `connect()`. `timeoutMs`: of the connection. */
export const connectRedis = (
  { url, username, password }: RedisAccess,
  { timeoutMs, queues }: { readonly timeoutMs: number; readonly queues: boolean },
): Redis => {
  const client = new Redis(url, {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    lazyConnect: true,
    connectTimeout: Math.max(timeoutMs, leastConnectMs),
    socketTimeout: deadSocketMs,
    // A question waits no longer than its own deadline, and what was not answered is not sent again.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableReadyCheck: false,
    // Without a queue a command fails at once where there is no connection: nothing of it was sent.
    enableOfflineQueue: queues,
    retryStrategy: (tries) => Math.min(50 * 2 ** Math.min(tries, 10), longestReconnectMs),
  })
  // Without a listener it would end the process; the reason is kept for the next question.
  client.on('error', () => undefined)
  return client
}

const longestReason = 200

/** In the words of Redis or of the system, without what must not be read. */
export const redisReason = (
  error: unknown,
  { password }: Pick<RedisAccess, 'password'>,
): string => {
  const text = error instanceof Error ? error.message || error.name : String(error)
  const clean = password === undefined ? text : text.replaceAll(password.reveal(), '[secret]')
  return clean.slice(0, longestReason)
}
