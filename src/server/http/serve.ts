// The running proxy: listener, generation and sessions brought up together and taken down in order.
import { problemOf } from '../../problems/problem.ts'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import type { Ports } from '../../base/ports.ts'
import { createRoster } from '../../base/roster.ts'
import { usageError } from '../../problems/usage-error.ts'
import { endpointPath } from '../../config/public-url.ts'
import type { Config } from '../../config/schema.ts'
import { isLoopbackHost } from '../../net/address.ts'
import { createDurable } from '../../proxy/generation/durable.ts'
import {
  assemble,
  type Generation,
  type GenerationReadiness,
  type Parts,
} from '../../proxy/generation/generation.ts'
import { createInFlight } from '../dialogue/in-flight.ts'
import { createOwnerLimits, listenLimits } from '../dialogue/owner-limits.ts'
import type { Answer } from '../dialogue/respond.ts'
import { createTelemetry, type LogSink } from '../telemetry/telemetry.ts'
import { serveOther } from './admin.ts'
import { sendJson } from './answer-stream.ts'
import { carryOut, openExchange } from './arrival.ts'
import { createConnectionMemo } from './connection-memo.ts'
import { createConnections, type Connections } from './connections.ts'
import { serveEndpoint } from './endpoint.ts'
import { createGuard } from './guard.ts'
import { headProblem } from './head.ts'
import { listen, urlOf } from './listen.ts'
import { wellKnownOf } from './metadata-document.ts'
import { shownReader } from './possession.ts'
import { refuseRequest } from './refusal.ts'
import { createSessions, type SessionLimits } from './sessions.ts'
import { retire, shutDown } from './shut-down.ts'
import { endSlowReaders } from './slow-readers.ts'
import type { Exchange, ServerMemory, ServerState } from './state.ts'
import { refusePeer, refuseUnreadable } from './unreadable.ts'
import { serveWellKnown } from './well-known.ts'

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
   * Serves another configuration from now on. Requests that have come are answered under the one they came under, what
   * has not changed goes on (sessions, backends, limits, caches), and what no configuration uses any more ends. The
   * address stays. Rejects with a UsageError, and changes nothing, where the configuration cannot be used.
   */
  replace(config: Config): Promise<void>
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
  throw usageError(problemOf('config-value', 'exposed', { host: proxy.listen.host }))
}

const busyAnswer = (message: string): Answer => ({
  status: 503,
  body: Buffer.from(JSON.stringify({ error: { message } })),
  retryAfterSeconds: 1,
})

const route = (exchange: Exchange): void | Promise<void> => {
  const { state, req, res, headers } = exchange
  const problem = headProblem(req)
  if (problem !== undefined) {
    exchange.headers = { ...headers, connection: 'close' }
    return refuseRequest(exchange, problem)
  }
  const url = req.url ?? '/'
  const query = url.indexOf('?')
  const path = query === -1 ? url : url.slice(0, query)
  if (path === endpointPath) {
    return state.drain.begun
      ? sendJson(res, headers, busyAnswer('The proxy is ending'))
      : serveEndpoint(exchange)
  }
  const { wellKnown } = state
  if (wellKnown?.paths.includes(path) === true) return serveWellKnown(exchange, wellKnown)
  return serveOther(exchange, path)
}

const requestListener =
  (current: () => ServerState, connections: Connections): RequestListener =>
  (req, res) => {
    if (!connections.serve(req.socket, res)) return
    const exchange = openExchange(current(), req, res)
    carryOut(exchange, route, exchange)
  }

/** What the door derives from a generation, beside what outlives it. */
const stateOf = (generation: Generation, memory: ServerMemory): ServerState => ({
  ...memory,
  generation,
  inFlight: createInFlight(),
  guard: createGuard(generation.config, generation.publicUrl),
  shown: shownReader(generation.config),
  wellKnown: wellKnownOf(generation),
})

const keepTicking = async (
  { ports, sessions, answers }: ServerMemory,
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

  const durable = createDurable(ports)
  const assembled = (wanted: Config): Promise<Generation> => {
    const bound = { ...wanted.proxy, listen: { host, port: listener.port } }
    return assemble({ ...wanted, proxy: bound }, ports, options.parts, durable)
  }
  const first = await assembled(config).catch((error: unknown) => {
    listener.server.close()
    throw error
  })
  const memory: ServerMemory = {
    ports,
    proven: createConnectionMemo(),
    sessions: createSessions(ports.clock, options.sessions),
    telemetry,
    listening: createInFlight(),
    listens: createOwnerLimits(listenLimits.max, listenLimits.maxPerOwner),
    calls: createOwnerLimits(config.proxy.max_calls, config.proxy.max_calls_per_caller),
    answers: createRoster(),
    drain: { begun: false },
  }
  let current = stateOf(first, memory)
  const now = () => current
  refuse = (socket) => {
    const limit = current.generation.config.proxy.max_connections
    refusePeer(current, socket, problemOf('limit-connections', { limit }))
  }
  refuseUnreadable(listener.server, connections, now)
  handle = requestListener(now, connections)
  const endReaders = endSlowReaders(listener.server, (unread) =>
    ports.log.warn({ unread_bytes: unread }, 'a client that reads nothing was cut off'),
  )
  const ended = new AbortController()
  durable.onListChanged((method) => memory.sessions.broadcast(method))
  const look = () => {
    endReaders()
    const made = connections.takeEnded()
    const limit = current.generation.config.proxy.max_connections
    if (made > 0) ports.log.warn({ limit, ended: made }, 'idle connections made room for others')
  }
  keepTicking(memory, look, ended.signal).catch(() => undefined)
  first.start()

  const force = new AbortController()
  const retiring = new Set<Promise<void>>()
  const replace = async (wanted: Config): Promise<void> => {
    refuseOpenListener(wanted)
    const next = stateOf(await assembled(wanted), memory)
    if (memory.drain.begun) return next.generation.close(0)
    const old = current
    const { proxy } = next.generation.config
    memory.calls.resize(proxy.max_calls, proxy.max_calls_per_caller)
    connections.resize(proxy.max_connections)
    next.generation.start()
    current = next
    const retired: Promise<void> = retire(old, force.signal).finally(() => retiring.delete(retired))
    retiring.add(retired)
  }
  const end = async (): Promise<void> => {
    await Promise.all([shutDown(current, listener.server, force.signal), ...retiring])
    durable.close()
    ended.abort()
  }
  let closing: Promise<void> | undefined
  return {
    url: urlOf(host, listener.port),
    address: { host: listener.host, port: listener.port },
    get generation() {
      return current.generation
    },
    ready: () => current.generation.ready(),
    replace,
    close: (how = {}) => {
      if (how.force === true) force.abort()
      closing ??= end()
      return closing
    },
  }
}
