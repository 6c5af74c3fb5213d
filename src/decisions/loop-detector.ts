// Finds clients that are refused again and again for one reason, and says once what keeps them there.
import { LRUCache } from 'lru-cache'
import { duration } from '../base/duration.ts'
import { hintOf, problemOf, type Problem } from '../problems/problem.ts'
import type { Decision } from './decision.ts'

/** As many refusals of one client with one code, within the time, are a loop. */
const fewest = 5
const withinMs = 60_000
/** A loop that goes on is named again after that time. */
const againMs = 600_000
const mostClients = 2000
const mostTokens = 8

interface Run {
  readonly code: string
  count: number
  readonly since: number
  /** Of the latest refusals, oldest first. */
  readonly times: number[]
  namedAt: number | undefined
  /** Fingerprints. */
  readonly tokens: Set<string>
}

export interface LoopDetector {
  /** The loop that this decision completes; undefined for all others. */
  seen(decision: Decision): Problem | undefined
}

const isRefusalOfCredentials = ({ outcome, status }: Decision): boolean =>
  outcome === 'rejected' && (status === 401 || status === 403)

/** Of several clients at one address only the program distinguishes them. */
const clientKey = ({ caller: { address, client } }: Decision): string =>
  JSON.stringify([address, client?.name])

const clientText = ({ caller: { address, client } }: Decision): string =>
  [client?.name ?? 'a client', ...(address === undefined ? [] : [`at ${address}`])].join(' ')

const loopOf = (decision: Decision, problem: Problem, run: Run): Problem => {
  const values = {
    client: clientText(decision),
    n: run.count,
    // Shorter than a second reads as one.
    time: duration(Math.max(1, (decision.time - run.since) / 1000)),
    code: run.code,
    fix: hintOf(problem),
  }
  switch (run.tokens.size) {
    case 0:
      return problemOf('client-loop', 'no-token', values)
    case 1:
      return problemOf('client-loop', 'same-token', values)
    default:
      return problemOf('client-loop', 'new-tokens', values)
  }
}

/** What decides is kept for the latest 2,000 clients. Nothing is counted of what was accepted. */
export const createLoopDetector = (): LoopDetector => {
  const runs = new LRUCache<string, Run>({ max: mostClients })

  /** A pause of a minute, or another reason, ends a run. */
  const runOf = (key: string, code: string, now: number): Run => {
    const known = runs.get(key)
    if (known?.code === code && now - (known.times.at(-1) ?? now) <= withinMs) return known
    const run: Run = {
      code,
      count: 0,
      since: now,
      times: [],
      namedAt: undefined,
      tokens: new Set(),
    }
    runs.set(key, run)
    return run
  }

  return {
    seen: (decision) => {
      const { problem, time, caller } = decision
      if (problem === undefined || !isRefusalOfCredentials(decision)) return undefined
      const run = runOf(clientKey(decision), problem.code, time)
      run.count += 1
      run.times.push(time)
      if (run.times.length > fewest) run.times.shift()
      if (caller.token !== undefined && run.tokens.size < mostTokens) run.tokens.add(caller.token)
      const [oldest = time] = run.times
      if (run.times.length < fewest || time - oldest > withinMs) return undefined
      if (run.namedAt !== undefined && time - run.namedAt < againMs) return undefined
      run.namedAt = time
      return loopOf(decision, problem, run)
    },
  }
}
