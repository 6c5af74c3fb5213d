import { Histogram, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createHistogram } from '../../../src/server/telemetry/histogram.ts'

const options = {
  name: 'seconds',
  help: 'How long it took',
  labelNames: ['method', 'status'],
  buckets: [0.01, 0.1, 1],
}

const observations = [
  { labels: { method: 'tools/call', status: 'ok' }, values: [0, 0.01, 0.010_001, 0.1, 1, 7] },
  { labels: { method: 'say "hi"\\\n', status: 'ok' }, values: [0.5] },
  { labels: { method: 'ok', status: 'tools/call' }, values: [0.05, 0.06] },
]

const written = async (into: (registry: Registry) => (labels: object, value: number) => void) => {
  const registry = new Registry()
  const observe = into(registry)
  for (const { labels, values } of observations) {
    for (const value of values) observe(labels, value)
  }
  return registry.metrics()
}

describe('the histogram', () => {
  it('writes what that of prom-client writes, line by line', async () => {
    const ours = await written((registry) => {
      const histogram = createHistogram(options)
      registry.registerMetric(histogram.metric)
      return (labels, value) => histogram.at({ ...labels }).observe(value)
    })
    const theirs = await written((registry) => {
      const histogram = new Histogram({ ...options, registers: [registry] })
      return (labels, value) => histogram.observe({ ...labels }, value)
    })
    const lines = (text: string) => text.trim().split('\n').toSorted()
    expect(lines(ours)).toEqual(lines(theirs))
  })

  it('counts in one cell for the same labels, in whatever order they stand', async () => {
    const histogram = createHistogram(options)
    histogram.at({ method: 'a', status: 'ok' }).observe(0.5)
    histogram.at({ status: 'ok', method: 'a' }).observe(0.5)
    const { values } = await histogram.metric.get()
    expect(values.filter(({ value }) => value === 2)).toHaveLength(3)
    expect(values).toHaveLength(6)
  })

  it('forgets all when it is reset', async () => {
    const histogram = createHistogram(options)
    histogram.at({ method: 'a', status: 'ok' }).observe(0.5)
    histogram.metric.reset()
    expect((await histogram.metric.get()).values).toEqual([])
  })
})
