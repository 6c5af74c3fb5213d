// The largest message that a backend may send, which is configured, over every transport.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createBackends } from '../support/backends.ts'
import {
  startEventStreamServer,
  startHttpServer,
  startWebSocketServer,
  stdioServer,
  type NetworkServer,
} from '../support/mcp-servers.ts'
import { textOf, toolCall } from '../support/peer.ts'

const backends = createBackends()
afterEach(() => backends.closeAll())

let servers: readonly NetworkServer[]
beforeAll(async () => {
  servers = await Promise.all([
    startHttpServer('legacy'),
    startEventStreamServer(),
    startWebSocketServer('legacy'),
  ])
})
afterAll(() => Promise.all(servers.map((server) => server.close())))

const kinds: readonly (readonly [string, () => object])[] = [
  ['stdio', () => ({ transport: 'stdio', ...stdioServer('legacy') })],
  ['http', () => ({ transport: 'http', url: servers[0]?.url })],
  ['sse', () => ({ transport: 'sse', url: servers[1]?.url })],
  ['websocket', () => ({ transport: 'websocket', url: servers[2]?.url })],
]

describe.each(kinds)('over %s', (_transport, keys) => {
  const opened = async (more: object) => {
    const backend = backends.open({ protocol: 'legacy', ...keys(), ...more })
    backend.start()
    await backend.untilHealth('up')
    return backend
  }
  const text = 'x'.repeat(40_000)

  test('a message within the limit comes, and one beyond it fails that call with the limit', async () => {
    const roomy = await opened({ max_message_bytes: 100_000 })
    expect(textOf(await roomy.handle(toolCall('echo', { text })))).toBe(text)
    const narrow = await opened({ max_message_bytes: 30_000 })
    const reply = await narrow.handle(toolCall('echo', { text }))
    expect(reply).toMatchObject({ kind: 'failure', sent: true })
    const said = JSON.stringify([reply, narrow.states, narrow.log])
    expect(said).toContain('of more than 30000 bytes')
  })
})
