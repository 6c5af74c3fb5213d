// A collector on loopback: takes OTLP over HTTP and decodes it by the published definitions of its messages.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'

const definitions = fileURLToPath(new URL('../fixtures/otlp', import.meta.url))

const root = new protobuf.Root()
root.resolvePath = (_origin, target) => path.join(definitions, target)
root.loadSync([
  'opentelemetry/proto/collector/trace/v1/trace_service.proto',
  'opentelemetry/proto/collector/metrics/v1/metrics_service.proto',
])

const requestTypes = {
  '/v1/traces': root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest'),
  '/v1/metrics': root.lookupType(
    'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
  ),
} as const

type Path = keyof typeof requestTypes

export interface SunkSpan {
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client'
  readonly traceId: string
  readonly spanId: string
  /** Empty for a span without one. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly failed: boolean
  /** Nanoseconds since the epoch. */
  readonly start: bigint
  readonly end: bigint
  readonly resource: Readonly<Record<string, unknown>>
}

export interface OtlpSink {
  readonly url: string
  readonly spans: readonly SunkSpan[]
  /** Each request: its path, its headers, and all that it says as text. */
  readonly requests: readonly SunkRequest[]
  /** The decoded messages of the metrics. */
  readonly metrics: readonly SunkMetric[]
  /** Answers with that status from now on. */
  answer(status: number): void
  close(): Promise<void>
}

export interface SunkRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export interface SunkMetric {
  readonly name: string
  readonly kind: 'sum' | 'gauge' | 'histogram'
  readonly points: readonly {
    readonly attributes: Readonly<Record<string, unknown>>
    readonly value: number
  }[]
}

interface AnyValue {
  readonly stringValue?: string
  readonly intValue?: string
  readonly doubleValue?: number
  readonly boolValue?: boolean
}

type KeyValues = readonly { readonly key: string; readonly value: AnyValue }[]

const valueOf = ({ stringValue, intValue, doubleValue, boolValue }: AnyValue): unknown =>
  stringValue ?? (intValue === undefined ? undefined : Number(intValue)) ?? doubleValue ?? boolValue

const attributesOf = (pairs: KeyValues = []): Record<string, unknown> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]))

const kinds = {
  SPAN_KIND_INTERNAL: 'internal',
  SPAN_KIND_SERVER: 'server',
  SPAN_KIND_CLIENT: 'client',
} as const

const hex = (base64: string | undefined): string =>
  Buffer.from(base64 ?? '', 'base64').toString('hex')

// oxlint-disable-next-line typescript/no-explicit-any -- decoded messages are looked into member by member
const decoded = (at: Path, body: Buffer): any => {
  const type = requestTypes[at]
  return type.toObject(type.decode(body), { longs: String, enums: String, bytes: String })
}

const spansIn = (body: Buffer): SunkSpan[] => {
  const spans: SunkSpan[] = []
  for (const { resource, scopeSpans = [] } of decoded('/v1/traces', body).resourceSpans ?? []) {
    for (const { spans: some = [] } of scopeSpans) {
      for (const one of some) {
        spans.push({
          name: one.name,
          kind: kinds[one.kind as keyof typeof kinds],
          traceId: hex(one.traceId),
          spanId: hex(one.spanId),
          parentSpanId: hex(one.parentSpanId),
          traceState: one.traceState ?? '',
          attributes: attributesOf(one.attributes),
          links: (one.links ?? []).map((link: { traceId: string; spanId: string }) => ({
            traceId: hex(link.traceId),
            spanId: hex(link.spanId),
          })),
          failed: one.status?.code === 'STATUS_CODE_ERROR',
          start: BigInt(one.startTimeUnixNano),
          end: BigInt(one.endTimeUnixNano),
          resource: attributesOf(resource?.attributes),
        })
      }
    }
  }
  return spans
}

interface Point {
  readonly attributes?: KeyValues
  readonly asDouble?: number
  readonly asInt?: string
  readonly count?: string
}

const pointsOf = (points: readonly Point[] = []): SunkMetric['points'] =>
  points.map(({ attributes, asDouble, asInt, count }) => ({
    attributes: attributesOf(attributes),
    value: asDouble ?? Number(asInt ?? count ?? 0),
  }))

const metricsIn = (body: Buffer): SunkMetric[] => {
  const metrics: SunkMetric[] = []
  for (const { scopeMetrics = [] } of decoded('/v1/metrics', body).resourceMetrics ?? []) {
    for (const { metrics: some = [] } of scopeMetrics) {
      for (const one of some) {
        const kind = (['sum', 'gauge', 'histogram'] as const).find(
          (name) => one[name] !== undefined,
        )
        if (kind === undefined) throw new Error(`${String(one.name)} is of no known kind`)
        metrics.push({ name: one.name, kind, points: pointsOf(one[kind].dataPoints) })
      }
    }
  }
  return metrics
}

export const startOtlpSink = async (): Promise<OtlpSink> => {
  const spans: SunkSpan[] = []
  const metrics: SunkMetric[] = []
  const requests: SunkRequest[] = []
  let status = 200
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const raw = Buffer.concat(chunks)
      const body = req.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
      requests.push({ path: req.url ?? '', headers: req.headers, body })
      if (status === 200) {
        if (req.url === '/v1/traces') spans.push(...spansIn(body))
        if (req.url === '/v1/metrics') metrics.push(...metricsIn(body))
      }
      res.writeHead(status, { 'content-type': 'application/x-protobuf' })
      res.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metrics,
    requests,
    answer: (next) => {
      status = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A span and what is below it, by names, the children in the order in which they began. */
export interface SpanTree {
  readonly span: SunkSpan
  readonly children: readonly SpanTree[]
}

export const treesOf = (spans: readonly SunkSpan[]): readonly SpanTree[] => {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const below = (parent: string): readonly SpanTree[] =>
    spans
      .filter(({ parentSpanId }) => parentSpanId === parent)
      .toSorted((a, b) => Number(a.start - b.start))
      .map((span) => ({ span, children: below(span.spanId) }))
  return spans
    .filter(({ parentSpanId }) => !known.has(parentSpanId))
    .map((span) => ({ span, children: below(span.spanId) }))
}
