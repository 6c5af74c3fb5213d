// Sessions of session-era clients: each belongs to one caller, holds what the client said, and ends when idle.
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Cancel } from '../base/cancellation.ts'
import type { Clock } from '../base/clock.ts'
import type { ClientFacts } from '../mcp/call.ts'
import type { JsonRpcId } from '../mcp/message.ts'
import { encodeSse, sseComment } from '../mcp/sse.ts'
import { maxBuffered } from './answer-stream.ts'

export interface Session {
  readonly id: string
  /** The key of the principal that opened it: nobody else may use it. */
  readonly owner: string
  readonly client: ClientFacts
  /** Calls in flight by the client's id for them. */
  readonly calls: Map<JsonRpcId, Cancel>
  /** Least log level that the client wants; undefined: it never said. */
  logLevel: string | undefined
  /** The stream for what belongs to no call. */
  stream: ServerResponse | undefined
  /** When the token that opened the stream ends, and the stream with it. */
  streamUntil: number | undefined
  lastUsed: number
}

export interface Sessions {
  open(owner: string, client: ClientFacts): Session
  /** Undefined for an unknown id, and for one of somebody else: the two must look the same. */
  find(id: string, owner: string): Session | undefined
  end(session: Session): void
  /** Makes `stream` the one stream of the session. */
  attach(session: Session, stream: ServerResponse, until: number | undefined): void
  broadcast(method: string): void
  /** Ends what was idle too long or lost its token, and keeps the other streams alive. */
  tick(): void
  endStreams(): void
  readonly count: number
}

export interface SessionLimits {
  readonly idleMs: number
  readonly max: number
}

export const defaultLimits: SessionLimits = { idleMs: 30 * 60_000, max: 10_000 }

const isIdle = (session: Session): boolean =>
  session.stream === undefined && session.calls.size === 0

export const createSessions = (
  clock: Clock,
  { idleMs, max }: SessionLimits = defaultLimits,
): Sessions => {
  // In the order of use: `find` moves a session to the end.
  const sessions = new Map<string, Session>()

  const end = (session: Session) => {
    sessions.delete(session.id)
    session.stream?.end()
    for (const call of session.calls.values()) call.abort()
  }

  const makeRoom = () => {
    if (sessions.size < max) return
    let longestUnused: Session | undefined
    for (const session of sessions.values()) {
      longestUnused ??= session
      if (isIdle(session)) {
        end(session)
        return
      }
    }
    if (longestUnused !== undefined) end(longestUnused)
  }

  const write = ({ stream }: Session, text: string) => {
    if (stream === undefined || stream.destroyed || stream.writableLength > maxBuffered) return
    stream.write(text)
  }

  return {
    open: (owner, client) => {
      makeRoom()
      const session: Session = {
        id: randomBytes(24).toString('base64url'),
        owner,
        client,
        calls: new Map(),
        logLevel: undefined,
        stream: undefined,
        streamUntil: undefined,
        lastUsed: clock.now(),
      }
      sessions.set(session.id, session)
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
    attach: (session, stream, until) => {
      session.stream?.end()
      session.stream = stream
      session.streamUntil = until
      stream.on('close', () => {
        if (session.stream === stream) session.stream = undefined
        session.lastUsed = clock.now()
      })
    },
    broadcast: (method) => {
      const event = encodeSse(JSON.stringify({ jsonrpc: '2.0', method }))
      for (const session of sessions.values()) write(session, event)
    },
    tick: () => {
      const now = clock.now()
      for (const session of sessions.values()) {
        if (isIdle(session) && now - session.lastUsed >= idleMs) end(session)
        else if (session.streamUntil !== undefined && session.streamUntil <= now) {
          session.stream?.end()
        } else write(session, sseComment('here'))
      }
    },
    endStreams: () => {
      for (const { stream } of sessions.values()) stream?.end()
    },
    get count() {
      return sessions.size
    },
  }
}
