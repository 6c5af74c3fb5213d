// A Prometheus histogram that is cheap to observe: each set of labels counts in numbers of its own, written out when asked.
import type { Metric } from 'prom-client'
import type { Labels } from '../../base/instruments.ts'

export interface HistogramOptions {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  /** Upper bounds, ascending, without the infinite one. */
  readonly buckets: readonly number[]
}

interface Cell {
  readonly labels: Labels
  /** Observations by bucket, each counted once; the last is beyond all bounds. */
  readonly counts: number[]
  sum: number
}

export interface Histogram {
  /** What a registry of prom-client takes. */
  readonly metric: Metric
  /** Asking twice for the same labels gives the same cell. */
  at(labels: Labels): { observe(value: number): void }
}

/** The bucket of a value, by bisection. */
const bucketOf = (value: number, buckets: readonly number[]): number => {
  let low = 0
  let high = buckets.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= (buckets[middle] ?? Infinity)) high = middle
    else low = middle + 1
  }
  return low
}

const samplesOf = (name: string, buckets: readonly number[], { labels, counts, sum }: Cell) => {
  let total = 0
  const cumulated = counts.map((count, index) => {
    total += count
    const bound = buckets[index]
    return {
      metricName: `${name}_bucket`,
      labels: { le: bound === undefined ? '+Inf' : bound, ...labels },
      value: total,
    }
  })
  return [
    ...cumulated,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}

export const createHistogram = (options: HistogramOptions): Histogram => {
  const { name, help, labelNames, buckets } = options
  const cells = new Map<string, Cell>()
  const metric = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    get: async () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...cells.values()].flatMap((cell) => samplesOf(name, buckets, cell)),
    }),
    reset: () => cells.clear(),
  }
  return {
    metric: metric as unknown as Metric,
    at: (labels) => {
      const key = JSON.stringify(labelNames.map((label) => labels[label] ?? ''))
      let cell = cells.get(key)
      if (cell === undefined) {
        cell = { labels, counts: [...buckets, 0].map(() => 0), sum: 0 }
        cells.set(key, cell)
      }
      const { counts } = cell
      const own = cell
      return {
        observe: (value) => {
          const bucket = bucketOf(value, buckets)
          counts[bucket] = (counts[bucket] ?? 0) + 1
          own.sum += value
        },
      }
    },
  }
}
