// How many calls there were, how they ended and how long they took. Names of tools are no labels: nothing bounds them.
import * as z from 'zod'
import type { Call, Handler, Layer, Reply } from '../mcp/call.ts'
import { methods } from '../mcp/methods.ts'
import { defineEdgeLayer } from './define.ts'
import { outcomeOf, thrown, type Outcome } from './outcome.ts'

/** A handler that throws at once counts like one that rejects. */
const settled = (handler: Handler, call: Call): Promise<Reply> => {
  try {
    return handler(call)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** The methods that may be labels; a caller's invention counts as "other". */
const labelled: ReadonlySet<string> = new Set(Object.keys(methods))

/** Makes what belongs to a combination of words once. The words are bounded, and so is what is kept. */
const keptFor = <T>(
  make: (first: string, second: string, third: string, fourth: string) => T,
): ((first: string, second: string, third: string, fourth: string) => T) => {
  const kept = new Map<string, T>()
  return (first, second, third, fourth) => {
    const key = `${first} ${second} ${third} ${fourth}`
    let found = kept.get(key)
    if (found === undefined) {
      found = make(first, second, third, fourth)
      kept.set(key, found)
    }
    return found
  }
}

export const metrics = defineEdgeLayer(
  {
    metrics: z
      .strictObject({
        enabled: z.boolean().default(true).describe('Count calls and serve /admin/metrics'),
      })
      .prefault({})
      .describe('Prometheus metrics'),
  },
  (config, { meter, clock }, { backendOf }) => {
    if (!config.metrics.enabled) return undefined
    const calls = meter.counter('mcp_proxy_requests_total')
    const durations = meter.histogram('mcp_proxy_request_duration_seconds')
    // Methods, backends and codes are few, so their instruments can be kept at hand.
    const counted = keptFor((method, backend, outcome, code) =>
      calls.at({ method, backend, outcome, code }),
    )
    const timed = keptFor((method, backend) => durations.at({ method, backend }))
    const layer: Layer = (next) => (call) => {
      const begun = clock.now()
      const count = ({ outcome, code }: Outcome) => {
        const method = labelled.has(call.request.method) ? call.request.method : 'other'
        const backend = backendOf(call.request) ?? ''
        counted(method, backend, outcome, code).add()
        timed(method, backend, '', '').observe((clock.now() - begun) / 1000)
      }
      return settled(next, call).then(
        (reply) => {
          count(outcomeOf(reply))
          return reply
        },
        (error: unknown) => {
          count(thrown)
          throw error
        },
      )
    }
    return layer
  },
)
