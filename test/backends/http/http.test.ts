// What is HTTP's alone in a backend behind such an address, over real servers of both eras.
import { afterEach, describe, expect, test } from 'vitest'
import { createBackends } from '../../support/backends.ts'
import {
  startHttpServer,
  type HttpServer,
  type HttpServerOptions,
  type ServerEra,
} from '../../support/mcp-servers.ts'
import { call, modernClient, textOf, toolCall } from '../../support/peer.ts'

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

test('a server without a stream is not believed that it tells of changes', async () => {
  const { backend } = await opened('legacy', { stateless: true })
  await backend.untilHealth(
    'up',
    (health) => health.state === 'up' && JSON.stringify(health.capabilities['resources']) === '{}',
  )
  expect(backend.health).toMatchObject({ capabilities: { tools: {}, resources: {}, prompts: {} } })
  const watched = await backend.watch({
    uri: 'note://one',
    caller: call('ping', undefined, { client: modernClient }).caller,
    onUpdated: () => undefined,
    signal: new AbortController().signal,
  })
  expect(watched).toMatchObject({ kind: 'error', error: { code: -32_602 } })
})

describe('what goes up', () => {
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
      'another scheme than Bearer',
      { headers: { Authorization: 'Token backend-credential' } },
      { authorization: 'Token backend-credential' },
    ],
  ])('%s, with calls, streams and the end of a session alike', async (_title, keys, expected) => {
    const { backend, server } = await opened('legacy', {}, keys)
    await backend.handle(toolCall('echo', { text: 'a' }))
    await expect.poll(async () => (await server.log()).map(({ method }) => method)).toContain('GET')
    await backend.close()
    const log = await server.log()
    expect([...new Set(log.map(({ method }) => method))].toSorted()).toEqual([
      'DELETE',
      'GET',
      'POST',
    ])
    for (const { headers } of log) expect(headers).toMatchObject(expected)
  })

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

  test('refuses a tool call unread, which is carried out once in the new session', async () => {
    const { backend, server } = await opened('legacy')
    await server.forgetSessions()
    expect(textOf(await backend.handle(toolCall('echo', { text: 'once' })))).toBe('once')
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
      case: 'network',
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
})
