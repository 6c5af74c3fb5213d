// How long a backend may take: past the deadline the work is cancelled, not only abandoned.
import * as z from 'zod'
import { createCancel } from '../base/cancellation.ts'
import { messageOf } from '../core/check.ts'
import type { Reply } from '../mcp/call.ts'
import { defineLayer } from './define.ts'

const never = () => new Promise<never>(() => undefined)

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
      const end = createCancel()
      const settled = createCancel()
      const onAbort = () => end.abort()
      if (call.signal.aborted) end.abort()
      call.signal.addEventListener('abort', onAbort, { once: true })
      try {
        const late = clock.sleep(seconds * 1000, settled.signal).then(() => timedOut, never)
        const reply = await Promise.race([next({ ...call, signal: end.signal }), late])
        if (reply === timedOut) end.abort()
        return reply
      } finally {
        settled.abort()
        call.signal.removeEventListener('abort', onAbort)
      }
    }
  },
)
