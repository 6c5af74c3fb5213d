// A backend answers calls under its own local names, whether it is a process, a server or a part of us.
import type { CancelSignal } from '../base/cancellation.ts'
import type { JsonObject } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'
import type { Problem } from '../base/problem.ts'
import type { ClientFacts, Era, Handler, Peer, Reply } from '../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../mcp/json-rpc.ts'
import type { TaskWatch, Watch } from './watching.ts'

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

/** Whom a session of a session-era backend is for. Its capabilities are frozen when it opens. */
export interface Caller {
  readonly principal: Pick<Principal, 'key' | 'method'>
  readonly client: ClientFacts
}

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

/** One open link to a server of either era, below negotiation. */
export interface Transport {
  /** `headers`: what the request repeats for those who read no bodies, where the channel has headers. */
  request(
    message: JsonRpcRequest,
    peer: Peer,
    signal: CancelSignal,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply>
  notify(message: JsonRpcNotification, signal: AbortSignal): Promise<void>
  close(graceMs?: number): Promise<void>
}

/** What a link tells apart from the answers to its requests. */
export interface LinkEvents {
  /** A notification that belongs to no request of ours. */
  onNotification(notification: JsonRpcNotification): void
  /** `peer`: the caller of the request that the question came with, where the channel tells. */
  onQuestion(
    question: JsonRpcRequest,
    peer: Peer | undefined,
    signal: AbortSignal,
    onProgress?: (notification: JsonRpcNotification) => void,
  ): Promise<Reply>
  /** The link is of no more use. Comes at most once, and not because of `close`. */
  onEnd(problem: Problem): void
  /** The server has forgotten our session. Resolves to whether there is a new one. */
  onSessionLost(): Promise<boolean>
  /** The server has no way to tell of anything between our requests. */
  onSilent(): void
}

export type Dialled =
  | { readonly kind: 'open'; readonly transport: Transport }
  /** `recognised`: the server did speak like one of this kind, so the problem is about it and not about the guess. */
  | { readonly kind: 'failed'; readonly problem: Problem; readonly recognised?: boolean }

/** Makes links of one kind to one server. */
export interface Dialler {
  /** Opens a link without saying anything on it, or gives up with the signal. Never throws. */
  dial(events: LinkEvents, signal: AbortSignal): Promise<Dialled>
  /**
   * Whether a link on which the era was asked in vain is still good for a session. A child that was
   * asked may be in any state, or gone.
   */
  readonly survivesProbe: boolean
  /** The transport is older than the modern era: there is nothing to ask. */
  readonly sessionsOnly?: boolean
  /** How servers at the same address spoke before: tried where no session can be opened. */
  readonly elder?: Dialler
}
