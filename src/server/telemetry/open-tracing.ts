// The tracer of the configuration: loaded where there is one, and replaced when the configuration is.
import type { Clock } from '../../base/clock.ts'
import type { Logger, Meter } from '../../base/ports.ts'
import { reachWords } from '../../base/system-errors.ts'
import { sectionKey } from '../../base/section-key.ts'
import { within } from '../../base/within.ts'
import type { Config } from '../../config/schema.ts'
import { problemOf } from '../../problems/problem.ts'
import type { Tracer, Tracing } from '../../trace/span.ts'
import type { OtlpTraces } from './otlp-traces.ts'

type TracingConfig = Config['observability']['tracing']

export interface OpenTracing extends Tracing {
  /** Resolves when the configuration is in use; what begins before that has no trace, or one of the old. */
  use(config: TracingConfig): Promise<void>
  /** Sends what is left, for as long as an ending process may take for it. */
  close(): Promise<void>
}

export interface TracingNeeds {
  readonly clock: Clock
  readonly meter: Meter
  readonly report: () => Logger
}

const lastFlushMs = 2000

const loadTraces = () => Promise.all([import('./otlp-traces.ts'), import('./otlp-target.ts')])

/** The reason, in words that quote no answer. */
const reasonOf = (error: unknown): string => {
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string }
  if (typeof code === 'number') return `HTTP ${code}`
  if (typeof code === 'string') return reachWords(code) ?? code
  return message
}

export const createTracing = ({ clock, meter, report }: TracingNeeds): OpenTracing => {
  const spans = meter.counter('mcp_proxy_spans_total')
  let used = ''
  let open: OtlpTraces | undefined
  let tracer: Tracer | undefined
  let isReported = false

  const openFor = async (config: TracingConfig): Promise<OtlpTraces> => {
    const [{ openTraces }, { shownTarget }] = await loadTraces()
    const target = {
      endpoint: config.endpoint,
      headers: config.headers,
      serviceName: config.service_name,
      timeoutMs: config.timeout_seconds * 1000,
    }
    const address = shownTarget(target, 'traces')
    const failed = (why: unknown): void => {
      if (isReported) return
      isReported = true
      const { code, detail } = problemOf('telemetry-export', {
        address,
        signal: 'traces',
        why: reasonOf(why),
      })
      report().warn({ code, detail }, 'traces')
    }
    return openTraces(target, {
      clock,
      sampleRatio: config.sample_ratio,
      watch: {
        sent: (count) => {
          spans.add({ outcome: 'sent' }, count)
          if (!isReported) return
          isReported = false
          report().info({ address }, 'traces are sent again')
        },
        lost: (count, why) => {
          spans.add({ outcome: why === undefined ? 'dropped' : 'failed' }, count)
          if (why !== undefined) failed(why)
        },
      },
    })
  }
  const flush = async (traces: OtlpTraces | undefined): Promise<void> => {
    const closed = traces?.close().catch(() => undefined) ?? Promise.resolve()
    await within(closed, { ms: lastFlushMs, clock }, () => undefined)
  }
  return {
    get tracer() {
      return tracer
    },
    use: async (config) => {
      const key = config.enabled ? sectionKey([config]) : ''
      if (key === used) return
      used = key
      const old = open
      const next = config.enabled ? await openFor(config) : undefined
      // Another configuration came meanwhile.
      if (used !== key) return flush(next)
      open = next
      tracer = next?.tracer
      flush(old).catch(() => undefined)
    },
    close: async () => {
      used = ''
      const last = open
      open = undefined
      tracer = undefined
      await flush(last)
    },
  }
}
