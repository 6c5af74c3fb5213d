// An MCP server over WebSocket: one JSON-RPC message in each text frame, on a connection that all callers share.
import type { RawData, WebSocket } from 'ws'
import { untilAborted } from '../../base/cancellation.ts'
import type { Ports } from '../../base/ports.ts'
import type { Caller } from '../../mcp/call.ts'
import { createChannel, maxUnreadBytes, type Channel } from '../channel/channel.ts'
import { foreignTo, type Access } from '../access.ts'
import type { Credential } from '../credential.ts'
import { dialWithAccess } from '../dial-with-access.ts'
import { childLog, type ChildLog } from '../stray-output.ts'
import {
  brokenProtocol,
  lostLink,
  notSent,
  outsideProtocol,
  refusedLink,
  sent,
  type BackendFault,
} from '../failure.ts'
import { refusalWords } from '../http/refusal-words.ts'
import { Collector } from '../http/round-trip.ts'
import type { Dialled, Dialler, LinkEvents, Transport } from '../transport.ts'
import { closed, faultOf } from './websocket-end.ts'

export interface WebSocketTarget {
  readonly name: string
  readonly url: string
  readonly access: Access
  /** How long its start may take, until its answer to the handshake. */
  readonly startMs: number
  readonly maxBytes: number
}

/** Of an answer that refuses the handshake; the rest says nothing more. */
const refusalBytes = 64 * 1024
const refusalMs = 2000
/** The name by which the clients and servers of MCP know each other. */
const subprotocol = 'mcp'
/** How often the server is asked for a sign of life, and how long it may take to give one. */
const pingMs = 30_000
const defaultGraceMs = 5000

interface Wire {
  readonly name: string
  readonly socket: WebSocket
  readonly events: LinkEvents
  readonly ports: Ports
  readonly access: Access
  readonly owner: Caller | undefined
  readonly log: ChildLog
  readonly hasCredential: boolean
  readonly secrets: readonly string[]
  readonly startMs: number
  readonly maxBytes: number
}

const bytesOf = (frame: RawData): Uint8Array =>
  Array.isArray(frame)
    ? Buffer.concat(frame)
    : frame instanceof ArrayBuffer
      ? new Uint8Array(frame)
      : frame

/** Who does not read what it is sent is not read either: each answer to it would add to what waits. */
const say = (socket: WebSocket, text: string): void => {
  socket.send(text, () => {
    if (socket.isPaused && socket.bufferedAmount <= maxUnreadBytes) socket.resume()
  })
  if (socket.bufferedAmount > maxUnreadBytes) socket.pause()
}

const isFull = (socket: WebSocket): boolean => socket.bufferedAmount > maxUnreadBytes
const isOpen = (socket: WebSocket): boolean => socket.readyState === socket.OPEN

const channelOn = ({ name, socket, events, ports, log }: Wire): Channel => {
  const stray = (bytes: Uint8Array, why: string) => {
    log.write('stray', bytes)
    // With but one request open, what cannot be read can only be its answer.
    channel.find(undefined)?.settle(sent(outsideProtocol(name, why)))
  }
  const channel = createChannel({
    name,
    events,
    log: ports.log,
    send: (textOf) => {
      if (!isOpen(socket)) return
      const text = textOf()
      if (text !== undefined) say(socket, text)
    },
    isFull: () => isFull(socket),
    onStray: stray,
  })
  socket.on('message', (frame, isBinary) => {
    if (!isBinary) channel.receive(bytesOf(frame))
    else stray(Buffer.from('(a binary frame was dropped)'), 'a binary frame, where text belongs')
  })
  return channel
}

/** A connection can be dead without anybody having said so. Resolves when it is, rejects when it is over. */
const untilSilent = async ({ socket, ports }: Wire, over: AbortSignal): Promise<void> => {
  let heard = true
  const hear = () => {
    heard = true
  }
  socket.on('message', hear)
  socket.on('pong', hear)
  socket.on('ping', (payload) => {
    hear()
    if (isOpen(socket) && !isFull(socket)) socket.pong(payload)
  })
  while (heard) {
    heard = false
    if (isOpen(socket)) socket.ping()
    await ports.clock.sleep(pingMs, over)
  }
}

/** Says goodbye and waits for the other side to say it too, but not for long. */
const hangUp = async (
  { socket, ports }: Wire,
  over: AbortSignal,
  graceMs: number,
): Promise<void> => {
  if (over.aborted) return
  const gone = untilAborted(over)
  socket.resume()
  socket.close(1000)
  void ports.clock.sleep(graceMs, over).then(
    () => socket.terminate(),
    () => undefined,
  )
  await gone
}

/** Everything that may happen is listened for before anything can. */
const openOn = (wire: Wire, signal: AbortSignal): Promise<Dialled> => {
  const { name, socket, events, ports, log, hasCredential, secrets, startMs, maxBytes } = wire
  const channel = channelOn(wire)
  const over = new AbortController()
  const settled = new AbortController()
  let fault: BackendFault | undefined
  let standing = false
  let closing = false

  const fail = (found: BackendFault) => {
    fault ??= found
    socket.terminate()
  }
  const transport: Transport = {
    request: (message, peer, aborted, headers, caller) => {
      const foreign = foreignTo(name, wire.access, wire.owner, caller ?? wire.owner)
      return foreign === undefined
        ? channel.request(message, peer, aborted, headers)
        : Promise.resolve(notSent(foreign))
    },
    notify: async (notification) => {
      if (isOpen(socket)) say(socket, JSON.stringify(notification))
    },
    close: (graceMs = defaultGraceMs) => {
      closing = true
      return hangUp(wire, over.signal, graceMs)
    },
  }

  return new Promise((resolve) => {
    const leave = () => fail(lostLink(name, 'it is being closed', 'closing'))
    const settle = (dialled: Dialled) => {
      signal.removeEventListener('abort', leave)
      settled.abort()
      resolve(dialled)
    }
    socket.on('upgrade', ({ headers }) => {
      if (headers['sec-websocket-protocol'] === subprotocol) return
      fault ??= brokenProtocol(
        name,
        `it does not speak the subprotocol "${subprotocol}"`,
        'opening',
      )
    })
    socket.on('unexpected-response', (_request, response) => {
      const { statusCode = 0, headers } = response
      const body = new Collector(refusalBytes)
      const refuse = () => {
        const words = refusalWords(body.take(), headers['www-authenticate'], secrets)
        const why = `HTTP ${statusCode} in answer to the handshake`
        fail(refusedLink(name, statusCode, hasCredential, words, why))
      }
      response.on('data', (part: Buffer) => {
        if (!body.onChunk(part)) response.destroy()
      })
      void ports.clock.sleep(refusalMs, settled.signal).then(refuse, () => undefined)
      response.on('close', refuse)
      response.on('error', refuse)
    })
    socket.on('open', () => {
      standing = true
      untilSilent(wire, over.signal).then(
        () => fail(lostLink(name, `no sign of life for ${pingMs / 1000} s`, 'silent')),
        () => undefined,
      )
      settle({ kind: 'open', transport })
    })
    socket.on('error', (error) => fail(faultOf(name, error, maxBytes)))
    socket.on('close', (code, reason) => {
      over.abort()
      log.write('stray', reason)
      const { why, problem } = fault ?? closed(name, code)
      channel.end(why)
      settle({ kind: 'failed', problem })
      if (standing && !closing) events.onEnd(problem)
    })
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    void ports.clock.sleep(startMs, settled.signal).then(
      () => fail(lostLink(name, `no answer to the handshake in ${startMs / 1000} s`, 'silent')),
      () => undefined,
    )
  })
}

export const webSocketDialler = (target: WebSocketTarget, ports: Ports): Dialler => {
  const { name, url, access, startMs, maxBytes } = target
  // The rules of the network are written for http and https.
  const { origin } = new URL(url.replace(/^ws/i, 'http'))
  const connect = async (
    credential: Credential,
    owner: Caller | undefined,
    events: LinkEvents,
    signal: AbortSignal,
  ): Promise<Dialled> => {
    const { WebSocket: Client } = await import('ws')
    const connection = await ports.socket(new URL(origin)).catch((error: Error) => error)
    if (connection instanceof Error) {
      return { kind: 'failed', problem: faultOf(name, connection, maxBytes).problem }
    }
    const socket = new Client(url, subprotocol, {
      createConnection: () => connection,
      headers: { ...credential.headers },
      perMessageDeflate: false,
      maxPayload: maxBytes,
      autoPong: false,
    })
    return openOn(
      {
        name,
        socket,
        events,
        ports,
        access,
        owner,
        log: childLog(name, credential.secrets, ports),
        hasCredential: credential.identifies,
        secrets: credential.secrets,
        startMs,
        maxBytes,
      },
      signal,
    )
  }
  return {
    // Many a server ends the connection of whoever says anything before initialize.
    survivesProbe: false,
    dial: (events, signal, owner) =>
      dialWithAccess(target, owner, signal, (credential) =>
        connect(credential, owner, events, signal),
      ),
  }
}
