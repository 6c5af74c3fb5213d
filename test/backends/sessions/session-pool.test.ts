// Sessions of single callers at a real session-era server, one process each.
import { afterEach, describe, expect, test } from 'vitest'
import type { Caller, ClientFacts, SessionPeer } from '../../../src/mcp/call.ts'
import type { WatchedBackend } from '../../support/backends.ts'
import { createBackends } from '../../support/backends.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { stdioServer, startHttpServer } from '../../support/mcp-servers.ts'
import { legacyClient, recordingPeer, textOf, toolCall } from '../../support/peer.ts'
import { groupRuns } from '../../support/process-group.ts'

const backends = createBackends()
afterEach(() => backends.closeAll())

const start = async (config: object = {}, overrides = {}): Promise<WatchedBackend> => {
  const backend = backends.open(
    { transport: 'stdio', ...stdioServer('legacy'), protocol: 'legacy', ...config },
    overrides,
  )
  backend.start()
  await backend.untilHealth('up')
  return backend
}

const as = (key: string, client: ClientFacts = legacyClient): Caller => ({
  principal: { method: 'bearer', key, scopes: [], audience: [], claims: {} },
  client,
})
const asker: ClientFacts = { ...legacyClient, capabilities: { elicitation: {} } }

const pidOf = async (backend: WatchedBackend, caller: Partial<Caller> = {}): Promise<number> =>
  (JSON.parse(textOf(await backend.handle(toolCall('process', {}, caller)))) as { pid: number }).pid

describe('each caller', () => {
  test('has a process of its own for each set of capabilities, and nobody else gets there', async () => {
    const backend = await start()
    const [alice, bob, asking] = [
      await pidOf(backend, as('alice')),
      await pidOf(backend, as('bob')),
      await pidOf(backend, as('alice', asker)),
    ]
    const shared = await pidOf(backend)
    expect(new Set([alice, bob, asking, shared]).size).toBe(4)
    expect(await pidOf(backend, as('alice', { ...legacyClient }))).toBe(alice)
    expect(
      await pidOf(backend, as('alice', { ...asker, capabilities: { elicitation: { form: {} } } })),
    ).toBe(asking)
    expect(await pidOf(backend)).toBe(shared)
  })

  test('shares one process where the configuration says so', async () => {
    const backend = await start({ session: 'shared' })
    expect(await pidOf(backend, as('alice', asker))).toBe(await pidOf(backend, as('bob')))
  })

  test('gets a new one after its own has crashed, and the others keep theirs', async () => {
    const backend = await start()
    const [alice, bob] = [await pidOf(backend, as('alice')), await pidOf(backend, as('bob'))]
    const crashed = await backend.handle(toolCall('crash', {}, as('alice')))
    expect(crashed).toMatchObject({ kind: 'failure', sent: true })
    expect(await pidOf(backend, as('alice'))).not.toBe(alice)
    expect(await pidOf(backend, as('bob'))).toBe(bob)
  })
})

test('a server that ended while only sessions of callers were in use is known to be down', async () => {
  const server = await startHttpServer('legacy', { stateless: true })
  const backend = backends.open({ transport: 'http', url: server.url, protocol: 'legacy' })
  backend.start()
  await backend.untilHealth('up')
  expect(textOf(await backend.handle(toolCall('echo', { text: 'hej' }, as('alice'))))).toBe('hej')
  await server.close()
  expect(await backend.handle(toolCall('echo', { text: 'hej' }, as('alice')))).toMatchObject({
    kind: 'failure',
    sent: false,
  })
  expect((await backend.untilHealth('down')).problem.code).toBe('backend-unavailable')
})

test('a caller whose process crashes again and again gets a new one less and less often', async () => {
  const clock = createManualClock(Date.now())
  const backend = await start({ session_idle_seconds: 3600 }, { clock })
  const crash = () => backend.handle(toolCall('crash', {}, as('alice')))
  const bob = await pidOf(backend, as('bob'))
  let started = 0
  for (let second = 0; second < 120; second += 1) {
    const reply = await crash()
    expect(reply).toMatchObject({ kind: 'failure' })
    if (reply.kind === 'failure' && reply.sent) started += 1
    await clock.advance(1000)
  }
  expect(started).toBeGreaterThan(4)
  expect(started).toBeLessThan(14)
  expect(await pidOf(backend, as('bob'))).toBe(bob)
  await clock.advance(30_000)
  expect(await pidOf(backend, as('alice'))).not.toBe(bob)
}, 60_000)

describe('the processes of callers', () => {
  test('are bounded: the longest idle makes room, and none that is in use', async () => {
    const backend = await start({ max_sessions: 1 })
    const alice = await pidOf(backend, as('alice'))
    const slow = backend.handle(toolCall('slow', { tag: 'a' }, as('alice')))
    await expect
      .poll(async () => textOf(await backend.handle(toolCall('waiting', {}, as('alice')))))
      .toBe('["a"]')
    expect(await backend.handle(toolCall('process', {}, as('bob')))).toMatchObject({
      kind: 'refusal',
      problem: { code: 'limit-sessions' },
    })
    await backend.handle(toolCall('release', { tag: 'a' }, as('alice')))
    expect(textOf(await slow)).toBe('released a')
    expect(await pidOf(backend, as('bob'))).not.toBe(alice)
    await expect.poll(() => groupRuns(alice)).toBe(false)
  })

  test('are bounded for one caller, however many capabilities it invents', async () => {
    const backend = await start()
    const kinds = [{ form: {} }, { url: {} }, { form: {}, url: {} }]
    // A server that asks nothing would need one or two of them.
    const questions = [{ method: 'roots/list' }]
    await backend.handle(toolCall('ask', { questions }, as('alice', { ...asker })))
    const sets = kinds.flatMap((elicitation) =>
      [undefined, {}, { tools: {} }].map((sampling) => ({
        elicitation,
        ...(sampling === undefined ? {} : { sampling }),
      })),
    )
    const pids: number[] = []
    for (const capabilities of sets) {
      pids.push(await pidOf(backend, as('alice', { ...legacyClient, capabilities })))
    }
    expect(new Set(pids).size).toBe(9)
    await expect.poll(() => pids.filter(groupRuns).length).toBe(8)
  }, 30_000)

  test('end when nobody has used them for a while, and with the backend', async () => {
    const clock = createManualClock(Date.now())
    const backend = await start({ session_idle_seconds: 60 }, { clock })
    const [alice, bob] = [await pidOf(backend, as('alice')), await pidOf(backend, as('bob'))]
    await clock.advance(45_000)
    expect(await pidOf(backend, as('bob'))).toBe(bob)
    await clock.advance(30_000)
    await expect.poll(() => groupRuns(alice)).toBe(false)
    expect(groupRuns(bob)).toBe(true)
    const closing = backend.close()
    await expect.poll(() => groupRuns(bob)).toBe(false)
    await closing
  })
})

describe('a question without a mark', () => {
  const form = {
    method: 'elicitation/create',
    params: { message: '?', requestedSchema: { type: 'object', properties: {} } },
  }
  const accepting = () =>
    recordingPeer(() => ({
      kind: 'error',
      error: { code: -32_000, message: 'heard' },
    }))

  test('goes to the one client that has calls open, and to none where it could be any of two', async () => {
    const backend = await start()
    const client = { ...asker }
    const [first, second] = [accepting(), accepting()]
    const slow = backend.handle(
      toolCall('slow', { tag: 'x' }, { ...as('alice', client), peer: first }),
    )
    await expect
      .poll(async () => textOf(await backend.handle(toolCall('waiting', {}, as('alice', client)))))
      .toBe('["x"]')
    const ask = (facts: ClientFacts, peer: typeof first) =>
      backend.handle(toolCall('ask', { questions: [form] }, { ...as('alice', facts), peer }))
    expect(textOf(await ask(client, second))).toContain('heard')
    expect([first.questions.length, second.questions.length]).toEqual([1, 0])
    expect(textOf(await ask({ ...asker }, second))).toContain('-32602')
    expect(second.questions).toEqual([])
    await backend.handle(toolCall('release', { tag: 'x' }, as('alice', client)))
    await slow
  })

  test('is heard by a client between its calls, and what it says reaches the server', async () => {
    const backend = await start()
    const client: ClientFacts = { ...legacyClient, capabilities: { roots: { listChanged: true } } }
    const ended = new AbortController()
    const session: SessionPeer = { ...recordingPeer(), logLevel: undefined, ended: ended.signal }
    const caller = { ...as('alice', client), session }
    const seen = async () => textOf(await backend.handle(toolCall('seen', {}, caller)))
    expect(await seen()).toContain('"roots":0')
    backend.relay({ kind: 'roots-changed' }, { principal: caller.principal, client })
    await expect.poll(seen).toContain('"roots":1')
    backend.relay({ kind: 'roots-changed' }, { principal: as('bob').principal, client })
    expect(await seen()).toContain('"roots":1')
  })
})

describe('callers of a server over Streamable HTTP', () => {
  const initializedTimes = async (options: { readonly stateless?: boolean }, callers: number) => {
    const server = await startHttpServer('legacy', options)
    try {
      const backend = await start({
        transport: 'http',
        url: server.url,
        command: undefined,
        args: [],
      })
      for (let n = 0; n < 2 * callers; n += 1) {
        const reply = await backend.handle(toolCall('echo', { text: 'x' }, as(`c${n % callers}`)))
        expect(reply.kind).toBe('result')
      }
      const log = await server.log()
      return log.filter(({ body }) => body?.method === 'initialize').length
    } finally {
      await server.close()
    }
  }

  test('that keeps nothing share the session of the proxy', async () => {
    expect(await initializedTimes({ stateless: true }, 3)).toBe(1)
  })

  test('that keeps sessions have one each, more than there could be processes', async () => {
    expect(await initializedTimes({}, 70)).toBe(71)
  })
})

describe('a watched resource', () => {
  test('is subscribed to again after the server has forgotten everything', async () => {
    const server = await startHttpServer('legacy')
    const backend = await start({
      transport: 'http',
      url: server.url,
      command: undefined,
      args: [],
    })
    const heard: string[] = []
    const end = new AbortController()
    const caller = { principal: as('alice').principal, client: legacyClient }
    const reply = await backend.watch({
      uri: 'note://one',
      caller,
      onUpdated: (uri) => heard.push(uri),
      signal: end.signal,
    })
    expect(reply.kind).toBe('result')
    await server.forgetSessions()
    // The next request of the session notices, and opens a new one.
    await backend.handle(toolCall('echo', { text: 'x' }, as('alice')))
    await expect.poll(() => heard, { timeout: 5000 }).toEqual(['note://one'])
    await backend.handle(toolCall('touch', { uri: 'note://one' }, as('alice')))
    await expect.poll(() => heard).toEqual(['note://one', 'note://one'])
    end.abort()
    await expect
      .poll(async () => textOf(await backend.handle(toolCall('seen', {}, as('alice')))))
      .toContain('"subscribed":[]')
    await server.close()
  })
})
