// Keeps the latest decisions: every refusal and failure, and a sample of acceptances. In memory, bounded by their number.
import type { Decision, KeptDecision } from './decision.ts'

export interface KeepOptions {
  /** How many decisions; 0 keeps none. */
  readonly keep: number
  /** The share of acceptances that is kept, from 0 to 1. */
  readonly accepted: number
}

export interface DecisionLog {
  add(decision: Decision): void
  /** Whether the acceptance at hand is one of the sample: asked once for each, before anything is made of it. */
  takesAccepted(): boolean
  /** All decisions under one request id, in their order. A terminal shows the first 8 characters: they are enough. */
  find(id: string): readonly KeptDecision[]
  /** Newest first. */
  newest(): readonly KeptDecision[]
  /** Those that came after `seq` and are kept, in their order. */
  after(seq: number): readonly KeptDecision[]
  /** Calls the listener with each decision from now on. Returns the function that ends that. */
  follow(listener: (decision: KeptDecision) => void): () => void
  /** Keeps the newest of what there is. */
  use(options: KeepOptions): void
}

/** As many characters of a request id are enough to find it. */
export const shortId = 8

export const createDecisionLog = (options: KeepOptions): DecisionLog => {
  let { keep, accepted } = options
  /** The decision of number `seq` is at `seq % keep`. */
  let ring: KeptDecision[] = []
  let seq = 0
  let due = 0
  const listeners = new Set<(decision: KeptDecision) => void>()

  const after = (from: number): readonly KeptDecision[] => {
    const kept: KeptDecision[] = []
    for (let at = Math.max(from, seq - ring.length) + 1; at <= seq; at += 1) {
      const decision = ring[at % keep]
      if (decision !== undefined) kept.push(decision)
    }
    return kept
  }

  return {
    add: (decision) => {
      seq += 1
      const numbered = { ...decision, seq }
      if (keep > 0) ring[seq % keep] = numbered
      for (const listener of listeners) listener(numbered)
    },
    takesAccepted: () => {
      due += accepted
      if (due < 1) return false
      due -= 1
      return true
    },
    find: (id) =>
      after(0).filter((one) =>
        id.length < shortId ? one.id === id : one.id.startsWith(id.toLowerCase()),
      ),
    newest: () => after(0).toReversed(),
    after,
    follow: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    use: (next) => {
      accepted = next.accepted
      if (next.keep === keep) return
      const kept = next.keep === 0 ? [] : after(0).slice(-next.keep)
      keep = next.keep
      ring = []
      for (const decision of kept) ring[decision.seq % keep] = decision
    },
  }
}
