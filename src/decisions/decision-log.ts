// Keeps the latest decisions: every refusal and failure, and a sample of acceptances. In memory, bounded by their number.
import { randomBytes } from 'node:crypto'
import type { Decision, KeptDecision } from './decision.ts'
import { createLoopDetector } from './loop-detector.ts'

export interface KeepOptions {
  /** How many decisions; 0 keeps none. */
  readonly keep: number
  /** The share of acceptances that is kept, from 0 to 1. */
  readonly accepted: number
}

export interface DecisionLog {
  /** Names this log: numbers of another process mean other decisions. */
  readonly run: string
  /** The number of the latest decision, kept or not; 0 before the first. */
  latest(): number
  add(decision: Decision): void
  /**
   * What becomes of the acceptance at hand: `kept` as one of the sample, `shown` to those that follow all calls, or nothing.
   * Asked once for each, before anything is made of it.
   */
  takesAccepted(): 'kept' | 'shown' | undefined
  /** An acceptance that is shown and not kept: it has no place in the order of decisions. */
  show(decision: Decision): void
  /** Calls the listener with each acceptance that is shown from now on. Returns the function that ends that. */
  followShown(listener: (decision: Decision) => void): () => void
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
  const loops = createLoopDetector()
  const listeners = new Set<(decision: KeptDecision) => void>()
  const viewers = new Set<(decision: Decision) => void>()

  const after = (from: number): readonly KeptDecision[] => {
    const kept: KeptDecision[] = []
    for (let at = Math.max(from, seq - ring.length) + 1; at <= seq; at += 1) {
      const decision = ring[at % keep]
      if (decision !== undefined) kept.push(decision)
    }
    return kept
  }

  return {
    run: randomBytes(4).toString('hex'),
    latest: () => seq,
    add: (decision) => {
      seq += 1
      const loop = loops.seen(decision)
      const numbered = loop === undefined ? { ...decision, seq } : { ...decision, seq, loop }
      if (keep > 0) ring[seq % keep] = numbered
      for (const listener of listeners) listener(numbered)
    },
    takesAccepted: () => {
      due += accepted
      if (due >= 1) {
        due -= 1
        return 'kept'
      }
      return viewers.size === 0 ? undefined : 'shown'
    },
    show: (decision) => {
      for (const viewer of viewers) viewer(decision)
    },
    followShown: (viewer) => {
      viewers.add(viewer)
      return () => viewers.delete(viewer)
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
