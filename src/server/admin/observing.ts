// Reads: how the backends, their circuits and the sessions are, and the metrics.
import type { Backend } from '../../backends/backend.ts'
import {
  backendsOf,
  circuitsOf,
  proxyOf,
  type BackendStatus,
} from '../../proxy/generation/status.ts'
import { problemOf } from '../../problems/problem.ts'
import type { AdminContext, SessionView } from './context.ts'
import { operate, operateDelete, read, Refused } from './route.ts'
import * as schemas from './schemas.ts'

const iso = (ms: number): string => new Date(ms).toISOString()
const seconds = (ms: number): number => Math.max(0, Math.floor(ms / 1000))

const unknownBackend = (name: string, { generation }: AdminContext): Refused =>
  new Refused(
    problemOf('admin-unknown', 'backend', {
      name: name.slice(0, 100),
      names: generation.backends.map((one) => `"${one.name}"`).join(', '),
    }),
  )

const backendNamed = (name: string, { generation }: AdminContext): Backend | undefined =>
  generation.backends.find((one) => one.name === name)

const isUp = ({ health }: Backend): boolean => health.state === 'up'

const health = read({
  path: '/admin/health',
  id: 'getHealth',
  summary: 'Whether every backend is up',
  answer: schemas.healthSchema,
  serve: (_, { generation }) => {
    const unhealthy = generation.backends.filter((one) => !isUp(one)).map(({ name }) => name)
    return {
      status: unhealthy.length === 0 ? ('healthy' as const) : ('degraded' as const),
      unhealthy_backends: unhealthy,
    }
  },
})

const backends = read({
  path: '/admin/backends',
  id: 'listBackends',
  summary: 'The proxy and its backends: state, era, circuit, calls in flight, replicas',
  answer: schemas.backendsSchema,
  serve: (_, { generation, now, sessions }) => ({
    proxy: {
      ...proxyOf(generation),
      backend_count: generation.backends.length,
      active_sessions: sessions.count,
    },
    backends: backendsOf(generation, now),
  }),
})

const oneBackend = (name: string, context: AdminContext): BackendStatus | Refused =>
  backendsOf(context.generation, context.now).find((one) => one.name === name) ??
  unknownBackend(name, context)

const backend = read({
  path: '/admin/backends/{name}',
  id: 'getBackend',
  summary: 'One backend',
  answer: schemas.backendSchema,
  refusals: [404],
  serve: ({ params }, context) => oneBackend(params.name, context),
})

const backendHealth = read({
  path: '/admin/backends/{name}/health',
  id: 'getBackendHealth',
  summary: 'One backend; the same as without /health',
  answer: schemas.backendSchema,
  refusals: [404],
  serve: ({ params }, context) => oneBackend(params.name, context),
})

const backendHistory = read({
  path: '/admin/backends/{name}/health/history',
  id: 'getBackendHistory',
  summary: 'How its health changed, newest first; of all backends the latest 1000 changes are kept',
  answer: schemas.transitionsSchema,
  refusals: [404],
  serve: ({ params }, context) =>
    backendNamed(params.name, context) === undefined
      ? unknownBackend(params.name, context)
      : context.history.of(params.name).map(({ backend: namespace, state, since, code }) => ({
          namespace,
          healthy: state === 'up',
          state,
          timestamp: iso(since),
          code: code ?? null,
        })),
})

const backendTools = read({
  path: '/admin/backends/{name}/tools',
  id: 'listBackendTools',
  summary: 'The tools of one backend, whether a policy offers them or not, with their annotations',
  answer: schemas.backendToolsSchema,
  refusals: [404],
  serve: async ({ params: { name } }, context) =>
    backendNamed(name, context) === undefined
      ? unknownBackend(name, context)
      : { tools: (await context.generation.listTools(name)) ?? null },
})

const circuits = read({
  path: '/admin/circuit-breakers',
  id: 'listCircuits',
  summary: 'The circuit breakers of all backends that have one',
  answer: schemas.circuitsSchema,
  serve: (_, { generation, now }) => circuitsOf(generation, now),
})

const resetCircuit = operate({
  path: '/admin/circuit-breakers/{backend}/reset',
  id: 'resetCircuit',
  summary: 'Closes the circuit breaker of a backend and forgets what it has counted',
  answer: schemas.circuitSchema,
  refusals: [404],
  serve: ({ params }, context) => {
    const { generation, now } = context
    generation.resilienceOf(params.backend).circuit?.reset()
    return (
      circuitsOf(generation, now).find((one) => one.backend === params.backend) ??
      new Refused(
        problemOf('admin-unknown', 'circuit', {
          name: params.backend.slice(0, 100),
          names: circuitsOf(generation, now)
            .map((one) => `"${one.backend}"`)
            .join(', '),
        }),
      )
    )
  },
})

const sessionCount = read({
  path: '/admin/sessions',
  id: 'countSessions',
  summary: 'How many sessions are open',
  answer: schemas.sessionCountSchema,
  serve: (_, { sessions }) => ({ active_sessions: sessions.count }),
})

const shownSession = (
  { fingerprint, opened, lastUsed, calls, client, protocolVersion }: SessionView,
  now: number,
) => ({
  id: fingerprint,
  uptime_seconds: seconds(now - opened),
  idle_seconds: seconds(now - lastUsed),
  calls,
  client: client ?? null,
  protocol_version: protocolVersion,
})

const sessionList = read({
  path: '/admin/sessions/detail',
  id: 'listSessions',
  summary: 'The open sessions, longest unused first',
  answer: schemas.sessionsSchema,
  serve: (_, { sessions, now }) => sessions.views().map((one) => shownSession(one, now)),
})

const endSession = operateDelete({
  path: '/admin/sessions/{id}',
  id: 'endSession',
  summary: 'Ends a session: its calls are aborted, its streams are closed',
  answer: schemas.endedSchema,
  refusals: [404],
  serve: ({ params }, { sessions }) => {
    const ended = sessions.endBy(params.id)
    return ended === 0
      ? new Refused(problemOf('admin-unknown', 'session', { id: params.id.slice(0, 100) }))
      : { ended }
  },
})

const stats = read({
  path: '/admin/stats',
  id: 'getStats',
  summary: 'How many backends and sessions there are',
  answer: schemas.statsSchema,
  serve: (_, { generation, sessions }) => {
    const total = generation.backends.length
    const healthy = generation.backends.filter(isUp).length
    return {
      total_backends: total,
      healthy_backends: healthy,
      unhealthy_backends: total - healthy,
      active_sessions: sessions.count,
    }
  },
})

const metrics = read({
  path: '/admin/metrics',
  id: 'getMetrics',
  summary: 'Metrics in the text format of Prometheus',
  answer: 'text/plain',
  refusals: [404],
  serve: async (_, context) => {
    const found = await context.metrics()
    return found === undefined
      ? new Refused(problemOf('admin-unknown', 'metrics'))
      : { kind: 'text' as const, ...found }
  },
})

export const observingRoutes = [
  health,
  backends,
  backend,
  backendHealth,
  backendHistory,
  backendTools,
  circuits,
  resetCircuit,
  sessionCount,
  sessionList,
  endSession,
  stats,
  metrics,
]
