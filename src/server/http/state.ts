// What the HTTP door needs for each request: the generation it serves, and what outlives that.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Cancel } from '../../base/cancellation.ts'
import type { Principal } from '../../base/principal.ts'
import type { Check } from '../../core/verdict/check.ts'
import type { Quota } from '../../mcp/quota.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'
import type { Roster } from '../../base/roster.ts'
import type { RequestTrace } from '../dialogue/request-trace.ts'
import type { OwnerLimits } from '../dialogue/owner-limits.ts'
import type { Arrived, CallState } from '../dialogue/speaker.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { ClientCertificates } from '../tls/client-certificates.ts'
import type { ConfigControl } from '../admin/context.ts'
import type { HealthHistory } from '../admin/health-history.ts'
import type { AdminTokens } from '../admin/rights.ts'
import type { PageReader } from './admin-page.ts'
import type { AnswerStream } from './answer-stream.ts'
import type { ClientAddress } from './client-address.ts'
import type { ConnectionMemo } from './connection-memo.ts'
import type { Guard } from './guard.ts'
import type { WellKnown } from './metadata-document.ts'
import type { ShownReader } from './possession.ts'
import type { WantedSessionId } from './session-id.ts'
import type { Sessions } from './sessions.ts'
import type { VerifyDoor } from './verify-door.ts'

/** What outlives a generation. */
export interface ServerMemory extends Pick<
  CallState,
  'ports' | 'listening' | 'calls' | 'decisions' | 'tally' | 'tracing'
> {
  /** What the open connections proved last. */
  readonly proven: ConnectionMemo
  readonly sessions: Sessions
  readonly certificates: ClientCertificates
  readonly telemetry: Telemetry
  readonly listens: OwnerLimits
  /** Answers that are not complete; the ticker keeps them alive. */
  readonly answers: Roster<Pick<AnswerStream, 'keepAlive'>>
  /** Who follows the decisions as they are made. */
  readonly followers: Roster<{ end(): void }>
  readonly history: HealthHistory
  /** The live page. */
  readonly page: PageReader
  /** Undefined where the proxy was not started from a file. */
  readonly control: { current: ConfigControl | undefined }
  /** Begun: no new work is taken, and connections close after their answer. */
  readonly drain: { begun: boolean }
}

/** One generation as the HTTP door serves it. A request keeps the state that it came under until it is answered. */
export interface ServerState extends CallState, ServerMemory {
  readonly guard: Guard
  readonly admin: AdminTokens
  /** Reads what a request shows beside its token; undefined where only the token counts. */
  readonly shown: ShownReader | undefined
  /** Of the client of a request. */
  readonly clientAddress: ClientAddress
  /** Of a session that begins. */
  readonly wantedId: WantedSessionId
  readonly wellKnown: WellKnown | undefined
  /** Whether the trace of the caller is continued. */
  readonly trustsTrace: (req: IncomingMessage) => boolean
  /** The endpoints beside /mcp, by path. */
  readonly profiles: ReadonlyMap<string, ServerState>
  /** The door for gateways; undefined where there is none. */
  readonly verify: VerifyDoor | undefined
}

/** One HTTP request with what is known of it so far. */
export interface HttpExchange {
  /** Of the endpoint that it is for; set where its path is known. */
  state: ServerState
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly requestId: string
  /** Aborts when the caller leaves before its answer is complete. */
  readonly left: Cancel
  /** Of the client, as far as trusted peers report it; else of the peer. */
  address: string | undefined
  /** Undefined where requests are not traced. */
  readonly trace: RequestTrace | undefined
  /** What is known of it beside its headers; set where its path is known. */
  arrived: Arrived | undefined
  /** Go out with every answer. */
  headers: OutgoingHttpHeaders
  /** Puts what is left of limits into the headers of the answer. */
  showQuotas(quotas: readonly Quota[]): void
  /** The same exchange, now that its caller is known. */
  knownBy(verdict: Acceptance): KnownHttpExchange
}

/** The verdict on a caller that may go on. */
export type Acceptance = Extract<Verdict, { readonly outcome: 'accepted' }>

/** An exchange whose caller is known. */
export interface KnownHttpExchange extends HttpExchange {
  readonly principal: Principal
  /** When the caller's token ends: milliseconds since the epoch. */
  readonly expiresAt: number | undefined
  /** What made the token good. */
  readonly checks: readonly Check[]
}
