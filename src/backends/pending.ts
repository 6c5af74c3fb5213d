// The requests that wait for an answer on a shared channel, each under an id of our own.
import type { Peer, Reply } from '../mcp/call.ts'
import type { JsonRpcId, JsonRpcNotification, JsonRpcRequest } from '../mcp/message.ts'
import { metaKeys, metaOf } from '../mcp/revision.ts'
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

export const createPending = (): Pending => {
  const open = new Map<
    number,
    { readonly waiting: Waiting; readonly peer: Peer; readonly listens: boolean }
  >()
  let lastId = 0

  const add = (message: JsonRpcRequest, peer: Peer): Waiting => {
    const out = outgoing(message, ++lastId)
    let isSent = false
    let resolve: (reply: Reply) => void = () => undefined
    const reply = new Promise<Reply>((done) => {
      resolve = done
    })
    const waiting: Waiting = {
      ...out,
      reply,
      get sent() {
        return isSent
      },
      markSent: () => {
        isSent = true
      },
      settle: (answer) => {
        open.delete(out.id)
        resolve(answer)
      },
    }
    open.set(out.id, { waiting, peer, listens: message.method === 'subscriptions/listen' })
    return waiting
  }

  const find = (id: JsonRpcId | undefined): Waiting | undefined => {
    if (id !== undefined) return open.get(Number(id))?.waiting
    const [only] = open.values()
    return open.size === 1 ? only?.waiting : undefined
  }

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
      const id = metaOf(notification.params)?.[metaKeys.subscriptionId]
      open.get(Number(id))?.peer.notify(notification)
      return true
    },
    progress: (notification) => {
      if (notification.method !== 'notifications/progress') return false
      const entry = open.get(progressTokenOf(notification) ?? -1)
      if (entry !== undefined) {
        relayProgress(notification, entry.waiting.progressToken, entry.peer)
      }
      return true
    },
    failAll: (replyFor) => {
      for (const { waiting } of open.values()) waiting.settle(replyFor(waiting))
    },
  }
}
