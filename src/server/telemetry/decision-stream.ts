// Decisions in a stream of Redis: written soon after the answer, in batches, and never waited for. What cannot be written is
// counted as lost, and the reason is logged once.
import { within } from '../../base/within.ts'
import type { Config } from '../../config/schema.ts'
import type { LineFileNeeds } from './line-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { redisAddress } from '../../redis/redis-config.ts'

export type DecisionStreamConfig = NonNullable<Config['observability']['decisions']['redis']>

export interface DecisionStream {
  readonly config: DecisionStreamConfig
  /** Never waits and never throws. */
  write(text: string): void
  /** Writes what is left, for as long as an ending process may take for it, and closes the connection. */
  close(): Promise<void>
}

/** More wait for Redis only in bytes that a process does not notice. */
const mostWaiting = 1000
const largestWaiting = 4 * 1_048_576
const largestBatch = 100
const pauseMs = 500
const lastFlushMs = 1000

/** What is left of a batch that was sent: `unsent` may be sent again, of `lost` that is not known. */
interface Left {
  readonly unsent: readonly Waiting[]
  readonly lost: readonly Waiting[]
}

const nothingLeft: Left = { unsent: [], lost: [] }

interface Waiting {
  readonly text: string
  readonly bytes: number
}

export const openDecisionStream = (
  config: DecisionStreamConfig,
  { clock, meter, report }: LineFileNeeds,
): DecisionStream => {
  const { key, max, timeout_seconds: seconds } = config
  const lost = meter.counter('mcp_proxy_decisions_lost_total')
  const up = meter.gauge('mcp_proxy_decision_store_up')
  const ended = new AbortController()
  let waiting: Waiting[] = []
  let bytes = 0
  let pump: Promise<void> | undefined
  let lastError: unknown
  let isReported = false

  // The client of Redis is loaded where there is one.
  const opened = import('../../redis/connection.ts').then(({ connectRedis, redisReason }) => {
    const client = connectRedis(config, { timeoutMs: seconds * 1000, queues: false })
    client.on('error', (error: unknown) => {
      lastError = error
    })
    client.connect().catch(() => undefined)
    return { client, redisReason }
  })

  const failed = (why: string): void => {
    up.set({}, 0)
    if (isReported) return
    isReported = true
    const address = redisAddress(config)
    const { code, detail } = problemOf('decision-store', 'write', { address, why })
    report().warn({ code, detail }, 'decisions')
  }
  const worked = (): void => {
    up.set({}, 1)
    if (!isReported) return
    isReported = false
    report().info({ address: redisAddress(config) }, 'decisions are written to Redis again')
  }

  const send = async (batch: readonly Waiting[]): Promise<Left> => {
    const { client, redisReason } = await opened
    if (client.status !== 'ready') {
      failed(redisReason(lastError ?? new Error('no connection'), config))
      return { unsent: batch, lost: [] }
    }
    const pipeline = client.pipeline()
    for (const { text } of batch) pipeline.xadd(key, 'MAXLEN', '~', max, '*', 'decision', text)
    // What Redis refuses it has not done; where the connection ends or is silent, that is not known.
    const answered = pipeline.exec().then(
      (results): Left => {
        const errors = (results ?? []).map(([error]) => error)
        const first = errors.find((error) => error !== null)
        if (first === undefined || first === null) return nothingLeft
        failed(redisReason(first, config))
        return { unsent: batch.filter((_, at) => errors[at] !== null), lost: [] }
      },
      (error: unknown): Left => {
        failed(redisReason(lastError ?? error, config))
        return { unsent: [], lost: batch }
      },
    )
    const left = await within(answered, { ms: seconds * 1000, clock }, (): Left => {
      failed(`no answer in ${seconds} s`)
      return { unsent: [], lost: batch }
    })
    if (left === nothingLeft) worked()
    return left
  }

  /** The newest that there is room for. */
  const queue = (more: readonly Waiting[], place: 'first' | 'last'): void => {
    if (place === 'first') waiting = [...more, ...waiting]
    else waiting.push(...more)
    for (const one of more) bytes += one.bytes
    let over = 0
    while (waiting.length - over > mostWaiting || bytes > largestWaiting) {
      bytes -= waiting[over]?.bytes ?? 0
      over += 1
    }
    if (over === 0) return
    waiting = waiting.slice(over)
    lost.add({}, over)
  }

  const pumpAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, largestBatch)
      waiting = waiting.slice(largestBatch)
      for (const one of batch) bytes -= one.bytes
      const left = await send(batch)
      lost.add({}, left.lost.length)
      queue(left.unsent, 'first')
      if (left === nothingLeft) continue
      if (ended.signal.aborted) return
      await clock.sleep(pauseMs, ended.signal).catch(() => undefined)
    }
  }

  const start = (): void => {
    pump ??= pumpAll()
      .catch((error: unknown) => failed(String(error)))
      .finally(() => {
        pump = undefined
        if (waiting.length > 0 && !ended.signal.aborted) start()
      })
  }

  return {
    config,
    write: (text) => {
      queue([{ text, bytes: text.length }], 'last')
      start()
    },
    close: async () => {
      ended.abort()
      if (waiting.length > 0) start()
      if (pump !== undefined) {
        await within(pump, { ms: lastFlushMs, clock }, () => undefined)
      }
      lost.add({}, waiting.length)
      waiting = []
      const { client } = await opened
      client.disconnect()
    },
  }
}
