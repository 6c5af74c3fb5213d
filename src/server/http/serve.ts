// The running proxy: listener, generation and sessions brought up together and taken down in order.
import type { Ports } from '../../base/ports.ts'
import { createRoster } from '../../base/roster.ts'
import type { Config } from '../../config/schema.ts'
import { createDecisionLog } from '../../decisions/decision-log.ts'
import { noteLoops } from '../dialogue/note-loops.ts'
import { comesUp } from './comes-up.ts'
import { createDurable } from '../../proxy/generation/durable.ts'
import { assemble } from '../../proxy/generation/generation.ts'
import { createInFlight } from '../dialogue/in-flight.ts'
import { createOwnerLimits, listenLimits } from '../dialogue/owner-limits.ts'
import { createTally } from '../dialogue/tally.ts'
import { createTelemetry } from '../telemetry/telemetry.ts'
import { createClientCertificates } from '../tls/client-certificates.ts'
import { changedFiles, tlsMaterialOf, type Renewal, type TlsMaterial } from '../tls/tls-files.ts'
import { createHealthHistory } from '../admin/health-history.ts'
import { adminWork } from './admin-context.ts'
import { createPageReader } from './admin-page.ts'
import { closeAll, startAll, stateOf, type Assembled } from './assembled.ts'
import { createConnectionMemo } from './connection-memo.ts'
import { openDoor, type Door } from './door.ts'
import { keepAlive } from './keep-alive.ts'
import { Profiles } from './profiles.ts'
import { route } from './route.ts'
import { httpLimits } from './listen.ts'
import {
  isSameAddress,
  mayCollide,
  listenerTls,
  refuseOpenListener,
  refuseOtherKind,
} from './listener-config.ts'
import type { RunningServer, ServeOptions } from './running-server.ts'
import { servesPath } from './served-paths.ts'
import { createSessions } from './sessions.ts'
import { retire, shutDown } from './shut-down.ts'
import type { ServerMemory, ServerState } from './state.ts'

export type { RunningServer, ServeOptions }

/** How long an address that is not configured any more still takes connections. */
const moveMs = 1000

/** What is thrown rejects. */
const attempt = <Value>(work: () => Value): Promise<Value> =>
  new Promise((resolve) => resolve(work()))

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
  const readTls = (wanted: Config) => tlsMaterialOf(wanted, ports.clock.now())
  const firstTls = readTls(config)
  const expiry = ports.meter.gauge('mcp_proxy_tls_certificate_expiry_timestamp_seconds')
  const noteExpiry = (tls: TlsMaterial | undefined): void => {
    if (tls !== undefined) expiry.set({}, Date.parse(tls.validTo) / 1000)
  }
  noteExpiry(firstTls)
  const certificates = createClientCertificates(
    config.proxy.tls?.client_ca !== undefined,
    ports.clock,
  )
  const openAt = (wanted: Config, tls: TlsMaterial | undefined): Promise<Door> => {
    const { proxy } = wanted
    return (options.openDoor ?? openDoor)({
      listen: proxy.listen,
      limits: options.limits ?? httpLimits,
      tls: listenerTls(wanted, tls),
      certificates,
      maxConnections: proxy.max_connections,
      log: ports.log,
      current: () => current(),
      route,
    })
  }
  const durable = createDurable(ports)
  durable.admin.current = adminWork(() => current())
  const profiles = new Profiles({
    ports,
    durable,
    parts: options.parts,
    sessions: options.sessions,
  })
  const assembled = async (wanted: Config, behind: Door): Promise<Assembled> => {
    const { host } = wanted.proxy.listen
    const bound = { ...wanted.proxy, listen: { host, port: behind.port } }
    const own = { ...wanted, proxy: bound }
    const generation = await assemble(own, ports, options.parts, durable)
    try {
      return { generation, profiles: await profiles.assemble(own) }
    } catch (error) {
      await generation.close(0)
      throw error
    }
  }
  let door = await openAt(config, firstTls)
  const first = await assembled(config, door).catch((error: unknown) => {
    door.server.close()
    throw error
  })
  await telemetry.settled()
  const memory: ServerMemory = {
    ports,
    certificates,
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
    history: createHealthHistory(),
    page: createPageReader(options.page),
    control: { current: undefined },
    drain: { begun: false },
    tracing: telemetry.tracing,
  }
  memory.decisions.follow(telemetry.keep)
  memory.decisions.follow(noteLoops(ports))
  let serving = { config, state: stateOf(first, memory), tls: firstTls }
  current = () => serving.state
  const ended = new AbortController()
  /** Doors that take no connections any more, with those that they have left. */
  const oldDoors = new Set<Door>()
  durable.onListChanged((method) => {
    memory.sessions.broadcast(method)
    profiles.broadcast(method)
  })
  const look = () => {
    door.tick()
    profiles.tick()
    for (const old of oldDoors) {
      old.tick()
      old.server.closeIdleConnections()
    }
  }
  keepAlive(memory, look, ended.signal).catch(() => undefined)
  const begin = (opened: Assembled): void => {
    for (const backend of opened.generation.backends) memory.history.watch(backend)
    startAll(opened)
  }
  begin(first)

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
  /** Synchronous: no connection begins between the new authorities and what they mean for earlier connections. */
  const useTls = (wanted: Config, tls: TlsMaterial | undefined, at: Door): void => {
    const secure = listenerTls(wanted, tls)
    noteExpiry(tls)
    if (secure !== undefined) at.renew(secure)
    if (tls?.content.client_ca === serving.tls?.content.client_ca) return
    certificates.renew(wanted.proxy.tls?.client_ca !== undefined)
    door.server.closeIdleConnections()
  }
  /** Where the old address covers the new one, the old one is given up first; the new door serves what is current at once. */
  const openBeside = async (wanted: Config, tls: TlsMaterial | undefined): Promise<Door> => {
    try {
      return await openAt(wanted, tls)
    } catch (error) {
      if (!mayCollide(wanted, door.port)) throw error
      door.pause()
      return openAt(wanted, tls).catch(async (again: unknown) => {
        await door.resume()
        throw again
      })
    }
  }
  const abandon = async (behind: Door, next?: Assembled): Promise<void> => {
    if (behind !== door) {
      behind.server.close()
      if (!memory.drain.begun) await door.resume()
    }
    if (next !== undefined) await closeAll(next)
  }
  const replace = async (wanted: Config, awaited?: string): Promise<void> => {
    refuseOpenListener(wanted)
    const isElsewhere = !isSameAddress(wanted, serving.config)
    if (!isElsewhere) refuseOtherKind(serving.config, wanted)
    const tls = readTls(wanted)
    const behind = isElsewhere ? await openBeside(wanted, tls) : door
    let next: Assembled | undefined
    try {
      next = await assembled(wanted, behind)
      if (awaited !== undefined) await comesUp(next.generation, awaited, ports.clock)
      if (memory.drain.begun) return await abandon(behind, next)
      telemetry.use(wanted.observability)
    } catch (error) {
      await abandon(behind, next)
      throw error
    }
    const old = serving.state
    const { proxy, observability } = wanted
    await telemetry.settled()
    memory.decisions.use(observability.decisions)
    memory.calls.resize(proxy.max_calls, proxy.max_calls_per_caller)
    behind.resize(proxy.max_connections)
    begin(next)
    useTls(wanted, tls, behind)
    serving = { config: wanted, state: stateOf(next, memory), tls }
    if (isElsewhere) moveTo(behind)
    const retired: Promise<void> = retire(old, force.signal).finally(() => retiring.delete(retired))
    retiring.add(retired)
  }
  const check = async (wanted: Config): Promise<void> => {
    refuseOpenListener(wanted)
    if (isSameAddress(wanted, serving.config)) refuseOtherKind(serving.config, wanted)
    readTls(wanted)
    await closeAll(await assembled(wanted, door))
  }
  const renewCertificates = (): Renewal => {
    const tls = readTls(serving.config)
    const changes = changedFiles(serving.tls, tls)
    if (tls === undefined || changes.length === 0) return { changes: [], warnings: [] }
    useTls(serving.config, tls, door)
    serving = { ...serving, tls }
    return { changes, warnings: tls.warnings }
  }
  const end = async (): Promise<void> => {
    await Promise.all([shutDown(serving.state, door, force.signal), ...retiring])
    durable.close()
    ended.abort()
    for (const old of oldDoors) {
      old.server.closeAllConnections()
      old.endHandshakes()
    }
    const flushed = telemetry.close()
    memory.tally.conclude(ports.log)
    await flushed
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
    serves: (url, admin) => servesPath(serving.state, url, admin),
    replace,
    check,
    useControl: (control) => {
      memory.control.current = control
    },
    renewCertificates: () => attempt(renewCertificates),
    close: (how = {}) => {
      if (how.force === true) force.abort()
      closing ??= end()
      return closing
    },
  }
}
