// A link whose credential is shown once, when it is opened: with what its owner has to show, and once more where just that was refused.
import type { CancelSignal } from '../base/cancellation.ts'
import type { Caller } from '../mcp/call.ts'
import { isTaken, type Access, type Shown } from './access.ts'
import { isRefused } from './failure.ts'
import type { Dialled } from './transport.ts'

const isUnauthorized = (dialled: Dialled): boolean =>
  dialled.kind === 'failed' && isRefused(dialled.problem) && dialled.problem.status === 401

export const dialWithAccess = async (
  { access }: { readonly access: Access },
  owner: Caller | undefined,
  signal: CancelSignal,
  dial: (credential: Shown) => Promise<Dialled>,
): Promise<Dialled> => {
  if (access.fixed !== undefined) return dial(access.fixed)
  const first = await access.take(owner)
  if (!isTaken(first)) return { kind: 'failed', problem: first.problem }
  const dialled = await dial(first)
  if (!isUnauthorized(dialled) || signal.aborted) return dialled
  const second = await access.again(first, owner)
  if (second === undefined) return dialled
  return isTaken(second) ? dial(second) : { kind: 'failed', problem: second.problem }
}
