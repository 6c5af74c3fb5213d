// Calls of stateless callers that a session-era backend interrupted with a question: they stay open until the answer comes.
import { randomBytes } from 'node:crypto'
import { createCancel, type Cancel, type CancelSignal } from '../../base/cancellation.ts'
import type { Clock } from '../../base/clock.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import type { Logger } from '../../base/ports.ts'
import type { Call, Peer, Reply } from '../../mcp/call.ts'
import { inputRequired, type InputRequest } from '../../mcp/input-required.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import {
  lackedFor,
  longestQuestionMs,
  maxRounds,
  notAnswered,
  notOffered,
  tooManyRounds,
} from '../../mcp/questions.ts'
import { metaOf } from '../../mcp/revision.ts'

/** Makes the state by which the caller comes back: it names the suspension and the round. */
export type SealRound = (content: JsonObject) => string

export interface Suspensions {
  /** Runs the call until its reply comes or its backend asks, whichever is first. */
  run(call: Call, seal: SealRound, work: (call: Call) => Promise<Reply>): Promise<Reply>
  /** Goes on with the suspension that `content` names. */
  resume(call: Call, seal: SealRound, content: JsonObject): Promise<Reply>
  close(): void
  readonly count: number
}

export interface SuspensionLimits {
  readonly max: number
  readonly maxPerOwner: number
  /** How long a question waits for its answer. */
  readonly ttlMs: number
  readonly maxRounds: number
}

export const suspensionLimits: SuspensionLimits = {
  max: 1024,
  maxPerOwner: 64,
  ttlMs: longestQuestionMs,
  maxRounds,
}

/** Backends that ask several things at once ask them one after the other on the wire. */
const gatherMs = 25
/** Notifications that come while the caller is away. */
const maxEarly = 100

/** Each request has a progress token of its own, and the work knows only the first. */
const tell = ({ peer, request }: Call, { method, params }: JsonRpcNotification): void => {
  if (method !== 'notifications/progress') {
    peer.notify({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) })
    return
  }
  const progressToken = metaOf(request.params)?.['progressToken']
  if (progressToken === undefined) return
  peer.notify({ jsonrpc: '2.0', method, params: { ...params, progressToken } })
}

interface Open {
  readonly question: InputRequest
  answer(reply: Reply): void
}

interface Suspension {
  readonly id: string
  readonly owner: string
  readonly questions: Map<string, Open>
  readonly abort: Cancel
  /** The request that is being served; undefined while the caller is away. */
  current: Call | undefined
  early: JsonRpcNotification[]
  round: number
  lastKey: number
  reply: Reply | undefined
  /** Wakes the round that waits. */
  wake: () => void
}

const badState: Reply = {
  kind: 'refusal',
  problem: problemOf('req-params', 'state'),
}

const tooMany: Reply = {
  kind: 'refusal',
  problem: problemOf('limit-suspensions'),
}

export const createSuspensions = (
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  limits: SuspensionLimits = suspensionLimits,
): Suspensions => {
  const waiting = new Map<string, Suspension>()
  const owners = new Map<string, number>()

  const count = (owner: string, by: 1 | -1) => {
    const next = (owners.get(owner) ?? 0) + by
    if (next === 0) owners.delete(owner)
    else owners.set(owner, next)
  }
  const forget = (one: Suspension) => {
    if (waiting.delete(one.id)) count(one.owner, -1)
  }
  /** The backend is told that nobody answers, and that nobody waits for it. */
  const end = (one: Suspension) => {
    forget(one)
    for (const waits of one.questions.values()) waits.answer(notAnswered)
    one.abort.abort()
  }

  const ask = (
    one: Suspension,
    call: Call,
    question: JsonRpcRequest,
    signal: CancelSignal,
  ): Promise<Reply> => {
    const { method, params } = question
    if (lackedFor(call.caller.client.capabilities, question) !== undefined) {
      return Promise.resolve(notOffered(method))
    }
    return new Promise((resolve) => {
      const key = `question-${++one.lastKey}`
      const settle = (reply: Reply) => {
        one.questions.delete(key)
        signal.removeEventListener('abort', onAbort)
        resolve(reply)
      }
      const onAbort = () => settle(notAnswered)
      signal.addEventListener('abort', onAbort, { once: true })
      one.questions.set(key, { question: inStatelessWords(method, params), answer: settle })
      one.wake()
    })
  }

  const peerOf = (one: Suspension, call: Call): Peer => ({
    notify: (notification) => {
      if (one.current !== undefined) tell(one.current, notification)
      else if (one.early.length < maxEarly) one.early.push(notification)
    },
    drained: () => one.current?.peer.drained?.(),
    ask: (question, signal) => ask(one, call, question, signal),
  })

  const woken = (one: Suspension) =>
    new Promise<void>((resolve) => {
      one.wake = resolve
    })

  /** Waits until the caller comes back or the time is over. */
  const leave = (one: Suspension, owner: string): boolean => {
    if (!waiting.has(one.id)) {
      if (waiting.size >= limits.max || (owners.get(owner) ?? 0) >= limits.maxPerOwner) {
        log.warn({ owner_suspensions: owners.get(owner) ?? 0 }, 'too many calls wait for an answer')
        return false
      }
      waiting.set(one.id, one)
      count(owner, 1)
    }
    one.current = undefined
    const { round } = one
    clock.sleep(limits.ttlMs, one.abort.signal).then(
      () => {
        if (one.round === round && one.current === undefined) end(one)
      },
      () => undefined,
    )
    return true
  }

  /** One request of the caller, from its coming to its answer. */
  const serve = async (one: Suspension, call: Call, seal: SealRound): Promise<Reply> => {
    const { signal } = call
    // In this era leaving is cancelling.
    const onAbort = () => end(one)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) end(one)
    try {
      while (one.reply === undefined) {
        if (one.questions.size === 0) await woken(one)
        if (one.reply === undefined && one.questions.size > 0) {
          await clock.sleep(gatherMs, one.abort.signal).catch(() => undefined)
          if (one.reply === undefined && one.questions.size > 0) break
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    if (one.reply !== undefined) {
      forget(one)
      // The work is done: this ends the timers of earlier rounds.
      one.abort.abort()
      return one.reply
    }
    one.round += 1
    if (one.round > limits.maxRounds) {
      end(one)
      return tooManyRounds(limits.maxRounds)
    }
    if (!leave(one, one.owner)) {
      end(one)
      return tooMany
    }
    const wanted = new Map([...one.questions].map(([key, { question }]) => [key, question]))
    return inputRequired(wanted, seal({ suspension: one.id, round: one.round }))
  }

  return {
    run: (call, seal, work) => {
      const one: Suspension = {
        id: randomBytes(16).toString('base64url'),
        owner: call.caller.principal.key,
        questions: new Map(),
        abort: createCancel(),
        current: call,
        early: [],
        round: 0,
        lastKey: 0,
        reply: undefined,
        wake: () => undefined,
      }
      const finish = (reply: Reply) => {
        one.reply = reply
        one.wake()
        // The reply waits for the caller as long as a question would.
        if (one.current === undefined && !waiting.has(one.id)) one.abort.abort()
      }
      work({ ...call, peer: peerOf(one, call), signal: one.abort.signal }).then(
        finish,
        (error: unknown) => {
          log.error({ request_id: call.requestId, error: String(error) }, 'internal error')
          const problem = problemOf('internal-error')
          finish({ kind: 'failure', problem, sent: true })
        },
      )
      return serve(one, call, seal)
    },
    resume: (call, seal, { suspension, round }) => {
      const one = typeof suspension === 'string' ? waiting.get(suspension) : undefined
      // A state that was used already belongs to a round that is over.
      if (one === undefined || one.round !== round || one.current !== undefined) {
        return Promise.resolve(badState)
      }
      one.current = call
      for (const notification of one.early.splice(0)) tell(call, notification)
      const answers = call.request.params?.['inputResponses']
      for (const [key, waits] of one.questions) {
        const value = isJsonObject(answers) ? answers[key] : undefined
        if (isJsonObject(value)) waits.answer({ kind: 'result', result: lazyFromValue(value) })
      }
      return serve(one, call, seal)
    },
    close: () => {
      for (const one of waiting.values()) end(one)
    },
    get count() {
      return waiting.size
    },
  }
}

/** The id by which a session-era client tells that it was at an address means nothing here. */
const inStatelessWords = (method: string, params: JsonObject | undefined): InputRequest => {
  if (params === undefined) return { method }
  const { elicitationId: _id, _meta: meta, ...rest } = params
  const { progressToken: _token, ...kept } = isJsonObject(meta) ? meta : {}
  return {
    method,
    params: Object.keys(kept).length === 0 ? rest : { ...rest, _meta: kept },
  }
}
