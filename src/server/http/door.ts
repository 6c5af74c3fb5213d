// One listening socket and the connections that came through it.
import type { RequestListener } from 'node:http'
import { once } from 'node:events'
import { Server as NetServer } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { Logger } from '../../base/ports.ts'
import type { Config } from '../../config/schema.ts'
import { problemOf } from '../../problems/problem.ts'
import type { Answer } from '../dialogue/respond.ts'
import { sendJson } from './answer-stream.ts'
import { carryOut, openExchange } from './arrival.ts'
import type { ClientCertificates } from '../tls/client-certificates.ts'
import { createPlainSockets } from '../tls/plain-sockets.ts'
import { createConnections } from './connections.ts'
import { bareHost, contextOf, listen, urlOf, type HttpLimits, type ListenerTls } from './listen.ts'
import { endSlowReaders } from './slow-readers.ts'
import type { HttpExchange, ServerState } from './state.ts'
import { dropPeer, refusePeer, refuseUnreadable } from './unreadable.ts'

/** What an orderly end needs of a server. */
export interface Closing {
  /** Takes no connections any more; calls `done` when the last is gone. */
  close(done?: () => void): unknown
  closeIdleConnections(): void
  closeAllConnections(): void
}

export interface Door {
  readonly server: Closing
  readonly host: string
  readonly port: number
  /** The endpoint as it can be called from this machine. */
  readonly url: string
  /** Ends connections whose clients read nothing, and logs how many idle ones made room. */
  tick(): void
  /** Speaks TLS with other files from now on; connections go on with those that they began with. */
  renew(tls: ListenerTls): void
  /** Ends connections that are not of HTTP yet. */
  endHandshakes(): void
  /** Gives the address up, and keeps the connections. */
  pause(): void
  /** Takes the address again, where it was given up. */
  resume(): Promise<void>
  /** Bounds the connections that come from now on. */
  resize(maxConnections: number): void
}

export interface DoorOptions {
  readonly listen: Config['proxy']['listen']
  readonly limits: HttpLimits
  readonly tls: ListenerTls | undefined
  readonly certificates: ClientCertificates
  readonly maxConnections: number
  readonly log: Logger
  /** What is served now; undefined before there is anything. */
  readonly current: () => ServerState | undefined
  readonly route: (exchange: HttpExchange) => void | Promise<void>
}

export const busyAnswer = (message: string, requestId?: string): Answer => ({
  status: 503,
  body: Buffer.from(
    JSON.stringify({
      error: { message, ...(requestId === undefined ? {} : { data: { requestId } }) },
    }),
  ),
  retryAfterSeconds: 1,
})

/** Rejects with a UsageError where the address cannot be used. */
export const openDoor = async (options: DoorOptions): Promise<Door> => {
  const { current, route, log, tls } = options
  const { host } = options.listen
  const handle: RequestListener = (req, res) => {
    if (!connections.serve(req.socket, res)) return
    const state = current()
    if (state === undefined) {
      sendJson(res, { connection: 'close' }, busyAnswer('The proxy is starting'))
      return
    }
    const exchange = openExchange(state, req, res)
    carryOut(exchange, route, exchange)
  }
  const { server, ...bound } = await listen(host, options.listen.port, handle, options.limits, tls)
  const plain = createPlainSockets(server)
  options.certificates.watch(server, plain)
  let max = options.maxConnections
  const connections = createConnections(server, plain, max, (socket) => {
    const state = current()
    if (state === undefined) socket.destroy()
    else {
      const refuse = tls === undefined ? refusePeer : dropPeer
      refuse(state, socket, problemOf('limit-connections', { limit: max }))
    }
  })
  refuseUnreadable(server, plain, connections, current)
  const endReaders = endSlowReaders(server, (unread) =>
    log.warn({ unread_bytes: unread }, 'a client that reads nothing was cut off'),
  )
  let paused = false
  return {
    server,
    ...bound,
    pause: () => {
      paused = true
      // That of HTTP ends idle connections as well.
      NetServer.prototype.close.call(server)
    },
    resume: async () => {
      if (!paused) return
      paused = false
      server.listen({ host: bareHost(host), port: bound.port })
      await once(server, 'listening')
    },
    url: urlOf(host, bound.port, tls === undefined ? 'http' : 'https'),
    tick: () => {
      endReaders()
      const made = connections.takeEnded()
      if (made > 0) log.warn({ limit: max, ended: made }, 'idle connections made room for others')
    },
    renew: (next) => {
      if (server instanceof TlsServer) server.setSecureContext(contextOf(next))
    },
    endHandshakes: () => plain.endHandshakes(),
    resize: (next) => {
      max = next
      connections.resize(next)
    },
  }
}
