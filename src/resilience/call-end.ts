// What the end of a call proves about the server that it went to.
import type { Call, Reply } from '../mcp/call.ts'

/** `unclear`: nothing, where it was cancelled, was refused by us, or never got there. */
export type CallEnd = 'up' | 'down' | 'unclear'

/** Reasons that are no news of the backend: it starts, it is closed by us, or it has enough to do. */
const noNews: readonly (string | undefined)[] = [
  'starting',
  'closing',
  'cancelled',
  'busy',
  'further',
  'not-started',
]

/**
 * An error is an answer, also to a mistake of the caller; what our own limits and credentials refuse says nothing; and a
 * caller that leaves proves nothing either.
 */
export const endOf = (reply: Reply, { signal, deadline }: Call): CallEnd => {
  if (reply.kind === 'result' || reply.kind === 'error') return 'up'
  if (reply.kind === 'refusal') return 'unclear'
  if (signal.aborted) return deadline?.isPassed === true && reply.sent ? 'down' : 'unclear'
  const { code, case: name } = reply.problem
  if (code === 'backend-unavailable') return noNews.includes(name) ? 'unclear' : 'down'
  return code === 'backend-outcome-unknown' ? 'down' : 'unclear'
}
