// The requests that wait for an answer on a shared channel, each under an id of our own.
import type { Peer, Reply } from '../../mcp/call.ts'
import {
  jsonRpcIdOf,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '../../mcp/json-rpc.ts'
import { metaKeys, metaOf } from '../../mcp/revision.ts'
import { createIdTable } from './id-table.ts'
import { outgoing, progressTokenOf, relayProgress, type Outgoing } from './outgoing.ts'

export interface Waiting extends Outgoing {
  readonly reply: Promise<Reply>
  /** The bytes were handed to the channel. */
  readonly sent: boolean
  markSent(): void
  /** Ends the wait; later answers to this id are dropped. */
  settle(reply: Reply): void
}

export interface Pending {
  add(message: JsonRpcRequest, peer: Peer): Waiting
  /** The one that waits under this id; without a readable id the only one, if there is but one. */
  find(id: JsonRpcId | undefined): Waiting | undefined
  /** The caller, where but one request waits: what comes without a mark can only be about that. */
  onlyPeer(): Peer | undefined
  /** Whether the notification confirmed a subscription, and so went to whom it was made for. */
  acknowledged(notification: JsonRpcNotification): boolean
  /** Whether the notification was progress, and so went to the caller it belongs to or nowhere. */
  progress(notification: JsonRpcNotification): boolean
  failAll(replyFor: (waiting: Waiting) => Reply): void
}

class Wait implements Waiting {
  sent = false
  readonly id: number
  readonly text: string
  readonly progressToken: JsonRpcId | undefined
  readonly sentToken: JsonRpcId | undefined
  readonly peer: Peer
  readonly listens: boolean
  readonly reply: Promise<Reply>
  private readonly leave: (id: number) => void
  private resolve: (reply: Reply) => void = () => undefined

  constructor(message: JsonRpcRequest, peer: Peer, id: number, leave: (id: number) => void) {
    const out = outgoing(message, id)
    this.id = id
    this.text = out.text
    this.progressToken = out.progressToken
    this.sentToken = out.sentToken
    this.peer = peer
    this.listens = message.method === 'subscriptions/listen'
    this.leave = leave
    this.reply = new Promise((resolve) => {
      this.resolve = resolve
    })
  }

  markSent(): void {
    this.sent = true
  }

  settle(reply: Reply): void {
    this.leave(this.id)
    this.resolve(reply)
  }
}

export const createPending = (): Pending => {
  const open = createIdTable<Wait>()
  const leave = (id: number) => open.remove(id)

  const add = (message: JsonRpcRequest, peer: Peer): Waiting =>
    open.add((id) => new Wait(message, peer, id, leave))

  const find = (id: JsonRpcId | undefined): Waiting | undefined =>
    id !== undefined ? open.get(Number(id)) : open.size === 1 ? open.values()[0] : undefined

  return {
    add,
    find,
    onlyPeer: () => {
      let found: Peer | undefined
      for (const { peer, listens } of open.values()) {
        if (listens) continue
        if (found !== undefined) return undefined
        found = peer
      }
      return found
    },
    acknowledged: (notification) => {
      if (notification.method !== 'notifications/subscriptions/acknowledged') return false
      const id = jsonRpcIdOf(metaOf(notification.params)?.[metaKeys.subscriptionId])
      if (id !== undefined) open.get(Number(id))?.peer.notify(notification)
      return true
    },
    progress: (notification) => {
      if (notification.method !== 'notifications/progress') return false
      const waiting = open.get(progressTokenOf(notification) ?? -1)
      if (waiting !== undefined) {
        relayProgress(notification, waiting.progressToken, waiting.peer)
      }
      return true
    },
    failAll: (replyFor) => {
      for (const waiting of open.values()) waiting.settle(replyFor(waiting))
    },
  }
}
