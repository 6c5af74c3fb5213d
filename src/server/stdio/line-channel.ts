// Messages to a client on a pipe: one line each, within bounds where the client does not read as fast as it is told.
import { writeJson } from '../../base/exact-json.ts'
import type { Writable } from 'node:stream'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { maxBuffered } from '../dialogue/flow.ts'

export interface LineChannel {
  /** What has to arrive. False when nobody can read it any more. */
  send(message: Uint8Array): boolean
  /** What comes beside the answers: progress and logs are left out while the client does not keep up, changes wait. */
  tell(notification: JsonRpcNotification): void
  /** Resolves when all is out, or can never be. */
  flushed(): Promise<void>
}

export interface ChannelEvents {
  /** The client does not keep up: nothing more should be taken from it. */
  onFull(): void
  onRoom(): void
  /** Nobody reads any more. */
  onGone(): void
}

const newline = 0x0a
const carriageReturn = 0x0d
const blank = 0x20
const lineEnd = Buffer.from('\n')

/** A relayed text may be laid out over lines; in JSON a line break is never part of a value. */
const onOneLine = (message: Uint8Array): Uint8Array => {
  if (!message.includes(newline) && !message.includes(carriageReturn)) return message
  return message.map((byte) => (byte === newline || byte === carriageReturn ? blank : byte))
}

/** Of each of these the next says as much as the one that was left out. */
const droppable: readonly string[] = ['notifications/progress', 'notifications/message']

export const createLineChannel = (output: Writable, events: ChannelEvents): LineChannel => {
  /** Each change once, however often it happened, and the oldest no longer where there are too many. */
  const waiting = new Set<string>()
  let waitingLength = 0
  const wait = (text: string) => {
    if (waiting.has(text)) return
    waiting.add(text)
    waitingLength += text.length
    for (const oldest of waiting) {
      if (waitingLength <= maxBuffered) return
      waiting.delete(oldest)
      waitingLength -= oldest.length
    }
  }
  let full = false
  let gone = false
  const whenEmpty: (() => void)[] = []

  const settle = () => {
    for (const resolve of whenEmpty.splice(0)) resolve()
  }
  let isCorked = false
  const uncork = () => {
    isCorked = false
    output.uncork()
  }
  /** All that is written within one turn of the event loop goes out in one write. */
  const write = (message: Uint8Array) => {
    if (!isCorked) {
      isCorked = true
      output.cork()
      setImmediate(uncork)
    }
    output.write(onOneLine(message))
    output.write(lineEnd)
    if (full || output.writableLength <= maxBuffered) return
    full = true
    events.onFull()
  }
  const isEmpty = () => gone || (output.writableLength === 0 && waiting.size === 0)

  output.on('drain', () => {
    const changes = [...waiting]
    waiting.clear()
    waitingLength = 0
    if (full) {
      full = false
      events.onRoom()
    }
    for (const change of changes) write(Buffer.from(change))
    if (isEmpty()) settle()
  })
  const onGone = () => {
    if (gone) return
    gone = true
    waiting.clear()
    waitingLength = 0
    settle()
    events.onGone()
  }
  // EPIPE, mostly: the client ended without a word.
  output.on('error', onGone)
  output.on('close', onGone)

  return {
    send: (message) => {
      if (!gone) write(message)
      return !gone
    },
    tell: (notification) => {
      if (gone) return
      const text = writeJson(notification)
      if (!full) write(Buffer.from(text))
      else if (!droppable.includes(notification.method)) wait(text)
    },
    flushed: () =>
      new Promise((resolve) => {
        if (isEmpty()) {
          resolve()
          return
        }
        whenEmpty.push(resolve)
        // Not every amount that is written ends in a drain.
        output.write('', () => {
          if (isEmpty()) settle()
        })
      }),
  }
}
