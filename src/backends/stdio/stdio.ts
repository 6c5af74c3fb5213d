// An MCP server as a child process: one JSON-RPC message per line, shared by all callers.
import type { Ports } from '../../base/ports.ts'
import { within } from '../../base/within.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { createChannel, maxUnreadBytes, type Channel } from '../channel/channel.ts'
import { startGroup, type ChildCommand, type ChildGroup } from './child-group.ts'
import { childLog, type ChildLog } from '../stray-output.ts'
import { outsideProtocol, sent, unavailable } from '../failure.ts'
import { idOfOverlong, lineCutter } from '../../mcp/lines.ts'
import type { Dialler, LinkEvents, Transport } from '../transport.ts'

export interface StdioTarget extends ChildCommand {
  readonly name: string
  /** The largest message that the backend may send. */
  readonly maxBytes: number
}

const defaultGraceMs = 5000
/** A child that exits closes its output first, and soon after that it is gone. */
const exitMs = 1000
/** What a message begins with, and what is written beside the protocol mostly does not. */
const openBrace = 0x7b

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

const readOutput = (
  { name, maxBytes }: StdioTarget,
  group: ChildGroup,
  channel: Channel,
  log: ChildLog,
): void => {
  const onLine = (line: Uint8Array) => {
    if (line.length > 0) channel.receive(line)
  }
  const onOverlong = (head: Uint8Array, tail: Uint8Array) => {
    const waiting = head[0] === openBrace ? channel.find(idOfOverlong(head, tail)) : undefined
    const why = `a message of more than ${maxBytes} bytes`
    if (waiting === undefined) log.write('stdout', Buffer.from(`(${why} was dropped)`))
    else waiting.settle(sent(outsideProtocol(name, why)))
  }
  const writeError = (line: Uint8Array) => log.write('stderr', line)
  group.stdout.on('data', lineCutter(maxBytes, { onLine, onOverlong }))
  group.stderr.on('data', lineCutter(64 * 1024, { onLine: writeError, onOverlong: writeError }))
  group.stdout.on('error', () => undefined)
  group.stderr.on('error', () => undefined)
  // A child that no longer reads is of no use, even if it lives on.
  group.stdin.on('error', () => void group.end(defaultGraceMs))
}

const transportOver = (
  target: StdioTarget,
  group: ChildGroup,
  events: LinkEvents,
  log: ChildLog,
  ports: Ports,
): Transport => {
  const { name } = target
  const writes = batchedWrites(group)
  const isFull = () => group.stdin.writableLength > maxUnreadBytes
  const channel = createChannel({
    name,
    events,
    log: ports.log,
    send: (text) => {
      // One that asks without end and reads no answers would fill our memory.
      if (isFull()) void group.end(defaultGraceMs)
      else writes.push(text)
    },
    isFull,
    onStray: (line) => log.write('stdout', line),
  })
  let closing = false
  readOutput(target, group, channel, log)
  let isMute = false
  group.stdout.once('end', () => {
    void within(
      group.gone.then(() => undefined),
      { ms: exitMs, clock: ports.clock },
      () => {
        isMute = true
        return group.end(defaultGraceMs)
      },
    )
  })
  void group.gone.then((exit) => {
    const how = isMute ? 'it closed its standard output' : exit
    channel.end(how, 'ended')
    if (!closing) events.onEnd(unavailable(name, how, 'ended'))
  })
  return {
    request: channel.request,
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
      return { kind: 'failed', problem: unavailable(target.name, started.why, 'program') }
    }
    const log = childLog(target.name, Object.values(target.env), ports)
    return { kind: 'open', transport: transportOver(target, started.group, events, log, ports) }
  },
})
