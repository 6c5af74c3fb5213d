// What was called and how it ended: the access line of each call. Never a token, never an argument.
import * as z from 'zod'
import type { Layer } from '../mcp/call.ts'
import { defineEdgeLayer } from './define.ts'
import { outcomeOf, targetOf, thrown } from './outcome.ts'

const roundedMs = (ms: number): number => Math.round(ms * 1000) / 1000

/** Where asked for, one access line for each call, when it ends. */
export const accessLog = defineEdgeLayer(
  {
    access_log: z
      .strictObject({ enabled: z.boolean().default(false).describe('Log one line per call') })
      .prefault({})
      .describe('One short line per call'),
  },
  ({ access_log: access }, { log, clock }, { backendOf }) => {
    if (!access.enabled) return undefined
    const layer: Layer = (next) => async (call) => {
      const begun = clock.now()
      let end = thrown
      try {
        const reply = await next(call)
        end = outcomeOf(reply)
        return reply
      } finally {
        log.info(
          {
            event: 'access',
            request_id: call.requestId,
            trace_id: call.trace?.span.context.traceId,
            method: call.request.method,
            name: targetOf(call.request),
            backend: backendOf(call.request),
            status: end.code === '' ? end.outcome : `${end.outcome} ${end.code}`,
            duration_ms: roundedMs(clock.now() - begun),
          },
          'access',
        )
      }
    }
    return layer
  },
)
