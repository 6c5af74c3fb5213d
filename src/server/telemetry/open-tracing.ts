// The tracer of the configuration: loaded where there is one, and replaced when the configuration is.
import type { Clock } from '../../base/clock.ts'
import type { Logger, Meter } from '../../base/ports.ts'
import type { Config } from '../../config/schema.ts'
import type { Tracing } from '../../trace/span.ts'
import { replaceable, reportOnce } from './replaceable.ts'
import type { OtlpTraces } from './otlp-traces.ts'

type TracingConfig = Config['observability']['tracing']

export interface OpenTracing extends Tracing {
  /** Resolves when the configuration is in use; what begins before that has no trace, or one of the old. */
  use(config: TracingConfig): Promise<void>
  close(): Promise<void>
}

export interface ExportNeeds {
  readonly clock: Clock
  readonly meter: Meter
  readonly report: () => Logger
}

const loadTraces = () => Promise.all([import('./otlp-traces.ts'), import('./otlp-target.ts')])

export const createTracing = ({ clock, meter, report }: ExportNeeds): OpenTracing => {
  const spans = meter.counter('mcp_proxy_spans_total')
  const openFor = async (config: TracingConfig): Promise<OtlpTraces> => {
    const [{ openTraces }, { shownTarget }] = await loadTraces()
    const target = {
      endpoint: config.endpoint,
      headers: config.headers,
      serviceName: config.service_name,
      timeoutMs: config.timeout_seconds * 1000,
    }
    const told = reportOnce({ address: shownTarget(target, 'traces'), signal: 'traces' }, report)
    return openTraces(target, {
      clock,
      sampleRatio: config.sample_ratio,
      watch: {
        sent: (count) => {
          spans.add({ outcome: 'sent' }, count)
          told.worked()
        },
        lost: (count, why) => {
          spans.add({ outcome: why === undefined ? 'dropped' : 'failed' }, count)
          if (why !== undefined) told.failed(why)
        },
      },
    })
  }
  const traces = replaceable(openFor, clock)
  return {
    get tracer() {
      return traces.current?.tracer
    },
    use: (config) => traces.use(config.enabled ? config : undefined),
    close: () => traces.close(),
  }
}
