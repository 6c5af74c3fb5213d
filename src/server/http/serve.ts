// The running proxy: listener, generation and sessions brought up together and taken down in order.
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { isLoopbackHost } from '../../net/address.ts'
import { messageOf } from '../../problems/message.ts'
import type { Ports } from '../../base/ports.ts'
import { createRoster } from '../../base/roster.ts'
import { UsageError } from '../../problems/usage-error.ts'
import { endpointPath } from '../../config/public-url.ts'
import type { Config } from '../../config/schema.ts'
import {
  assemble,
  type Generation,
  type GenerationReadiness,
  type Parts,
} from '../../proxy/generation/generation.ts'
import { serveOther } from './admin.ts'
import { sendJson } from './answer-stream.ts'
import { carryOut, openExchange } from './arrival.ts'
import { createConnectionMemo } from './connection-memo.ts'
import { createConnections, type Connections } from './connections.ts'
import { serveEndpoint } from './endpoint.ts'
import { createGuard } from './guard.ts'
import { headProblem } from './head.ts'
import { createInFlight } from '../dialogue/in-flight.ts'
import { listen, urlOf } from './listen.ts'
import { createOwnerLimits, listenLimits } from '../dialogue/owner-limits.ts'
import { shownReader } from './possession.ts'
import { refuseRequest } from './refusal.ts'
import type { Answer } from '../dialogue/respond.ts'
import { createSessions, type SessionLimits } from './sessions.ts'
import { shutDown } from './shut-down.ts'
import { endSlowReaders } from './slow-readers.ts'
import type { Exchange, ServerState } from './state.ts'
import { createTelemetry, type LogSink } from '../telemetry/telemetry.ts'
import { refusePeer, refuseUnreadable } from './unreadable.ts'
import { serveWellKnown, wellKnownOf } from './well-known.ts'

export interface ServeOptions {
  /** Where log lines go; default: stderr. */
  readonly logTo?: LogSink
  readonly sessions?: SessionLimits
  /** What the proxy is built of; default: the real parts. */
  readonly parts?: Parts
}

export interface RunningServer {
  /** The endpoint as it can be called from this machine. */
  readonly url: string
  readonly address: { readonly host: string; readonly port: number }
  readonly generation: Generation
  ready(): GenerationReadiness
  /**
   * Takes no new work, lets calls in flight finish within proxy.shutdown_timeout_seconds, ends streams and
   * backends. `force` aborts what is in flight; it may be called while an orderly close is under way.
   */
  close(options?: { readonly force?: boolean }): Promise<void>
}

export const tickMs = 15_000

const refuseOpenListener = ({ proxy, auth, security }: Config): void => {
  if (isLoopbackHost(proxy.listen.host) || auth.type !== 'none') return
  if (security.allow_insecure_listen) return
  throw new UsageError({
    code: 'config-value',
    message: `proxy.listen.host: ${proxy.listen.host} is beyond loopback and [auth] is none`,
    hint: 'configure [auth], listen on 127.0.0.1, or set security.allow_insecure_listen = true',
  })
}

const busyAnswer = (message: string): Answer => ({
  status: 503,
  body: Buffer.from(JSON.stringify({ error: { message } })),
  retryAfterSeconds: 1,
})

const routeBy = (state: ServerState) => {
  const wellKnown = wellKnownOf(state.generation)
  return (exchange: Exchange): void | Promise<void> => {
    const problem = headProblem(exchange.req)
    if (problem !== undefined) {
      exchange.headers = { ...exchange.headers, connection: 'close' }
      return refuseRequest(exchange, problem)
    }
    const url = exchange.req.url ?? '/'
    const query = url.indexOf('?')
    const path = query === -1 ? url : url.slice(0, query)
    if (path === endpointPath) {
      return state.draining
        ? sendJson(exchange.res, exchange.headers, busyAnswer('The proxy is ending'))
        : serveEndpoint(exchange)
    }
    if (wellKnown?.paths.includes(path) === true) return serveWellKnown(exchange, wellKnown)
    return serveOther(exchange, path)
  }
}

const requestListener = (state: ServerState, connections: Connections): RequestListener => {
  const route = routeBy(state)
  return (req, res) => {
    if (!connections.serve(req.socket, res)) return
    const exchange = openExchange(state, req, res)
    carryOut(exchange, route, exchange)
  }
}

const keepTicking = async (
  { ports, sessions, answers }: ServerState,
  look: () => void,
  ended: AbortSignal,
) => {
  while (!ended.aborted) {
    await ports.clock.sleep(tickMs, ended)
    look()
    for (const answer of answers.values()) answer.keepAlive()
    sessions.tick()
  }
}

/** Starts although an issuer or a backend is down. A UsageError when the configuration or the address cannot be used. */
export const startServer = async (
  config: Config,
  systemPorts: Ports,
  options: ServeOptions = {},
): Promise<RunningServer> => {
  refuseOpenListener(config)
  const telemetry = createTelemetry(config.observability, systemPorts.clock, options.logTo)
  const ports: Ports = { ...systemPorts, log: telemetry.log, meter: telemetry.meter }
  const { host } = config.proxy.listen
  let handle: RequestListener = (_req, res) =>
    sendJson(res, { connection: 'close' }, busyAnswer('The proxy is starting'))
  const listener = await listen(host, config.proxy.listen.port, (req, res) => handle(req, res))
  const limit = config.proxy.max_connections
  let refuse = (socket: Socket): void => void socket.destroy()
  const connections = createConnections(listener.server, limit, (socket) => refuse(socket))

  const bound = { ...config.proxy, listen: { host, port: listener.port } }
  const generation = await assemble({ ...config, proxy: bound }, ports, options.parts).catch(
    (error: unknown) => {
      listener.server.close()
      throw error
    },
  )
  const state: ServerState = {
    generation,
    guard: createGuard(generation.config, generation.publicUrl),
    shown: shownReader(generation.config),
    proven: createConnectionMemo(),
    sessions: createSessions(ports.clock, options.sessions),
    ports,
    telemetry,
    inFlight: createInFlight(),
    listens: createOwnerLimits(listenLimits.max, listenLimits.maxPerOwner),
    calls: createOwnerLimits(config.proxy.max_calls, config.proxy.max_calls_per_caller),
    answers: createRoster(),
    draining: false,
  }
  refuse = (socket) => {
    const detail = messageOf('limit-connections', { limit })
    refusePeer(state, socket, { code: 'limit-connections', detail })
  }
  refuseUnreadable(listener.server, connections, state)
  handle = requestListener(state, connections)
  const endReaders = endSlowReaders(listener.server, (unread) =>
    ports.log.warn({ unread_bytes: unread }, 'a client that reads nothing was cut off'),
  )
  const ended = new AbortController()
  generation.onListChanged((method) => state.sessions.broadcast(method))
  const look = () => {
    endReaders()
    const made = connections.takeEnded()
    if (made > 0) ports.log.warn({ limit, ended: made }, 'idle connections made room for others')
  }
  keepTicking(state, look, ended.signal).catch(() => undefined)
  generation.start()

  const force = new AbortController()
  let closing: Promise<void> | undefined
  return {
    url: urlOf(host, listener.port),
    address: { host: listener.host, port: listener.port },
    generation,
    ready: () => generation.ready(),
    close: (how = {}) => {
      if (how.force === true) force.abort()
      closing ??= shutDown(state, listener.server, force.signal).finally(() => ended.abort())
      return closing
    },
  }
}
