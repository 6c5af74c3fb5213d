// A read-only view of the backends for the admin surface: JSON-safe, without secrets.
import type { JsonObject } from '../../base/json.ts'
import type { Agreement, Backend, Health, ReplicaView } from '../../backends/backend.ts'
import type { BackendConfig } from '../../config/schema.ts'
import type { Circuit, CircuitState } from '../../resilience/circuit.ts'
import type { Generation } from './generation.ts'
import type { Resilience } from './open-resilience.ts'

interface StateStatus {
  readonly state: Health['state']
  /** RFC 3339. */
  readonly since: string
  readonly era?: 'legacy' | 'modern'
  readonly protocol_version?: string
  readonly capabilities?: readonly string[]
  readonly server_info?: JsonObject
  readonly sessions?: {
    readonly protocol_version: string
    readonly capabilities: readonly string[]
  }
  readonly code?: string
  readonly error?: string
  readonly retry_at?: string
}

export interface CircuitStatus {
  readonly state: CircuitState
  readonly since: string
  readonly calls: number
  readonly failures: number
  readonly retry_at?: string
}

interface ReplicaStatus {
  readonly address: string
  readonly state: Health['state']
  readonly since: string
  readonly in_flight: number
  readonly ejected_until?: string
  readonly code?: string
  readonly error?: string
}

export interface BackendStatus extends StateStatus {
  readonly name: string
  readonly circuit?: CircuitStatus
  readonly calls?: { readonly in_flight: number; readonly queued: number }
  readonly replicas?: readonly ReplicaStatus[]
  readonly failover_for?: string
  readonly canary_of?: string
  readonly mirror_of?: string
}

export interface ProxyStatus {
  readonly name: string
  readonly version: string
  readonly public_url?: string
  readonly auth: string
  readonly ready: boolean
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** What clients of the session era get of a backend that has both. */
const sessionsView = ({ protocolVersion, capabilities }: Agreement) => ({
  protocol_version: protocolVersion,
  capabilities: Object.keys(capabilities),
})

const healthView = (health: Health): StateStatus => {
  const since = iso(health.since)
  switch (health.state) {
    case 'starting':
      return { state: health.state, since }
    case 'up':
      return {
        state: health.state,
        since,
        era: health.era,
        protocol_version: health.protocolVersion,
        capabilities: Object.keys(health.capabilities),
        ...(health.serverInfo === undefined ? {} : { server_info: health.serverInfo }),
        ...(health.sessions === undefined ? {} : { sessions: sessionsView(health.sessions) }),
      }
    case 'down':
      return {
        state: health.state,
        since,
        code: health.problem.code,
        error: health.problem.detail,
        ...(health.retryAt === undefined ? {} : { retry_at: iso(health.retryAt) }),
      }
  }
}

/** The circuit of a backend as the admin surface shows it. */
const circuitView = (circuit: Circuit, now: number): CircuitStatus => {
  const { state, since, calls, failures, waitMs } = circuit.view()
  return {
    state,
    since: iso(since),
    calls,
    failures,
    ...(waitMs === 0 ? {} : { retry_at: iso(now + waitMs) }),
  }
}

const resilienceView = (
  { circuit, turns }: Resilience,
  now: number,
): Pick<BackendStatus, 'circuit' | 'calls'> => ({
  ...(circuit === undefined ? {} : { circuit: circuitView(circuit, now) }),
  ...(turns === undefined ? {} : { calls: { in_flight: turns.flying, queued: turns.waiting } }),
})

const replicaView = (
  { address, health, inFlight, ejectedMs }: ReplicaView,
  now: number,
): ReplicaStatus => ({
  address,
  state: health.state,
  since: iso(health.since),
  in_flight: inFlight,
  ...(ejectedMs === 0 ? {} : { ejected_until: iso(now + ejectedMs) }),
  ...(health.state === 'down' ? { code: health.problem.code, error: health.problem.detail } : {}),
})

const replicasView = (backend: Backend, now: number): Pick<BackendStatus, 'replicas'> => {
  const replicas = backend.replicas?.()
  return replicas === undefined ? {} : { replicas: replicas.map((one) => replicaView(one, now)) }
}

/** The backend whose calls it gets, by the key that says so. */
const trafficView = (
  config: BackendConfig | undefined,
): Pick<BackendStatus, 'failover_for' | 'canary_of' | 'mirror_of'> => {
  const { failover_for: failover, canary_of: canary, mirror_of: mirror } = config ?? {}
  return {
    ...(failover === undefined ? {} : { failover_for: failover }),
    ...(canary === undefined ? {} : { canary_of: canary }),
    ...(mirror === undefined ? {} : { mirror_of: mirror }),
  }
}

const backendView = (backend: Backend, generation: Generation, now: number): BackendStatus => ({
  name: backend.name,
  ...healthView(backend.health),
  ...resilienceView(generation.resilienceOf(backend.name), now),
  ...replicasView(backend, now),
  ...trafficView(generation.config.backends.find(({ name }) => name === backend.name)),
})

/** `now`: milliseconds since the epoch. */
export const backendsOf = (generation: Generation, now: number): readonly BackendStatus[] =>
  generation.backends.map((backend) => backendView(backend, generation, now))

export const proxyOf = (generation: Generation): ProxyStatus => {
  const { config, publicUrl } = generation
  return {
    name: config.proxy.name,
    version: config.proxy.version,
    ...(publicUrl === undefined ? {} : { public_url: publicUrl }),
    auth: config.auth.type,
    ready: generation.ready().ready,
  }
}

/** The circuits of all backends that have one, by name. */
export const circuitsOf = (
  generation: Generation,
  now: number,
): readonly (CircuitStatus & { readonly backend: string })[] =>
  generation.backends
    .map(({ name }) => ({ name, circuit: generation.resilienceOf(name).circuit }))
    .flatMap(({ name, circuit }) =>
      circuit === undefined ? [] : [{ backend: name, ...circuitView(circuit, now) }],
    )
    .toSorted((one, other) => (one.backend < other.backend ? -1 : 1))
