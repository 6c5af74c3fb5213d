// The trace of one request from its arrival: whose trace it continues, how its caller was judged, and the span of each of its calls.
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { metaOf } from '../../mcp/revision.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'
import type { Problem } from '../../problems/problem.ts'
import { callAttributes, errorTypeOf, replyAttributes, spanName } from '../../layers/span-words.ts'
import type { Attributes, Span, SpanStart, Tracer } from '../../trace/span.ts'
import { readTraceContext, type TraceContext } from '../../trace/trace-context.ts'

/** When something began: of the day, and of the clock that never sets back. */
type Moment = SpanStart['began']

interface Judged {
  readonly from: number
  readonly to: number
  readonly verdict: Verdict
}

export interface RequestTraceOptions {
  readonly tracer: Tracer
  readonly clock: Clock
  /** Undefined for a client on pipes. */
  readonly headers?: IncomingHttpHeaders | undefined
  /** Whether the trace of the caller is continued; else a trace begins, with a link to it. */
  readonly isTrusted: boolean
}

interface RefusedRequest {
  readonly requestId: string
  /** Undefined for a client on pipes. */
  readonly status: number | undefined
  /** Of the span: from a bounded set. */
  readonly name: string
}

const isSameTrace = (a: TraceContext, b: TraceContext): boolean =>
  a.traceId === b.traceId && a.spanId === b.spanId

/** Made where tracing is on. */
export class RequestTrace {
  private readonly tracer: Tracer
  private readonly clock: Clock
  private readonly carried: TraceContext | undefined
  private readonly isTrusted: boolean
  private readonly isHttp: boolean
  private readonly began: Moment
  private judged: Judged | undefined

  constructor({ tracer, clock, headers, isTrusted }: RequestTraceOptions) {
    this.tracer = tracer
    this.clock = clock
    this.isTrusted = isTrusted
    this.isHttp = headers !== undefined
    this.began = { now: clock.now(), elapsed: clock.elapsed() }
    this.carried = readTraceContext(headers?.['traceparent'], headers?.['tracestate'])
  }

  /** Milliseconds since the epoch, on the clock of this trace. */
  now(): number {
    return this.began.now + (this.clock.elapsed() - this.began.elapsed)
  }

  /** The caller was judged since `from`. */
  onVerdict(from: number, verdict: Verdict): void {
    this.judged = { from, to: this.now(), verdict }
  }

  /** The span of a call, with that of the judgement on its caller. */
  startCall(
    request: JsonRpcRequest,
    { caller, requestId }: Pick<Call, 'caller' | 'requestId'>,
  ): Span {
    const meta = metaOf(request.params)
    const said = readTraceContext(meta?.['traceparent'], meta?.['tracestate'])
    return this.start(spanName(request.method), said, {
      ...callAttributes(request),
      'mcp.protocol.version': caller.client.protocolVersion,
      'mcp.session.id': caller.session?.fingerprint,
      'mcp_proxy.request_id': requestId,
    })
  }

  /** A request that was refused before it became a call. Returns the id of the trace. */
  refused({ code }: Problem, { requestId, status, name }: RefusedRequest): string {
    const span = this.start(name, undefined, {
      'mcp_proxy.request_id': requestId,
      'http.response.status_code': status,
    })
    span.end(code)
    return span.context.traceId
  }

  /** A gateway that asked was answered that its caller is accepted. Returns the id of the trace. */
  verified({ requestId }: Pick<RefusedRequest, 'requestId'>): string {
    const span = this.start('verify', undefined, { 'mcp_proxy.request_id': requestId })
    span.end()
    return span.context.traceId
  }

  private start(name: string, said: TraceContext | undefined, attributes: Attributes): Span {
    const { isTrusted, carried, began, isHttp } = this
    const theirs = said ?? carried
    // What carried the message may belong to another span than the message (semantic conventions for MCP).
    const beside =
      said !== undefined && carried !== undefined && !isSameTrace(said, carried)
        ? carried
        : undefined
    const span = this.tracer.start({
      name,
      kind: 'server',
      began,
      ...(isTrusted ? { parent: theirs, link: beside } : { link: theirs }),
      attributes: {
        ...attributes,
        'network.transport': isHttp ? 'tcp' : 'pipe',
        ...(isHttp ? { 'network.protocol.name': 'http' } : {}),
      },
    })
    if (this.judged !== undefined && span.isRecorded) judge(span, this.judged)
    return span
  }
}

const judge = (span: Span, { from, to, verdict }: Judged): void => {
  const { outcome } = verdict
  const judged = span.child('authenticate', 'internal', { 'mcp_proxy.auth.outcome': outcome }, from)
  judged.end(outcome === 'accepted' ? undefined : verdict.problem.code, to)
}

/** The span of a call that has its reply. */
export const endCall = ({ trace, request }: Call, reply: Reply): void => {
  if (trace?.span.isRecorded !== true) return
  trace.span.set(replyAttributes(reply))
  trace.span.end(errorTypeOf(request.method, reply))
}
