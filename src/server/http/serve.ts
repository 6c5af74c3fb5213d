// The running proxy: listener, generation and sessions brought up together and taken down in order.
import { problemOf } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { createRoster } from '../../base/roster.ts'
import { usageError } from '../../problems/usage-error.ts'
import { endpointPath } from '../../config/public-url.ts'
import type { Config } from '../../config/schema.ts'
import { isLoopbackHost } from '../../net/address.ts'
import { createDecisionLog } from '../../decisions/decision-log.ts'
import { createDurable } from '../../proxy/generation/durable.ts'
import {
  assemble,
  type Generation,
  type GenerationReadiness,
  type Parts,
} from '../../proxy/generation/generation.ts'
import { createInFlight } from '../dialogue/in-flight.ts'
import { createOwnerLimits, listenLimits } from '../dialogue/owner-limits.ts'
import { createTally } from '../dialogue/tally.ts'
import { createTelemetry, type LogOptions, type Telemetry } from '../telemetry/telemetry.ts'
import { serveOther } from './admin.ts'
import { sendJson } from './answer-stream.ts'
import { createConnectionMemo } from './connection-memo.ts'
import { busyAnswer, openDoor, type Door } from './door.ts'
import { serveEndpoint } from './endpoint.ts'
import { createGuard } from './guard.ts'
import { headProblem } from './head.ts'
import { wellKnownOf } from './metadata-document.ts'
import { shownReader } from './possession.ts'
import { refuseRequest } from './refusal.ts'
import { createSessions, type SessionLimits } from './sessions.ts'
import { retire, shutDown } from './shut-down.ts'
import type { HttpExchange, ServerMemory, ServerState } from './state.ts'
import { serveWellKnown } from './well-known.ts'

export interface ServeOptions extends LogOptions {
  readonly sessions?: SessionLimits
  /** What the proxy is built of; default: the real parts. */
  readonly parts?: Parts
}

export interface RunningServer {
  /** The endpoint as it can be called from this machine. */
  readonly url: string
  readonly address: { readonly host: string; readonly port: number }
  readonly generation: Generation
  /** Where it logs and counts. */
  readonly telemetry: Pick<Telemetry, 'log' | 'meter'>
  ready(): GenerationReadiness
  /**
   * Serves another configuration from now on. Requests that have come are answered under the one they came under, what
   * has not changed goes on (sessions, backends, limits, caches), and what no configuration uses any more ends. Where
   * `proxy.listen` is another, the new address is opened first, and connections to the old one go on until they are
   * idle. Rejects with a UsageError, and changes nothing, where the configuration cannot be used.
   */
  replace(config: Config): Promise<void>
  /**
   * Takes no new work, lets calls in flight finish within proxy.shutdown_timeout_seconds, ends streams and
   * backends. `force` aborts what is in flight; it may be called while an orderly close is under way.
   */
  close(options?: { readonly force?: boolean }): Promise<void>
}

export const tickMs = 15_000
/** How long an address that is not configured any more still takes connections. */
const moveMs = 1000

const refuseOpenListener = ({ proxy, auth, security }: Config): void => {
  if (isLoopbackHost(proxy.listen.host) || auth.type !== 'none') return
  if (security.allow_insecure_listen) return
  throw usageError(problemOf('config-value', 'exposed', { host: proxy.listen.host }))
}

const isSameAddress = ({ proxy: a }: Config, { proxy: b }: Config): boolean =>
  a.listen.host === b.listen.host && a.listen.port === b.listen.port

const route = (exchange: HttpExchange): void | Promise<void> => {
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
  const telemetry = createTelemetry(config.observability, systemPorts.clock, options)
  const ports: Ports = { ...systemPorts, log: telemetry.log, meter: telemetry.meter }
  /** Nothing before the first generation is there. */
  let current = (): ServerState | undefined => undefined
  const openAt = ({ proxy }: Config): Promise<Door> =>
    openDoor({
      listen: proxy.listen,
      maxConnections: proxy.max_connections,
      log: ports.log,
      current: () => current(),
      route,
    })
  const durable = createDurable(ports)
  /** Closes the door again where nothing comes of it. */
  const assembled = async (wanted: Config, behind: Door, isNew: boolean): Promise<Generation> => {
    const { host } = wanted.proxy.listen
    const bound = { ...wanted.proxy, listen: { host, port: behind.port } }
    try {
      return await assemble({ ...wanted, proxy: bound }, ports, options.parts, durable)
    } catch (error) {
      if (isNew) behind.server.close()
      throw error
    }
  }
  let door = await openAt(config)
  const first = await assembled(config, door, true)
  const memory: ServerMemory = {
    ports,
    proven: createConnectionMemo(),
    sessions: createSessions(ports.clock, options.sessions),
    telemetry,
    listening: createInFlight(),
    listens: createOwnerLimits(listenLimits.max, listenLimits.maxPerOwner),
    calls: createOwnerLimits(config.proxy.max_calls, config.proxy.max_calls_per_caller),
    answers: createRoster(),
    followers: createRoster(),
    decisions: createDecisionLog(config.observability.decisions),
    tally: createTally(ports.clock),
    drain: { begun: false },
  }
  let serving = { config, state: stateOf(first, memory) }
  current = () => serving.state
  const ended = new AbortController()
  /** Doors that take no connections any more, with those that they have left. */
  const oldDoors = new Set<Door>()
  durable.onListChanged((method) => memory.sessions.broadcast(method))
  const look = () => {
    door.tick()
    for (const old of oldDoors) {
      old.tick()
      old.server.closeIdleConnections()
    }
  }
  keepTicking(memory, look, ended.signal).catch(() => undefined)
  first.start()

  const force = new AbortController()
  const retiring = new Set<Promise<void>>()
  const moveTo = (next: Door): void => {
    const old = door
    door = next
    oldDoors.add(old)
    const close = () => void old.server.close(() => oldDoors.delete(old))
    // Connections that were made while it moved are answered: closing now would reset them.
    ports.clock.sleep(moveMs, ended.signal).then(close, close)
  }
  const replace = async (wanted: Config): Promise<void> => {
    refuseOpenListener(wanted)
    const isElsewhere = !isSameAddress(wanted, serving.config)
    const behind = isElsewhere ? await openAt(wanted) : door
    const generation = await assembled(wanted, behind, isElsewhere)
    if (memory.drain.begun) {
      if (isElsewhere) behind.server.close()
      return generation.close(0)
    }
    const old = serving.state
    const { proxy, observability } = wanted
    try {
      telemetry.use(observability)
    } catch (error) {
      if (isElsewhere) behind.server.close()
      await generation.close(0)
      throw error
    }
    memory.decisions.use(observability.decisions)
    memory.calls.resize(proxy.max_calls, proxy.max_calls_per_caller)
    behind.resize(proxy.max_connections)
    generation.start()
    serving = { config: wanted, state: stateOf(generation, memory) }
    if (isElsewhere) moveTo(behind)
    const retired: Promise<void> = retire(old, force.signal).finally(() => retiring.delete(retired))
    retiring.add(retired)
  }
  const end = async (): Promise<void> => {
    await Promise.all([shutDown(serving.state, door.server, force.signal), ...retiring])
    durable.close()
    ended.abort()
    for (const old of oldDoors) old.server.closeAllConnections()
    telemetry.close()
    memory.tally.conclude(ports.log)
  }
  let closing: Promise<void> | undefined
  return {
    get url() {
      return door.url
    },
    get address() {
      return { host: door.host, port: door.port }
    },
    get generation() {
      return serving.state.generation
    },
    telemetry,
    ready: () => serving.state.generation.ready(),
    replace,
    close: (how = {}) => {
      if (how.force === true) force.abort()
      closing ??= end()
      return closing
    },
  }
}
