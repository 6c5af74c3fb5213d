// A backend answers calls under its own local names, whether it is a process, a server or a part of us.
import type { JsonObject } from '../base/json.ts'
import type { Caller, Handler, Reply } from '../mcp/call.ts'
import type { JsonRpcNotification } from '../mcp/json-rpc.ts'
import type { Era } from '../mcp/revision.ts'
import type { Problem } from '../problems/problem.ts'

export type Health =
  | { readonly state: 'starting'; readonly since: number }
  | {
      readonly state: 'up'
      /** Milliseconds since the epoch. */
      readonly since: number
      readonly era: Era
      readonly protocolVersion: string
      readonly capabilities: JsonObject
      readonly serverInfo?: JsonObject
      readonly instructions?: string
      readonly transport?: 'sse'
    }
  | {
      readonly state: 'down'
      readonly since: number
      readonly problem: Problem
      readonly retryAt?: number
    }

export type BackendEvent =
  | { readonly kind: 'health'; readonly health: Health }
  /** A notification that belongs to no call: list changes, resource updates, logs. Local names. */
  | { readonly kind: 'notification'; readonly notification: JsonRpcNotification }

/** Its roots changed, or it wants log messages from this level on. */
export type ClientWord =
  { readonly kind: 'roots-changed' } | { readonly kind: 'log-level'; readonly level: string }

export interface Backend {
  readonly name: string
  readonly handle: Handler
  readonly health: Health
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
