// A backend answers calls under its own local names, whether it is a process, a server or a part of us.
import type { CancelSignal } from '../base/cancellation.ts'
import type { JsonObject } from '../base/json.ts'
import type { Problem } from '../base/problem.ts'
import type { Era, Handler, Peer, Reply } from '../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../mcp/message.ts'

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

export interface Backend {
  readonly name: string
  readonly handle: Handler
  readonly health: Health
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: BackendEvent) => void): () => void
  /** Opens sockets and children. Resolves at once; health tells how it goes. Nothing before this call leaves the process. */
  start(): void
  /** Ends the backend within `graceMs`; stdio children are ended as a group. */
  close(graceMs?: number): Promise<void>
}

/** One open link to a server of either era, below negotiation. */
export interface Transport {
  request(message: JsonRpcRequest, peer: Peer, signal: CancelSignal): Promise<Reply>
  notify(message: JsonRpcNotification, signal: AbortSignal): Promise<void>
  close(graceMs?: number): Promise<void>
}

/** What a link tells apart from the answers to its requests. */
export interface LinkEvents {
  /** A notification that belongs to no request of ours. */
  onNotification(notification: JsonRpcNotification): void
  /** The link is of no more use. Comes at most once, and not because of `close`. */
  onEnd(problem: Problem): void
  /** The server has forgotten our session. Resolves to whether there is a new one. */
  onSessionLost(): Promise<boolean>
}

export type Dialled =
  | { readonly kind: 'open'; readonly transport: Transport }
  | { readonly kind: 'failed'; readonly problem: Problem }

/** Makes links of one kind to one server. */
export interface Dialler {
  /** Opens a link without saying anything on it. Never throws. */
  dial(events: LinkEvents): Promise<Dialled>
  /**
   * Whether a link on which the era was asked in vain is still good for a session. A child that was
   * asked may be in any state, or gone.
   */
  readonly survivesProbe: boolean
}
