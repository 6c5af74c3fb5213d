// Spans recorded by the SDK of OpenTelemetry and sent in batches over OTLP (HTTP, protobuf). Loaded where tracing is on.
import {
  ROOT_CONTEXT,
  SpanKind as ApiSpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Span as ApiSpan,
  type SpanContext,
  type Tracer as ApiTracer,
} from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Clock } from '../../base/clock.ts'
import type { Attributes, Span, SpanKind, SpanStart, Tracer } from '../../trace/span.ts'
import type { TraceContext } from '../../trace/trace-context.ts'
import { exporterOptions, resourceOf, type OtlpTarget } from './otlp-target.ts'
import { exportLimits, guardedExporter, type ExportWatch } from './span-queue.ts'

const kinds: Readonly<Record<SpanKind, ApiSpanKind>> = {
  server: ApiSpanKind.SERVER,
  client: ApiSpanKind.CLIENT,
  internal: ApiSpanKind.INTERNAL,
}

const apiContext = ({ traceId, spanId, sampled, state }: TraceContext): SpanContext => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
  ...(state === undefined ? {} : { traceState: new TraceState(state) }),
})

const contextOf = (span: ApiSpan, state: string | undefined): TraceContext => {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0, state }
}

/** A trace that is not sampled is carried on all the same: one span serves for all of them. */
const unrecorded = (context: TraceContext, now: () => number): Span => {
  const span: Span = {
    context,
    isRecorded: false,
    now,
    child: () => span,
    set: () => undefined,
    rename: () => undefined,
    end: () => undefined,
  }
  return span
}

class RecordedSpan implements Span {
  readonly context: TraceContext
  readonly isRecorded = true
  readonly now: () => number
  private readonly tracer: ApiTracer
  private readonly span: ApiSpan

  constructor(tracer: ApiTracer, span: ApiSpan, context: TraceContext, now: () => number) {
    this.tracer = tracer
    this.span = span
    this.context = context
    this.now = now
  }

  child(name: string, kind: SpanKind, attributes: Attributes = {}, at = this.now()): Span {
    const span = this.tracer.startSpan(
      name,
      { kind: kinds[kind], startTime: at, attributes: attributes },
      trace.setSpan(ROOT_CONTEXT, this.span),
    )
    return new RecordedSpan(this.tracer, span, contextOf(span, this.context.state), this.now)
  }

  set(attributes: Attributes): void {
    this.span.setAttributes(attributes)
  }

  rename(name: string): void {
    this.span.updateName(name)
  }

  end(errorType?: string, at = this.now()): void {
    if (errorType !== undefined) {
      this.span.setAttribute('error.type', errorType)
      this.span.setStatus({ code: SpanStatusCode.ERROR })
    }
    this.span.end(at)
  }
}

const tracerOf = (tracer: ApiTracer, clock: Clock): Tracer => ({
  start: ({ name, kind, parent, link, attributes = {}, began }: SpanStart): Span => {
    const span = tracer.startSpan(
      name,
      {
        kind: kinds[kind],
        startTime: began.now,
        attributes: attributes,
        ...(link === undefined ? {} : { links: [{ context: apiContext(link) }] }),
      },
      parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, apiContext(parent)),
    )
    const now = () => began.now + (clock.elapsed() - began.elapsed)
    const context = contextOf(span, parent?.state)
    return span.isRecording()
      ? new RecordedSpan(tracer, span, context, now)
      : unrecorded(context, now)
  },
})

export interface OtlpTraces {
  readonly tracer: Tracer
  /** Sends what is left, for as long as an ending process may take for it. */
  close(): Promise<void>
}

export interface TracesNeeds {
  readonly clock: Clock
  /** Share of the traces that begin here, from 0 to 1. */
  readonly sampleRatio: number
  readonly watch: ExportWatch
}

export const openTraces = (
  target: OtlpTarget,
  { clock, sampleRatio, watch }: TracesNeeds,
): OtlpTraces => {
  const exporter = guardedExporter(new OTLPTraceExporter(exporterOptions(target, 'traces')), watch)
  const batches = new BatchSpanProcessor({ exporter, ...exportLimits })
  const provider = new TracerProvider({
    resource: resourceOf(target),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [exporter.gate(batches)],
  })
  return {
    tracer: tracerOf(provider.getTracer('mcp-proxy'), clock),
    close: () => provider.shutdown(),
  }
}
