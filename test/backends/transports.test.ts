// What holds of a backend by whatever transport it is reached, with real servers of both eras behind each.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock, type Clock } from '../../src/base/clock.ts'
import type { Reply } from '../../src/mcp/call.ts'
import { jsonReplies, openers, type OpenedServer, type Opener } from '../support/backend-openers.ts'
import { createBackends, type WatchedBackend } from '../support/backends.ts'
import type { ServerEra } from '../support/mcp-servers.ts'
import { call, modernClient, recordingPeer, textOf, toolCall } from '../support/peer.ts'

const backends = createBackends()
afterEach(() => backends.closeAll())

const openedAt = async (server: OpenedServer, more: object = {}) => {
  const backend = backends.open({ ...server.config, ...more })
  backend.start()
  await backend.untilHealth('up')
  return backend
}

/** The clock, and how many wait for it now. */
const countedWaits = () => {
  let waiting = 0
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => {
      waiting += 1
      return systemClock.sleep(ms, signal).finally(() => {
        waiting -= 1
      })
    },
  }
  return { clock, waiting: () => waiting }
}

const resultOf = (reply: Reply) => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.result.value()
}

const columns = [...openers, jsonReplies].flatMap((opener) =>
  opener.eras.map((era) => ({ title: `a ${era} server over ${opener.name}`, opener, era })),
)

/** One server for all tests of a column. */
const withServer = (opener: Opener, era: ServerEra) => {
  let server: OpenedServer
  beforeAll(async () => {
    server = await opener.start(era)
  })
  afterAll(() => server.close())
  return {
    real: () => server,
    opened: (more?: object) => openedAt(server, more),
    tags: async (backend: WatchedBackend, tool: 'waiting' | 'aborted') =>
      JSON.parse(textOf(await backend.handle(toolCall(tool)))) as unknown,
  }
}

describe.each(columns)('$title', ({ opener, era: server }) => {
  const era = server === 'legacy' ? 'legacy' : 'modern'
  const { real, opened, tags } = withServer(opener, server)

  test(`is found to be ${era} and answers every kind of request`, async () => {
    const backend = await opened()
    expect(backend.health).toMatchObject({
      state: 'up',
      era,
      serverInfo: { name: era === 'modern' ? 'fixture-2' : 'fixture-1' },
      protocolVersion: era === 'modern' ? '2026-07-28' : '2025-11-25',
      capabilities: { tools: { listChanged: true }, prompts: {}, completions: {} },
    })
    const tools = resultOf(await backend.handle(call('tools/list')))['tools'] as { name: string }[]
    expect(tools.map(({ name }) => name)).toContain('echo')
    expect(textOf(await backend.handle(toolCall('echo', { text: 'hej æ' })))).toBe('hej æ')
    expect(
      resultOf(await backend.handle(call('resources/read', { uri: 'note://by/anna' }))),
    ).toMatchObject({ contents: [{ uri: 'note://by/anna', text: 'note of anna' }] })
    expect(
      resultOf(
        await backend.handle(
          call('prompts/get', { name: 'greet', arguments: { name: 'A', language: 'dansk' } }),
        ),
      ),
    ).toMatchObject({ messages: [{ content: { text: 'Greet A in dansk' } }] })
    const completions = await Promise.all(
      [
        {
          ref: { type: 'ref/prompt', name: 'greet' },
          argument: { name: 'language', value: 'd' },
        },
        {
          ref: { type: 'ref/resource', uri: 'note://by/{name}' },
          argument: { name: 'name', value: 'an' },
        },
      ].map((asked) => backend.handle(call('completion/complete', asked))),
    )
    expect(completions.map(resultOf)).toMatchObject([
      { completion: { values: ['dansk', 'deutsch'] } },
      { completion: { values: ['anna', 'anton'] } },
    ])
    expect(await backend.handle(call('resources/read', { uri: 'note://nowhere' }))).toMatchObject({
      kind: 'error',
      error: { code: -32_602 },
    })
  })

  test.each(opener === jsonReplies ? [] : ['p', 7])(
    'progress goes to the caller it belongs to, under its own token %j',
    async (progressToken) => {
      const backend = await opened()
      const [first, second] = [recordingPeer(), recordingPeer()]
      const replies = await Promise.all([
        backend.handle(toolCall('progress', { steps: 2 }, { peer: first }, { progressToken })),
        backend.handle(toolCall('progress', { steps: 3 }, { peer: second }, { progressToken })),
      ])
      expect(replies.map(textOf)).toEqual(['2 steps', '3 steps'])
      expect(first.notifications.map(({ params }) => params)).toEqual([
        { progressToken, progress: 1, total: 2, message: 'step 1' },
        { progressToken, progress: 2, total: 2, message: 'step 2' },
      ])
      expect(second.notifications).toHaveLength(3)
    },
  )

  test('cancelling a call reaches the server', async () => {
    const backend = await opened()
    const controller = new AbortController()
    const slow = backend.handle(toolCall('slow', { tag: 'c' }, { signal: controller.signal }))
    await expect.poll(() => tags(backend, 'waiting')).toEqual(['c'])
    controller.abort()
    expect(await slow).toMatchObject({ kind: 'failure', sent: true })
    await expect.poll(() => tags(backend, 'aborted')).toContain('c')
  })

  test('a change of the tools is told', async () => {
    const backend = await opened()
    await expect
      .poll(async () => {
        await backend.handle(toolCall('grow'))
        return backend.notifications
      })
      .toContainEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })
  })

  test('a large answer comes whole', async () => {
    const backend = await opened()
    const reply = await backend.handle(toolCall('big', { bytes: 3_000_000 }))
    expect(textOf(reply)).toHaveLength(3_000_000)
  })

  // Each reload once left a listen behind that was tried again for ever.
  test('is not waited for any more when the backend is closed', async () => {
    const { clock, waiting } = countedWaits()
    const backend = backends.open(real().config, { clock })
    backend.start()
    await backend.untilHealth('up')
    await backend.handle(toolCall('echo', { text: 'x' }))
    await backend.close(2000)
    await expect.poll(waiting).toBe(0)
    const before = waiting()
    await new Promise((resolve) => setImmediate(resolve))
    expect([before, waiting()]).toEqual([0, 0])
  })

  test('ends in order when the backend is closed, and is not taken for lost', async () => {
    const backend = await opened()
    const slow = backend.handle(toolCall('slow', { tag: 'x' }))
    await expect.poll(() => tags(backend, 'waiting')).toContain('x')
    await backend.close(2000)
    expect(await slow).toMatchObject({ kind: 'failure', sent: true })
    // A session that opens beside the stateless link is another health, and no other state.
    const states = backend.states.map(({ state }) => state)
    expect(states.filter((state, at) => state !== states[at - 1])).toEqual(['up', 'down'])
  })
})

const distant = columns.filter(({ opener }) => opener.name !== 'stdio')

describe.each(distant)('$title, far away,', ({ opener, era: server }) => {
  const { real, opened, tags } = withServer(opener, server)

  test('its death leaves the outcome of a call unknown, and it comes back', async () => {
    const backend = await opened()
    const slow = backend.handle(toolCall('slow', { tag: 'x' }))
    await expect.poll(() => tags(backend, 'waiting')).toContain('x')
    await real().kill()
    expect(await slow).toMatchObject({
      kind: 'failure',
      sent: true,
      problem: { code: 'backend-outcome-unknown' },
    })
    await backend.untilHealth('down')
    expect(await backend.handle(toolCall('echo', { text: 'a' }))).toMatchObject({
      kind: 'failure',
      sent: false,
      problem: { code: 'backend-unavailable' },
    })
    await real().restart()
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(toolCall('echo', { text: 'b' })))).toBe('b')
  })
})

// HTTP has headers to look at besides: http.test.ts does.
describe.each(distant.filter(({ opener }) => !opener.name.startsWith('Streamable HTTP')))(
  '$title, far away,',
  ({ opener, era: server }) => {
    const era = server === 'legacy' ? 'legacy' : 'modern'
    const { real, opened } = withServer(opener, server)

    test.each<[string, Record<string, unknown>, Record<string, string>]>([
      [
        'headers of its own',
        { headers: { 'X-API-Key': 'backend-credential', 'X-Team': 'red' } },
        { 'x-api-key': 'backend-credential', 'x-team': 'red' },
      ],
      [
        'a user name and a password',
        { basic_auth: { username: 'ännie', password: 'pass:wörd' } },
        { authorization: `Basic ${Buffer.from('ännie:pass:wörd').toString('base64')}` },
      ],
      [
        'a key in place of a user name',
        { basic_auth: { username: 'backend-credential' } },
        { authorization: `Basic ${Buffer.from('backend-credential:').toString('base64')}` },
      ],
      [
        'another scheme than Bearer',
        { headers: { Authorization: 'Token backend-credential' } },
        { authorization: 'Token backend-credential' },
      ],
    ])('%s go along with each request', async (_title, keys, expected) => {
      const before = (await real().server?.log())?.length
      const backend = await opened(keys)
      expect(textOf(await backend.handle(toolCall('echo', { text: 'a' })))).toBe('a')
      const log = ((await real().server?.log()) ?? []).slice(before)
      const seen = log.filter(({ method }) => method !== 'FRAME')
      expect(seen.length).toBeGreaterThan(0)
      for (const { headers } of seen) expect(headers).toMatchObject(expected)
    })

    test('the credential of the backend goes along, and nothing of its callers does', async () => {
      const before = (await real().server?.log())?.length
      const backend = await opened({ bearer_token: 'backend-credential' })
      const meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
        'com.example/kept': 1,
      }
      await backend.handle(toolCall('echo', { text: 'a' }, { client: modernClient }, meta))
      const log = ((await real().server?.log()) ?? []).slice(before)
      for (const { method, headers } of log.filter((seen) => seen.method !== 'FRAME')) {
        expect([method, headers['authorization']]).toEqual([method, 'Bearer backend-credential'])
      }
      const echo = log.find(({ body }) => body?.method === 'tools/call')
      const envelope = era === 'modern' ? Object.keys(meta) : ['com.example/kept']
      expect(Object.keys(echo?.body?.params?.['_meta'] ?? {})).toEqual(envelope)
    })
  },
)

test.each(['legacy', 'modern'] as const)(
  'a server of both eras is held to the %s one where that is configured',
  async (protocol) => {
    const real = await openers.find(({ name }) => name === 'WebSocket')!.start('dual')
    try {
      const backend = await openedAt(real, { protocol })
      expect(backend.health).toMatchObject({ state: 'up', era: protocol })
    } finally {
      await real.close()
    }
  },
)
