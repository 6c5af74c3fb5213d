// A read-only view of the backends for the admin surface: JSON-safe, without secrets.
import type { JsonObject } from '../../base/json.ts'
import type { Agreement, Backend, Health } from '../../backends/backend.ts'
import type { Generation } from './generation.ts'

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

const backendView = ({ name, health }: Backend): JsonObject => ({ name, ...healthView(health) })

export const statusOf = (generation: Generation): JsonObject => ({
  proxy: {
    name: generation.config.proxy.name,
    version: generation.config.proxy.version,
    ...(generation.publicUrl === undefined ? {} : { public_url: generation.publicUrl }),
    auth: generation.config.auth.type,
    ready: generation.ready().ready,
  },
  backends: generation.backends.map(backendView),
})
