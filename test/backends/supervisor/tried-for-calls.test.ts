// A server that is back after a long outage is not kept from its callers by a wait that has grown long.
import { afterEach, expect, test } from 'vitest'
import { createBackends } from '../../support/backends.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { textOf, toolCall } from '../../support/peer.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'

const backends = createBackends()
let server: ScriptedServer
afterEach(async () => {
  await backends.closeAll()
  await server.close()
})

interface Seen {
  readonly id?: number
  readonly method: string
}

/** A server that is out of order, and how often it was tried. */
const start = async () => {
  server = await startScriptedServer()
  const state = { isBack: false, attempts: 0 }
  const answers: Readonly<Record<string, object>> = {
    'server/discover': { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } },
    'tools/call': { content: [{ type: 'text', text: 'back' }] },
  }
  server.on('/mcp', ({ body }) => {
    const { id, method } = JSON.parse(body) as Seen
    if (method === 'server/discover') state.attempts += 1
    const answer = answers[method]
    if (!state.isBack) return { status: 503 }
    return answer === undefined ? { status: 202 } : { body: { jsonrpc: '2.0', id, result: answer } }
  })
  const clock = createManualClock()
  const config = { transport: 'http', protocol: 'modern', url: `${server.origin}/mcp` }
  const backend = backends.open(config, { clock })
  backend.start()
  for (let failed = 1; failed <= 8; failed += 1) {
    await expect.poll(() => backend.states.length).toBe(failed)
    const down = await backend.untilHealth('down')
    if (failed === 8) return { backend, clock, state, waitMs: (down.retryAt ?? 0) - down.since }
    await clock.untilSleeping()
    await clock.advance((down.retryAt ?? 0) - down.since)
  }
  throw new Error('it was never down')
}

test('the first call after an outage has the server tried a second after the last attempt', async () => {
  const { backend, clock, state, waitMs } = await start()
  expect(waitMs).toBeGreaterThan(10_000)
  state.isBack = true
  const refused = await backend.handle(toolCall('any'))
  expect(refused).toMatchObject({ kind: 'failure', sent: false })
  await clock.untilSleeping()
  await clock.advance(1000)
  await backend.untilHealth('up')
  expect(textOf(await backend.handle(toolCall('any')))).toBe('back')
})

test('many calls have it tried once a second at most, and without calls it is left alone', async () => {
  const { backend, clock, state } = await start()
  const before = state.attempts
  await Promise.all(Array.from({ length: 100 }, () => backend.handle(toolCall('any'))))
  expect(state.attempts).toBe(before)
  await clock.untilSleeping()
  await clock.advance(1000)
  await expect.poll(() => state.attempts).toBe(before + 1)
  await expect.poll(() => backend.states.at(-1)?.state).toBe('down')
  await clock.untilSleeping()
  await clock.advance(10_000)
  expect(state.attempts).toBe(before + 1)
})
