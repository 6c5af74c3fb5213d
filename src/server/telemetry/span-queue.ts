// Between the spans and their exporter: a bound on those that wait, and a count of those that are lost.
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'

/** Is called with how exports end. */
export interface ExportWatch {
  sent(count: number): void
  /** `why` the exporter failed; undefined: there was no room. */
  lost(count: number, why: unknown): void
}

export const exportLimits = {
  maxQueueSize: 4096,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 2000,
} as const

export interface GuardedExporter extends SpanExporter {
  /** Lets spans pass to `inner` as long as there is room for them. */
  gate(inner: SpanProcessor): SpanProcessor
}

/** Nothing of it waits for anything, and nothing throws. */
export const guardedExporter = (exporter: SpanExporter, watch: ExportWatch): GuardedExporter => {
  let waiting = 0
  const onResult = (count: number, { code, error }: ExportResult): void => {
    waiting -= count
    if (code === ExportResultCode.SUCCESS) watch.sent(count)
    else watch.lost(count, error ?? new Error('no reason was given'))
  }
  return {
    export: (spans: ReadableSpan[], done) =>
      exporter.export(spans, (result) => {
        onResult(spans.length, result)
        // The watch knows of a failure; the batch processor would log it once more.
        done({ code: ExportResultCode.SUCCESS })
      }),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
    gate: (inner) => ({
      onStart: (span, context) => inner.onStart(span, context),
      onEnd: (span) => {
        if (waiting >= exportLimits.maxQueueSize) {
          watch.lost(1, undefined)
          return
        }
        waiting += 1
        inner.onEnd(span)
      },
      forceFlush: () => inner.forceFlush(),
      shutdown: () => inner.shutdown(),
    }),
  }
}
