// The ways out of the process. Made once at the edge and passed on; nothing below reaches around them.
import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import type { Clock } from './clock.ts'

export type LogFields = Readonly<Record<string, unknown>>

/** The part of a pino logger that the product uses. Fields never hold a token or a secret. */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

export type Labels = Readonly<Record<string, string>>
export interface Counter {
  add(labels: Labels, value?: number): void
  /** The same for one set of labels, for who counts often: nothing is looked up then. */
  at(labels: Labels): { add(value?: number): void }
}
export interface Gauge {
  set(labels: Labels, value: number): void
}
export interface Histogram {
  /** `value` in the unit that the metric's name ends with. */
  observe(labels: Labels, value: number): void
  /** The same for one set of labels. */
  at(labels: Labels): { observe(value: number): void }
}

/** Where metrics go. Asking twice for one name gives the same instrument. */
export interface Meter {
  counter(name: string, help: string, labelNames: readonly string[]): Counter
  gauge(name: string, help: string, labelNames: readonly string[]): Gauge
  histogram(name: string, help: string, labelNames: readonly string[]): Histogram
}

export interface Ports {
  /** The HTTP client. undici is loaded when somebody first asks: a local verdict needs none of it. */
  readonly http: () => Promise<Dispatcher>
  /** A connection to an http or https origin, for what is no HTTP; it goes where requests go, and is refused where they are. */
  readonly socket: (origin: URL) => Promise<Socket>
  readonly clock: Clock
  /** Uniform in [0, 1). For jitter only, never for secrets. */
  readonly random: () => number
  readonly log: Logger
  readonly meter: Meter
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

export const idleMeter: Meter = {
  counter: () => ({ add: () => undefined, at: () => ({ add: () => undefined }) }),
  gauge: () => ({ set: () => undefined }),
  histogram: () => ({ observe: () => undefined, at: () => ({ observe: () => undefined }) }),
}
