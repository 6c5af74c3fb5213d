// What was written on the event streams of one session, kept within limits for a client that comes back for the rest.
import type { ServerResponse } from 'node:http'
import { encodeSse, sseComment } from '../../mcp/sse.ts'
import { drainedOf, maxBuffered } from '../dialogue/flow.ts'

interface Kept {
  readonly seq: number
  readonly data: string
  readonly bytes: number
  /** Takes it out of its stream. */
  forget(): void
}

/** What all sessions together may keep: the oldest goes first. */
export interface EventBudget {
  keep(event: Kept): void
  release(event: Kept): void
  readonly bytes: number
}

/** What an event takes besides its text, roughly. */
const overhead = 500
export const maxAllBytes = 64 * 1024 * 1024
export const maxSessionBytes = 1024 * 1024

export const createEventBudget = (limit = maxAllBytes): EventBudget => {
  const kept = new Set<Kept>()
  let bytes = 0
  const release = (event: Kept) => {
    if (kept.delete(event)) bytes -= event.bytes
  }
  return {
    keep: (event) => {
      kept.add(event)
      bytes += event.bytes
      for (const oldest of kept) {
        if (bytes <= limit || oldest === event) break
        oldest.forget()
      }
    },
    release,
    get bytes() {
      return bytes
    },
  }
}

/** One stream as the client sees it, over however many connections. */
export interface EventStream {
  /** Goes out now, when the reader keeps up again, or to the connection that asks for the rest. False after the end. */
  send(data: string): boolean
  /** An event without data: says where to come back to (MCP 2025-11-25 transports, resumability). */
  prime(): void
  /** Makes `res` the one connection of the stream. Its head must be written. */
  attach(res: ServerResponse, until: number | undefined): void
  /** Closes the connection and leaves the stream open: the client is asked to come back. */
  suspend(retryMs: number, onBack?: () => void): void
  comment(text: string): void
  /** Resolves when the connection has taken what was written, or is gone; undefined while it keeps up, or there is none. */
  drained(): Promise<void> | undefined
  /** Nothing more will be sent; the connection ends when all is out. */
  end(): void
  /** Ends the connection when the token that opened it has ended. */
  expire(now: number): void
  readonly connected: boolean
  readonly ended: boolean
}

export interface EventLog {
  /** The stream for what belongs to no call. */
  readonly standing: EventStream
  open(): EventStream
  /** The stream of an event id, positioned behind that event; undefined when nothing is known of it. */
  resume(lastEventId: string): EventStream | undefined
  /** Forgets streams that ended a while ago, and ends connections whose token has. */
  tick(now: number): void
  close(): void
}

const endedKeptMs = 5 * 60_000

interface OwnStream extends EventStream {
  rewind(seq: number): void
  forgetAll(): void
  readonly endedAt: number | undefined
}

interface Shelf {
  /** Nothing is left of a stream that has ended. */
  empty(id: number): void
  keep(event: Kept): void
  release(event: Kept): void
}

const standingId = 0

const createStream = (id: number, shelf: Shelf, now: () => number): OwnStream => {
  const events: Kept[] = []
  let lastSeq = 0
  /** The last event that was handed to the connection. */
  let sent = 0
  let res: ServerResponse | undefined
  let validUntil: number | undefined
  let endedAt: number | undefined
  let asked = false
  /** Called when there is a connection again. */
  let awaited: (() => void) | undefined

  const flush = () => {
    if (res === undefined || res.destroyed) return
    for (const { seq, data } of events) {
      if (seq <= sent) continue
      // A reader that does not keep up gets the rest when it has read: memory holds each event once.
      if (res.writableLength > maxBuffered) return
      sent = seq
      res.write(
        data === '' ? `id: ${id}-${seq}\ndata: \n\n` : encodeSse(data, { id: `${id}-${seq}` }),
      )
    }
    if (endedAt !== undefined) res.end()
  }
  const push = (data: string): boolean => {
    // Before a client first asked for what belongs to no call, nobody waits for it.
    if (endedAt !== undefined || (id === standingId && !asked)) return false
    const event: Kept = {
      seq: ++lastSeq,
      data,
      bytes: data.length + overhead,
      forget: () => {
        const at = events.indexOf(event)
        if (at !== -1) events.splice(at, 1)
        shelf.release(event)
        if (events.length === 0 && endedAt !== undefined && res === undefined) shelf.empty(id)
      },
    }
    events.push(event)
    shelf.keep(event)
    flush()
    return true
  }
  const leave = () => {
    const connection = res
    res = undefined
    connection?.end()
  }
  return {
    send: push,
    prime: () => void push(''),
    attach: (next, until) => {
      leave()
      asked = true
      res = next
      validUntil = until
      awaited?.()
      awaited = undefined
      next.on('drain', flush)
      next.on('close', () => {
        if (res === next) res = undefined
      })
      flush()
    },
    suspend: (retryMs, onBack) => {
      awaited = onBack
      if (res?.destroyed === false) res.write(`retry: ${Math.round(retryMs)}\n\n`)
      leave()
    },
    comment: (text) => {
      if (res === undefined || res.destroyed || res.writableLength > maxBuffered) return
      res.write(sseComment(text))
    },
    drained: () => (res === undefined ? undefined : drainedOf(res)),
    end: () => {
      endedAt ??= now()
      flush()
    },
    expire: (at) => {
      if (res !== undefined && validUntil !== undefined && validUntil <= at) leave()
    },
    rewind: (seq) => {
      sent = Math.min(seq, lastSeq)
    },
    forgetAll: () => {
      while (events[0] !== undefined) events[0].forget()
    },
    get connected() {
      return res !== undefined && !res.destroyed
    },
    get ended() {
      return endedAt !== undefined
    },
    get endedAt() {
      return endedAt
    },
  }
}

const idPattern = /^(\d{1,9})-(\d{1,9})$/

export const createEventLog = (budget: EventBudget, now: () => number): EventLog => {
  const streams = new Map<number, OwnStream>()
  const kept = new Set<Kept>()
  let bytes = 0
  let lastId = standingId - 1

  const shelf: Shelf = {
    empty: (id) => streams.delete(id),
    keep: (event) => {
      kept.add(event)
      bytes += event.bytes
      budget.keep(event)
      for (const oldest of kept) {
        if (bytes <= maxSessionBytes || oldest === event) break
        oldest.forget()
      }
    },
    release: (event) => {
      if (kept.delete(event)) bytes -= event.bytes
      budget.release(event)
    },
  }
  const open = (): OwnStream => {
    const id = ++lastId
    const stream = createStream(id, shelf, now)
    streams.set(id, stream)
    return stream
  }
  const standing = open()
  return {
    standing,
    open,
    resume: (lastEventId) => {
      const [, id, seq] = idPattern.exec(lastEventId) ?? []
      const stream = streams.get(Number(id))
      stream?.rewind(Number(seq))
      return stream
    },
    tick: (at) => {
      for (const [id, stream] of streams) {
        stream.expire(at)
        if (
          stream.endedAt !== undefined &&
          !stream.connected &&
          at - stream.endedAt >= endedKeptMs
        ) {
          streams.delete(id)
          stream.forgetAll()
        }
      }
    },
    close: () => {
      for (const stream of streams.values()) stream.end()
      for (const event of kept) event.forget()
    },
  }
}
