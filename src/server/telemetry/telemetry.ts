// Where logs and metrics go: JSON by pino, key=value or lines for people on stderr; audit lines to a file as well; and a
// Prometheus registry.
import { Chalk } from 'chalk'
import { pino } from 'pino'
import { Counter as PromCounter, Gauge as PromGauge, Registry } from 'prom-client'
import { type LogFields, type Logger, type Meter } from '../../base/ports.ts'
import { instruments, type Labels } from '../../base/instruments.ts'
import type { Clock } from '../../base/clock.ts'
import { printable } from '../../base/escape.ts'
import { sectionKey } from '../../base/section-key.ts'
import type { Config } from '../../config/schema.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { openAuditFile } from './audit-file.ts'
import { fieldsText } from './fields-text.ts'
import { createHistogram } from './histogram.ts'
import { createPrettyLog, type Terminal } from './pretty-log.ts'

export interface Telemetry {
  readonly log: Logger
  readonly meter: Meter
  /** The Prometheus text; undefined when metrics are off. */
  readonly metrics: (() => Promise<string>) | undefined
  readonly metricsType: string
  /** What is logged and shown from now on. A UsageError, and no change, where the audit file cannot be opened. */
  readonly use: (config: ObservabilityConfig) => void
  /** Shows what was counted and closes the audit file. The log takes its last lines after that. */
  readonly close: () => void
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

const readableLogger = (level: keyof typeof ranks, clock: Clock, sink: LogSink): Logger => {
  const write = (at: Level) => (fields: LogFields, message: string) => {
    if (ranks[at] < ranks[level]) return
    const time = new Date(clock.now()).toISOString().slice(11, 23)
    sink.write(`${time} ${at.padEnd(5)} ${message}${fieldsText(fields)}\n`)
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

const jsonLogger = (level: keyof typeof ranks, clock: Clock, sink: LogSink): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":${clock.now()}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void inert(sink).write(line) },
  )

/** A logger, and what has to be shown before another takes its place. */
interface OpenLogger {
  readonly log: Logger
  close(): void
}

const prettyLogger = (
  level: keyof typeof ranks,
  clock: Clock,
  sink: LogSink,
  terminal: Terminal,
): OpenLogger => {
  const pretty = createPrettyLog(terminal, clock, sink)
  const write = (at: Level) => (fields: LogFields, message: string) => {
    if (ranks[at] >= ranks[level]) pretty.write(at, fields, message)
  }
  return {
    log: {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    },
    close: () => pretty.close(),
  }
}

const noTerminal: Terminal = {
  isTTY: false,
  columns: () => undefined,
  style: new Chalk({ level: 0 }),
}

/** How the log is written where a person may read it. */
export interface LogOptions {
  /** Where log lines go; default: stderr. */
  readonly logTo?: LogSink | undefined
  /** What shows them; undefined: nothing is known of it. */
  readonly terminal?: Terminal | undefined
  /** Errors alone. */
  readonly quiet?: boolean | undefined
}

type Form = Exclude<ObservabilityConfig['log_format'], 'auto'>

const formOf = (
  { log_format: wanted, json_logs: json }: ObservabilityConfig,
  { isTTY }: Terminal,
): Form => {
  if (wanted !== 'auto') return wanted
  if (json) return 'json'
  return isTTY ? 'pretty' : 'text'
}

/** Whether the terminal shows lines for people: then it is worth asking what a person would like to see. */
export const isPretty = (config: ObservabilityConfig, { terminal, quiet }: LogOptions): boolean =>
  quiet !== true && formOf(config, terminal ?? noTerminal) === 'pretty'

/** Times are whole milliseconds of the clock in all forms but the pretty one. */
const openLogger = (
  config: ObservabilityConfig,
  clock: Clock,
  { logTo: sink = process.stderr, terminal = noTerminal, quiet = false }: LogOptions,
): OpenLogger => {
  const { log_level: wanted } = config
  const level = quiet && wanted !== 'silent' ? 'error' : wanted
  switch (formOf(config, terminal)) {
    case 'pretty':
      return prettyLogger(level, clock, sink, terminal)
    case 'text':
      return { log: readableLogger(level, clock, inert(sink)), close: () => undefined }
    case 'json':
      return { log: jsonLogger(level, clock, sink), close: () => undefined }
  }
}

type AuditConfig = ObservabilityConfig['audit_file']

/** Where audit lines go beside the log; undefined where the configuration names no file. */
interface OpenAudit {
  readonly config: AuditConfig
  readonly log: Logger
  close(): void
}

const openAudit = (
  config: AuditConfig,
  {
    clock,
    report,
    meter,
  }: { readonly clock: Clock; readonly report: () => Logger; readonly meter: Meter },
): OpenAudit | undefined => {
  if (config === undefined) return undefined
  const { path } = config
  const reason = (error: unknown): string =>
    (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : 'unknown')
  const lost = meter.counter('mcp_proxy_audit_lines_lost_total')
  let isLosing = false
  try {
    const file = openAuditFile(config, clock, {
      onLost: (error) => {
        lost.add({})
        // Once, and not for each line: the log may be on the same disk.
        if (!isLosing) {
          report().error(
            { path, why: reason(error) },
            'audit lines are lost: the file cannot be written',
          )
        }
        isLosing = true
      },
      onWritten: (count) => {
        isLosing = false
        report().warn({ path, lost: count }, 'audit lines are written again')
      },
      onUnrotated: (error) =>
        report().error({ path, why: reason(error) }, 'the audit file cannot be renamed, and grows'),
    })
    return { config, log: jsonLogger('info', clock, file), close: () => file.close() }
  } catch (error) {
    throw usageError(problemOf('config-value', 'audit-file', { path, why: reason(error) }))
  }
}

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

/**
 * Counts from the start, so that metrics which a later configuration switches on are complete. A UsageError where the
 * audit file cannot be opened.
 */
export const createTelemetry = (
  config: ObservabilityConfig,
  clock: Clock,
  options: LogOptions = {},
): Telemetry => {
  const registry = new Registry()
  const meter = prometheusMeter(registry)
  let enabled = config.metrics.enabled
  let logger = openLogger(config, clock, options)
  const auditing = { clock, meter, report: () => logger.log }
  let audit = openAudit(config.audit_file, auditing)
  const at = (level: Level) => (fields: LogFields, message: string) => {
    if (fields['event'] === 'audit') audit?.log[level](fields, message)
    logger.log[level](fields, message)
  }
  return {
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    meter,
    get metrics() {
      return enabled ? () => registry.metrics() : undefined
    },
    metricsType: registry.contentType,
    use: (next) => {
      if (sectionKey([next.audit_file]) !== sectionKey([audit?.config])) {
        const opened = openAudit(next.audit_file, auditing)
        audit?.close()
        audit = opened
      }
      enabled = next.metrics.enabled
      logger.close()
      logger = openLogger(next, clock, options)
    },
    close: () => {
      logger.close()
      audit?.close()
      audit = undefined
    },
  }
}
