// A Redis that may be away: questions to it have a deadline, and one that does not answer is left alone for a while. Loaded
// only where a configuration has one.
import { createBreaker } from '../base/breaker.ts'
import type { Ports } from '../base/ports.ts'
import { within } from '../base/within.ts'
import { connectRedis, redisReason, type Redis } from './connection.ts'
import type { RedisAccess } from './redis-config.ts'

/** Questions without an answer after which Redis is left alone for a while; one call at a time tries again. */
const mostFailures = 3
const restMs = 1000

export interface AskedRedis extends RedisAccess {
  /** Longest wait for an answer. */
  readonly timeout_seconds: number
}

const deadlineMs = ({ timeout_seconds: seconds }: AskedRedis): number => Math.ceil(seconds * 1000)

const lateReason = ({ timeout_seconds: seconds }: AskedRedis): string => `no answer in ${seconds} s`

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
  /** It is out of order, for the first time since it worked last. One late answer does not count. */
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
  config: AskedRedis,
  { clock }: Pick<Ports, 'clock'>,
  events: RedisEvents,
): RedisConnection => {
  const client = connectRedis(config, { timeoutMs: deadlineMs(config), queues: true })
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
      (error: unknown) => ({ why: redisReason(lastError ?? error, config), isLate: false }),
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
