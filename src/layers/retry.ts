// Sends a call again that got no answer: one that never left, or one that does no harm when it is carried out twice.
import { backoffMs, type BackoffPolicy } from '../base/backoff.ts'
import * as z from 'zod'
import type { ProblemCode } from '../problems/problem.ts'
import type { Call, Layer, Reply } from '../mcp/call.ts'
import { because } from '../trace/span.ts'
import { defineBackendLayer } from './define.ts'
import { outcomeOf } from './outcome.ts'
import { beginsAfresh, idempotentCalls, isList, observing } from './repeatable.ts'
import { untilUp } from './until-up.ts'
import { retryBudget } from './retry-budget.ts'

const retrySchema = z.strictObject({
  max_retries: z.number().int().min(0).default(3).describe('How often one call is sent again'),
  initial_backoff_ms: z
    .number()
    .int()
    .positive()
    .default(100)
    .describe('Wait before the first time; it doubles each time, and half of it is random'),
  max_backoff_ms: z
    .number()
    .int()
    .positive()
    .default(5000)
    .describe('Longest wait before any of them; so long a backend that is away is waited for'),
  budget_percent: z
    .number()
    .min(0)
    .max(100)
    .default(20)
    .describe('How many of 100 calls of the last ten seconds may be sent again'),
  min_retries_per_sec: z
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

/** What may be otherwise next time. A credential that is refused and an answer that is none stay so. */
const passing: readonly ProblemCode[] = ['backend-unavailable', 'backend-outcome-unknown']

const mayHaveBeenCarriedOut = (reply: Reply): boolean => reply.kind === 'failure' && reply.sent

const isWorthIt = (reply: Reply, mayBeCarriedOutTwice: boolean): boolean =>
  reply.kind === 'failure' &&
  (!reply.sent || mayBeCarriedOutTwice) &&
  passing.includes(reply.problem.code)

/** How long the backend asked to be left alone. */
const saidWaitMs = (reply: Reply): number =>
  reply.kind === 'failure' ? (reply.retryAfterSeconds ?? 0) * 1000 : 0

/** Inside the deadline and the limit of the backend: both see one call, however often it is sent. */
export const retry = defineBackendLayer(
  {
    retry: retrySchema
      .optional()
      .describe(
        'Send calls again that got no answer: those that never left, and those that do no harm when they are carried out twice (reads, and tools with readOnlyHint, idempotentHint or a place in `tools`); default: no call',
      ),
  },
  ({ retry: config }, { clock, random, log, meter }, context) => {
    if (config === undefined || config.max_retries === 0) return undefined
    const { max_retries: most, initial_backoff_ms: firstMs, max_backoff_ms: longestMs } = config
    const policy: BackoffPolicy = { firstMs, longestMs, factor: 2, spread: [0.5, 1] }
    const backend = context.backend.name
    const budget = retryBudget(config, clock)
    const isIdempotent = idempotentCalls(config.tools, context)
    const retries = meter.counter('mcp_proxy_retries_total')
    /** Resolves to whether there is any sense in going on. */
    const pause = async (nth: number, call: Call, leastMs: number): Promise<boolean> => {
      const { signal } = call
      try {
        await clock.sleep(Math.max(leastMs, backoffMs(nth, policy, random)), signal)
      } catch {
        return false
      }
      // The lists of a backend are announced when it comes: those of the others do not wait for them.
      const isUp = await untilUp(context.backend, clock, isList(call) ? 0 : longestMs, signal)
      return isUp && !signal.aborted
    }
    const mayGoOn = async (nth: number, call: Call, reply: Reply): Promise<boolean> => {
      // With an open circuit no attempt leaves.
      if (call.signal.aborted || context.circuit?.state === 'open') return false
      const leastMs = saidWaitMs(reply)
      if (leastMs > longestMs) return false
      if (!budget.take()) {
        retries.add({ backend, outcome: 'over-budget' })
        return false
      }
      if (!(await pause(nth, call, leastMs))) return false
      const { requestId, request } = call
      const { code } = outcomeOf(reply)
      log.info(
        { backend, request_id: requestId, method: request.method, code, retry: nth + 1 },
        'a call is sent again',
      )
      return true
    }
    const layer: Layer = (next) => async (call) => {
      budget.count()
      if (!beginsAfresh(call.request)) return next(call)
      // Asked before it leaves: a backend that comes back may have to list its tools once more.
      const isSafe = isIdempotent(call)
      const observer = observing(call.peer)
      const watched = { ...call, peer: observer.peer }
      let reply = await next(watched)
      let left = mayHaveBeenCarriedOut(reply) ? reply : undefined
      for (let nth = 0; nth < most; nth += 1) {
        if (observer.observed || !isWorthIt(reply, isSafe) || !(await mayGoOn(nth, call, reply)))
          break
        const trace = because(call.trace, { 'mcp_proxy.retry': nth + 1 })
        reply = await next(trace === undefined ? watched : { ...watched, trace })
        if (mayHaveBeenCarriedOut(reply)) left = reply
        retries.add({ backend, outcome: outcomeOf(reply).outcome })
      }
      // That the last attempt never left says nothing of those that did.
      return reply.kind === 'failure' || reply.kind === 'refusal' ? (left ?? reply) : reply
    }
    return layer
  },
)
