// A read-only view of the backends for the admin surface: JSON-safe, without secrets.
import type { JsonObject } from '../../base/json.ts'
import type { Backend, Health } from '../../backends/backend.ts'
import type { Generation } from './generation.ts'

const iso = (ms: number): string => new Date(ms).toISOString()

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
