// What an MCP server says of its own authorization, over real loopback sockets.
import { afterEach, expect, test } from 'vitest'
import { systemPorts } from '../../src/base/system-ports.ts'
import { discoverResource } from '../../src/core/resource-discovery.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

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
      metadata === undefined ? 'Bearer realm="mcp"' : `Bearer resource_metadata="${metadata}"`,
  },
})

const status = (found: Awaited<ReturnType<typeof discoverResource>>, id: string) =>
  found.checks.find((check) => check.id === id)?.status

test('a server that does everything right', async () => {
  const { server, url } = await start()
  server.on('/mcp', challenged(`${server.origin}${inserted}`))
  const document = { resource: url, authorization_servers: ['https://id.example'] }
  server.on(inserted, { body: document })
  server.on(root, { body: document })
  const found = await discoverResource(url, systemPorts())
  expect(found.isResource).toBe(true)
  expect(found.authorizationServers).toEqual(['https://id.example'])
  expect(found.attempts.map(({ from }) => from)).toEqual(['challenge', 'root'])
  expect(
    found.checks.filter((check) => check.status === 'fail' || check.status === 'warn'),
  ).toEqual([])
})

test('the initialize request carries no credentials', async () => {
  const { server, url } = await start()
  server.on('/mcp', ({ headers, body, method }) => {
    expect(method).toBe('POST')
    expect(headers['authorization']).toBeUndefined()
    expect(JSON.parse(body)).toMatchObject({ method: 'initialize' })
    return challenged()
  })
  const found = await discoverResource(url, systemPorts())
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
