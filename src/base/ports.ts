// The ways out of the process. Made once at the edge and passed on; nothing below reaches around them.
import type { LabelOf, Labels, NameOf } from './instruments.ts'
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

export interface Counter<Label extends string = string> {
  add(labels: Labels<Label>, value?: number): void
  /** The same for one set of labels, for who counts often: nothing is looked up then. */
  at(labels: Labels<Label>): { add(value?: number): void }
}
export interface Gauge<Label extends string = string> {
  set(labels: Labels<Label>, value: number): void
}
export interface Histogram<Label extends string = string> {
  /** `value` in the unit that the metric's name ends with. */
  observe(labels: Labels<Label>, value: number): void
  /** The same for one set of labels. */
  at(labels: Labels<Label>): { observe(value: number): void }
}

/** Where metrics go. Asking twice for one instrument of the table gives the same one. */
export interface Meter {
  counter<Name extends NameOf<'counter'>>(name: Name): Counter<LabelOf<Name>>
  gauge<Name extends NameOf<'gauge'>>(name: Name): Gauge<LabelOf<Name>>
  histogram<Name extends NameOf<'histogram'>>(name: Name): Histogram<LabelOf<Name>>
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
