// What came over time: counts and latencies in steps of some seconds, for the pictures and the figures.
import type { DecisionSummary } from './types.ts'

export const stepSeconds = 5
const mostSteps = 180
/** More latencies of one step change its percentiles little. */
const mostLatencies = 500

interface Step {
  accepted: number
  refused: number
  failed: number
  readonly latencies: number[]
}

/** Columns of equal length; null: not known. */
export interface Picture {
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly accepted: readonly (number | null)[]
  readonly refused: readonly number[]
  readonly failed: readonly number[]
  readonly p50: readonly (number | null)[]
  readonly p95: readonly (number | null)[]
}

export interface Figures {
  readonly perMinute: number
  /** From 0 to 1; undefined: nothing came. */
  readonly refused: number | undefined
  /** Milliseconds. */
  readonly p50: number | undefined
  readonly p95: number | undefined
}

export interface Series {
  add(decision: DecisionSummary): void
  /** From now on all calls are added, not a sample of those that were accepted. */
  begin(): void
  /** `now`: milliseconds since the epoch. */
  picture(now: number): Picture
  /** Of the last minute. */
  figures(now: number): Figures
}

const stepOf = (ms: number): number => Math.floor(ms / 1000 / stepSeconds)

export const percentile = (values: readonly number[], share: number): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

export const createSeries = (): Series => {
  const steps = new Map<number, Step>()
  /** Before it accepted calls are a sample. */
  let liveSince = Infinity

  const at = (step: number): Step => {
    const known = steps.get(step)
    if (known !== undefined) return known
    const made: Step = { accepted: 0, refused: 0, failed: 0, latencies: [] }
    steps.set(step, made)
    const oldest = step - mostSteps
    if (steps.size > mostSteps * 2) {
      for (const key of steps.keys()) if (key < oldest) steps.delete(key)
    }
    return made
  }

  const between = (first: number, last: number): readonly (Step | undefined)[] =>
    Array.from({ length: last - first + 1 }, (_, index) => steps.get(first + index))

  return {
    add: ({ time, outcome, duration }) => {
      const step = at(stepOf(Date.parse(time)))
      if (outcome === 'accepted') step.accepted += 1
      else if (outcome === 'failed') step.failed += 1
      else step.refused += 1
      if (duration !== null && outcome !== 'rejected' && step.latencies.length < mostLatencies) {
        step.latencies.push(duration)
      }
    },
    begin: () => {
      liveSince = Math.min(liveSince, stepOf(Date.now()))
    },
    picture: (now) => {
      const last = stepOf(now)
      const first = last - mostSteps + 1
      const all = between(first, last)
      const of = (read: (step: Step) => number) =>
        all.map((step) => (step === undefined ? 0 : read(step)))
      const latency = (share: number) =>
        all.map((step) => percentile(step?.latencies ?? [], share) ?? null)
      return {
        times: all.map((_, index) => (first + index) * stepSeconds),
        accepted: of((step) => step.accepted).map((count, index) =>
          first + index < liveSince ? null : count,
        ),
        refused: of((step) => step.refused),
        failed: of((step) => step.failed),
        p50: latency(0.5),
        p95: latency(0.95),
      }
    },
    figures: (now) => {
      const last = stepOf(now)
      const all = between(last - Math.floor(60 / stepSeconds), last).flatMap((one) => one ?? [])
      const sum = (read: (step: Step) => number) => all.reduce((n, step) => n + read(step), 0)
      const total = sum(({ accepted, refused, failed }) => accepted + refused + failed)
      const latencies = all.flatMap((step) => step.latencies)
      return {
        perMinute: total,
        refused: total === 0 ? undefined : sum(({ refused }) => refused) / total,
        p50: percentile(latencies, 0.5),
        p95: percentile(latencies, 0.95),
      }
    },
  }
}
