// The sessions of a session-era backend that belong to one caller each: opened when one calls, ended when idle.
import type { Clock } from '../base/clock.ts'
import type { Problem } from '../base/problem.ts'
import { createRoster, type Roster } from '../base/roster.ts'
import { sharedAbort } from '../base/shared-abort.ts'
import { messageOf } from '../core/check.ts'
import type { Call, ClientFacts, Peer, Reply, Standing } from '../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../mcp/message.ts'
import { methodSpec } from '../mcp/methods.ts'
import {
  isQuestion,
  lackedFor,
  notAssociated,
  notOffered,
  questionCapabilities,
} from '../mcp/questions.ts'
import { aboutTaskOf } from '../mcp/tasks.ts'
import type { Caller } from './backend.ts'
import { createBackoff, type Backoff } from './backoff.ts'
import { isUnrelated } from './changes.ts'
import { notSent, unavailable } from './failure.ts'
import type { Link, LinkHooks, OpenedLink } from './link.ts'
import type { Held } from './resource-watches.ts'

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

interface Entry {
  readonly caller: string
  readonly key: string
  readonly client: ClientFacts
  readonly opening: Promise<OpenedLink>
  link: Link | undefined
  /** The calls that use it now. */
  readonly active: Roster<Call>
  /** Those who keep it open between calls. */
  holds: number
  /** Aborts when the server has forgotten the session, and is renewed with it. */
  lost: AbortController
  /** The clients that use it and can be spoken to between their calls. */
  readonly standing: Set<Standing>
  lastUsed: number
}

export const sessionKey = ({ principal, client }: Caller): string =>
  `${questionCapabilities(client).key} ${principal.key}`

/** Whether the caller needs a session of its own. What nobody can be told apart by, and can be asked nothing, shares one. */
export const needsOwnSession = ({ principal, client }: Caller): boolean =>
  principal.method !== 'none' || questionCapabilities(client).key !== ''

/**
 * Whom a message without a mark is for. Several calls of one client are no doubt: it is asked once, in any of them. Where
 * no call is open, the one client that there is.
 */
const addressee = ({ active, standing }: Entry): Peer | undefined => {
  let found: Call | undefined
  for (const call of active.values()) {
    // Who waits for a list is not where its questions go.
    if (methodSpec(call.request.method)?.routing === 'list') continue
    if (found !== undefined && found.client !== call.client) return undefined
    found ??= call
  }
  if (found !== undefined) return found.peer
  const [only] = standing
  return standing.size === 1 ? only : undefined
}

const answerFor = (
  entry: Entry,
  question: JsonRpcRequest,
  peer: Peer | undefined,
  ...rest: [AbortSignal, ((notification: JsonRpcNotification) => void)?]
): Promise<Reply> => {
  const { capabilities } = questionCapabilities(entry.client)
  if (!isQuestion(question.method) || lackedFor(capabilities, question) !== undefined) {
    return Promise.resolve(notOffered(question.method))
  }
  const asked = peer ?? addressee(entry)
  return asked === undefined ? Promise.resolve(notAssociated) : asked.ask(question, ...rest)
}

/** A caller declares few sets of capabilities; one who declares many shall not take the place of others. */
const maxPerCaller = 8

const forClients: readonly string[] = [
  'notifications/message',
  'notifications/elicitation/complete',
]

const notifyLoose = (entry: Entry, notification: JsonRpcNotification): void => {
  if (!forClients.includes(notification.method)) return
  const one = addressee(entry)
  if (one !== undefined) one.notify(notification)
  else for (const client of entry.standing) client.notify(notification)
}

/** A session that stood this long was a good one. */
const steadyMs = 30_000
/** Callers whose sessions fail, remembered so that their calls do not start a process each. */
const maxTroubled = 1000

interface Trouble {
  readonly backoff: Backoff
  readonly problem: Problem
  /** No new session before this. */
  readonly until: number
}

const overfull = (name: string, max: number): Reply => ({
  kind: 'refusal',
  problem: {
    code: 'limit-sessions',
    detail: messageOf('limit-sessions', { backend: name, limit: max }),
  },
})

export const createSessionPool = (options: PoolOptions): SessionPool => {
  const { name, clock, random, max, idleMs } = options
  // By caller, then by capabilities; in the order of use within the whole pool.
  const entries = new Map<string, Map<string, Entry>>()
  const all = new Set<Entry>()
  const troubled = new Map<string, Trouble>()
  const closing = new AbortController()
  let sweeping = false

  /** Once may happen to anybody; what fails again is tried less and less often. */
  const noteTrouble = (id: string, problem: Problem) => {
    const known = troubled.get(id)
    const backoff = known?.backoff ?? createBackoff(random)
    const waitMs = known === undefined ? 0 : backoff.next()
    troubled.delete(id)
    troubled.set(id, { backoff, problem, until: clock.now() + waitMs })
    const [oldest] = troubled.keys()
    if (troubled.size > maxTroubled && oldest !== undefined) troubled.delete(oldest)
  }

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
        noteTrouble(id, opened.problem)
        void drop(entry)
        options.onLost()
        return
      }
      entry.link = opened.link
      const since = clock.now()
      const onEnd = () => {
        if (clock.now() - since >= steadyMs) troubled.delete(id)
        else noteTrouble(id, opened.link.ended.reason as Problem)
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

  const stand = (entry: Entry, { session }: Call): void => {
    if (session === undefined || entry.standing.has(session) || session.ended.aborted) return
    entry.standing.add(session)
    session.ended.addEventListener('abort', () => entry.standing.delete(session), { once: true })
  }

  const entryFor = (caller: Caller): Entry | Reply => {
    const { key } = questionCapabilities(caller.client)
    const known = entries.get(caller.principal.key)?.get(key)
    if (known !== undefined) return known
    if (closing.signal.aborted) return notSent(unavailable(name, 'it is being closed'))
    const trouble = troubled.get(`${key} ${caller.principal.key}`)
    if (trouble !== undefined && trouble.until > clock.now()) return notSent(trouble.problem)
    return makeRoom(caller.principal.key) ? open(caller, key) : overfull(name, max)
  }
  const used = (entry: Entry) => {
    entry.lastUsed = clock.now()
    if (all.delete(entry)) all.add(entry)
  }

  return {
    run: async (call, work) => {
      const entry = entryFor(call)
      if ('kind' in entry) return entry
      const underWay = entry.active.add(call)
      stand(entry, call)
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
