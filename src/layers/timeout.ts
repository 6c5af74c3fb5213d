// How long a backend may take: past the deadline the work is cancelled, not only abandoned.
import * as z from 'zod'
import { createCancel, reasonText, type Cancel } from '../base/cancellation.ts'
import type { Clock } from '../base/clock.ts'
import { problemOf } from '../problems/problem.ts'
import type { Peer, Reply } from '../mcp/call.ts'
import { longestQuestionMs } from '../mcp/questions.ts'
import { defineBackendLayer } from './define.ts'

const never = () => new Promise<never>(() => undefined)

interface Deadline {
  /** Resolves when the time is over, and never after `stop`. */
  readonly passed: Promise<void>
  /** The peer of the call, by which the deadline knows that the backend waits for an answer. */
  peer(of: Peer): Peer
  stop(): void
}

/** The time of a backend does not run while a question of its waits for the client, up to a bound for all of them. */
const startDeadline = (clock: Clock, limitMs: number): Deadline => {
  let left = limitMs
  let patience = longestQuestionMs
  let questions = 0
  let stopped = false
  let nap: Cancel = createCancel()

  const run = async (): Promise<void> => {
    for (;;) {
      const isPaused = questions > 0 && patience > 0
      const began = clock.now()
      nap = createCancel()
      const slept = await clock.sleep(isPaused ? patience : left, nap.signal).then(
        () => true,
        () => false,
      )
      if (stopped) return never()
      if (slept && !isPaused) return undefined
      // A clock that is set meanwhile takes no time away and gives none.
      const passed = Math.max(0, clock.now() - began)
      if (isPaused) patience = slept ? 0 : Math.max(0, patience - passed)
      else left = Math.max(0, left - passed)
    }
  }
  const countQuestion = (by: 1 | -1) => {
    questions += by
    nap.abort()
  }
  return {
    passed: run(),
    peer: (of) => ({
      ...of,
      ask: (...question) => {
        countQuestion(1)
        return of.ask(...question).finally(() => countQuestion(-1))
      },
    }),
    stop: () => {
      stopped = true
      nap.abort()
    },
  }
}

/** Gives a call a deadline and cancels the work when it passes. The outcome is then unknown. */
export const timeout = defineBackendLayer(
  {
    timeout: z
      .strictObject({ seconds: z.number().positive().describe('Seconds that a call may take') })
      .optional()
      .describe(
        'Deadline of a call, everything included but the time in which a question waits for the answer of the client (up to ten minutes); default: none',
      ),
  },
  (config, { clock }, { backend }) => {
    if (config.timeout === undefined) return undefined
    const { seconds } = config.timeout
    const timedOut: Reply = {
      kind: 'failure',
      problem: problemOf('backend-timeout', { backend: backend.name, seconds }),
      sent: true,
    }
    return (next) => async (call) => {
      const end = createCancel()
      const onAbort = () => end.abort(reasonText(call.signal.reason))
      if (call.signal.aborted) onAbort()
      call.signal.addEventListener('abort', onAbort, { once: true })
      const deadline = startDeadline(clock, seconds * 1000)
      try {
        const reply = await Promise.race([
          next({ ...call, peer: deadline.peer(call.peer), signal: end.signal }),
          deadline.passed.then(() => timedOut),
        ])
        if (reply === timedOut) end.abort(`No answer within ${seconds} s`)
        return reply
      } finally {
        deadline.stop()
        call.signal.removeEventListener('abort', onAbort)
      }
    }
  },
)
