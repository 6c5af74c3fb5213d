// One HTTP request from its arrival on: what is known of it, and what becomes of it when our own code breaks.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { createCancel } from '../../base/cancellation.ts'
import type { Principal } from '../../base/principal.ts'
import type { Check } from '../../core/verdict/check.ts'
import type { Quota } from '../../mcp/quota.ts'
import type { Tracer } from '../../trace/span.ts'
import { logInternalError } from '../../problems/log-internal-error.ts'
import { problemOf } from '../../problems/problem.ts'
import { errorMessage, errorOfProblem } from '../dialogue/respond.ts'
import { RequestTrace } from '../dialogue/request-trace.ts'
import type { Arrived } from '../dialogue/speaker.ts'
import { sendJson } from './answer-stream.ts'
import { rateLimitFields } from './rate-limit-fields.ts'
import type { Acceptance, HttpExchange, KnownHttpExchange, ServerState } from './state.ts'

const traceOf = (state: ServerState, req: IncomingMessage, tracer: Tracer): RequestTrace =>
  new RequestTrace({
    tracer,
    clock: state.ports.clock,
    headers: req.headers,
    isTrusted: state.trustsTrace(req),
  })

/** One object from the first line to the last: it learns of its caller instead of being copied. */
class Arrival implements HttpExchange {
  state: ServerState
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly requestId = randomUUID()
  readonly left = createCancel()
  readonly trace: RequestTrace | undefined
  address: string | undefined
  arrived: Arrived | undefined
  headers: OutgoingHttpHeaders
  principal: Principal | undefined
  expiresAt: number | undefined
  checks: readonly Check[] = []

  constructor(state: ServerState, req: IncomingMessage, res: ServerResponse) {
    this.state = state
    this.req = req
    this.res = res
    this.address = state.clientAddress(req)
    const { tracer } = state.tracing
    this.trace = tracer === undefined ? undefined : traceOf(state, req, tracer)
    this.headers = state.drain.begun
      ? { 'x-request-id': this.requestId, connection: 'close' }
      : { 'x-request-id': this.requestId }
    res.on('close', () => {
      if (!res.writableFinished) this.left.abort()
    })
  }

  showQuotas(quotas: readonly Quota[]): void {
    // In place: what writes the answer has these headers at hand already.
    Object.assign(this.headers, rateLimitFields(quotas))
  }

  knownBy({ principal, expiresAt, checks }: Acceptance): KnownHttpExchange {
    this.principal = principal
    this.expiresAt = expiresAt
    this.checks = checks
    return this as KnownHttpExchange
  }
}

/** Every answer carries the id under which the log tells more. */
export const openExchange = (
  state: ServerState,
  req: IncomingMessage,
  res: ServerResponse,
): HttpExchange => new Arrival(state, req, res)

const fail = ({ state, res, requestId, headers }: HttpExchange, error: unknown): void => {
  logInternalError(state.ports.log, error, { request_id: requestId })
  if (res.headersSent) {
    res.destroy()
    return
  }
  const body = errorMessage(
    undefined,
    errorOfProblem(problemOf('internal-error', 'call'), { requestId }),
  )
  sendJson(res, headers, { status: 500, body })
}

/** Whatever is thrown in `work`, or later in what it promises, is answered as an internal error. */
export const carryOut = <Argument>(
  exchange: HttpExchange,
  work: (argument: Argument) => void | Promise<void>,
  argument: Argument,
): void => {
  try {
    const served = work(argument)
    if (served instanceof Promise) served.catch((error: unknown) => fail(exchange, error))
  } catch (error) {
    fail(exchange, error)
  }
}
