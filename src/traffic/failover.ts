// Sends a call that failed at one backend to another one: never one that was answered, however the answer reads.
import type { Logger } from '../base/ports.ts'
import { beginsAfresh, observing, type IsSafe } from '../layers/repeatable.ts'
import { outcomeOf } from '../layers/outcome.ts'
import { because } from '../trace/span.ts'
import type { Call, Handler, Reply } from '../mcp/call.ts'

export interface Backup {
  readonly name: string
  readonly handle: Handler
  /** Whether a call there makes sense: it is not known to lack the tool. */
  readonly has: (call: Call) => boolean
  /** Whether a call may be carried out there after it may have been before. */
  readonly isSafe: IsSafe
}

export interface FailoverParts {
  readonly backend: string
  readonly handle: Handler
  /** In the order in which they are asked. */
  readonly backups: readonly Backup[]
  /** Whether the backend may make a task of a call: only it can be asked about that. */
  readonly mayStartTask: IsSafe
  readonly log: Logger
  readonly onFailover: (backup: string, outcome: string) => void
}

/** Failures of the backend, not of the call: an error is an answer, and our limits are no failures. */
const isFailure = (reply: Reply): boolean =>
  reply.kind === 'failure' || (reply.kind === 'refusal' && reply.problem.code === 'backend-circuit')

const mayHaveBeenCarriedOut = (reply: Reply): boolean => reply.kind === 'failure' && reply.sent

export const withFailover = (parts: FailoverParts): Handler => {
  const { backend, handle, backups, mayStartTask, log, onFailover } = parts
  if (backups.length === 0) return handle
  const goOn = async (
    call: Call,
    first: Reply,
    isSafeAt: readonly boolean[],
    wasObserved: () => boolean,
  ): Promise<Reply> => {
    let reply = first
    let left = mayHaveBeenCarriedOut(reply) ? reply : undefined
    for (const [index, backup] of backups.entries()) {
      if (!isFailure(reply) || call.signal.aborted || wasObserved()) break
      if ((left !== undefined && isSafeAt[index] !== true) || !backup.has(call)) continue
      log.info(
        {
          backend,
          backup: backup.name,
          request_id: call.requestId,
          method: call.request.method,
          code: outcomeOf(reply).code,
        },
        'a call is sent to a backup',
      )
      const trace = because(call.trace, { 'mcp_proxy.failover_for': backend })
      const next = await backup.handle(trace === undefined ? call : { ...call, trace })
      onFailover(backup.name, outcomeOf(next).outcome)
      if (mayHaveBeenCarriedOut(next)) left ??= next
      reply = next
    }
    if (!isFailure(reply)) return reply
    // The failure of the backend itself says more than that of a backup.
    return left ?? first
  }
  return (call) => {
    if (!beginsAfresh(call.request) || mayStartTask(call)) return handle(call)
    // Asked before it leaves: what a backend lists may be gone with it.
    const isSafeAt = backups.map(({ isSafe }) => isSafe(call))
    const observer = observing(call.peer)
    return handle({ ...call, peer: observer.peer }).then((reply) =>
      isFailure(reply) ? goOn(call, reply, isSafeAt, () => observer.observed) : reply,
    )
  }
}
