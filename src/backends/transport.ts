// One open link to a server of either era, and how links are made: the contract below negotiation.
import type { CancelSignal } from '../base/cancellation.ts'
import type { Problem } from '../problems/problem.ts'
import type { Caller, Peer, Reply } from '../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../mcp/json-rpc.ts'

/** One open link to a server of either era, below negotiation. */
export interface Transport {
  /**
   * `headers`: what the request repeats for those who read no bodies, where the channel has headers. `caller`: whose
   * request it is; default: that of the one that the link was opened for.
   */
  request(
    message: JsonRpcRequest,
    peer: Peer,
    signal: CancelSignal,
    headers?: Readonly<Record<string, string>>,
    caller?: Caller,
  ): Promise<Reply>
  notify(message: JsonRpcNotification, signal: AbortSignal): Promise<void>
  /** Whether the server keeps nothing between requests, as far as its answer to `initialize` shows. */
  isSessionless?(): boolean
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
  /**
   * Opens a link without saying anything on it, or gives up with the signal. Never throws. `owner`: for whom alone it is;
   * default: for the proxy itself, and all who share its link.
   */
  dial(events: LinkEvents, signal: AbortSignal, owner?: Caller): Promise<Dialled>
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
