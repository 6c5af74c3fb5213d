// A backend answers calls under its own local names, whether it is a process, a server or a part of us.
import type { JsonObject } from '../base/json.ts'
import type { Caller, Handler, Reply } from '../mcp/call.ts'
import type { JsonRpcNotification } from '../mcp/json-rpc.ts'
import type { Era } from '../mcp/revision.ts'
import type { Problem } from '../problems/problem.ts'

/** What two sides agreed on; everything a caller may learn of the backend before it calls. */
export interface Agreement {
  readonly era: Era
  readonly protocolVersion: string
  readonly capabilities: JsonObject
  readonly serverInfo?: JsonObject
  readonly instructions?: string
  /** Set where the server was found to speak another transport than the one that is configured. */
  readonly transport?: 'sse'
  /** The server opened a session, but did not say that it speaks nothing else: it is asked again. */
  readonly isEraGuessed?: true
}

interface Up extends Agreement {
  readonly state: 'up'
  /** Milliseconds since the epoch. */
  readonly since: number
  /** What was agreed in the session era, beside the stateless one, with a backend that has both. */
  readonly sessions?: Agreement
}

export type Health =
  | { readonly state: 'starting'; readonly since: number }
  | Up
  | {
      readonly state: 'down'
      readonly since: number
      readonly problem: Problem
      readonly retryAt?: number
    }

/** On what terms callers of that era are served now: in their own era where the backend has it, else across the bridge. */
export const agreementFor = (health: Health, era: Era): Agreement | undefined => {
  if (health.state !== 'up') return undefined
  return era === 'legacy' ? (health.sessions ?? health) : health
}

export type BackendEvent =
  | { readonly kind: 'health'; readonly health: Health }
  /** A notification that belongs to no call: list changes, resource updates, logs. Local names. */
  | { readonly kind: 'notification'; readonly notification: JsonRpcNotification }

/** Its roots changed, or it wants log messages from this level on. */
export type ClientWord =
  { readonly kind: 'roots-changed' } | { readonly kind: 'log-level'; readonly level: string }

/** One of several servers behind the name of a backend. */
export interface ReplicaView {
  /** `host:port`. */
  readonly address: string
  readonly health: Health
  /** Calls that are there now. */
  readonly inFlight: number
  /** For how long it gets no calls because too many failed there; 0: it gets some. */
  readonly ejectedMs: number
}

export interface Backend {
  readonly name: string
  readonly handle: Handler
  readonly health: Health
  /**
   * Opens the link for callers of that era, where the backend may have one that was not needed before. Undefined: there is
   * nothing to wait for.
   */
  prepare(era: Era): Promise<void> | undefined
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: BackendEvent) => void): () => void
  /** Tells of changes to one resource. Resolves with whether the backend does so; the watch ends with its signal. */
  watch(watch: Watch): Promise<Reply>
  /** Tells how one task of a modern backend is. Resolves with whether the backend does so. */
  watchTask(watch: TaskWatch): Promise<Reply>
  /** What a client says between its calls to the servers that hold a session for it. Opens none. */
  relay(said: ClientWord, caller: Caller): void
  /** Opens sockets and children. Resolves at once; health tells how it goes. Nothing before this call leaves the process. */
  start(): void
  /** Ends the backend within `graceMs`; stdio children are ended as a group. */
  close(graceMs?: number): Promise<void>
  /** Its servers, where there are several. */
  replicas?(): readonly ReplicaView[]
}

export type OnUpdated = (uri: string) => void

export interface Watch {
  /** Local. */
  readonly uri: string
  readonly caller: Caller
  readonly onUpdated: OnUpdated
  /** Ends the watch. */
  readonly signal: AbortSignal
}

export interface TaskWatch {
  /** Local. */
  readonly taskId: string
  readonly onStatus: (task: JsonObject) => void
  readonly signal: AbortSignal
}
