// A read-only view of the backends for the admin surface: JSON-safe, without secrets.
import type { JsonObject } from '../../base/json.ts'
import type { Agreement, Backend, Health, ReplicaView } from '../../backends/backend.ts'
import type { BackendConfig } from '../../config/schema.ts'
import type { Circuit } from '../../resilience/circuit.ts'
import type { Generation } from './generation.ts'
import type { Resilience } from './open-resilience.ts'

const iso = (ms: number): string => new Date(ms).toISOString()

/** What clients of the session era get of a backend that has both. */
const sessionsView = ({ protocolVersion, capabilities }: Agreement): JsonObject => ({
  protocol_version: protocolVersion,
  capabilities: Object.keys(capabilities),
})

const healthView = (health: Health): JsonObject => {
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
const circuitView = (circuit: Circuit, now: number): JsonObject => {
  const { state, since, calls, failures, waitMs } = circuit.view()
  return {
    state,
    since: iso(since),
    calls,
    failures,
    ...(waitMs === 0 ? {} : { retry_at: iso(now + waitMs) }),
  }
}

const resilienceView = ({ circuit, turns }: Resilience, now: number): JsonObject => ({
  ...(circuit === undefined ? {} : { circuit: circuitView(circuit, now) }),
  ...(turns === undefined ? {} : { calls: { in_flight: turns.flying, queued: turns.waiting } }),
})

const replicaView = (
  { address, health, inFlight, ejectedMs }: ReplicaView,
  now: number,
): JsonObject => ({
  address,
  state: health.state,
  since: iso(health.since),
  in_flight: inFlight,
  ...(ejectedMs === 0 ? {} : { ejected_until: iso(now + ejectedMs) }),
  ...(health.state === 'down' ? { code: health.problem.code, error: health.problem.detail } : {}),
})

const replicasView = (backend: Backend, now: number): JsonObject => {
  const replicas = backend.replicas?.()
  return replicas === undefined ? {} : { replicas: replicas.map((one) => replicaView(one, now)) }
}

/** The backend whose calls it gets, by the key that says so. */
const trafficView = (config: BackendConfig | undefined): JsonObject => {
  const { failover_for: failover, canary_of: canary, mirror_of: mirror } = config ?? {}
  return {
    ...(failover === undefined ? {} : { failover_for: failover }),
    ...(canary === undefined ? {} : { canary_of: canary }),
    ...(mirror === undefined ? {} : { mirror_of: mirror }),
  }
}

const backendView = (
  backend: Backend,
  resilience: Resilience,
  traffic: JsonObject,
  now: number,
): JsonObject => ({
  name: backend.name,
  ...healthView(backend.health),
  ...resilienceView(resilience, now),
  ...replicasView(backend, now),
  ...traffic,
})

/** `now`: milliseconds since the epoch. */
export const statusOf = (generation: Generation, now: number): JsonObject => ({
  proxy: {
    name: generation.config.proxy.name,
    version: generation.config.proxy.version,
    ...(generation.publicUrl === undefined ? {} : { public_url: generation.publicUrl }),
    auth: generation.config.auth.type,
    ready: generation.ready().ready,
  },
  backends: generation.backends.map((backend) =>
    backendView(
      backend,
      generation.resilienceOf(backend.name),
      trafficView(generation.config.backends.find(({ name }) => name === backend.name)),
      now,
    ),
  ),
})

/** The circuits of all backends that have one, by name. */
export const circuitsOf = (generation: Generation, now: number): readonly JsonObject[] =>
  generation.backends
    .map(({ name }) => ({ name, circuit: generation.resilienceOf(name).circuit }))
    .flatMap(({ name, circuit }) =>
      circuit === undefined ? [] : [{ backend: name, ...circuitView(circuit, now) }],
    )
    .toSorted((one, other) => (one.backend < other.backend ? -1 : 1))
