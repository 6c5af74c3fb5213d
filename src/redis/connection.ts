<<<<<<< HEAD
// A Redis that may be away: questions to it have a deadline, and one that does not answer is left alone for a while. Loaded
// only where a configuration has one.
import { Redis } from 'ioredis'
import { createBreaker } from '../base/breaker.ts'
import type { Ports } from '../base/ports.ts'
import { within } from '../base/within.ts'
import type { RedisAccess } from './redis-config.ts'

/** Questions without an answer after which Redis is left alone for a while; one call at a time tries again. */
const mostFailures = 3
const restMs = 1000
const longestReconnectMs = 1000
/** A connection that gives no answer for so long is given up for a new one. */
const deadSocketMs = 5000

const deadlineMs = ({ timeout_seconds: seconds }: RedisAccess): number => Math.ceil(seconds * 1000)

const connect = (config: RedisAccess): Redis => {
  const { url, username, password } = config
=======
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
>>>>>>> main
  const client = new Redis(url, {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    lazyConnect: true,
<<<<<<< HEAD
    connectTimeout: Math.max(deadlineMs(config), 1000),
    socketTimeout: deadSocketMs,
    // A call waits no longer than its own deadline, and what was not answered is not sent again.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableReadyCheck: false,
=======
    connectTimeout: Math.max(timeoutMs, leastConnectMs),
    socketTimeout: deadSocketMs,
    // A question waits no longer than its own deadline, and what was not answered is not sent again.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableReadyCheck: false,
    // Without a queue a command fails at once where there is no connection: nothing of it was sent.
    enableOfflineQueue: queues,
>>>>>>> main
    retryStrategy: (tries) => Math.min(50 * 2 ** Math.min(tries, 10), longestReconnectMs),
  })
  // Without a listener it would end the process; the reason is kept for the next question.
  client.on('error', () => undefined)
  return client
}

const longestReason = 200

/** In the words of Redis or of the system, without what must not be read. */
<<<<<<< HEAD
const reasonOf = (error: unknown, { password }: RedisAccess): string => {
=======
export const redisReason = (
  error: unknown,
  { password }: Pick<RedisAccess, 'password'>,
): string => {
>>>>>>> main
  const text = error instanceof Error ? error.message || error.name : String(error)
  const clean = password === undefined ? text : text.replaceAll(password.reveal(), '[secret]')
  return clean.slice(0, longestReason)
}
<<<<<<< HEAD

/** `host:port`, as logs and reports show it. */
export const redisAddress = ({ url }: Pick<RedisAccess, 'url'>): string => {
  const { hostname, port } = new URL(url)
  return `${hostname}:${port === '' ? '6379' : port}`
}

const lateReason = ({ timeout_seconds: seconds }: RedisAccess): string =>
  `no answer in ${seconds} s`

interface NoAnswer {
  readonly why: string
  readonly isLate: boolean
}

type Asked<Result> = { readonly result: Result } | NoAnswer

export interface RedisEvents {
  /** One question got no answer. */
  onFailure(): void
  /** One question got an answer. */
  onAnswer(): void
  /** It is out of order, for the first time since it worked last. One late answer is none of that. */
  onDown(why: string): void
  /** It works again after `onDown`. */
  onBack(): void
}

export interface RedisConnection {
  readonly client: Redis
  /** Undefined: no answer in time, or Redis is left alone. */
  ask<Result>(work: () => Promise<Result>): Promise<Result | undefined>
  /** It is left alone: only one call at a time finds out whether it is back. */
  readonly isResting: boolean
  /** Connects now rather than with the first question. */
  start(): void
  close(): void
}

export const openRedis = (
  config: RedisAccess,
  { clock }: Pick<Ports, 'clock'>,
  events: RedisEvents,
): RedisConnection => {
  const client = connect(config)
  const breaker = createBreaker({ clock, failures: mostFailures, openMs: restMs })
  /** The connection's own error, which says more than that of a command on it. */
  let lastError: unknown
  client.on('error', (error: unknown) => {
    lastError = error
  })
  let isResting = false
  let isReported = false

  const failed = ({ why, isLate }: NoAnswer): void => {
    events.onFailure()
    isResting ||= breaker.waitMs() > 0
    // One answer that is late is no failure of Redis yet.
    if (isReported || (isLate && !isResting)) return
    isReported = true
    events.onDown(why)
  }
  const answered = (): void => {
    events.onAnswer()
    lastError = undefined
    isResting = false
    if (!isReported) return
    isReported = false
    events.onBack()
  }
  const ask = async <Result>(work: () => Promise<Result>): Promise<Result | undefined> => {
    const report = isResting ? breaker.admit('trial') : breaker.admit()
    if (report === undefined) return undefined
    const asked: Promise<Asked<Result>> = work().then(
      (result) => ({ result }),
      (error: unknown) => ({ why: reasonOf(lastError ?? error, config), isLate: false }),
    )
    // An answer that came while this process was busy is read before the deadline counts.
    const late = (): Promise<Asked<Result>> =>
      Promise.race([
        asked,
        new Promise<Asked<Result>>((resolve) => {
          setImmediate(() => setImmediate(() => resolve({ why: lateReason(config), isLate: true })))
        }),
      ])
    const end = await within<Asked<Result>, Promise<Asked<Result>>>(
      asked,
      { ms: deadlineMs(config), clock },
      late,
    )
    if ('result' in end) {
      report('up')
      answered()
      return end.result
    }
    report('down')
    failed(end)
    return undefined
  }
  return {
    client,
    ask,
    get isResting() {
      return isResting
    },
    start: () => {
      if (client.status === 'wait') client.connect().catch(() => undefined)
    },
    close: () => client.disconnect(),
  }
}

/** As long as a person waits for a server that is asked for the first time. */
const longestProbeMs = 5000

/** How Redis answers: in so many milliseconds, or why not. Opens and closes a connection of its own. `key`: that of its deadline. */
export const probeRedis = async (
  config: RedisAccess,
  key: string,
  { clock }: Pick<Ports, 'clock'>,
  signal: AbortSignal,
): Promise<{ readonly ms: number } | { readonly why: string }> => {
  const client = connect(config)
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
      return { why: reasonOf(lastError ?? error, config) }
    }
  }
  try {
    const found = await within(ping(), { ms: longestProbeMs, clock, signal }, () => ({
      why: lastError === undefined ? 'no answer' : reasonOf(lastError, config),
    }))
    return 'ms' in found && found.ms > deadlineMs(config)
      ? { why: `its answer took ${found.ms} ms, longer than ${key}` }
      : found
  } finally {
    client.disconnect()
  }
}
=======
>>>>>>> main
