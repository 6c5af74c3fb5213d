// How many calls there were, how they ended and how long they took. Names of tools are no labels: nothing bounds them.
import * as z from 'zod'
import type { Layer } from '../mcp/call.ts'
import { defineLayer } from './define.ts'
import { outcomeOf, thrown } from './outcome.ts'

/** The methods that may be labels; a caller's invention counts as "other". */
const labelled = new Set([
  'initialize',
  'ping',
  'server/discover',
  'logging/setLevel',
  'tools/list',
  'tools/call',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
  'completion/complete',
])

export const metrics = defineLayer(
  {
    metrics: z
      .strictObject({
        enabled: z.boolean().default(true).describe('Count calls and serve /admin/metrics'),
      })
      .prefault({})
      .describe('Prometheus metrics'),
  },
  (config, { meter, clock }, place) => {
    if (!config.metrics.enabled) return undefined
    const calls = meter.counter('mcp_proxy_requests_total', 'Calls by how they ended', [
      'method',
      'backend',
      'outcome',
      'code',
    ])
    const durations = meter.histogram('mcp_proxy_request_duration_seconds', 'How long calls took', [
      'method',
      'backend',
    ])
    const layer: Layer = (next) => async (call) => {
      const begun = clock.now()
      let end = thrown
      try {
        const reply = await next(call)
        end = outcomeOf(reply)
        return reply
      } finally {
        const method = labelled.has(call.request.method) ? call.request.method : 'other'
        const backend = place.backend ?? place.backendOf?.(call.request) ?? ''
        calls.add({ method, backend, outcome: end.outcome, code: end.code })
        durations.observe({ method, backend }, (clock.now() - begun) / 1000)
      }
    }
    return layer
  },
)
