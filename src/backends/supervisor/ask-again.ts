// Asks a server for its era once more that left that open: it may have been slow to start, or out of order.
import type { Clock } from '../../base/clock.ts'
import type { Problem } from '../../problems/problem.ts'

/** When it is asked for the first time, and how rarely at most. */
const firstMs = 30_000
const rarestMs = 60 * 60_000

export interface AskAgainOptions<Link> {
  readonly clock: Clock
  /** Aborts when the backend is closed. */
  readonly closing: AbortSignal
  /** Whether the answer would still be of use. */
  readonly isWanted: () => boolean
  /** A link in the newest era. */
  readonly dial: () => Promise<Link | { readonly problem: Problem }>
}

/** Resolves with the link where the server has the newest era after all; undefined where that is settled otherwise. */
export const askAgain = async <Link extends object>({
  clock,
  closing,
  isWanted,
  dial,
}: AskAgainOptions<Link>): Promise<Link | undefined> => {
  for (let waitMs = firstMs; ; waitMs = Math.min(2 * waitMs, rarestMs)) {
    await clock.sleep(waitMs, closing).catch(() => undefined)
    if (closing.aborted || !isWanted()) return undefined
    const found = await dial()
    if (!('problem' in found)) return found
    if (found.problem.code === 'backend-protocol') return undefined
  }
}
