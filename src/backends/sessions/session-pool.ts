// The sessions of a session-era backend that belong to one caller each: opened when one calls, ended when idle.
import type { Clock } from '../../base/clock.ts'
import type { Principal } from '../../base/principal.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import { createRoster } from '../../base/roster.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { Call, Caller, Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { questionCapabilities, type Carried } from '../../mcp/questions.ts'
import { aboutTaskOf } from '../../mcp/tasks.ts'
import { isUnrelated } from '../link/changes.ts'
import { notSent, unavailable } from '../failure.ts'
import type { Link, LinkHooks, OpenedLink } from '../link/link.ts'
import type { Held } from '../watches/resource-watches.ts'
import { answerFor, notifyLoose, type Entry } from './session-entry.ts'
import { createPlaces } from './session-place.ts'
import { createTroubles, type Trouble } from './session-troubles.ts'

export interface PoolOptions {
  readonly name: string
  readonly clock: Clock
  readonly random: () => number
  readonly max: number
  readonly idleMs: number
  /** A session is a process: callers share one where nothing makes a difference between them. */
  readonly isCostly: boolean
  /** `declared`: what the server may ask, as `initialize` says. */
  dial(declared: Carried, owner: Caller, hooks: LinkHooks): Promise<OpenedLink>
  /** What becomes of a call for which no session opens; by default it fails with the problem. */
  orElse(call: Call, problem: Problem): Promise<Reply>
  /** What concerns the backend as a whole. */
  onNotification(notification: JsonRpcNotification): void
  /** A resource changed that is watched in the session of that key. */
  onUpdated(key: string, notification: JsonRpcNotification): void
  /** A session ended that nobody had closed, or did not come about. */
  onLost(): void
  /** Whether the session has another use, and so stays. */
  isKept(link: Link | undefined): boolean
  /** A question in the words of those who will read it. */
  expose(question: JsonRpcRequest): JsonRpcRequest
}

export interface SessionPool {
  /** Runs `work` on the session of the caller. */
  run(call: Call, work: (link: Link) => Promise<Reply>): Promise<Reply>
  /** Which session the caller has, and keeps until it has left. */
  placeOf(caller: Caller): SessionPlace
  /** Keeps that session of the caller open. */
  hold(caller: Caller, place: SessionPlace): Promise<Held | Reply>
  /** From now on the caller uses that session, of which the pool knows. */
  join(caller: Caller, link: Link): void
  /** The server asked something outside of the sessions of callers. */
  asked(): void
  /** The open sessions that the caller may use, and no others. */
  linksOf(caller: Caller): readonly Link[]
  close(graceMs: number): Promise<void>
}

export interface SessionPlace {
  /** One for each session that may be open. */
  readonly id: string
  readonly declared: Carried
}

/** Callers without a credential are one. */
const ownerOf = ({ method, key }: Principal): string => (method === 'none' ? '' : key)
const idOf = (declared: Carried, principal: Principal): string =>
  `${declared.key} ${ownerOf(principal)}`

/** Whether the caller needs a session of its own. What nobody can be told apart by, and can be asked nothing, shares one. */
export const needsOwnSession = ({ principal, client }: Caller): boolean =>
  principal.method !== 'none' || questionCapabilities(client).key !== ''

/** A caller declares few sets of capabilities; one who declares many shall not take the place of others. */
const maxPerCaller = 8

/** A session that stood this long was a good one. */
const steadyMs = 30_000
const overfull = (name: string, max: number): Reply => ({
  kind: 'refusal',
  problem: problemOf('limit-sessions', { backend: name, limit: max }),
})

export const createSessionPool = (options: PoolOptions): SessionPool => {
  const { name, clock, random, max, idleMs } = options
  // By caller, then by capabilities; in the order of use within the whole pool.
  const entries = new Map<string, Map<string, Entry>>()
  const all = new Set<Entry>()
  const troubles = createTroubles(clock, random)
  const closing = new AbortController()
  const places = createPlaces(options.isCostly)
  let sweeping = false

  const drop = (entry: Entry, graceMs?: number): Promise<void> => {
    all.delete(entry)
    const own = entries.get(entry.caller)
    if (own?.get(entry.declared.key) === entry) own.delete(entry.declared.key)
    if (own?.size === 0) entries.delete(entry.caller)
    return entry.opening.then(async (opened) => {
      if (opened.kind === 'open') await opened.link.transport.close(graceMs)
    })
  }

  const isIdle = (entry: Entry) =>
    entry.active.size === 0 && entry.holds === 0 && !options.isKept(entry.link)

  /** False when every session is in use, or every one that this caller may have. */
  const makeRoom = (caller: string): boolean => {
    const own = entries.get(caller)
    const crowded = own !== undefined && own.size >= maxPerCaller
    if (all.size < max && !crowded) return true
    for (const entry of crowded ? own.values() : all) {
      if (!isIdle(entry)) continue
      void drop(entry)
      return true
    }
    return false
  }

  const sweep = async () => {
    while (all.size > 0) {
      await clock.sleep(Math.max(1000, idleMs / 4), closing.signal)
      const now = clock.now()
      for (const entry of all) {
        if (isIdle(entry) && now - entry.lastUsed >= idleMs) void drop(entry)
      }
    }
  }
  const keepSweeping = () => {
    if (sweeping) return
    sweeping = true
    void sweep()
      .catch(() => undefined)
      .finally(() => {
        sweeping = false
      })
  }

  const open = (owner: Caller, declared: Carried): Entry => {
    const { principal } = owner
    const id = idOf(declared, principal)
    const findings = {
      asked: places.asked,
      misplaced: places.leave,
    }
    const entry: Entry = {
      caller: ownerOf(principal),
      declared,
      // Dialling says nothing before the entry stands.
      opening: Promise.resolve().then(() =>
        options.dial(declared, owner, {
          onNotification: (notification) => {
            if (notification.method === 'notifications/resources/updated') {
              options.onUpdated(id, notification)
            } else if (isUnrelated(notification)) options.onNotification(notification)
            else notifyLoose(entry, notification)
          },
          onQuestion: (question, peer, ...rest) =>
            answerFor(entry, options.expose(question), peer, findings, ...rest).then((answer) =>
              aboutTaskOf(question, answer),
            ),
          onRenewed: () => {
            entry.lost.abort()
            entry.lost = sharedAbort()
          },
        }),
      ),
      link: undefined,
      active: createRoster(),
      standing: new Map(),
      holds: 0,
      lost: sharedAbort(),
      lastUsed: clock.now(),
    }
    all.add(entry)
    const own = entries.get(entry.caller) ?? new Map<string, Entry>()
    entries.set(entry.caller, own.set(declared.key, entry))
    void entry.opening.then((opened) => {
      if (opened.kind === 'failed') {
        troubles.note(id, opened.problem, 'start')
        void drop(entry)
        options.onLost()
        return
      }
      entry.link = opened.link
      const since = clock.now()
      const onEnd = () => {
        if (clock.now() - since >= steadyMs) troubles.forget(id)
        else troubles.note(id, opened.link.ended.reason as Problem, 'end')
        entry.lost.abort()
        void drop(entry)
        options.onLost()
      }
      opened.link.ended.addEventListener('abort', onEnd, { once: true })
      if (opened.link.ended.aborted) onEnd()
    })
    keepSweeping()
    return entry
  }

  const stand = (entry: Entry, { session, client }: Caller): void => {
    if (session === undefined || entry.standing.has(session) || session.ended.aborted) return
    entry.standing.set(session, client)
    session.ended.addEventListener('abort', () => entry.standing.delete(session), { once: true })
  }

  const placeOf = (caller: Caller): SessionPlace => {
    const { principal } = caller
    const own = entries.get(ownerOf(principal))?.values() ?? []
    const declared = places.of(
      caller,
      [...own].map((entry) => entry.declared),
    )
    return { id: idOf(declared, principal), declared }
  }

  /** The trouble where none opens. */
  const entryFor = (caller: Caller, { id, declared }: SessionPlace): Entry | Reply | Trouble => {
    const known = entries.get(ownerOf(caller.principal))?.get(declared.key)
    if (known !== undefined) return known
    if (closing.signal.aborted) return notSent(unavailable(name, 'it is being closed', 'closing'))
    const trouble = troubles.standing(id)
    if (trouble !== undefined) return trouble
    return makeRoom(ownerOf(caller.principal)) ? open(caller, declared) : overfull(name, max)
  }
  const used = (entry: Entry) => {
    entry.lastUsed = clock.now()
    if (all.delete(entry)) all.add(entry)
  }

  return {
    run: async (call, work) => {
      const entry = entryFor(call.caller, placeOf(call.caller))
      if ('kind' in entry) return entry
      if ('problem' in entry) {
        return entry.at === 'start' ? options.orElse(call, entry.problem) : notSent(entry.problem)
      }
      const underWay = entry.active.add(call)
      stand(entry, call.caller)
      try {
        if (entry.link !== undefined) return await work(entry.link)
        const opened = await entry.opening
        return opened.kind === 'failed'
          ? await options.orElse(call, opened.problem)
          : await work(opened.link)
      } finally {
        entry.active.remove(underWay)
        used(entry)
      }
    },
    placeOf,
    asked: places.asked,
    join: ({ client, principal }, link) => {
      const own = [...(entries.get(ownerOf(principal))?.values() ?? [])]
      const entry = own.find((one) => one.link === link)
      if (entry !== undefined) places.settle(client, entry.declared)
    },
    hold: async (caller, place) => {
      const entry = entryFor(caller, place)
      if ('kind' in entry) return entry
      if ('problem' in entry) return notSent(entry.problem)
      entry.holds += 1
      const opened = await entry.opening
      if (opened.kind === 'failed') return notSent(opened.problem)
      return {
        link: opened.link,
        get lost() {
          return entry.lost.signal
        },
        release: () => {
          entry.holds -= 1
          used(entry)
        },
      }
    },
    linksOf: ({ principal, client }) => {
      const declared = places.known(client)
      const link =
        declared === undefined
          ? undefined
          : entries.get(ownerOf(principal))?.get(declared.key)?.link
      return link === undefined ? [] : [link]
    },
    close: async (graceMs) => {
      closing.abort()
      await Promise.all([...all].map((entry) => drop(entry, graceMs)))
    },
  }
}
