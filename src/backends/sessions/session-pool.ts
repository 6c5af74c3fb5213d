// The sessions of a session-era backend that belong to one caller each: opened when one calls, ended when idle.
import type { Clock } from '../../base/clock.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import { createRoster } from '../../base/roster.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { Call, Caller, ClientFacts, Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { questionCapabilities } from '../../mcp/questions.ts'
import { aboutTaskOf } from '../../mcp/tasks.ts'
import { isUnrelated } from '../link/changes.ts'
import { notSent, unavailable } from '../failure.ts'
import type { Link, LinkHooks, OpenedLink } from '../link/link.ts'
import type { Held } from '../watches/resource-watches.ts'
import { answerFor, notifyLoose, type Entry } from './session-entry.ts'
import { createTroubles } from './session-troubles.ts'

export interface PoolOptions {
  readonly name: string
  readonly clock: Clock
  readonly random: () => number
  readonly max: number
  readonly idleMs: number
  dial(client: ClientFacts, hooks: LinkHooks): Promise<OpenedLink>
  /** What concerns the backend as a whole. */
  onNotification(notification: JsonRpcNotification): void
  /** A resource changed that is watched in the session of that key. */
  onUpdated(key: string, notification: JsonRpcNotification): void
  /** A session ended that nobody had closed, or did not come about. */
  onLost(): void
  /** A question in the words of those who will read it. */
  expose(question: JsonRpcRequest): JsonRpcRequest
}

export interface SessionPool {
  /** Runs `work` on the session of the caller. */
  run(call: Call, work: (link: Link) => Promise<Reply>): Promise<Reply>
  /** Keeps the session of the caller open. */
  hold(caller: Caller): Promise<Held | Reply>
  /** The open sessions that the caller may use, and no others. */
  linksOf(caller: Caller): readonly Link[]
  close(graceMs: number): Promise<void>
}

export const sessionKey = ({ principal, client }: Caller): string =>
  `${questionCapabilities(client).key} ${principal.key}`

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
  let sweeping = false

  const drop = (entry: Entry, graceMs?: number): Promise<void> => {
    all.delete(entry)
    const own = entries.get(entry.caller)
    if (own?.get(entry.key) === entry) own.delete(entry.key)
    if (own?.size === 0) entries.delete(entry.caller)
    return entry.opening.then(async (opened) => {
      if (opened.kind === 'open') await opened.link.transport.close(graceMs)
    })
  }

  const isIdle = (entry: Entry) => entry.active.size === 0 && entry.holds === 0

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

  const open = ({ principal, client }: Caller, key: string): Entry => {
    const entry: Entry = {
      caller: principal.key,
      key,
      client,
      // Dialling says nothing before the entry stands.
      opening: Promise.resolve().then(() =>
        options.dial(client, {
          onNotification: (notification) => {
            if (notification.method === 'notifications/resources/updated') {
              options.onUpdated(`${key} ${principal.key}`, notification)
            } else if (isUnrelated(notification)) options.onNotification(notification)
            else notifyLoose(entry, notification)
          },
          onQuestion: (question, peer, ...rest) =>
            answerFor(entry, options.expose(question), peer, ...rest).then((answer) =>
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
      standing: new Set(),
      holds: 0,
      lost: sharedAbort(),
      lastUsed: clock.now(),
    }
    all.add(entry)
    const own = entries.get(entry.caller) ?? new Map<string, Entry>()
    entries.set(entry.caller, own.set(key, entry))
    const id = `${key} ${principal.key}`
    void entry.opening.then((opened) => {
      if (opened.kind === 'failed') {
        troubles.note(id, opened.problem)
        void drop(entry)
        options.onLost()
        return
      }
      entry.link = opened.link
      const since = clock.now()
      const onEnd = () => {
        if (clock.now() - since >= steadyMs) troubles.forget(id)
        else troubles.note(id, opened.link.ended.reason as Problem)
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

  const stand = (entry: Entry, { session }: Caller): void => {
    if (session === undefined || entry.standing.has(session) || session.ended.aborted) return
    entry.standing.add(session)
    session.ended.addEventListener('abort', () => entry.standing.delete(session), { once: true })
  }

  const entryFor = (caller: Caller): Entry | Reply => {
    const { key } = questionCapabilities(caller.client)
    const known = entries.get(caller.principal.key)?.get(key)
    if (known !== undefined) return known
    if (closing.signal.aborted) return notSent(unavailable(name, 'it is being closed', 'closing'))
    const trouble = troubles.standing(`${key} ${caller.principal.key}`)
    if (trouble !== undefined) return notSent(trouble)
    return makeRoom(caller.principal.key) ? open(caller, key) : overfull(name, max)
  }
  const used = (entry: Entry) => {
    entry.lastUsed = clock.now()
    if (all.delete(entry)) all.add(entry)
  }

  return {
    run: async (call, work) => {
      const entry = entryFor(call.caller)
      if ('kind' in entry) return entry
      const underWay = entry.active.add(call)
      stand(entry, call.caller)
      try {
        if (entry.link !== undefined) return await work(entry.link)
        const opened = await entry.opening
        return opened.kind === 'failed' ? notSent(opened.problem) : await work(opened.link)
      } finally {
        entry.active.remove(underWay)
        used(entry)
      }
    },
    hold: async (caller) => {
      const entry = entryFor(caller)
      if ('kind' in entry) return entry
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
      const link = entries.get(principal.key)?.get(questionCapabilities(client).key)?.link
      return link === undefined ? [] : [link]
    },
    close: async (graceMs) => {
      closing.abort()
      await Promise.all([...all].map((entry) => drop(entry, graceMs)))
    },
  }
}
