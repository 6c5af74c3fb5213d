// How many calls there were, how they ended and how long they took. Only tools that exist are labels, and not too many.
import * as z from 'zod'
import type { Meter } from '../base/ports.ts'
import { secretSchema } from '../core/auth-config/secret-schema.ts'
import type { Call, Handler, Layer, Reply } from '../mcp/call.ts'
import type { JsonRpcRequest } from '../mcp/json-rpc.ts'
import { methods } from '../mcp/methods.ts'
import { defineEdgeLayer, type EdgeContext, type ToolPlace } from './define.ts'
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

/** The tools that are labels already: they outlive a reload, as their counts do. */
const namedTools = new WeakMap<Meter, Set<string>>()

const namedIn = (meter: Meter): Set<string> => {
  const known = namedTools.get(meter) ?? new Set()
  namedTools.set(meter, known)
  return known
}

/** Undefined where calls are not counted by tool. */
const toolCounter = (most: number, meter: Meter, toolOf: EdgeContext['toolOf']) => {
  if (most === 0) return undefined
  const calls = meter.counter('mcp_proxy_tool_calls_total')
  const counted = keptFor((backend, tool, outcome) => calls.at({ backend, tool, outcome }))
  const named = namedIn(meter)
  const isNamed = (place: ToolPlace): boolean => {
    const key = `${place.backend} ${place.tool}`
    if (named.has(key)) return true
    if (named.size >= most) return false
    named.add(key)
    return true
  }
  return (request: JsonRpcRequest, backend: string, outcome: string): void => {
    const place = toolOf(request)
    const tool = place !== undefined && isNamed(place) ? place.tool : 'other'
    counted(backend, tool, outcome, '').add()
  }
}

const otlpSchema = z.strictObject({
  enabled: z.boolean().default(false).describe('Send the metrics'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'The address of the collector, without /v1/metrics. Default: observability.tracing.endpoint and what that falls back to',
    ),
  headers: z
    .record(z.string(), secretSchema)
    .optional()
    .describe(
      'Headers of every request to the collector; their values are secret. Default: those of observability.tracing, where the endpoint is its own too',
    ),
  interval_seconds: z
    .number()
    .min(1)
    .max(3600)
    .optional()
    .describe('Seconds between two exports. Default: OTEL_METRIC_EXPORT_INTERVAL, else 60'),
})

export const metrics = defineEdgeLayer(
  {
    metrics: z
      .strictObject({
        enabled: z.boolean().default(true).describe('Count calls and serve /admin/metrics'),
        max_tools: z
          .number()
          .int()
          .min(0)
          .max(10_000)
          .default(200)
          .describe(
            'How many tools are counted by name; calls of further ones, and of tools that no backend lists, count as `other`. 0: calls are not counted by tool',
          ),
        otlp: otlpSchema
          .prefault({})
          .describe('The same metrics, sent to a collector over OTLP (HTTP, protobuf)'),
      })
      .prefault({})
      .describe('Metrics'),
  },
  (config, { meter, clock }, { backendOf, toolOf }) => {
    if (!config.metrics.enabled) return undefined
    const calls = meter.counter('mcp_proxy_requests_total')
    const durations = meter.histogram('mcp_proxy_request_duration_seconds')
    // Methods, backends and codes are few, so their instruments can be kept at hand.
    const counted = keptFor((method, backend, outcome, code) =>
      calls.at({ method, backend, outcome, code }),
    )
    const timed = keptFor((method, backend) => durations.at({ method, backend }))
    const countTool = toolCounter(config.metrics.max_tools, meter, toolOf)
    const layer: Layer = (next) => (call) => {
      const begun = clock.now()
      const count = ({ outcome, code }: Outcome) => {
        const method = labelled.has(call.request.method) ? call.request.method : 'other'
        const backend = backendOf(call.request) ?? ''
        counted(method, backend, outcome, code).add()
        if (method === 'tools/call') countTool?.(call.request, backend, outcome)
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
