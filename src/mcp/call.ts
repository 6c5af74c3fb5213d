// One request on its way through the proxy, the four ways it can end, and how layers wrap it.
import type { CancelSignal } from '../base/cancellation.ts'
import type { JsonObject } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'
import type { Problem } from '../problems/problem.ts'
import type { CallTrace } from '../trace/span.ts'
import type { JsonRpcError, JsonRpcNotification, JsonRpcRequest } from './json-rpc.ts'
import type { LazyObject } from './lazy-object.ts'
import type { Headers } from './param-headers.ts'
import type { AnswerHead } from './quota.ts'
import type { Era } from './revision.ts'

/** What a rule that only reports would have refused. */
export interface ReportedRule {
  readonly rule: string
  readonly problem: Problem
}

/** Where an answer came from that the backend was not asked for: kept, or that of an identical call under way. */
export type Reuse = 'cache' | 'shared'

/** A role, a token, a rule; with the pattern of its list that matched. */
export interface RefusedBy {
  readonly kind: string
  readonly name: string
  readonly pattern?: string
}

/** Expected outcomes are replies; a throw is a bug and is caught once, at the server's edge. */
export type Reply =
  /** The backend spoke: relay. */
  | { readonly kind: 'result'; readonly result: LazyObject }
  | {
      readonly kind: 'error'
      readonly error: JsonRpcError
      /** We say it, in the words of the protocol: no backend did. */
      readonly isOurs?: true
    }
  /** We decided: policy, limit, unknown name. `retryAfterSeconds` for limits. */
  | {
      readonly kind: 'refusal'
      readonly problem: Problem
      readonly retryAfterSeconds?: number
      /** What the caller reads instead: logs and metrics have `problem`. */
      readonly shownAs?: Problem
      /** The scopes with which the caller may come back. */
      readonly scopes?: readonly string[]
      /** The rule that refused, of the policy or on limits. */
      readonly rule?: string
      /** What refused, where the policy did. */
      readonly by?: readonly RefusedBy[]
    }
  /** The backend could not answer. `sent`: the request reached the wire, so its outcome is unknown. */
  | {
      readonly kind: 'failure'
      readonly problem: Problem
      readonly sent: boolean
      /** Where the backend said when to come back. */
      readonly retryAfterSeconds?: number
    }

/** What the client said of itself: at initialize (legacy) or in this request's `_meta` (modern). */
export interface ClientFacts {
  readonly era: Era
  readonly protocolVersion: string
  readonly capabilities: JsonObject
  readonly clientInfo?: JsonObject
}

/** The way back to the caller while its call is open. */
export interface Peer {
  /** Progress and log messages of this call. Dropped when the caller has left. */
  notify(notification: JsonRpcNotification): void
  /** A question of the backend to the client. `onProgress` gets what the client tells while it finds its answer. */
  ask(
    question: JsonRpcRequest,
    signal: CancelSignal,
    onProgress?: (notification: JsonRpcNotification) => void,
  ): Promise<Reply>
  /** Resolves when the caller has read what it was told so far, or has left; undefined while it keeps up. */
  drained?(): Promise<void> | undefined
  /** The backend answers on a stream to which a caller that loses it can come back: so may we. */
  keep?(): void
  /** The backend closed the stream of this call and goes on later: so may we, to a caller that comes back: then, or when it likes. */
  suspend?(retryMs: number, onBack?: () => void): void
}

/** A session-era client between its calls. The same object for all calls of one session. */
export interface SessionPeer extends Peer {
  /** Least log level that the client asked for; undefined: it never said. */
  readonly logLevel: string | undefined
  /** Aborts with the session. */
  readonly ended: AbortSignal
  /** What records call it: the first 8 hex digits of the SHA-256 of its id. Undefined where it has none. */
  readonly fingerprint?: string
}

/** Whose calls these are: by credential, by what the client said of itself, and by session. */
export interface Caller {
  readonly principal: Principal
  readonly client: ClientFacts
  /** Only in the session era. */
  readonly session?: SessionPeer | undefined
  /** The address that the request came from; undefined where it came over no network. */
  readonly address?: string | undefined
  /** What its request brought beside the message, its credential included; undefined on pipes. Never logged. */
  readonly headers?: Headers | undefined
  /** When its token ends, in milliseconds since the epoch; undefined where that is not known. */
  readonly expiresAt?: number | undefined
  /** The proxy itself, or a command of its operator: it calls with the own credential of the proxy. */
  readonly operator?: true
}

/** The time that a call may take, as the work on it sees it. */
export interface Deadline {
  /** It is over: that, and not its caller, ended the call. */
  readonly isPassed: boolean
}

export interface Call {
  readonly request: JsonRpcRequest
  readonly caller: Caller
  readonly peer: Peer
  /** The headers that a stateless caller sent, by their names in lower case. */
  readonly headers?: Headers | undefined
  /** The headers that repeat arguments, for a backend that wants them. */
  readonly paramHeaders?: Readonly<Record<string, string>> | undefined
  /** Aborts when the caller cancels or leaves, or when a deadline passes. */
  readonly signal: CancelSignal
  /** Undefined where the call may take any time. */
  readonly deadline?: Deadline | undefined
  /** What is asked, in one spelling, where it was found out already: see cache/question.ts. */
  readonly subject?: string | undefined
  /** Where what is left of limits is shown; undefined for a caller on pipes. */
  readonly head?: AnswerHead | undefined
  /** Takes what a rule that only reports would have refused; undefined where nothing is recorded of the call. */
  readonly onReported?: ((reported: ReportedRule) => void) | undefined
  /** Takes where the answer comes from; undefined where nothing is recorded of the call. */
  readonly onReused?: ((from: Reuse) => void) | undefined
  /** Names this request in logs and in the `x-request-id` header. */
  readonly requestId: string
  /** Undefined where the call is not traced. */
  readonly trace?: CallTrace | undefined
}

export type Handler = (call: Call) => Promise<Reply>
export type Layer = (next: Handler) => Handler

/** The first layer is the outermost. */
export const stack = (layers: readonly Layer[], inner: Handler): Handler =>
  layers.reduceRight((next, layer) => layer(next), inner)
