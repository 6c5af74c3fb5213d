// The sender of a message, and what its calls need, by whatever door they come.
import type { IncomingMessage } from 'node:http'
import { logInternalError } from '../../problems/log-internal-error.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import type { Principal } from '../../base/principal.ts'
import type { Check } from '../../core/verdict/check.ts'
import type { DoorName } from '../../decisions/decision.ts'
import type { DecisionLog } from '../../decisions/decision-log.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import type { AnswerHead } from '../../mcp/quota.ts'
import type { Tracing } from '../../trace/span.ts'
import type { Generation } from '../../proxy/generation/generation.ts'
import type { InFlight } from './in-flight.ts'
import type { RequestTrace } from './request-trace.ts'
import type { OwnerLimits } from './owner-limits.ts'
import type { Tally } from './tally.ts'

/** What calls need, by whatever door they come. */
export interface CallState {
  readonly generation: Generation
  readonly ports: Ports
  /** Calls of this generation: it ends when they have. */
  readonly inFlight: InFlight
  /** Calls that stay open by their nature; they go on under the next generation. */
  readonly listening: InFlight
  readonly calls: OwnerLimits
  readonly decisions: DecisionLog
  readonly tally: Tally
  readonly tracing: Tracing
}

/** By which door a request came, and what it was about where its peer asks about another. */
export interface Arrived {
  readonly door: DoorName
  /** The HTTP method of the original. */
  readonly method?: string | undefined
  /** The path of the original, without its query. */
  readonly path?: string | undefined
  /** The scopes that a gateway asks for beside those of every request. */
  readonly wantedScopes?: readonly string[] | undefined
}

/** Whoever sent a message, and the id under which the log tells of it. */
export interface MessageSource extends AnswerHead {
  readonly state: CallState
  readonly principal: Principal
  readonly requestId: string
  /** Only where messages have headers. */
  readonly req?: Pick<IncomingMessage, 'headers' | 'socket'>
  /** When that token ends, in milliseconds since the epoch. */
  readonly expiresAt?: number | undefined
  /** What made the caller's token good. */
  readonly checks?: readonly Check[]
  readonly arrived?: Arrived | undefined
  /** The address of the client; undefined for a client on pipes. */
  readonly address?: string | undefined
  /** Undefined where requests are not traced. */
  readonly trace?: RequestTrace | undefined
}

/** A throw is a bug: it is caught once, and becomes an answer without details. */
export const brokenCall = (state: CallState, call: Call, error: unknown): Reply => {
  if (!call.signal.aborted) {
    logInternalError(state.ports.log, error, { request_id: call.requestId })
  }
  const problem: Problem = problemOf('internal-error', 'call')
  return { kind: 'failure', problem, sent: true }
}
