// W3C Trace Context (Recommendation of November 2021): how the place of a span in its trace is written and read.

/** The place of a span in its trace: what others get so that their spans join it. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string
  /** Whether the trace is recorded. */
  readonly sampled: boolean
  /** `tracestate` of the one that began the trace, as it came; undefined where there is none. */
  readonly state?: string | undefined
}

const traceparentPattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

const zeros = /^0+$/

/** Section 3.3.1.5: what is longer may be left out. */
const longestState = 512
/** A list of `key=value`, as far as it can do no harm in a header. */
const statePattern = /^[\x20-\x7e]+$/

const stateOf = (tracestate: unknown): string | undefined => {
  if (typeof tracestate !== 'string') return undefined
  const text = tracestate.trim()
  return text.length > 0 && text.length <= longestState && statePattern.test(text)
    ? text
    : undefined
}

/** Undefined where `traceparent` is not valid (section 3.2.2); the state is left out then as well. */
export const readTraceContext = (
  traceparent: unknown,
  tracestate: unknown,
): TraceContext | undefined => {
  if (typeof traceparent !== 'string') return undefined
  const [, version, traceId, spanId, flags, more] =
    traceparentPattern.exec(traceparent.trim()) ?? []
  if (version === undefined || traceId === undefined || spanId === undefined) return undefined
  // Version 255 is forbidden; what is appended belongs to later versions than 0.
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (zeros.test(traceId) || zeros.test(spanId)) return undefined
  const sampled = (Number.parseInt(flags ?? '', 16) & 1) === 1
  return { traceId, spanId, sampled, state: stateOf(tracestate) }
}

export const traceparentOf = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`

/** The trace as members of a request's `_meta` (SEP-414), or as headers of HTTP. */
export const carriedTrace = (context: TraceContext): Readonly<Record<string, string>> =>
  context.state === undefined
    ? { traceparent: traceparentOf(context) }
    : { traceparent: traceparentOf(context), tracestate: context.state }
