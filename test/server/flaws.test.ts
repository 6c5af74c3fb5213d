// Flaws that were seen in other gateways, each at the door where it would show.
import { afterEach, expect, test } from 'vitest'
import { startTestProxy, type TestProxy, type TestProxyOptions } from '../support/proxy.ts'
import { scriptedBackend, type ScriptedBackend } from '../support/scripted-backend.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'
import { goodClaims, jwksOf, mintToken, newSigningKey, testAudience } from '../support/tokens.ts'

const open: { close(options?: { force: true }): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close({ force: true })
})

const toolBackend = (): ScriptedBackend => {
  const backend = scriptedBackend('a', {
    'tools/list': { tools: [{ name: 'read' }, { name: 'delete' }] },
    'tools/call': { content: [] },
  })
  backend.up()
  return backend
}

const start = async (
  backend: ScriptedBackend,
  config: TestProxyOptions['config'],
  more: Omit<TestProxyOptions, 'config'> = {},
): Promise<TestProxy> => {
  const proxy = await startTestProxy([backend], { config: config ?? {}, ...more })
  open.push(proxy)
  return proxy
}

const startIssuer = async (): Promise<ScriptedServer> => {
  const server = await startScriptedServer()
  open.push(server)
  return server
}

const now = (): number => Math.floor(Date.now() / 1000)

test('no tool of the proxy itself lists, finds or calls what a caller may not use', async () => {
  const token = 'a-token-that-may-read-only'
  const backend = toolBackend()
  const proxy = await start(backend, {
    auth: { type: 'bearer', scoped_tokens: [{ token, allow_tools: ['a__read'] }] },
  })
  const listed = await proxy.modern('tools/list', {}, { token })
  const names = listed.json().result.tools.map(({ name }: { name: string }) => name)
  expect(names).toEqual(['a__read'])
  const inner = { name: 'a__delete', arguments: {} }
  for (const separator of ['/', '__', ':']) {
    for (const tool of ['call_tool', 'search_tools', 'list_backends', 'add_backend', 'config']) {
      const name = `proxy${separator}${tool}`
      const answer = await proxy.modern('tools/call', { name, arguments: inner }, { token })
      expect([name, answer.status, answer.json().error?.code]).toEqual([name, 200, -32_602])
    }
  }
  expect(backend.count('tools/call')).toBe(0)
})

test('a token of a caller, also one with lists, opens nothing of the admin surface', async () => {
  const token = 'a-token-that-may-do-everything'
  for (const auth of [
    { type: 'bearer', tokens: [token] },
    { type: 'bearer', scoped_tokens: [{ token, allow_tools: ['*'] }] },
  ]) {
    const security = { admin_token: 'another-token-for-administration' }
    const proxy = await start(toolBackend(), { auth, security })
    for (const path of ['/admin/backends', '/admin/metrics', '/admin/events', '/admin/config']) {
      for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
        const answer = await proxy.send({ path, method, token })
        expect([path, method, answer.status]).toEqual([path, method, 401])
      }
    }
  }
})

test.each([
  ['https://mcp.acme.test/mcp', '/mcp'],
  ['https://mcp.acme.test/team/a/mcp', '/team/a/mcp'],
  ['https://mcp.acme.test/mcp/', '/mcp/'],
  ['https://mcp.acme.test/mcp?tenant=a', '/mcp'],
  ['https://mcp.acme.test', ''],
  ['https://mcp.acme.test:8443/mcp', '/mcp'],
])(
  'behind a TLS terminator metadata, challenge and audience name %s, whatever is said by headers and by the address that is bound',
  async (publicUrl, path) => {
    const issuer = await startIssuer()
    const key = await newSigningKey('ES256', { kid: 'one' })
    issuer.on('/jwks', { body: jwksOf(key) })
    const proxy = await start(toolBackend(), {
      proxy: { public_url: publicUrl },
      auth: { type: 'jwt', issuer: issuer.origin, jwks_uri: `${issuer.origin}/jwks` },
    })
    const { origin, host, search } = new URL(publicUrl)
    const resource_metadata = `${origin}/.well-known/oauth-protected-resource${path}${search}`
    const forged = {
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '1',
      'x-forwarded-prefix': '/evil',
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9;host=evil.test;proto=http',
    }
    for (const headers of [{ host }, { host, ...forged }]) {
      const refused = await proxy.modern('tools/list', {}, { headers })
      expect(refused.status).toBe(401)
      expect(refused.headers['www-authenticate']).toBe(
        `Bearer resource_metadata="${resource_metadata}"`,
      )
      const inserted = new URL(resource_metadata)
      const places = [`${inserted.pathname}${search}`, '/.well-known/oauth-protected-resource']
      for (const place of places) {
        const metadata = await proxy.send({ path: place, method: 'GET', headers })
        expect([place, metadata.status, metadata.json().resource]).toEqual([place, 200, publicUrl])
        expect(metadata.headers['content-type']).toBe('application/json')
        expect(metadata.json().authorization_servers).toEqual([issuer.origin])
      }
      const preflight = { ...headers, origin: 'http://localhost:3000' }
      const options = await proxy.send({ method: 'OPTIONS', headers: preflight })
      expect([options.status, options.headers['www-authenticate']]).toEqual([204, undefined])
      const ask = async (aud: string): Promise<number> => {
        const token = await mintToken(key, goodClaims({ iss: issuer.origin, aud }, now()))
        return (await proxy.modern('tools/list', {}, { token, headers })).status
      }
      expect([await ask(publicUrl), await ask(proxy.url)]).toEqual([200, 401])
      expect([await ask('https://evil.test/mcp'), await ask('http://evil.test/mcp')]).toEqual([
        401, 401,
      ])
    }
    expect(JSON.stringify(proxy.logged())).not.toContain('203.0.113.9')
  },
)

test('a token with a new kid is taken with its first request and one fetch; a thousand unknown kids cause one more at most', async () => {
  const issuer = await startIssuer()
  const [old, fresh, stranger] = await Promise.all(
    ['old', 'fresh', 'stranger'].map((kid) => newSigningKey('ES256', { kid })),
  )
  issuer.on('/jwks', { body: jwksOf(old!) })
  const proxy = await start(toolBackend(), {
    proxy: { public_url: testAudience },
    auth: { type: 'jwt', issuer: issuer.origin, jwks_uri: `${issuer.origin}/jwks` },
  })
  const { host } = new URL(testAudience)
  const ask = async (key = old!, kid = key.kid): Promise<number> => {
    const claims = goodClaims({ iss: issuer.origin, aud: testAudience }, now())
    const token = await mintToken(key, claims, { kid })
    return (await proxy.modern('tools/list', {}, { token, headers: { host } })).status
  }
  expect(await ask()).toBe(200)
  const fetches = () => issuer.count('/jwks')
  const before = fetches()
  issuer.on('/jwks', { body: jwksOf(old!, fresh!) })
  expect([await ask(fresh), fetches() - before]).toEqual([200, 1])
  for (let batch = 0; batch < 20; batch += 1) {
    const asked = Array.from({ length: 50 }, (_, index) =>
      ask(stranger, `unknown-${batch}-${index}`),
    )
    // Unknown, or not to be known as long as nobody is asked again: never accepted, never an error of ours.
    for (const status of await Promise.all(asked)) expect([401, 503]).toContain(status)
  }
  expect(fetches() - before).toBeLessThanOrEqual(2)
  expect([await ask(), await ask(fresh)]).toEqual([200, 200])
})
