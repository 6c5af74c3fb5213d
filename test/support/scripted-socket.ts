// A WebSocket server on loopback that does what a test tells it to, also what no library would.
import { createServer as createSecureServer } from 'node:https'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Certified } from './certificates.ts'

export interface Heard {
  readonly id?: number | string
  readonly method?: string
  readonly params?: { readonly name?: string; readonly requestId?: number }
}

export interface ScriptedSocket {
  readonly url: string
  readonly port: number
  /** The handshakes that came. */
  readonly handshakes: readonly IncomingMessage[]
  /** What was said on all connections, in order. */
  readonly heard: readonly Heard[]
  /** Resolves when a message of that method has come so many times. */
  said(method: string, times?: number): Promise<void>
  close(): Promise<void>
}

export interface SocketScript {
  /** With one it speaks TLS. */
  readonly identity?: Certified
  /** Default: takes `mcp`. */
  readonly subprotocol?: string | false
  /** Answers the handshake in place of the library. */
  readonly onUpgrade?: (socket: Duplex, request: IncomingMessage) => void
  readonly onConnection?: (socket: WebSocket) => void
  /** Undefined: initialize and server/discover are answered as a session-era server does, nothing else is. */
  readonly onMessage?: (
    message: Heard,
    socket: WebSocket,
    raw: Duplex,
  ) => object | 'silence' | undefined
}

const initialized = {
  result: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'scripted', version: '0' },
  },
}
const unknown = { error: { code: -32_601, message: 'Method not found' } }

const usual = ({ method }: Heard): object | undefined =>
  method === 'initialize' ? initialized : method === 'server/discover' ? unknown : undefined

export const startScriptedSocket = async (script: SocketScript = {}): Promise<ScriptedSocket> => {
  const handshakes: IncomingMessage[] = []
  const heard: Heard[] = []
  const watchers = new Set<() => void>()
  const sockets = new Set<Socket>()
  const { identity } = script
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    handshakes.push(request)
    response.writeHead(426).end()
  }
  const server =
    identity === undefined
      ? createServer(onRequest)
      : createSecureServer({ cert: identity.certificate, key: identity.key }, onRequest)
  const { subprotocol = 'mcp' } = script
  const websockets = new WebSocketServer({ noServer: true, handleProtocols: () => subprotocol })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  const onConnection = (socket: WebSocket, raw: Duplex) => {
    socket.on('error', () => undefined)
    script.onConnection?.(socket)
    socket.on('message', (frame: Buffer) => {
      const message = JSON.parse(frame.toString()) as Heard
      heard.push(message)
      for (const watcher of watchers) watcher()
      const answer = script.onMessage?.(message, socket, raw) ?? usual(message)
      if (answer === undefined || answer === 'silence' || message.id === undefined) return
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...answer }))
    })
  }
  server.on('upgrade', (request, socket, head) => {
    handshakes.push(request)
    for (const watcher of watchers) watcher()
    if (script.onUpgrade === undefined) {
      websockets.handleUpgrade(request, socket, head, (opened) => onConnection(opened, socket))
    } else script.onUpgrade(socket, request)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `${identity === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}/mcp`,
    port,
    handshakes,
    heard,
    said: (method, times = 1) =>
      new Promise((resolve) => {
        const look = () => {
          if (heard.filter((message) => message.method === method).length < times) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
