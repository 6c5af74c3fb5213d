// Remembers which DPoP proofs were used, for as long as they could be used again (RFC 9449 section 11.1).
import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'

export interface ProofUse {
  /** Thumbprint of the proof's key: nobody can use up the identifier of somebody else's proof. */
  readonly jkt: string
  readonly jti: string
  readonly iatSeconds: number
}

export type UseAnswer = 'first' | 'used' | 'forgotten'

export interface ReplayMemory {
  /** Marks the proof as used. `forgotten`: so many came that nobody can tell whether it was. */
  use(proof: ProofUse): UseAnswer
}

interface ReplayOptions {
  readonly clock: Clock
  /** How long a proof can be accepted, from its first to its last second. */
  readonly windowMs: number
  readonly max?: number
}

interface Used {
  readonly until: number
  readonly jkt: string
  readonly iatSeconds: number
}

const defaultMax = 100_000
const never = Number.NEGATIVE_INFINITY

const keyOf = ({ jkt, jti }: ProofUse): string =>
  createHash('sha256').update(`${jkt}\n${jti}`).digest('base64')

/**
 * Bounded, and yet no proof passes twice: what falls out for want of room takes the proofs of the same key
 * that are as old with it, so that a caller who floods the memory harms nobody else. Does not check that a
 * proof is good: only good ones may be marked.
 */
export const createReplayMemory = ({
  clock,
  windowMs,
  max = defaultMax,
}: ReplayOptions): ReplayMemory => {
  /** In the order of their ends, since all stay equally long. */
  const used = new Map<string, Used>()
  /** By key: proofs up to this date can no longer be told apart from used ones. */
  const forgotten = new Map<string, number>()
  let forgottenOfAll = never

  const dropEnded = (now: number): void => {
    for (const [key, { until }] of used) {
      if (until > now) return
      used.delete(key)
    }
  }
  const forget = ({ jkt, iatSeconds }: Used): void => {
    if (forgotten.size >= max) {
      for (const date of forgotten.values()) forgottenOfAll = Math.max(forgottenOfAll, date)
      forgotten.clear()
    }
    forgotten.set(jkt, Math.max(forgotten.get(jkt) ?? never, iatSeconds))
  }
  const makeRoom = (): void => {
    for (const [key, entry] of used) {
      if (used.size < max) return
      used.delete(key)
      forget(entry)
    }
  }

  return {
    use: (proof) => {
      const { jkt, iatSeconds } = proof
      const now = clock.now()
      dropEnded(now)
      const key = keyOf(proof)
      if (used.has(key)) return 'used'
      if (iatSeconds <= Math.max(forgottenOfAll, forgotten.get(jkt) ?? never)) return 'forgotten'
      makeRoom()
      used.set(key, { until: now + windowMs, jkt, iatSeconds })
      return 'first'
    },
  }
}
