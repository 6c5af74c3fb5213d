// How many calls are at a backend at one time. The others wait in a line with an end; a call that waits was never sent.
import * as z from 'zod'
import { notSent, unavailable } from '../backends/failure.ts'
import { problemOf, type Problem } from '../problems/problem.ts'
import type { Call, Handler, Reply } from '../mcp/call.ts'
import type { Waited, Turns } from '../resilience/turns.ts'
import { refusedByCircuit } from './circuit-breaker.ts'
import { defineBackendLayer, type BackendContext } from './define.ts'
import { isList } from './repeatable.ts'

const concurrencySchema = z.strictObject({
  max_concurrent: z
    .number()
    .int()
    .positive()
    .describe('Maximum number of concurrent calls to this backend'),
  max_queued: z
    .number()
    .int()
    .min(0)
    .default(1000)
    .describe('Maximum number of queued calls; further ones get a JSON-RPC error'),
  max_wait_seconds: z
    .number()
    .positive()
    .default(30)
    .describe('Maximum time in the queue, in seconds; after it the call fails without being sent'),
})

type Settings = z.infer<typeof concurrencySchema>

const refusal = (problem: Problem): Reply => ({ kind: 'refusal', problem, retryAfterSeconds: 1 })

/** Innermost: attempts and hedges each take a turn, so the backend never sees more than that. */
export const concurrency = defineBackendLayer(
  {
    concurrency: concurrencySchema
      .optional()
      .describe('Limit the concurrent calls to this backend; default: no limit'),
  },
  ({ concurrency: config }, { meter }, { backend, turns, circuit }) => {
    if (config === undefined || turns === undefined) return undefined
    const { name } = backend
    const queued = meter.counter('mcp_proxy_queued_total')
    const leaveWith = (reply: Reply, outcome: Waited): Reply => {
      queued.add({ backend: name, outcome })
      return reply
    }
    const onWaited = (waited: Waited, call: Call, next: Handler): Reply | Promise<Reply> => {
      if (waited === 'turn' && circuit?.state === 'open') {
        turns.giveBack()
        return onWaited('dismissed', call, next)
      }
      if (waited === 'turn') {
        queued.add({ backend: name, outcome: waited })
        return inTurn(turns, call, next)
      }
      return leaveWith(withoutTurn(waited, { name, circuit, settings: config }), waited)
    }
    return (next) => (call) => {
      if (isList(call)) return next(call)
      if (turns.take()) return inTurn(turns, call, next)
      // Whose turn comes by the end of another call goes after that end has counted in the circuit.
      return turns
        .wait(call.signal)
        .then(afterOthers)
        .then((waited) => onWaited(waited, call, next))
    }
  },
)

const afterOthers = (waited: Waited): Waited => waited

const inTurn = (turns: Turns, call: Call, next: Handler): Promise<Reply> => {
  try {
    return next(call).then(
      (reply) => {
        turns.giveBack()
        return reply
      },
      (error: unknown) => {
        turns.giveBack()
        throw error
      },
    )
  } catch (error) {
    turns.giveBack()
    throw error
  }
}

interface Place extends Pick<BackendContext, 'circuit'> {
  readonly name: string
  readonly settings: Settings
}

const withoutTurn = (
  waited: Exclude<Waited, 'turn'>,
  { name, circuit, settings }: Place,
): Reply => {
  const { max_concurrent: limit, max_queued: queue, max_wait_seconds: seconds } = settings
  switch (waited) {
    case 'full':
      return refusal(problemOf('limit-backend-calls', 'full', { backend: name, limit, queue }))
    case 'late':
      return refusal(problemOf('limit-backend-calls', 'late', { backend: name, limit, seconds }))
    case 'dismissed':
      if (circuit !== undefined) return refusedByCircuit(name, circuit)
      return notSent(unavailable(name, 'it is being closed', 'closing'))
    case 'cancelled':
      return notSent(unavailable(name, 'the call was cancelled', 'cancelled'))
  }
}
