// Backends behind an HTTP address, over real servers of both eras.
import { afterEach, describe, expect, test } from 'vitest'
import type { Reply } from '../../src/mcp/call.ts'
import { createBackends } from '../support/backends.ts'
import {
  startHttpServer,
  type HttpServer,
  type HttpServerOptions,
  type ServerEra,
} from '../support/mcp-servers.ts'
import { call, modernClient, recordingPeer, textOf, toolCall } from '../support/peer.ts'

const backends = createBackends()
const servers: HttpServer[] = []
afterEach(async () => {
  await backends.closeAll()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const started = async (era: ServerEra, options: HttpServerOptions = {}) => {
  const server = await startHttpServer(era, options)
  servers.push(server)
  return server
}

const openAt = (url: string, more: object = {}) => {
  const backend = backends.open({ transport: 'http', url, ...more })
  backend.start()
  return backend
}

const opened = async (era: ServerEra, options: HttpServerOptions = {}, more: object = {}) => {
  const server = await started(era, options)
  const backend = openAt(server.url, more)
  await backend.untilHealth('up')
  return { server, backend }
}

const resultOf = (reply: Reply) => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.result.value()
}

test('a server without a stream is not believed that it tells of changes', async () => {
  const { backend } = await opened('legacy', { stateless: true })
  await backend.untilHealth(
    'up',
    (health) => health.state === 'up' && JSON.stringify(health.capabilities['resources']) === '{}',
  )
  expect(backend.health).toMatchObject({ capabilities: { tools: {}, resources: {}, prompts: {} } })
  const watched = await backend.watch({
    uri: 'note://one',
    caller: { principal: { key: 'anonymous', method: 'none' }, client: modernClient },
    onUpdated: () => undefined,
    signal: new AbortController().signal,
  })
  expect(watched).toMatchObject({ kind: 'error', error: { code: -32_602 } })
})

const kinds: readonly [string, ServerEra, 'legacy' | 'modern', HttpServerOptions][] = [
  ['a session-era server with event streams', 'legacy', 'legacy', {}],
  ['a session-era server with JSON replies', 'legacy', 'legacy', { json: true }],
  ['a server of both eras', 'dual', 'modern', {}],
  ['a stateless server', 'modern', 'modern', {}],
]

describe.each(kinds)('%s', (_title, server, era, options) => {
  test(`is found to be ${era} and answers every kind of request`, async () => {
    const { backend } = await opened(server, options)
    expect(backend.health).toMatchObject({ state: 'up', era, capabilities: { prompts: {} } })
    const tools = resultOf(await backend.handle(call('tools/list')))['tools'] as { name: string }[]
    expect(tools.map(({ name }) => name)).toContain('echo')
    expect(textOf(await backend.handle(toolCall('echo', { text: 'hej' })))).toBe('hej')
    expect(
      resultOf(await backend.handle(call('resources/read', { uri: 'note://by/anna' }))),
    ).toMatchObject({ contents: [{ text: 'note of anna' }] })
    expect(
      resultOf(
        await backend.handle(
          call('prompts/get', { name: 'greet', arguments: { name: 'A', language: 'dansk' } }),
        ),
      ),
    ).toMatchObject({ messages: [{ content: { text: 'Greet A in dansk' } }] })
    expect(
      resultOf(
        await backend.handle(
          call('completion/complete', {
            ref: { type: 'ref/resource', uri: 'note://by/{name}' },
            argument: { name: 'name', value: 'an' },
          }),
        ),
      ),
    ).toMatchObject({ completion: { values: ['anna', 'anton'] } })
  })

  test('an error of the backend comes as the backend said it', async () => {
    const { backend } = await opened(server, options)
    const reply = await backend.handle(call('resources/read', { uri: 'note://nowhere' }))
    expect(reply).toMatchObject({ kind: 'error', error: { code: -32_602 } })
  })
})

describe('event streams', () => {
  test.each(['legacy', 'dual'] as const)(
    'progress from a %s server goes to its caller alone',
    async (server) => {
      const { backend } = await opened(server)
      const [first, second] = [recordingPeer(), recordingPeer()]
      const replies = await Promise.all([
        backend.handle(toolCall('progress', { steps: 2 }, { peer: first }, { progressToken: 7 })),
        backend.handle(toolCall('progress', { steps: 3 }, { peer: second }, { progressToken: 7 })),
      ])
      expect(replies.map(textOf)).toEqual(['2 steps', '3 steps'])
      expect(first.notifications.map(({ params }) => params)).toEqual([
        { progressToken: 7, progress: 1, total: 2, message: 'step 1' },
        { progressToken: 7, progress: 2, total: 2, message: 'step 2' },
      ])
      expect(second.notifications).toHaveLength(3)
    },
  )

  test.each(['legacy', 'dual'] as const)(
    'a %s server tells that its tools changed',
    async (era) => {
      const { backend } = await opened(era)
      await expect
        .poll(async () => {
          await backend.handle(toolCall('grow'))
          return backend.notifications
        })
        .toContainEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })
    },
  )

  test.each(['legacy', 'dual'] as const)('cancelling reaches a %s server', async (era) => {
    const { backend } = await opened(era)
    const controller = new AbortController()
    const slow = backend.handle(toolCall('slow', { tag: 'x' }, { signal: controller.signal }))
    await expect.poll(async () => textOf(await backend.handle(toolCall('waiting')))).toBe('["x"]')
    controller.abort()
    expect(await slow).toMatchObject({ kind: 'failure', sent: true })
    await expect.poll(async () => textOf(await backend.handle(toolCall('aborted')))).toBe('["x"]')
  })
})

describe('what goes up', () => {
  test('the credential of the backend, the modern headers, and the envelope of the caller', async () => {
    const { backend, server } = await opened('dual', {}, { bearer_token: 'backend-credential' })
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': { sampling: {}, extensions: { x: {} } },
      'com.example/kept': 1,
    }
    const client = { ...modernClient, capabilities: { sampling: {}, extensions: { x: {} } } }
    await backend.handle(toolCall('echo', { text: 'a' }, { client }, meta))
    await backend.handle(call('resources/read', { uri: 'note://by/ænne' }, { client }))
    const log = await server.log()
    const [, , echo] = log.filter(({ headers }) => headers['mcp-method'] !== 'subscriptions/listen')
    const named = log.find(({ headers }) => headers['mcp-name'] === 'echo')
    expect(named?.headers).toMatchObject({
      authorization: 'Bearer backend-credential',
      'mcp-method': 'tools/call',
      'mcp-protocol-version': '2026-07-28',
      accept: 'application/json, text/event-stream',
    })
    expect(echo?.headers['mcp-name']).toBe(
      `=?base64?${Buffer.from('note://by/ænne').toString('base64')}?=`,
    )
  })

  test('a session-era backend sees none of the modern envelope and gets its session id back', async () => {
    const { backend, server } = await opened('legacy')
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
      'com.example/kept': 1,
    }
    await backend.handle(toolCall('echo', { text: 'a' }, { client: modernClient }, meta))
    const log = await server.log()
    const echo = log.find(({ body }) => body?.method === 'tools/call')
    expect(echo?.body?.params).toEqual({
      name: 'echo',
      arguments: { text: 'a' },
      _meta: { 'com.example/kept': 1 },
    })
    expect(echo?.headers['mcp-session-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(echo?.headers['mcp-protocol-version']).toBe('2025-11-25')
    expect(echo?.headers['mcp-method']).toBeUndefined()
  })
})

describe('a lost session', () => {
  test('is opened anew and a read is repeated without the caller noticing', async () => {
    const { backend, server } = await opened('legacy')
    await server.forgetSessions()
    const replies = await Promise.all([
      backend.handle(call('resources/read', { uri: 'note://one' })),
      backend.handle(call('tools/list')),
    ])
    expect(replies.map(({ kind }) => kind)).toEqual(['result', 'result'])
    const log = await server.log()
    expect(log.filter(({ body }) => body?.method === 'initialize')).toHaveLength(2)
  })

  test('does not repeat a tool call, whose outcome is said to be unknown', async () => {
    const { backend, server } = await opened('legacy')
    await server.forgetSessions()
    expect(await backend.handle(toolCall('echo', { text: 'once' }))).toMatchObject({
      kind: 'failure',
      sent: true,
      problem: { code: 'backend-outcome-unknown' },
    })
    expect(textOf(await backend.handle(toolCall('echo', { text: 'again' })))).toBe('again')
  })
})

describe('an address without a server', () => {
  test('gives unavailable at once and is tried again until somebody listens there', async () => {
    const first = await started('legacy')
    const { port, url } = first
    await first.close()
    const backend = openAt(url)
    const down = await backend.untilHealth('down')
    expect(down.problem).toEqual({
      code: 'backend-unavailable',
      detail: 'Backend test is not reachable: connection refused',
    })
    expect(down.retryAt).toBeGreaterThan(down.since)
    expect(await backend.handle(toolCall('echo', { text: 'a' }))).toMatchObject({
      kind: 'failure',
      sent: false,
      problem: { code: 'backend-unavailable' },
    })
    await started('legacy', { port })
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(toolCall('echo', { text: 'a' })))).toBe('a')
  })

  test.each(['legacy', 'dual'] as const)(
    'a %s server that is killed and comes back',
    async (era) => {
      const { backend, server } = await opened(era)
      const slow = backend.handle(toolCall('slow', { tag: 'x' }))
      await expect.poll(async () => textOf(await backend.handle(toolCall('waiting')))).toBe('["x"]')
      await server.close()
      expect(await slow).toMatchObject({
        kind: 'failure',
        sent: true,
        problem: { code: 'backend-outcome-unknown' },
      })
      await expect
        .poll(async () => backend.handle(toolCall('echo', { text: 'a' })))
        .toMatchObject({ kind: 'failure', sent: false, problem: { code: 'backend-unavailable' } })
      await backend.untilHealth('down')
      await started(era, { port: server.port })
      await backend.untilHealth('up')
      expect(textOf(await backend.handle(toolCall('echo', { text: 'b' })))).toBe('b')
    },
  )
})
