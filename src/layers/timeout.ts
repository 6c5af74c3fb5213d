// How long a backend may take: past the deadline the work is cancelled, not only abandoned.
import * as z from 'zod'
import { messageOf } from '../core/check.ts'
import type { Reply } from '../mcp/call.ts'
import { defineLayer } from './define.ts'

/** Made once: an abort without a reason would make an error with its stack for every call. */
const settled = new Error('the call has its reply')

/** Gives a call a deadline and cancels the work when it passes. The outcome is then unknown. */
export const timeout = defineLayer(
  {
    timeout: z
      .strictObject({ seconds: z.number().positive().describe('Seconds that a call may take') })
      .optional()
      .describe('Deadline of a call, everything included; default: none'),
  },
  (config, { clock }, { backend }) => {
    if (config.timeout === undefined) return undefined
    const { seconds } = config.timeout
    const timedOut: Reply = {
      kind: 'failure',
      problem: {
        code: 'backend-timeout',
        detail: messageOf('backend-timeout', { backend: backend ?? '', seconds }),
      },
      sent: true,
    }
    return (next) => async (call) => {
      const deadline = new AbortController()
      const signal = AbortSignal.any([call.signal, deadline.signal])
      try {
        return await Promise.race([
          next({ ...call, signal }),
          clock.sleep(seconds * 1000, deadline.signal).then(() => timedOut),
        ])
      } finally {
        deadline.abort(settled)
      }
    }
  },
)
