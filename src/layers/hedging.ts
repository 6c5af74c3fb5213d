// Sends a slow call a second time and takes the answer that comes first: only calls that do no harm when they are carried out twice.
import * as z from 'zod'
import { alarmsOf, type Alarm } from '../base/alarms.ts'
import { createCancel, reasonText, type Cancel } from '../base/cancellation.ts'
import type { Clock } from '../base/clock.ts'
import type { Call, Handler, Peer, Reply } from '../mcp/call.ts'
import { nobody } from '../mcp/questions.ts'
import { because } from '../trace/span.ts'
import { defineBackendLayer } from './define.ts'
import { beginsAfresh, idempotentCalls, isList, observing } from './repeatable.ts'
import { retryBudget, type RetryBudget } from './retry-budget.ts'

const hedgingSchema = z.strictObject({
  delay_ms: z
    .number()
    .int()
    .min(0)
    .default(200)
    .describe('Milliseconds without an answer after which a call is sent once more; 0: at once'),
  max_hedges: z
    .number()
    .int()
    .min(1)
    .max(10)
    .default(1)
    .describe('How often it is sent once more, each time after the same delay'),
  budget_percent: z
    .number()
    .min(0)
    .max(100)
    .default(20)
    .describe('Percentage of the calls of the last ten seconds that may be hedged'),
  min_hedges_per_sec: z
    .number()
    .int()
    .min(0)
    .default(10)
    .describe('How many may be in each second although the share is used up'),
  tools: z
    .array(z.string())
    .default([])
    .describe(
      'Tools, by the names that the backend gives them, that may be carried out twice although it does not say so',
    ),
})

interface Attempt {
  readonly cancel: Cancel
  isOver: boolean
}

interface RaceParts {
  readonly call: Call
  readonly next: Handler
  readonly clock: Clock
  readonly delayMs: number
  readonly most: number
  readonly budget: Pick<RetryBudget, 'take'>
  readonly onHedged: (outcome: HedgeOutcome) => void
}

/** `won`: the hedge answered first. `lost`: it did not. `over-budget`: it was not sent. */
type HedgeOutcome = 'won' | 'lost' | 'over-budget'

/** The attempts of one call. It ends with the first answer, or with the last failure. */
class Race {
  readonly ended: Promise<Reply>
  private readonly parts: RaceParts
  private readonly attempts: Attempt[] = []
  private alarm: Alarm | undefined
  private observer: { readonly observed: boolean } | undefined
  private isOver = false
  /** What to say where all attempts fail: that one left is more than that another did not. */
  private worst: Reply | undefined
  private resolve: (reply: Reply) => void = () => undefined
  private reject: (error: unknown) => void = () => undefined

  constructor(parts: RaceParts) {
    this.parts = parts
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  start(): Promise<Reply> {
    const { call, most, delayMs } = this.parts
    const observer = observing(call.peer)
    this.observer = observer
    if (call.signal.aborted) this.onAbort()
    else call.signal.addEventListener('abort', this.onAbort, { once: true })
    this.send(observer.peer)
    if (delayMs > 0) this.wait()
    else for (let nth = 0; nth < most; nth += 1) this.hedge()
    return this.ended
  }

  private readonly onAbort = (): void => {
    this.alarm?.cancel()
    const reason = reasonText(this.parts.call.signal.reason)
    for (const { cancel } of this.attempts) cancel.abort(reason)
  }

  private wait(): void {
    if (this.isOver || this.attempts.length > this.parts.most) return
    this.alarm = alarmsOf(this.parts.clock).set(this.parts.delayMs, () => {
      if (this.hedge()) this.wait()
    })
  }

  /** Whether more may follow. Not where the caller has seen something of the first attempt: it works. */
  private hedge(): boolean {
    if (this.isOver || this.observer?.observed === true || this.parts.call.signal.aborted)
      return false
    if (!this.parts.budget.take()) {
      this.parts.onHedged('over-budget')
      return false
    }
    this.send(undefined)
    return true
  }

  /** `peer`: that of the caller; undefined for a hedge, which reaches no caller before it has won. */
  private send(peer: Peer | undefined): void {
    const { call, next } = this.parts
    const attempt: Attempt = { cancel: createCancel(), isOver: false }
    this.attempts.push(attempt)
    if (call.signal.aborted) attempt.cancel.abort()
    const { signal } = attempt.cancel
    const trace =
      peer === undefined
        ? because(call.trace, { 'mcp_proxy.hedge': this.attempts.length - 1 })
        : call.trace
    next({ ...call, peer: peer ?? this.quiet(attempt), signal, trace }).then(
      (reply) => this.onReply(attempt, reply),
      (error: unknown) => this.onError(error),
    )
  }

  /** A server that has a question would ask it twice: then this attempt is none. */
  private quiet(attempt: Attempt): Peer {
    return {
      ...nobody,
      ask: (...question) => {
        this.drop(attempt)
        return nobody.ask(...question)
      },
    }
  }

  private drop(attempt: Attempt): void {
    if (attempt.isOver) return
    attempt.isOver = true
    attempt.cancel.abort('Another attempt of the same call goes on')
    this.endIfAllFailed()
  }

  private onReply(attempt: Attempt, reply: Reply): void {
    if (this.isOver || attempt.isOver) return
    attempt.isOver = true
    if (reply.kind === 'result' || reply.kind === 'error') {
      this.win(attempt, reply)
      return
    }
    const left = reply.kind === 'failure' && reply.sent
    if (this.worst === undefined || left) this.worst = reply
    this.endIfAllFailed()
  }

  private endIfAllFailed(): void {
    if (this.worst !== undefined && this.attempts.every(({ isOver }) => isOver)) {
      this.finish()
      this.resolve(this.worst)
    }
  }

  private win(winner: Attempt, reply: Reply): void {
    this.finish()
    for (const attempt of this.attempts) {
      if (!attempt.isOver) attempt.cancel.abort('Another attempt of the same call was answered')
    }
    if (this.attempts.length > 1) this.parts.onHedged(winner === this.attempts[0] ? 'lost' : 'won')
    this.resolve(reply)
  }

  private onError(error: unknown): void {
    if (this.isOver) return
    this.finish()
    this.onAbort()
    this.reject(error)
  }

  private finish(): void {
    this.isOver = true
    this.alarm?.cancel()
    this.parts.call.signal.removeEventListener('abort', this.onAbort)
  }
}

/** Inside retry: an attempt that fails is retried, one that is slow is hedged. */
export const hedging = defineBackendLayer(
  {
    hedging: hedgingSchema
      .optional()
      .describe(
        'Send a slow call once more and take the answer that comes first; the other attempt is cancelled. Only reads, and tools with readOnlyHint, idempotentHint or a place in `tools`; default: no call',
      ),
  },
  ({ hedging: config }, { clock, meter }, context) => {
    if (config === undefined) return undefined
    const { delay_ms: delayMs, max_hedges: most, min_hedges_per_sec: floor } = config
    const isSafe = idempotentCalls(config.tools, context)
    const budget = retryBudget({ ...config, min_retries_per_sec: floor }, clock)
    const hedges = meter.counter('mcp_proxy_hedges_total')
    const backend = context.backend.name
    const onHedged = (outcome: HedgeOutcome) => hedges.add({ backend, outcome })
    return (next) => (call) => {
      if (isList(call) || !beginsAfresh(call.request) || !isSafe(call)) return next(call)
      budget.count()
      return new Race({ call, next, clock, delayMs, most, budget, onHedged }).start()
    }
  },
)
