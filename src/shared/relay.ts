// Answers to questions of a backend, on their way to the replica where the call waits, and its reply on the way back. Each
// replica reads one channel of Redis. What goes over it is sealed for the channel: no one else reads or writes it.
import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { createCancel, type Cancel } from '../base/cancellation.ts'
import type { Clock } from '../base/clock.ts'
import type { JsonObject } from '../base/json.ts'
import { anyone } from '../base/principal.ts'
import type { Call, Reply } from '../mcp/call.ts'
import type { JsonRpcNotification } from '../mcp/json-rpc.ts'
import { lazyFromValue } from '../mcp/lazy-object.ts'
import type { Binding, StateSealer } from '../mcp/request-state.ts'
import { problemOf } from '../problems/problem.ts'
import type { RedisConnection } from '../redis/asking.ts'
import type { Redis } from '../redis/connection.ts'
import type { Relay, ResumeHere, Resumption } from './shared.ts'

/** How often the replica that has the call is asked for its reply: a message can be lost while connections begin again. */
const lookMs = 5000
/** How long a reply can be asked for. */
const keptMs = 60_000
const mostKept = 100
/** A reply with the largest body that a backend may send, sealed. */
const mostCharacters = 96 * 1024 * 1024

type Sent =
  | {
      readonly kind: 'resume'
      readonly id: string
      readonly from: string
      readonly requestId: string
      readonly binding: Binding
      readonly content: JsonObject
    }
  | { readonly kind: 'look'; readonly id: string; readonly from: string }
  | { readonly kind: 'cancel'; readonly id: string }
  | { readonly kind: 'note'; readonly id: string; readonly note: JsonRpcNotification }
  | { readonly kind: 'reply'; readonly id: string; readonly reply: CarriedReply }

type CarriedReply = { readonly result: JsonObject } | { readonly other: Reply }

const carried = (reply: Reply): CarriedReply =>
  reply.kind === 'result' ? { result: reply.result.value() } : { other: reply }

const uncarried = (reply: CarriedReply): Reply =>
  'result' in reply ? { kind: 'result', result: lazyFromValue(reply.result) } : reply.other

export interface RelayParts {
  readonly redis: Pick<RedisConnection, 'ask' | 'client'>
  /** A connection that does nothing but read its channel. */
  readonly reader: Redis
  readonly sealer: Pick<StateSealer, 'seal' | 'open'>
  readonly clock: Clock
  /** Begins every channel. */
  readonly prefix: string
  readonly resumeHere: ResumeHere
  /** What could not be done with a message: a bug. */
  readonly onError: (error: unknown) => void
}

/** A call of ours at another replica. */
interface Away {
  readonly call: Call
  settle(reply: Reply): void
}

const callGone: Reply = {
  kind: 'failure',
  problem: problemOf('shared-store', 'gone'),
  sent: true,
}

const stateGone: Reply = { kind: 'refusal', problem: problemOf('req-params', 'state') }

export interface OpenRelay extends Relay {
  /** Reads its channel from now on. */
  start(): void
}

export const createRelay = (parts: RelayParts): OpenRelay => {
  const { redis, reader, sealer, clock, prefix, resumeHere, onError } = parts
  const name = randomBytes(12).toString('base64url')
  const away = new Map<string, Away>()
  /** Calls of other replicas that go on here. */
  const guests = new Map<string, Cancel>()
  const replies = new LRUCache<string, CarriedReply>({ max: mostKept, ttl: keptMs })
  const channelOf = (replica: string): string => `${prefix}replica:${replica}`
  const bindingOf = (channel: string): Binding => ({
    owner: '',
    backend: channel,
    request: { method: 'relay' },
  })

  /** How many read it: 0 where that replica is gone; undefined where Redis does not answer. */
  const send = (replica: string, message: Sent): Promise<number | undefined> => {
    const channel = channelOf(replica)
    const text = sealer.seal(message as unknown as JsonObject, bindingOf(channel))
    return redis.ask(() => redis.client.publish(channel, text))
  }
  /** The call as it goes on here: who asks, and who gets what it says, is at the other replica. */
  const guestCall = ({ id, from, requestId, binding }: Extract<Sent, { kind: 'resume' }>): Call => {
    const abort = createCancel()
    guests.set(id, abort)
    return {
      request: { jsonrpc: '2.0', id: 0, ...binding.request },
      caller: {
        principal: { ...anyone, key: binding.owner },
        client: { era: 'modern', protocolVersion: '', capabilities: {} },
      },
      peer: {
        notify: (note) => {
          send(from, { kind: 'note', id, note }).catch(onError)
        },
        ask: () => Promise.resolve(stateGone),
      },
      signal: abort.signal,
      requestId,
    }
  }

  const serveGuest = async (message: Extract<Sent, { kind: 'resume' }>): Promise<void> => {
    const { id, from, binding, content } = message
    const reply = await resumeHere({ binding, content, call: guestCall(message) })
    guests.delete(id)
    replies.set(id, carried(reply))
    await send(from, { kind: 'reply', id, reply: carried(reply) })
  }
  /** What became of a call: nothing yet, its reply again, or that it is not known here. */
  const answerLook = async (id: string, from: string): Promise<void> => {
    if (guests.has(id)) return
    await send(from, { kind: 'reply', id, reply: replies.get(id) ?? { other: callGone } })
  }

  const receive = (text: string): void => {
    const opened = sealer.open(text, bindingOf(channelOf(name)), mostCharacters)
    if (opened === undefined) return
    const message = opened as unknown as Sent
    switch (message.kind) {
      case 'resume':
        serveGuest(message).catch(onError)
        return
      case 'look':
        answerLook(message.id, message.from).catch(onError)
        return
      case 'cancel':
        guests.get(message.id)?.abort()
        return
      case 'note':
        away.get(message.id)?.call.peer.notify(message.note)
        return
      case 'reply':
        away.get(message.id)?.settle(uncarried(message.reply))
    }
  }

  /** Until the reply is there. */
  const watch = async (at: string, id: string, over: AbortSignal): Promise<void> => {
    while (!over.aborted) {
      await clock.sleep(lookMs, over)
      const readers = await send(at, { kind: 'look', id, from: name })
      if (readers === 0) away.get(id)?.settle(callGone)
    }
  }

  const resume = async (at: string, { binding, content, call }: Resumption): Promise<Reply> => {
    const id = randomBytes(12).toString('base64url')
    const over = new AbortController()
    const onAbort = (): void => {
      send(at, { kind: 'cancel', id }).catch(onError)
    }
    try {
      return await new Promise<Reply>((resolve, reject) => {
        away.set(id, { call, settle: resolve })
        call.signal.addEventListener('abort', onAbort, { once: true })
        const { requestId } = call
        send(at, { kind: 'resume', id, from: name, requestId, binding, content }).then(
          (readers) => {
            if (readers === 0) resolve(stateGone)
            else if (readers === undefined) {
              resolve({
                kind: 'failure',
                problem: problemOf('shared-store', 'silent'),
                sent: false,
              })
            } else watch(at, id, over.signal).catch(() => undefined)
          },
          reject,
        )
      })
    } finally {
      over.abort()
      away.delete(id)
      call.signal.removeEventListener('abort', onAbort)
    }
  }

  return {
    name,
    resume,
    start: () => {
      reader.on('message', (_channel: string, text: string) => receive(text))
      // With each connection: a first one can fail before it has subscribed.
      reader.on('ready', () => {
        reader.subscribe(channelOf(name)).catch(() => undefined)
      })
      reader.connect().catch(() => undefined)
    },
  }
}
