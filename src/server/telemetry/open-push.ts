// Metrics that are sent to a collector: loaded where that is configured, and replaced when the configuration is.
import type { Registry } from 'prom-client'
import type { Config } from '../../config/schema.ts'
import type { ExportNeeds } from './open-tracing.ts'
import type { OtlpMetrics } from './otlp-metrics.ts'
import { replaceable, reportOnce } from './replaceable.ts'

type Observability = Config['observability']

const loadMetrics = () => Promise.all([import('./otlp-metrics.ts'), import('./otlp-target.ts')])

const defaultSeconds = 60

/** OTEL_METRIC_EXPORT_INTERVAL is in milliseconds. */
const intervalOf = (seconds: number | undefined): number => {
  if (seconds !== undefined) return seconds * 1000
  const named = Number(process.env['OTEL_METRIC_EXPORT_INTERVAL'])
  return Number.isFinite(named) && named >= 1000 ? named : defaultSeconds * 1000
}

/** What is not said of the metrics is as for the traces. */
const settingsOf = ({ metrics, tracing }: Observability) => {
  const { otlp } = metrics
  if (!metrics.enabled || !otlp.enabled) return undefined
  return {
    endpoint: otlp.endpoint ?? tracing.endpoint,
    headers: otlp.headers ?? (otlp.endpoint === undefined ? tracing.headers : {}),
    serviceName: tracing.service_name,
    timeoutMs: tracing.timeout_seconds * 1000,
    intervalMs: intervalOf(otlp.interval_seconds),
  }
}

export const createPush = (registry: Registry, { clock, report }: Omit<ExportNeeds, 'meter'>) => {
  const push = replaceable(
    async (settings: NonNullable<ReturnType<typeof settingsOf>>): Promise<OtlpMetrics> => {
      const [{ openMetrics }, { shownTarget }] = await loadMetrics()
      const address = shownTarget(settings, 'metrics')
      return openMetrics(settings, {
        registry,
        intervalMs: settings.intervalMs,
        now: () => clock.now(),
        told: reportOnce({ address, signal: 'metrics' }, report),
      })
    },
    clock,
  )
  return {
    use: (config: Observability) => push.use(settingsOf(config)),
    close: () => push.close(),
  }
}
