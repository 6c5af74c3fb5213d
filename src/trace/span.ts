// Spans as the proxy uses them, whatever records them. Where tracing is off there are none at all.
import type { TraceContext } from './trace-context.ts'

/** `server`: a request that came; `client`: one that we sent; `internal`: our own work between. */
export type SpanKind = 'server' | 'client' | 'internal'

export type Attribute = string | number | boolean

/** Names as the semantic conventions of OpenTelemetry have them, else below `mcp_proxy`. Never a token, an argument or a result. */
export type Attributes = Readonly<Record<string, Attribute | undefined>>

export interface Span {
  readonly context: TraceContext
  /** False where the trace is not sampled: nothing has to be found out for it. */
  readonly isRecorded: boolean
  /** Milliseconds since the epoch, on the clock of this trace, which never sets back. */
  now(): number
  /** `at`: when it began, as `now` says it. */
  child(name: string, kind: SpanKind, attributes?: Attributes, at?: number): Span
  set(attributes: Attributes): void
  rename(name: string): void
  /** `errorType`: how it failed, from a bounded set of words; undefined where it did not. */
  end(errorType?: string, at?: number): void
}

export interface SpanStart {
  readonly name: string
  readonly kind: SpanKind
  /** The span of the caller, where it is believed; undefined: a trace begins. */
  readonly parent?: TraceContext | undefined
  /** Of a caller that is not believed, or of what carried the message. */
  readonly link?: TraceContext | undefined
  readonly attributes?: Attributes
  /** When it began, in milliseconds since the epoch, and the reading of the clock's `elapsed` at that moment. */
  readonly began: { readonly now: number; readonly elapsed: number }
}

export interface Tracer {
  start(span: SpanStart): Span
}

/** The tracer that is in use; undefined while there is none. */
export interface Tracing {
  readonly tracer: Tracer | undefined
}

/** The trace of one call. Layers that send it more than once say so of what they send. */
export interface CallTrace {
  /** Under which the work on the call is done. */
  readonly span: Span
  /** Why the next attempt is made, where it is not simply the first. */
  readonly why?: Attributes | undefined
}

/** The trace for an attempt of which more is known. */
export const because = (trace: CallTrace | undefined, why: Attributes): CallTrace | undefined =>
  trace === undefined ? undefined : { span: trace.span, why: { ...trace.why, ...why } }
