// What an MCP server says of its own authorization, over real loopback sockets.
import { afterEach, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { discoverResource } from '../../../src/core/resource/resource-discovery.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { startHttpServer } from '../../support/mcp-servers.ts'
import {
  gate,
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
  type SeenRequest,
} from '../../support/scripted-server.ts'

let server: ScriptedServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

const inserted = '/.well-known/oauth-protected-resource/mcp'
const root = '/.well-known/oauth-protected-resource'

const start = async (): Promise<{ server: ScriptedServer; url: string }> => {
  server = await startScriptedServer()
  return { server, url: `${server.origin}/mcp` }
}

const challenged = (metadata?: string) => ({
  status: 401,
  headers: {
    'www-authenticate':
      metadata === undefined
        ? 'Bearer realm="mcp"'
        : `Bearer resource_metadata="${metadata}", scope="mcp:read"`,
  },
})

const status = (found: Awaited<ReturnType<typeof discoverResource>>, id: string) =>
  found.checks.find((check) => check.id === id)?.status

test('a server that does everything right', async () => {
  const { server, url } = await start()
  server.on('/mcp', challenged(`${server.origin}${inserted}`))
  const answer = {
    body: { resource: url, authorization_servers: ['https://id.example'] },
    headers: { 'access-control-allow-origin': '*' },
  }
  server.on(inserted, answer)
  server.on(root, answer)
  const found = await discoverResource(url, systemPorts())
  expect(found.isResource).toBe(true)
  expect(found.authorizationServers).toEqual(['https://id.example'])
  expect(found.attempts.map(({ from }) => from)).toEqual(['challenge', 'root'])
  expect(
    found.checks.filter((check) => check.status === 'fail' || check.status === 'warn'),
  ).toEqual([])
})

test('it is asked as clients of both eras begin, without credentials', async () => {
  const { server, url } = await start()
  server.on('/mcp', challenged())
  const found = await discoverResource(url, systemPorts())
  const asked = server.requests.filter(({ path }) => path === '/mcp')
  expect(asked.map(({ body }) => (JSON.parse(body) as { method: string }).method)).toEqual([
    'server/discover',
    'initialize',
    'server/discover',
  ])
  expect(asked.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST'])
  expect(asked.map(({ headers }) => headers['authorization'])).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(asked.map(({ headers }) => headers['origin'])).toEqual([
    undefined,
    undefined,
    'https://origin.invalid',
  ])
  expect(found.probe.status).toBe(401)
  expect(status(found, 'prm-challenge')).toBe('pass')
  expect(status(found, 'prm-resource-metadata-param')).toBe('warn')
})

test('metadata at the root only', async () => {
  const { server, url } = await start()
  server.on('/mcp', challenged())
  server.on(root, { body: { resource: url, authorization_servers: ['https://id.example'] } })
  const found = await discoverResource(url, systemPorts())
  expect(status(found, 'prm-location')).toBe('warn')
  expect(found.metadata).toBeDefined()
})

test('metadata for another resource names the difference', async () => {
  const { server, url } = await start()
  server.on('/mcp', challenged())
  server.on(inserted, { body: { resource: server.origin, authorization_servers: [] } })
  const found = await discoverResource(url, systemPorts())
  const resource = found.checks.find(({ id }) => id === 'prm-resource')
  expect(resource).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('differs in the path') as string,
    evidence: { expected: url, actual: server.origin },
  })
  expect(status(found, 'prm-servers')).toBe('fail')
})

test('metadata behind a token', async () => {
  const { server, url } = await start()
  server.on('/mcp', challenged())
  server.on(inserted, { status: 401 })
  server.on(root, { status: 401 })
  const found = await discoverResource(url, systemPorts())
  expect(status(found, 'prm-open')).toBe('fail')
  expect(status(found, 'prm-location')).toBe('fail')
  expect(status(found, 'prm-agree')).toBe('skip')
  expect(status(found, 'prm-resource')).toBe('skip')
})

test('an open server, and one that is no MCP server', async () => {
  const { server, url } = await start()
  server.on('/mcp', { body: { jsonrpc: '2.0', id: 1, result: {} } })
  const open = await discoverResource(url, systemPorts())
  expect(open.isResource).toBe(true)
  expect(status(open, 'prm-challenge')).toBe('fail')
  server.on('/mcp', { status: 405 })
  expect((await discoverResource(url, systemPorts())).isResource).toBe(false)
})

const rpc = (script: (method: string) => ScriptedAnswer) => ({
  on: ({ body, method }: SeenRequest): ScriptedAnswer =>
    method === 'POST' ? script((JSON.parse(body) as { method: string }).method) : { status: 405 },
})

test('a server that greets everybody and asks for a token at the first list', async () => {
  const { server, url } = await start()
  const { on } = rpc((method) =>
    method === 'initialize'
      ? {
          headers: { 'mcp-session-id': 's1' },
          body: { jsonrpc: '2.0', id: 1, result: { protocolVersion: '2025-11-25' } },
        }
      : method === 'tools/list'
        ? challenged(`${server.origin}${inserted}`)
        : { status: 400, body: { jsonrpc: '2.0', id: 1, error: { code: -32000, message: '' } } },
  )
  server.on('/mcp', on)
  server.on(inserted, { body: { resource: url, authorization_servers: ['https://id.example'] } })
  const found = await discoverResource(url, systemPorts())
  expect(found.checks.find(({ id }) => id === 'prm-challenge')).toMatchObject({
    status: 'pass',
    message: '401 bearer to tools/list',
  })
  expect(server.requests.find(({ body }) => body.includes('tools/list'))?.headers).toMatchObject({
    'mcp-session-id': 's1',
  })
  expect(found.authorizationServers).toEqual(['https://id.example'])
})

test('a challenge that only clients of the new era get is a challenge', async () => {
  const { server, url } = await start()
  const { on } = rpc((method) =>
    method === 'server/discover'
      ? challenged(`${server.origin}${inserted}`)
      : { status: 400, body: { jsonrpc: '2.0', id: 1, error: { code: -32022, message: '' } } },
  )
  server.on('/mcp', on)
  const found = await discoverResource(url, systemPorts())
  expect(status(found, 'prm-challenge')).toBe('pass')
})

test('a closed port is a fact, and nothing more is asked', async () => {
  const { server, url } = await start()
  await server.close()
  const found = await discoverResource(url, systemPorts())
  expect(found.probe.fault?.kind).toBe('connect')
  expect(found.attempts).toEqual([])
  expect(status(found, 'prm-challenge')).toBe('skip')
})

test('metadata on another port of the host that was named is asked for', async () => {
  const { server, url } = await start()
  const other = await startScriptedServer()
  try {
    server.on('/mcp', challenged(`${other.origin}/metadata`))
    other.on('/metadata', { body: { resource: url, authorization_servers: [other.origin] } })
    const found = await discoverResource(url, systemPorts())
    expect(found.authorizationServers).toEqual([other.origin])
  } finally {
    await other.close()
  }
})

test('metadata in a private network that only the challenge names is not asked for', async () => {
  const { server, url } = await start()
  server.on('/mcp', challenged('https://10.0.0.1/metadata'))
  const found = await discoverResource(url, systemPorts())
  expect(found.attempts[0]?.exchange.fault).toMatchObject({ kind: 'address' })
})

describe('the sessions that a server opens for the probes', () => {
  test('are ended, each of them', async () => {
    const real = await startHttpServer('legacy')
    try {
      const found = await discoverResource(real.url, systemPorts())
      expect(found.isResource).toBe(true)
      const log = await real.log()
      const opened = log.filter(({ body }) => body?.method === 'initialize')
      const ended = log.filter(({ method }) => method === 'DELETE')
      expect(opened.length).toBeGreaterThan(1)
      expect(new Set(ended.map(({ headers }) => headers['mcp-session-id'])).size).toBe(
        opened.length,
      )
    } finally {
      await real.close()
    }
  })

  test('that cannot be ended hold nobody up for long, and are no finding', async () => {
    const { server, url } = await start()
    const stuck = gate()
    server.on('/mcp', ({ method, body }: SeenRequest): ScriptedAnswer => {
      if (method === 'DELETE') return { status: 500, until: stuck.opened }
      if (!body.includes('"initialize"')) return { status: 400 }
      return {
        headers: { 'mcp-session-id': 'kept' },
        body: { jsonrpc: '2.0', id: 1, result: { protocolVersion: '2025-11-25' } },
      }
    })
    const clock = createManualClock()
    const finding = discoverResource(url, systemPorts({ clock }))
    await expect.poll(() => server.requests.some(({ method }) => method === 'DELETE')).toBe(true)
    await expect.poll(() => server.count('/.well-known/oauth-protected-resource')).toBe(1)
    await clock.untilSleeping()
    await clock.advance(2000)
    const found = await finding
    stuck.open()
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
    expect(found.probes.map(({ asked }) => asked)).not.toContain('to end the session')
  })
})

test('metadata behind a byte order mark is read, and the mark is named', async () => {
  const { server, url } = await start()
  server.on('/mcp', challenged(`${server.origin}${inserted}`))
  server.on(inserted, {
    body: `\ufeff${JSON.stringify({ resource: url, authorization_servers: ['https://id.example'] })}`,
    headers: { 'content-type': 'application/json', 'access-control-allow-origin': '*' },
  })
  const found = await discoverResource(url, systemPorts())
  expect(found.authorizationServers).toEqual(['https://id.example'])
  expect(found.checks.find(({ id }) => id === 'prm-open')).toMatchObject({
    status: 'warn',
    case: 'marked',
    severity: 'medium',
  })
})
