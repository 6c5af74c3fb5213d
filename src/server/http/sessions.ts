// Sessions of session-era clients: each belongs to one caller, holds what the client said, and ends when idle.
import { writeJson } from '../../base/exact-json.ts'
import { isSince } from '../../mcp/revision.ts'
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { anonymousKey } from '../../base/principal.ts'
import { fingerprint } from '../../base/secret.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { ClientFacts, SessionPeer } from '../../mcp/call.ts'
import { notAnswered } from '../../mcp/questions.ts'
import type { SessionView } from '../admin/context.ts'
import { wants, type Conversation } from '../dialogue/conversation.ts'
import { createEventBudget, createEventLog, type EventLog } from './event-log.ts'
import { createQuestions } from '../dialogue/questions.ts'

export interface Session extends Conversation {
  readonly id: string
  /** The key of the principal that opened it: nobody else may use it. */
  readonly owner: string
  /** Its event streams. Made with the first. */
  log: EventLog | undefined
  readonly opened: number
  lastUsed: number
}

export interface Sessions {
  /** `id`: what a gateway in front asks for; used where no session has it. */
  open(owner: string, client: ClientFacts, id?: string): Session
  /** Undefined for an unknown id, and for one of somebody else: the two must look the same. */
  find(id: string, owner: string): Session | undefined
  end(session: Session): void
  /** The event streams of the session. */
  logOf(session: Session): EventLog
  /** Makes `res` the one connection for what belongs to no call, or of the stream that was left at an event. */
  attach(
    session: Session,
    res: ServerResponse,
    until: number | undefined,
    lastEventId?: string,
  ): void
  broadcast(method: string): void
  /** Ends what was idle too long or lost its token, and keeps the other streams alive. */
  tick(): void
  endStreams(): void
  readonly count: number
  /** Longest unused first. */
  views(): readonly SessionView[]
  /** Ends those whose id has this fingerprint, and returns how many there were. */
  endBy(fingerprint: string): number
}

export interface SessionLimits {
  readonly idleMs: number
  readonly max: number
  /** Most sessions of one caller, where callers are told apart. */
  readonly maxPerOwner?: number
}

export const defaultLimits = { idleMs: 30 * 60_000, max: 10_000, maxPerOwner: 1000 }

const isIdle = (session: Session): boolean =>
  session.calls.size === 0 && session.log?.standing.connected !== true

/** Priming events confuse clients of earlier revisions, which read every event as a message. */
export const takesPriming = ({ client }: Session): boolean => isSince('2025-11-25', client)

const madeId = (): string => randomBytes(24).toString('base64url')

const longestShown = 200

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, longestShown) : ''

const viewOf = ({ id, opened, lastUsed, calls, client }: Session): SessionView => {
  const { clientInfo: info, protocolVersion } = client
  return {
    fingerprint: fingerprint(id),
    opened,
    lastUsed,
    calls: calls.size,
    client:
      info === undefined
        ? undefined
        : { name: textOf(info['name']), version: textOf(info['version']) },
    protocolVersion,
  }
}

const standingOf = (session: () => Session, ended: AbortSignal): SessionPeer => {
  let print: string | undefined
  return {
    get fingerprint() {
      print ??= fingerprint(session().id)
      return print
    },
    notify: (notification) => {
      const { log, logLevel } = session()
      if (wants(logLevel, notification)) log?.standing.send(writeJson(notification))
    },
    ask: (question, signal, onProgress) => {
      const asked = session()
      const stream = asked.log?.standing
      if (stream?.connected !== true) return Promise.resolve(notAnswered)
      asked.questions ??= createQuestions()
      return asked.questions.ask({
        question,
        capabilities: asked.client.capabilities,
        deliver: (message) => stream.send(writeJson(message)),
        signal,
        onProgress,
      })
    },
    get logLevel() {
      return session().logLevel
    },
    ended,
  }
}

export const createSessions = (
  clock: Clock,
  { idleMs, max, maxPerOwner = defaultLimits.maxPerOwner }: SessionLimits = defaultLimits,
): Sessions => {
  // In the order of use: `find` moves a session to the end.
  const sessions = new Map<string, Session>()
  const owners = new Map<string, Set<Session>>()
  const endings = new WeakMap<Session, AbortController>()
  const budget = createEventBudget()

  const end = (session: Session) => {
    sessions.delete(session.id)
    const own = owners.get(session.owner)
    own?.delete(session)
    if (own?.size === 0) owners.delete(session.owner)
    endings.get(session)?.abort()
    for (const call of session.calls.values()) call.abort()
    session.questions?.endAll()
    session.log?.close()
  }

  /** Of those that are idle the longest unused, else of all. */
  const endOneOf = (candidates: Iterable<Session>) => {
    let longestUnused: Session | undefined
    for (const session of candidates) {
      longestUnused ??= session
      if (!isIdle(session)) continue
      end(session)
      return
    }
    if (longestUnused !== undefined) end(longestUnused)
  }

  /** One who opens many makes room among its own. */
  const makeRoom = (owner: string) => {
    const own = owners.get(owner)
    const crowded = owner !== anonymousKey && own !== undefined && own.size >= maxPerOwner
    if (crowded) endOneOf([...own].sort((a, b) => a.lastUsed - b.lastUsed))
    else if (sessions.size >= max) endOneOf(sessions.values())
  }

  const logOf = (session: Session): EventLog =>
    (session.log ??= createEventLog(budget, () => clock.now()))

  return {
    open: (owner, client, wanted) => {
      makeRoom(owner)
      const ended = sharedAbort()
      const session: Session = {
        id: wanted === undefined || sessions.has(wanted) ? madeId() : wanted,
        owner,
        client,
        calls: new Map(),
        logLevel: undefined,
        standing: standingOf(() => session, ended.signal),
        questions: undefined,
        log: undefined,
        opened: clock.now(),
        lastUsed: clock.now(),
      }
      endings.set(session, ended)
      sessions.set(session.id, session)
      const own = owners.get(owner) ?? new Set()
      owners.set(owner, own.add(session))
      return session
    },
    find: (id, owner) => {
      const session = sessions.get(id)
      if (session === undefined || session.owner !== owner) return undefined
      session.lastUsed = clock.now()
      sessions.delete(id)
      sessions.set(id, session)
      return session
    },
    end,
    logOf,
    attach: (session, res, until, lastEventId) => {
      const log = logOf(session)
      res.on('close', () => {
        session.lastUsed = clock.now()
      })
      const stream = lastEventId === undefined ? log.standing : log.resume(lastEventId)
      // Of a stream that is not remembered there is no rest.
      if (stream === undefined) {
        res.end()
        return
      }
      stream.attach(res, until)
      if (stream === log.standing && takesPriming(session)) stream.prime()
    },
    broadcast: (method) => {
      const message = JSON.stringify({ jsonrpc: '2.0', method })
      for (const { log } of sessions.values()) log?.standing.send(message)
    },
    tick: () => {
      const now = clock.now()
      for (const session of sessions.values()) {
        if (isIdle(session) && now - session.lastUsed >= idleMs) {
          end(session)
          continue
        }
        session.log?.tick(now)
        session.log?.standing.comment('here')
      }
    },
    endStreams: () => {
      for (const { log } of sessions.values()) log?.standing.suspend(1000)
    },
    get count() {
      return sessions.size
    },
    views: () => [...sessions.values()].map(viewOf),
    endBy: (print) => {
      const found = [...sessions.values()].filter(({ id }) => fingerprint(id) === print)
      for (const session of found) end(session)
      return found.length
    },
  }
}
