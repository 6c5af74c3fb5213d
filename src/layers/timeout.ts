// How long a backend may take in all, and how long without a sign of life: past that the work is cancelled, not only abandoned.
import * as z from 'zod'
import { alarmsOf, type Alarm } from '../base/alarms.ts'
import { createCancel, reasonText, type Cancel } from '../base/cancellation.ts'
import type { Clock } from '../base/clock.ts'
import { problemOf, type Problem } from '../problems/problem.ts'
import type { Call, Deadline, Handler, Peer, Reply } from '../mcp/call.ts'
import { longestQuestionMs } from '../mcp/questions.ts'
import { defineBackendLayer } from './define.ts'

const timeoutSchema = z
  .strictObject({
    seconds: z.number().positive().optional().describe('Seconds that a call may take in all'),
    idle_seconds: z
      .number()
      .positive()
      .optional()
      .describe(
        'Seconds that a call may take without progress, a log message or a question of the backend; each of them begins that time again',
      ),
  })
  .refine(({ seconds, idle_seconds: idle }) => seconds !== undefined || idle !== undefined, {
    error: 'needs seconds, idle_seconds or both',
  })

type Limits = Readonly<Record<'totalMs' | 'idleMs', number | undefined>>

/** Why time is over: in all, or since the last sign of life. */
type Ended = 'total' | 'idle'

/** Time that runs while nothing is asked of the client. */
class Stopwatch {
  private left: number
  private begunAt = 0
  private alarm: Alarm | undefined
  private readonly clock: Clock
  private readonly ring: () => void

  constructor(ms: number, clock: Clock, ring: () => void) {
    this.left = ms
    this.clock = clock
    this.ring = ring
  }

  run(): void {
    this.begunAt = this.clock.elapsed()
    this.alarm = alarmsOf(this.clock).set(this.left, this.ring)
  }

  /** From the beginning, where it has not been paused. */
  restart(): void {
    this.alarm?.restart()
    this.begunAt = this.clock.elapsed()
  }

  pause(): void {
    if (this.alarm === undefined) return
    this.alarm.cancel()
    this.alarm = undefined
    this.left = Math.max(0, this.left - (this.clock.elapsed() - this.begunAt))
  }

  end(): void {
    this.alarm?.cancel()
  }
}

/** One call with its deadlines. What the client takes to answer questions does not count, up to a bound for all of them. */
class TimedCall implements Deadline {
  isPassed = false
  readonly cancel: Cancel = createCancel()
  private readonly total: Stopwatch | undefined
  private readonly idle: Stopwatch | undefined
  /** Undefined until something is asked. */
  private patience: Stopwatch | undefined
  private questions = 0
  private isPatient = true
  private readonly clock: Clock

  constructor({ totalMs, idleMs }: Limits, clock: Clock, onEnd: (why: Ended) => void) {
    this.clock = clock
    if (totalMs !== undefined) this.total = new Stopwatch(totalMs, clock, () => onEnd('total'))
    if (idleMs !== undefined) this.idle = new Stopwatch(idleMs, clock, () => onEnd('idle'))
    this.run()
  }

  private startPatience(): void {
    this.patience ??= new Stopwatch(longestQuestionMs, this.clock, () => {
      this.isPatient = false
      this.run()
    })
    this.patience.run()
  }

  private run(): void {
    this.total?.run()
    this.idle?.run()
  }

  private onQuestion(by: 1 | -1): void {
    this.questions += by
    if (!this.isPatient) return
    if (this.questions === 1 && by === 1) {
      this.total?.pause()
      this.idle?.restart()
      this.idle?.pause()
      this.startPatience()
    } else if (this.questions === 0) {
      this.patience?.pause()
      this.run()
    }
  }

  peer(of: Peer): Peer {
    return {
      ...of,
      notify: (notification) => {
        this.idle?.restart()
        of.notify(notification)
      },
      ask: (...question) => {
        this.onQuestion(1)
        return of.ask(...question).finally(() => this.onQuestion(-1))
      },
    }
  }

  end(): void {
    this.total?.end()
    this.idle?.end()
    this.patience?.end()
  }
}

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What the cancelled work says of itself, where it says so at once. */
const lastWord = (reply: Promise<Reply>): Promise<Reply | undefined> =>
  Promise.race([reply, turnOfTheLoop().then(turnOfTheLoop)]).then(
    (said) => said ?? undefined,
    () => undefined,
  )

interface Timeouts {
  readonly limits: Limits
  readonly clock: Clock
  readonly problem: (why: Ended, sent: boolean) => Problem
}

const within = (next: Handler, call: Call, { limits, clock, problem }: Timeouts): Promise<Reply> =>
  new Promise((resolve, reject) => {
    let isOver = false
    const finish = (): boolean => {
      if (isOver) return false
      isOver = true
      timed.end()
      call.signal.removeEventListener('abort', onAbort)
      return true
    }
    const onTimeOver = (why: Ended): void => {
      if (!finish()) return
      timed.isPassed = true
      timed.cancel.abort(problem(why, true).detail)
      void lastWord(replied).then((said) => {
        const sent = said?.kind !== 'failure' || said.sent
        resolve({ kind: 'failure', problem: problem(why, sent), sent })
      })
    }
    const timed = new TimedCall(limits, clock, onTimeOver)
    const onAbort = () => timed.cancel.abort(reasonText(call.signal.reason))
    if (call.signal.aborted) onAbort()
    else call.signal.addEventListener('abort', onAbort, { once: true })
    const { signal } = timed.cancel
    const replied = next({ ...call, peer: timed.peer(call.peer), signal, deadline: timed })
    replied.then(
      (reply) => {
        if (finish()) resolve(reply)
      },
      (error: unknown) => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what was thrown is passed on
        if (finish()) reject(error)
      },
    )
  })

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000

/** Gives a call its deadlines and cancels the work when one passes. The outcome is then unknown, unless the call never left. */
export const timeout = defineBackendLayer(
  {
    timeout: timeoutSchema
      .optional()
      .describe(
        'Deadlines of a call, everything included but the time in which a question waits for the answer of the client (up to ten minutes); default: none',
      ),
  },
  (config, { clock }, { backend }) => {
    if (config.timeout === undefined) return undefined
    const { seconds, idle_seconds: idle } = config.timeout
    const problem = (why: Ended, sent: boolean): Problem => {
      const values = { backend: backend.name, seconds: (why === 'total' ? seconds : idle) ?? 0 }
      if (!sent) return problemOf('backend-timeout', 'queued', values)
      return problemOf('backend-timeout', why, values)
    }
    const limits = { totalMs: milliseconds(seconds), idleMs: milliseconds(idle) }
    return (next) => (call) => within(next, call, { limits, clock, problem })
  },
)
