// The verdict on the caller of a request, the same at every HTTP door.
import type { Shown } from '../../core/verdict/presentation.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'
import { peerOf } from '../../net/address.ts'
import type { RequestTrace } from '../dialogue/request-trace.ts'
import { headerValues } from './header-values.ts'
import type { HttpExchange, ServerState } from './state.ts'

/**
 * Calls `serve` with the verdict, unless the caller has left meanwhile. `shown`: what the request shows beside its token,
 * where that counts.
 */
export const authenticate = (
  exchange: HttpExchange,
  shown: Shown | undefined,
  serve: (exchange: HttpExchange, verdict: Verdict) => void | Promise<void>,
): void | Promise<void> => {
  const { anonymous } = exchange.state.generation
  if (anonymous !== undefined) return serve(exchange, anonymous)
  const { trace } = exchange
  return trace === undefined
    ? judge(exchange, shown, serve)
    : judge(exchange, shown, tracedBy(trace, serve))
}

type Serve = (exchange: HttpExchange, verdict: Verdict) => void | Promise<void>

const tracedBy = (trace: RequestTrace, serve: Serve): Serve => {
  const from = trace.now()
  return (exchange, verdict) => {
    trace.onVerdict(from, verdict)
    return serve(exchange, verdict)
  }
}

const judge = (
  exchange: HttpExchange,
  shown: Shown | undefined,
  serve: Serve,
): void | Promise<void> => {
  const { state, req, left } = exchange
  const { gate } = state.generation
  // What is shown beside the token may differ from one request to the next.
  const known = state.shown === undefined ? state.proven.recall(req, gate) : undefined
  if (known !== undefined) return serve(exchange, known)
  const verdict = state.generation.authenticate(
    headerValues(req.rawHeaders, 'authorization'),
    left.signal,
    shown,
    // Whose share of the work on unknown tokens it takes.
    peerOf(exchange.address ?? ''),
  )
  if (!(verdict instanceof Promise)) {
    state.proven.remember(req, verdict)
    return serve(exchange, verdict)
  }
  return verdict.then((decided) => (left.signal.aborted ? undefined : serve(exchange, decided)))
}

/** RFC 9449 section 8.2: every answer may bring the nonce for the next proof. */
export const nonceOf = ({ generation: { gate } }: ServerState): string | undefined =>
  gate.possession?.kind === 'dpop' ? gate.possession.nonce() : undefined
