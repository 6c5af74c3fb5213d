// Calls of stateless callers that a session-era backend interrupted with a question: they stay open until the answer comes.
import type { Clock } from '../../base/clock.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Logger } from '../../base/ports.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import { inputRequired } from '../../mcp/input-required.ts'
import { longestQuestionMs, maxRounds, tooManyRounds } from '../../mcp/questions.ts'
import { logInternalError } from '../../problems/log-internal-error.ts'
import { problemOf } from '../../problems/problem.ts'
import { suspendedCall, type SuspendedCall } from './suspended-call.ts'

/** Makes the state by which the caller comes back: it names the suspension and the round. */
export type SealRound = (content: JsonObject) => string

export interface Suspensions {
  /** Runs the call until its reply comes or its backend asks, whichever is first. */
  run(call: Call, seal: SealRound, work: (call: Call) => Promise<Reply>): Promise<Reply>
  /** Goes on with the suspension that `content` names. */
  resume(call: Call, seal: SealRound, content: JsonObject): Promise<Reply>
  /** Whether it waits in this process. */
  has(suspension: unknown): boolean
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

export interface SuspensionParts {
  readonly clock: Clock
  readonly log: Logger
  /** What states name, so that other replicas find this one; undefined where there are none. */
  readonly here?: () => string | undefined
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
  { clock, log, here = () => undefined }: SuspensionParts,
  limits: SuspensionLimits = suspensionLimits,
): Suspensions => {
  const waiting = new Map<string, SuspendedCall>()
  const owners = new Map<string, number>()

  const count = (owner: string, by: 1 | -1): void => {
    const next = (owners.get(owner) ?? 0) + by
    if (next === 0) owners.delete(owner)
    else owners.set(owner, next)
  }
  const forget = (one: SuspendedCall): void => {
    if (waiting.delete(one.id)) count(one.owner, -1)
  }
  const end = (one: SuspendedCall): void => {
    forget(one)
    one.giveUp()
  }
  /** Whether there is room for it among the calls that wait for an answer. */
  const enrol = (one: SuspendedCall): boolean => {
    if (waiting.has(one.id)) return true
    const own = owners.get(one.owner) ?? 0
    if (waiting.size >= limits.max || own >= limits.maxPerOwner) {
      log.warn({ owner_suspensions: own }, 'too many calls wait for an answer')
      return false
    }
    waiting.set(one.id, one)
    count(one.owner, 1)
    return true
  }
  /** Ends the call unless its caller comes back from this round in time. */
  const startTimer = (one: SuspendedCall): void => {
    const { round } = one
    clock.sleep(limits.ttlMs, one.abort.signal).then(
      () => {
        if (one.round === round && one.isAway) end(one)
      },
      () => undefined,
    )
  }

  /** One request of the caller, from its coming to its answer. */
  const serve = async (one: SuspendedCall, call: Call, seal: SealRound): Promise<Reply> => {
    const { signal } = call
    // In this era leaving is cancelling.
    const onAbort = () => end(one)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) end(one)
    await one.settled(clock)
    signal.removeEventListener('abort', onAbort)
    if (one.reply !== undefined) {
      forget(one)
      // The work is done: this ends the timers of earlier rounds.
      one.abort.abort()
      return one.reply
    }
    if (one.round >= limits.maxRounds) {
      end(one)
      return tooManyRounds(limits.maxRounds)
    }
    if (!enrol(one)) {
      end(one)
      return tooMany
    }
    one.leave()
    startTimer(one)
    const at = here()
    const content = { suspension: one.id, round: one.round, ...(at === undefined ? {} : { at }) }
    return inputRequired(one.questions(), seal(content))
  }

  return {
    run: (call, seal, work) => {
      const one = suspendedCall(call)
      const finish = (reply: Reply): void => {
        one.finish(reply)
        // The reply waits for the caller as long as a question would.
        if (one.isAway && !waiting.has(one.id)) one.abort.abort()
      }
      work({ ...call, peer: one.peer, signal: one.abort.signal }).then(finish, (error: unknown) => {
        logInternalError(log, error, { request_id: call.requestId })
        finish({ kind: 'failure', problem: problemOf('internal-error', 'call'), sent: true })
      })
      return serve(one, call, seal)
    },
    resume: (call, seal, { suspension, round }) => {
      const one = typeof suspension === 'string' ? waiting.get(suspension) : undefined
      // A state that was used already belongs to a round that is over.
      if (one === undefined || one.round !== round || !one.isAway) return Promise.resolve(badState)
      one.comeBack(call)
      return serve(one, call, seal)
    },
    has: (suspension) => typeof suspension === 'string' && waiting.has(suspension),
    close: () => {
      for (const one of waiting.values()) end(one)
    },
    get count() {
      return waiting.size
    },
  }
}
