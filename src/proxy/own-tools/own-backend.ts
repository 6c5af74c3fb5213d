// The proxy as one more backend, for tools that are its own: always up, in both eras.
import type { Backend, Health } from '../../backends/backend.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Handler, Reply } from '../../mcp/call.ts'
import { newestLegacy, newestModern } from '../../mcp/revision.ts'
import { problemOf } from '../../problems/problem.ts'
import { ownName } from '../names/own-names.ts'

const ownCapabilities: JsonObject = { tools: { listChanged: true } }

const notWatched: Reply = {
  kind: 'refusal',
  problem: problemOf('req-method', 'unknown', { method: '"resources/subscribe"' }),
}

/** `since`: milliseconds since the epoch. */
export const ownBackend = (
  handle: Handler,
  since: number,
  name: string = ownName,
  capabilities: JsonObject = ownCapabilities,
): Backend => {
  const health: Health = {
    state: 'up',
    since,
    era: 'modern',
    protocolVersion: newestModern,
    capabilities,
    sessions: { era: 'legacy', protocolVersion: newestLegacy, capabilities },
  }
  return {
    name,
    handle,
    health,
    prepare: () => undefined,
    subscribe: () => () => undefined,
    watch: () => Promise.resolve(notWatched),
    watchTask: () => Promise.resolve(notWatched),
    relay: () => undefined,
    start: () => undefined,
    close: () => Promise.resolve(),
  }
}
