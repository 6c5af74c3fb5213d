// What one run of the proxy has answered and refused, for the last line of its log.
import type { Logger } from '../../base/ports.ts'
import type { Clock } from '../../base/clock.ts'
import type { Reply } from '../../mcp/call.ts'

export interface Tally {
  /** A request that never became a call. */
  refused(code: string): void
  /** A call that has its reply. */
  answered(reply: Reply): void
  /** Writes the last line of the log. */
  conclude(log: Logger): void
}

export const createTally = (clock: Clock): Tally => {
  const begun = clock.now()
  const calls = { ok: 0, error: 0, refused: 0, failed: 0 }
  const refusals = new Map<string, number>()
  const refused = (code: string): void => {
    refusals.set(code, (refusals.get(code) ?? 0) + 1)
  }
  return {
    refused,
    answered: (reply) => {
      switch (reply.kind) {
        case 'result':
          calls.ok += 1
          return
        case 'error':
          calls.error += 1
          return
        case 'failure':
          calls.failed += 1
          return
        case 'refusal':
          calls.refused += 1
          refused(reply.problem.code)
      }
    },
    conclude: (log) => {
      const byCount = [...refusals].sort(([, a], [, b]) => b - a)
      log.info(
        {
          event: 'ended',
          calls: calls.ok + calls.error + calls.failed + calls.refused,
          ok: calls.ok,
          errors: calls.error,
          failed: calls.failed,
          refused: byCount.reduce((sum, [, count]) => sum + count, 0),
          refusals: Object.fromEntries(byCount),
          uptime_s: Math.round((clock.now() - begun) / 1000),
        },
        'ended',
      )
    },
  }
}
