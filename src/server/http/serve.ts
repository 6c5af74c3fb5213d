// The running proxy: listener, generation and sessions brought up together and taken down in order.
import { problemOf } from '../../problems/problem.ts'
import type { RequestListener } from 'node:http'
import { isLoopbackHost } from '../../net/address.ts'
import type { Ports } from '../../base/ports.ts'
import { createRoster } from '../../base/roster.ts'
import { usageError } from '../../problems/usage-error.ts'
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
import { serveEndpoint } from './endpoint.ts'
import { createGuard } from './guard.ts'
import { createInFlight } from '../dialogue/in-flight.ts'
import { listen, urlOf } from './listen.ts'
import { createOwnerLimits, listenLimits } from '../dialogue/owner-limits.ts'
import { shownReader } from './possession.ts'
import { createSessions, type SessionLimits } from './sessions.ts'
import { shutDown } from './shut-down.ts'
import { endSlowReaders } from './slow-readers.ts'
import type { Exchange, ServerState } from './state.ts'
import { createTelemetry, type LogSink } from '../telemetry/telemetry.ts'
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
  throw usageError(problemOf('config-value', 'exposed', { host: proxy.listen.host }))
}

const busy = (exchange: Exchange, message: string): void =>
  sendJson(exchange.res, exchange.headers, {
    status: 503,
    body: Buffer.from(JSON.stringify({ error: { message } })),
    retryAfterSeconds: 1,
  })

const routeBy = (state: ServerState) => {
  const wellKnown = wellKnownOf(state.generation)
  return (exchange: Exchange): void | Promise<void> => {
    const url = exchange.req.url ?? '/'
    const query = url.indexOf('?')
    const path = query === -1 ? url : url.slice(0, query)
    if (path === endpointPath) {
      return state.draining ? busy(exchange, 'The proxy is ending') : serveEndpoint(exchange)
    }
    if (wellKnown?.paths.includes(path) === true) return serveWellKnown(exchange, wellKnown)
    return serveOther(exchange, path)
  }
}

const requestListener = (state: ServerState): RequestListener => {
  const route = routeBy(state)
  return (req, res) => {
    const exchange = openExchange(state, req, res)
    carryOut(exchange, route, exchange)
  }
}

const keepTicking = async (
  { ports, sessions, answers }: ServerState,
  endReaders: () => void,
  ended: AbortSignal,
) => {
  while (!ended.aborted) {
    await ports.clock.sleep(tickMs, ended)
    endReaders()
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
  let handle: RequestListener = (_req, res) => res.writeHead(503, { 'retry-after': '1' }).end()
  const listener = await listen(host, config.proxy.listen.port, (req, res) => handle(req, res))

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
  handle = requestListener(state)
  const endReaders = endSlowReaders(listener.server, (unread) =>
    ports.log.warn({ unread_bytes: unread }, 'a client that reads nothing was cut off'),
  )
  const ended = new AbortController()
  generation.onListChanged((method) => state.sessions.broadcast(method))
  keepTicking(state, endReaders, ended.signal).catch(() => undefined)
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
