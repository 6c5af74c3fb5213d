// An MCP server as a child process: one JSON-RPC message per line, shared by all callers.
import type { CancelSignal } from '../base/cancellation.ts'
import type { Ports } from '../base/ports.ts'
import type { Peer, Reply } from '../mcp/call.ts'
import { isTooDeep, readMessageBytes } from '../mcp/envelope.ts'
import {
  readMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type Message,
} from '../mcp/message.ts'
import type { Dialler, LinkEvents, Transport } from './backend.ts'
import { startGroup, type ChildCommand, type ChildGroup } from './child-group.ts'
import { childLog, type ChildLog } from './child-log.ts'
import { notSent, outcomeUnknown, outsideProtocol, sent, unavailable } from './failure.ts'
import { idOfOverlong, lineCutter } from './lines.ts'
import { createPending, type Pending, type Waiting } from './pending.ts'
import { createQuestionDesk, type QuestionDesk } from './question-desk.ts'

export interface StdioTarget extends ChildCommand {
  readonly name: string
}

/** The largest message that a backend may send. */
export const maxLineBytes = 10 * 1024 * 1024
/** What may wait in the pipe to a child that does not read. */
export const maxUnreadBytes = 64 * 1024 * 1024
const defaultGraceMs = 5000

interface Batch {
  /** The text is asked for when it goes out; undefined when it is not wanted any more. */
  push(text: () => string | undefined): void
}

/** All that is said within one turn of the event loop goes out in one write. */
const batchedWrites = (group: ChildGroup): Batch => {
  let texts: (() => string | undefined)[] = []
  const flush = () => {
    const batch = texts
    texts = []
    if (!group.stdin.writable) return
    let joined = ''
    for (const textOf of batch) {
      const text = textOf()
      if (text !== undefined) joined += `${text}\n`
    }
    if (joined !== '') group.stdin.write(joined)
  }
  return {
    push: (text) => {
      if (texts.push(text) === 1) setImmediate(flush)
    },
  }
}

interface Inbox {
  readonly name: string
  readonly pending: Pending
  readonly questions: QuestionDesk
  readonly events: LinkEvents
  readonly writes: Batch
  /** Answers a question of the child. */
  say(text: string): void
  readonly log: ChildLog
}

/** A shared channel does not say which request a log message belongs to: it is clear while there is but one. */
const relayLoose = (notification: JsonRpcNotification, { pending, events }: Inbox): void => {
  const peer = notification.method === 'notifications/message' ? pending.onlyPeer() : undefined
  if (peer === undefined) events.onNotification(notification)
  else peer.notify(notification)
}

const deliver = (message: Message, line: Uint8Array, inbox: Inbox): void => {
  const { pending, questions, log, name } = inbox
  switch (message.kind) {
    case 'result':
      pending.find(message.id)?.settle({ kind: 'result', result: message.result })
      break
    case 'error':
      pending.find(message.id)?.settle({ kind: 'error', error: message.error })
      break
    case 'notification':
      if (pending.progress(message.notification)) break
      if (pending.acknowledged(message.notification)) break
      if (!questions.withdraw(message.notification)) relayLoose(message.notification, inbox)
      break
    case 'request':
      questions.take(message.request, pending.onlyPeer(), (text) => inbox.say(text))
      break
    case 'invalid': {
      const id =
        message.id ??
        (isTooDeep(line) ? idOfOverlong(line.subarray(0, 1024), line.subarray(-1024)) : undefined)
      const waiting = id === undefined ? undefined : pending.find(id)
      if (waiting === undefined) log.write('stdout', line)
      else waiting.settle(sent(outsideProtocol(name, message.why)))
    }
  }
}

/** Revision 2025-03-26 may answer with a batch. */
const readLine = (line: Uint8Array): readonly Message[] => {
  if (line[0] !== 0x5b || isTooDeep(line)) return [readMessageBytes(line)]
  try {
    const batch: unknown = JSON.parse(Buffer.from(line).toString('utf8'))
    if (Array.isArray(batch)) return batch.map((element) => readMessage(element))
  } catch {
    // A line like "[info] ..." is no batch.
  }
  return [{ kind: 'invalid', why: 'not JSON', id: undefined }]
}

const readOutput = (group: ChildGroup, inbox: Inbox): void => {
  const { name, pending, log } = inbox
  const onLine = (line: Uint8Array) => {
    if (line.length === 0) return
    for (const message of readLine(line)) deliver(message, line, inbox)
  }
  const onOverlong = (head: Uint8Array, tail: Uint8Array) => {
    const id = idOfOverlong(head, tail)
    const waiting = id === undefined ? undefined : pending.find(id)
    const why = `a message of more than ${maxLineBytes} bytes`
    if (waiting === undefined) log.write('stdout', Buffer.from(`(${why} was dropped)`))
    else waiting.settle(sent(outsideProtocol(name, why)))
  }
  const writeError = (line: Uint8Array) => log.write('stderr', line)
  group.stdout.on('data', lineCutter(maxLineBytes, { onLine, onOverlong }))
  group.stderr.on('data', lineCutter(64 * 1024, { onLine: writeError, onOverlong: writeError }))
  group.stdout.on('error', () => undefined)
  group.stderr.on('error', () => undefined)
  // A child that no longer reads is of no use, even if it lives on.
  group.stdin.on('error', () => void group.end(defaultGraceMs))
}

const cancelled = (id: number): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: id, reason: 'The caller cancelled or left' },
  })

const transportOver = (group: ChildGroup, inbox: Inbox): Transport => {
  const { name, pending, questions, events, writes } = inbox
  let ended: string | undefined
  let closing = false

  void group.gone.then((how) => {
    ended = how
    questions.close()
    pending.failAll((waiting) =>
      waiting.sent ? sent(outcomeUnknown(name, how)) : notSent(unavailable(name, how)),
    )
    if (!closing) events.onEnd(unavailable(name, how))
  })

  const abandon = (waiting: Waiting) => {
    if (waiting.sent) writes.push(() => cancelled(waiting.id))
    waiting.settle(
      waiting.sent
        ? sent(outcomeUnknown(name, 'the call was cancelled'))
        : notSent(unavailable(name, 'the call was cancelled before it was sent')),
    )
  }
  const request = async (
    message: JsonRpcRequest,
    peer: Peer,
    signal: CancelSignal,
  ): Promise<Reply> => {
    if (ended !== undefined) return notSent(unavailable(name, ended))
    if (signal.aborted) return notSent(unavailable(name, 'the call was cancelled'))
    if (group.stdin.writableLength > maxUnreadBytes) {
      return notSent(unavailable(name, 'it does not read its input'))
    }
    const waiting = pending.add(message, peer)
    const onAbort = () => abandon(waiting)
    signal.addEventListener('abort', onAbort, { once: true })
    writes.push(() => {
      if (pending.find(waiting.id) !== waiting) return undefined
      waiting.markSent()
      return waiting.text
    })
    try {
      return await waiting.reply
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
  return {
    request,
    notify: async (notification: JsonRpcNotification) => {
      writes.push(() => JSON.stringify(notification))
    },
    close: async (graceMs = defaultGraceMs) => {
      closing = true
      await group.end(graceMs)
    },
  }
}

export const stdioDialler = (target: StdioTarget, ports: Ports): Dialler => ({
  survivesProbe: false,
  dial: async (events) => {
    const started = await startGroup(target, ports.clock)
    if (started.kind === 'failed') {
      return { kind: 'failed', problem: unavailable(target.name, started.why) }
    }
    const { group } = started
    const writes = batchedWrites(group)
    const inbox: Inbox = {
      name: target.name,
      pending: createPending(),
      questions: createQuestionDesk((...question) => events.onQuestion(...question)),
      events,
      writes,
      say: (text) => {
        // One that asks without end and reads no answers would fill our memory.
        if (group.stdin.writableLength > maxUnreadBytes) void group.end(defaultGraceMs)
        else writes.push(() => text)
      },
      log: childLog(target.name, Object.values(target.env), ports),
    }
    readOutput(group, inbox)
    return { kind: 'open', transport: transportOver(group, inbox) }
  },
})
