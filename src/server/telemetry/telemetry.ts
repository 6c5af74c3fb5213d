// Where logs and metrics go: JSON by pino or readable lines on stderr, and a Prometheus registry.
import { pino } from 'pino'
import { Counter as PromCounter, Gauge as PromGauge, Registry } from 'prom-client'
import { type LogFields, type Logger, type Meter } from '../../base/ports.ts'
import { instruments, type Labels } from '../../base/instruments.ts'
import type { Clock } from '../../base/clock.ts'
import { printable } from '../../base/escape.ts'
import type { Config } from '../../config/schema.ts'
import { createHistogram } from './histogram.ts'

export interface Telemetry {
  readonly log: Logger
  readonly meter: Meter
  /** The Prometheus text; undefined when metrics are off. */
  readonly metrics: (() => Promise<string>) | undefined
  readonly metricsType: string
  /** What is logged and shown from now on. */
  use(config: ObservabilityConfig): void
}

type ObservabilityConfig = Config['observability']

export interface LogSink {
  write(line: string): unknown
}

type Level = 'debug' | 'info' | 'warn' | 'error'

const ranks: Readonly<Record<Level | 'silent', number>> = {
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  silent: 100,
}

/** Bare where nothing can be mistaken; quoted otherwise, so that no value can forge a field. */
const shown = (value: unknown): string => {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return value
  if (value instanceof Error) return JSON.stringify(value.message)
  return JSON.stringify(value) ?? ''
}

const readableLogger = (level: keyof typeof ranks, clock: Clock, sink: LogSink): Logger => {
  const write = (at: Level) => (fields: LogFields, message: string) => {
    if (ranks[at] < ranks[level]) return
    const time = new Date(clock.now()).toISOString().slice(11, 23)
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${shown(value)}`)
      .join('')
    sink.write(`${time} ${at.padEnd(5)} ${message}${details}\n`)
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/**
 * Nothing that a log call says reaches the sink in another way: one line, in which no character steers a
 * terminal. In JSON the escapes say the same as the characters.
 */
const inert = (sink: LogSink): LogSink => ({
  write: (line) => sink.write(`${printable(line.slice(0, -1))}\n`),
})

/** Times are whole milliseconds of the clock in both forms. */
export const createLogger = (
  { log_level, json_logs }: Pick<Config['observability'], 'log_level' | 'json_logs'>,
  clock: Clock,
  sink: LogSink = process.stderr,
): Logger =>
  json_logs
    ? pino(
        {
          level: log_level,
          base: null,
          timestamp: () => `,"time":${clock.now()}`,
          formatters: { level: (label) => ({ level: label }) },
        },
        { write: (line) => void inert(sink).write(line) },
      )
    : readableLogger(log_level, clock, inert(sink))

const durationBuckets = [
  0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
]

/** Asking twice for one name gives the same instrument. */
export const prometheusMeter = (registry: Registry): Meter => {
  const made = new Map<string, unknown>()
  const once = <T>(name: string, make: () => T): T => {
    const known = made.get(name)
    if (known !== undefined) return known as T
    const instrument = make()
    made.set(name, instrument)
    return instrument
  }
  const registers = [registry]
  return {
    counter: (name) =>
      once(name, () => {
        const { help, labels: labelNames } = instruments[name]
        const cells: { readonly labels: Labels; count: number }[] = []
        const counter = new PromCounter({
          name,
          help,
          labelNames: [...labelNames],
          registers,
          collect: () => {
            for (const cell of cells) {
              if (cell.count > 0) counter.inc({ ...cell.labels }, cell.count)
              cell.count = 0
            }
          },
        })
        return {
          add: (labels, value = 1) => counter.inc({ ...labels }, value),
          at: (labels) => {
            const cell = { labels, count: 0 }
            cells.push(cell)
            return {
              add: (value = 1) => {
                cell.count += value
              },
            }
          },
        }
      }),
    gauge: (name) =>
      once(name, () => {
        const { help, labels: labelNames } = instruments[name]
        const gauge = new PromGauge({ name, help, labelNames: [...labelNames], registers })
        return { set: (labels, value) => gauge.set({ ...labels }, value) }
      }),
    histogram: (name) =>
      once(name, () => {
        const { help, labels: labelNames } = instruments[name]
        const histogram = createHistogram({ name, help, labelNames, buckets: durationBuckets })
        registry.registerMetric(histogram.metric)
        return {
          observe: (labels, value) => histogram.at(labels).observe(value),
          at: (labels) => histogram.at(labels),
        }
      }),
  }
}

/** Counts from the start, so that metrics which a later configuration switches on are complete. */
export const createTelemetry = (
  config: ObservabilityConfig,
  clock: Clock,
  sink?: LogSink,
): Telemetry => {
  const registry = new Registry()
  let enabled = config.metrics.enabled
  let logger = createLogger(config, clock, sink)
  return {
    log: {
      debug: (fields, message) => logger.debug(fields, message),
      info: (fields, message) => logger.info(fields, message),
      warn: (fields, message) => logger.warn(fields, message),
      error: (fields, message) => logger.error(fields, message),
    },
    meter: prometheusMeter(registry),
    get metrics() {
      return enabled ? () => registry.metrics() : undefined
    },
    metricsType: registry.contentType,
    use: (next) => {
      enabled = next.metrics.enabled
      logger = createLogger(next, clock, sink)
    },
  }
}
