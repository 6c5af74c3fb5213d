// Whether a backend that was just configured comes up, before anything depends on it.
import type { Clock } from '../../base/clock.ts'
import { createCancel } from '../../base/cancellation.ts'
import { untilUp } from '../../layers/until-up.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { Generation } from '../../proxy/generation/generation.ts'

const longestMs = 15_000

/** Rejects with a UsageError that says why it does not. */
export const comesUp = async (
  generation: Generation,
  name: string,
  clock: Clock,
): Promise<void> => {
  const backend = generation.startOne(name)
  if (backend === undefined) return
  if (await untilUp(backend, clock, longestMs, createCancel().signal)) return
  const { health } = backend
  const seconds = longestMs / 1000
  throw usageError(
    health.state === 'down'
      ? health.problem
      : problemOf('admin-backend', 'slow', { name, seconds }),
  )
}
