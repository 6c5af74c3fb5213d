// One call of a stateless caller that its backend may interrupt with questions: what it waits for, and who is there.
import { randomBytes } from 'node:crypto'
import { createCancel, type Cancel, type CancelSignal } from '../../base/cancellation.ts'
import type { Clock } from '../../base/clock.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Call, Peer, Reply } from '../../mcp/call.ts'
import type { InputRequest } from '../../mcp/input-required.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import { lackedFor, notAnswered, notOffered } from '../../mcp/questions.ts'
import { metaOf } from '../../mcp/revision.ts'

export interface SuspendedCall {
  readonly id: string
  readonly owner: string
  /** Ends the work at the backend, and every timer of the call. */
  readonly abort: Cancel
  /** The client, for the work: what it says reaches the request that is being served. */
  readonly peer: Peer
  /** How often the caller was sent away with questions. */
  readonly round: number
  /** No request is being served: the caller has questions to answer. */
  readonly isAway: boolean
  /** Of the work, once it is done. */
  readonly reply: Reply | undefined
  /** What the backend asks and the caller has not answered, by key. */
  questions(): ReadonlyMap<string, InputRequest>
  /** Resolves when the work is done, or when it waits for answers. */
  settled(clock: Clock): Promise<void>
  finish(reply: Reply): void
  /** Begins another round, in which the caller is away until it comes back. */
  leave(): void
  /** The caller is back with answers, for some questions or for all. */
  comeBack(call: Call): void
  /** Nothing more comes from the caller. */
  giveUp(): void
}

/** Backends that ask several things at once ask them one after the other on the wire. */
const gatherMs = 25
/** Notifications that are kept while the caller is away. */
const maxEarly = 100

/** Each request has a progress token of its own, and the work knows only the first. */
const pass = ({ peer, request }: Call, { method, params }: JsonRpcNotification): void => {
  if (method !== 'notifications/progress') {
    peer.notify({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) })
    return
  }
  const progressToken = metaOf(request.params)?.['progressToken']
  if (progressToken === undefined) return
  peer.notify({ jsonrpc: '2.0', method, params: { ...params, progressToken } })
}

/** The id by which a session-era client reports that it was at an address means nothing here. */
const inStatelessWords = (method: string, params: JsonObject | undefined): InputRequest => {
  if (params === undefined) return { method }
  const { elicitationId: _id, _meta: meta, ...rest } = params
  const { progressToken: _token, ...kept } = isJsonObject(meta) ? meta : {}
  return {
    method,
    params: Object.keys(kept).length === 0 ? rest : { ...rest, _meta: kept },
  }
}

interface Open {
  readonly question: InputRequest
  answer(reply: Reply): void
}

class Suspended implements SuspendedCall {
  readonly id = randomBytes(16).toString('base64url')
  readonly owner: string
  readonly abort = createCancel()
  readonly peer: Peer
  round = 0
  reply: Reply | undefined
  private readonly open = new Map<string, Open>()
  private readonly capabilities: JsonObject
  private current: Call | undefined
  private readonly early: JsonRpcNotification[] = []
  private lastKey = 0
  private wake: () => void = () => undefined

  constructor(call: Call) {
    this.owner = call.caller.principal.key
    this.capabilities = call.caller.client.capabilities
    this.current = call
    this.peer = {
      notify: (notification) => this.notify(notification),
      drained: () => this.current?.peer.drained?.(),
      ask: (question, signal) => this.ask(question, signal),
    }
  }

  get isAway(): boolean {
    return this.current === undefined
  }

  questions(): ReadonlyMap<string, InputRequest> {
    return new Map([...this.open].map(([key, { question }]) => [key, question]))
  }

  async settled(clock: Clock): Promise<void> {
    while (this.reply === undefined) {
      if (this.open.size === 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
      }
      if (this.reply === undefined && this.open.size > 0) {
        await clock.sleep(gatherMs, this.abort.signal).catch(() => undefined)
        if (this.open.size > 0) return
      }
    }
  }

  finish(reply: Reply): void {
    this.reply = reply
    this.wake()
  }

  leave(): void {
    this.round += 1
    this.current = undefined
  }

  comeBack(call: Call): void {
    this.current = call
    for (const notification of this.early.splice(0)) pass(call, notification)
    const answers = call.request.params?.['inputResponses']
    for (const [key, waits] of this.open) {
      const value = isJsonObject(answers) ? answers[key] : undefined
      if (isJsonObject(value)) waits.answer({ kind: 'result', result: lazyFromValue(value) })
    }
  }

  giveUp(): void {
    for (const waits of this.open.values()) waits.answer(notAnswered)
    this.abort.abort()
  }

  private notify(notification: JsonRpcNotification): void {
    if (this.current !== undefined) pass(this.current, notification)
    else if (this.early.length < maxEarly) this.early.push(notification)
  }

  private ask(question: JsonRpcRequest, signal: CancelSignal): Promise<Reply> {
    const { method, params } = question
    if (lackedFor(this.capabilities, question) !== undefined) {
      return Promise.resolve(notOffered(method))
    }
    return new Promise((resolve) => {
      this.lastKey += 1
      const key = `question-${this.lastKey}`
      const settle = (reply: Reply) => {
        this.open.delete(key)
        signal.removeEventListener('abort', onAbort)
        resolve(reply)
      }
      const onAbort = () => settle(notAnswered)
      signal.addEventListener('abort', onAbort, { once: true })
      this.open.set(key, { question: inStatelessWords(method, params), answer: settle })
      this.wake()
    })
  }
}

export const suspendedCall = (call: Call): SuspendedCall => new Suspended(call)
