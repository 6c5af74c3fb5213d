// The metrics of the registry, sent over OTLP (HTTP, protobuf) at intervals under the names that Prometheus sees. Loaded where
// that is on.
import { ValueType, type HrTime } from '@opentelemetry/api'
import { ExportResultCode, millisToHrTime } from '@opentelemetry/core'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import {
  AggregationTemporality,
  DataPointType,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type Histogram,
  type MetricData,
  type MetricProducer,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import type { Registry } from 'prom-client'
import { exporterOptions, resourceOf, type OtlpTarget } from './otlp-target.ts'
import type { ExportReport } from './replaceable.ts'

/** As the registry gives them: what its types say of them does not cover our histograms. */
interface Sample {
  readonly labels: Readonly<Record<string, string | number | undefined>>
  readonly value: number
  /** Of a histogram: which of its series this is. */
  readonly metricName?: string
}

interface Collected {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values: readonly Sample[]
}

interface Period {
  readonly startTime: HrTime
  readonly endTime: HrTime
}

const attributesOf = ({ labels }: Sample): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) =>
      name === 'le' || value === undefined ? [] : [[name, String(value)]],
    ),
  )

/** What Prometheus cumulates over the buckets is counted by bucket here. */
const histogramOf = (samples: readonly Sample[], name: string): Histogram => {
  const buckets = samples.filter(({ metricName }) => metricName === `${name}_bucket`)
  const valueOf = (suffix: string) =>
    samples.find(({ metricName }) => metricName === `${name}_${suffix}`)?.value ?? 0
  const counts = buckets.map(({ value }, at) => value - (buckets[at - 1]?.value ?? 0))
  const boundaries = buckets.map(({ labels }) => Number(labels['le'])).filter(Number.isFinite)
  return { buckets: { boundaries, counts }, sum: valueOf('sum'), count: valueOf('count') }
}

/** Never empty. */
type Series = [Sample, ...Sample[]]

const bySeries = (samples: readonly Sample[]): readonly Series[] => {
  const series = new Map<string, Series>()
  for (const sample of samples) {
    const key = JSON.stringify(attributesOf(sample))
    const known = series.get(key)
    if (known === undefined) series.set(key, [sample])
    else known.push(sample)
  }
  return [...series.values()]
}

const dataOf = ({ name, help, type, values }: Collected, period: Period): MetricData => {
  const base = (instrument: InstrumentType) => ({
    descriptor: {
      name,
      description: help,
      unit: name.includes('_seconds') ? 's' : '',
      valueType: ValueType.DOUBLE,
      type: instrument,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  })
  const points = () =>
    values.map((sample) => ({ ...period, attributes: attributesOf(sample), value: sample.value }))
  switch (type) {
    case 'histogram':
      return {
        ...base(InstrumentType.HISTOGRAM),
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: bySeries(values).map((samples) => ({
          ...period,
          attributes: attributesOf(samples[0]),
          value: histogramOf(samples, name),
        })),
      }
    case 'counter':
      return {
        ...base(InstrumentType.COUNTER),
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        dataPoints: points(),
      }
    default:
      return {
        ...base(InstrumentType.GAUGE),
        dataPointType: DataPointType.GAUGE,
        dataPoints: points(),
      }
  }
}

const producerOf = (
  registry: Registry,
  resource: ReturnType<typeof resourceOf>,
  now: () => number,
): MetricProducer => {
  const startTime = millisToHrTime(now())
  return {
    collect: async () => {
      const period = { startTime, endTime: millisToHrTime(now()) }
      const collected = (await registry.getMetricsAsJSON()) as unknown as readonly Collected[]
      const metrics = collected
        .filter(({ values }) => values.length > 0)
        .map((metric) => dataOf(metric, period))
      return {
        resourceMetrics: { resource, scopeMetrics: [{ scope: { name: 'mcp-proxy' }, metrics }] },
        errors: [],
      }
    },
  }
}

const reported = (exporter: PushMetricExporter, told: ExportReport): PushMetricExporter => ({
  export: (metrics, done) =>
    exporter.export(metrics, ({ code, error }) => {
      if (code === ExportResultCode.SUCCESS) told.worked()
      else told.failed(error ?? new Error('no reason was given'))
      // The report knows of a failure; the reader would log it once more.
      done({ code: ExportResultCode.SUCCESS })
    }),
  forceFlush: () => exporter.forceFlush(),
  shutdown: () => exporter.shutdown(),
})

export interface OtlpMetrics {
  /** Sends them once more. */
  close(): Promise<void>
}

export interface MetricsNeeds {
  readonly registry: Registry
  readonly intervalMs: number
  readonly now: () => number
  readonly told: ExportReport
}

export const openMetrics = (
  target: OtlpTarget,
  { registry, intervalMs, now, told }: MetricsNeeds,
): OtlpMetrics => {
  const resource = resourceOf(target)
  const exporter = reported(new OTLPMetricExporter(exporterOptions(target, 'metrics')), told)
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(intervalMs, target.timeoutMs),
    metricProducers: [producerOf(registry, resource, now)],
  })
  const provider = new MeterProvider({ resource, readers: [reader] })
  return { close: () => provider.shutdown() }
}
