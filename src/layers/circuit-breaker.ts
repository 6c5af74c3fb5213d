// Leaves a backend alone for a while when too many of its calls fail: calls are refused at once, and are known not to be sent.
import * as z from 'zod'
import { problemOf } from '../problems/problem.ts'
import type { Reply } from '../mcp/call.ts'
import { endOf } from '../resilience/call-end.ts'
import { waitSeconds, type Circuit } from '../resilience/circuit.ts'
import { defineBackendLayer } from './define.ts'
import { isList } from './repeatable.ts'

const breakerSchema = z.strictObject({
  failure_rate_threshold: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('Failure rate in the window that opens the circuit, above 0 and at most 1'),
  minimum_calls: z
    .number()
    .int()
    .positive()
    .default(5)
    .describe('Minimum number of calls in the window; with fewer the circuit stays closed'),
  window_seconds: z
    .number()
    .positive()
    .default(60)
    .describe('Length of the window in seconds; earlier calls do not count'),
  wait_duration_seconds: z
    .number()
    .positive()
    .default(30)
    .describe('Seconds for which calls are refused before probe calls are sent'),
  permitted_calls_in_half_open: z
    .number()
    .int()
    .positive()
    .default(3)
    .describe('Number of probe calls; all others are refused in the meantime'),
})

/** The refusal of a call that was not sent. */
export const refusedByCircuit = (backend: string, circuit: Circuit): Reply => {
  const seconds = waitSeconds(circuit)
  const problem =
    circuit.state === 'half-open'
      ? problemOf('backend-circuit', 'half-open', { backend })
      : problemOf('backend-circuit', 'open', { backend, seconds })
  return { kind: 'refusal', problem, retryAfterSeconds: seconds }
}

/** Inside retry, so that each attempt counts and none is made while it is open. */
export const circuitBreaker = defineBackendLayer(
  {
    circuit_breaker: breakerSchema
      .optional()
      .describe(
        'Refuse calls for a while when too many fail: connections that break or are refused, time-outs, HTTP 5xx. Errors that the backend answers and its HTTP 429 do not count; default: none',
      ),
  },
  (_config, { meter }, { backend: { name }, circuit }) => {
    if (circuit === undefined) return undefined
    const refused = meter.counter('mcp_proxy_circuit_refused_total').at({ backend: name })
    return (next) => (call) => {
      if (isList(call)) return next(call)
      const permit = circuit.admit()
      if (permit === 0) {
        refused.add()
        return Promise.resolve(refusedByCircuit(name, circuit))
      }
      return next(call).then(
        (reply) => {
          circuit.report(permit, endOf(reply, call))
          return reply
        },
        (error: unknown) => {
          circuit.report(permit, 'unclear')
          throw error
        },
      )
    }
  },
)
