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
import { decisionReport } from '../../decisions/decision-report.ts'
import type { Tracing } from '../../trace/span.ts'
import type { KeptDecision } from '../../decisions/decision.ts'
import { openDecisionStream, type DecisionStreamConfig } from './decision-stream.ts'
import { fieldsText } from './fields-text.ts'
import { createHistogram } from './histogram.ts'
import { openLineFile, type LineFile, type LineFileNeeds, type LineKind } from './line-file.ts'
import { createPush } from './open-push.ts'
import { createTracing } from './open-tracing.ts'
import { createPrettyLog, type Terminal } from './pretty-log.ts'

export interface Telemetry {
  readonly log: Logger
  readonly meter: Meter
  /** The Prometheus text; undefined when metrics are off. */
  readonly metrics: (() => Promise<string>) | undefined
  readonly metricsType: string
  /** Appends the decision to its file, and to the stream of Redis, where the configuration names them. */
  readonly keep: (decision: KeptDecision) => void
  /** The tracer that is in use. */
  readonly tracing: Tracing
  /** Resolves when the exporters of the last configuration are in use. */
  readonly settled: () => Promise<void>
  /** What is logged and shown from now on. A UsageError, and no change, where a file cannot be opened. */
  readonly use: (config: ObservabilityConfig) => void
  /**
   * Shows what was counted and closes the files. The log takes its last lines after that. Resolves when Redis has the last
   * decisions, or after a second without it.
   */
  readonly close: () => Promise<void>
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

const auditLines: LineKind = {
  key: 'observability.audit_file',
  lines: 'audit lines',
  lost: 'mcp_proxy_audit_lines_lost_total',
}

const decisionLines: LineKind = {
  key: 'observability.decisions.file',
  lines: 'decisions',
  lost: 'mcp_proxy_decisions_lost_total',
}

/** Audit lines go to their file and into the log. */
interface OpenAudit extends LineFile {
  readonly log: Logger
}

const openAudit = (
  config: ObservabilityConfig['audit_file'],
  needs: LineFileNeeds,
): OpenAudit | undefined => {
  const file = openLineFile(config, auditLines, needs)
  return file === undefined ? undefined : { ...file, log: jsonLogger('info', needs.clock, file) }
}

const isSameFile = (
  a: LineFile['config'] | undefined,
  b: LineFile['config'] | undefined,
): boolean => sectionKey([a]) === sectionKey([b])

const isSameStream = (
  a: DecisionStreamConfig | undefined,
  b: DecisionStreamConfig | undefined,
): boolean => sectionKey([a]) === sectionKey([b])

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
 * Counts from the start, so that metrics which a later configuration switches on are complete. A UsageError where a
 * file of the configuration cannot be opened.
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
  const needs: LineFileNeeds = { clock, meter, report: () => logger.log }
  let audit = openAudit(config.audit_file, needs)
  let decisions = openLineFile(config.decisions.file, decisionLines, needs)
  const openStream = (wanted: ObservabilityConfig['decisions']['redis']) =>
    wanted === undefined ? undefined : openDecisionStream(wanted, needs)
  let stream = openStream(config.decisions.redis)
  const tracing = createTracing(needs)
  const push = createPush(registry, needs)
  const useExports = (wanted: ObservabilityConfig) =>
    Promise.all([tracing.use(wanted.tracing), push.use(wanted)]).then(() => undefined)
  let exporting = useExports(config)
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
    tracing,
    settled: () => exporting,
    keep: (decision) => {
      if (decisions === undefined && stream === undefined) return
      const text = printable(JSON.stringify(decisionReport(decision)))
      decisions?.write(`${text}\n`)
      stream?.write(text)
    },
    use: (next) => {
      const { audit_file: auditFile } = next
      const { file: decisionFile } = next.decisions
      const isAudit = isSameFile(auditFile, audit?.config)
      const nextAudit = isAudit ? audit : openAudit(auditFile, needs)
      if (!isSameFile(decisionFile, decisions?.config)) {
        try {
          const opened = openLineFile(decisionFile, decisionLines, needs)
          decisions?.close()
          decisions = opened
        } catch (error) {
          if (!isAudit) nextAudit?.close()
          throw error
        }
      }
      if (!isAudit) audit?.close()
      audit = nextAudit
      if (!isSameStream(next.decisions.redis, stream?.config)) {
        const old = stream
        stream = openStream(next.decisions.redis)
        old?.close().catch(() => undefined)
      }
      exporting = useExports(next)
      enabled = next.metrics.enabled
      logger.close()
      logger = openLogger(next, clock, options)
    },
    close: async () => {
      logger.close()
      audit?.close()
      decisions?.close()
      audit = undefined
      decisions = undefined
      const open = stream
      stream = undefined
      await Promise.all([open?.close(), tracing.close(), push.close()])
    },
  }
}
