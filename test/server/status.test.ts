import { connect } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modernMeta, modernVersion, startTestProxy, type TestProxy } from '../support/proxy.ts'
import { scriptedBackend } from '../support/scripted-backend.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
} from '../support/tokens.ts'

const done = { content: [{ type: 'text', text: 'done' }] }
const backend = () =>
  scriptedBackend('a', { 'tools/list': { tools: [{ name: 't' }] }, 'tools/call': done })
const nowSeconds = () => Math.floor(Date.now() / 1000)

let proxy: TestProxy
let good: string

const claims = (overrides: object = {}) =>
  goodClaims({ scope: 'mcp:call', ...overrides }, nowSeconds())

beforeAll(async () => {
  const key = await testKey()
  good = await mintToken(key, claims())
  proxy = await startTestProxy([backend()], {
    localKeys: jwksOf(key),
    config: {
      proxy: { public_url: testAudience },
      auth: {
        type: 'jwt',
        issuer: testIssuer,
        jwks_uri: 'https://id.acme.test/jwks',
        audience: testAudience,
        required_scopes: ['mcp:call'],
      },
      security: { max_body_bytes: 1000, allowed_origins: ['https://app.acme.test'] },
    },
  })
})
afterAll(() => proxy.close())

const metadata = 'https://mcp.acme.test/.well-known/oauth-protected-resource/mcp'

describe('who speaks', () => {
  test('a good token passes', async () => {
    const answer = await proxy.modern('tools/call', { name: 'a__t' }, { token: good })
    expect(answer.status).toBe(200)
    expect(answer.json().result.content).toEqual(done.content)
  })

  test('no token: 401 with a challenge that has no error code', async () => {
    const answer = await proxy.modern('tools/list')
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer scope="mcp:call", resource_metadata="${metadata}"`,
    )
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('an expired token: 401 that names the check, not the evidence; the log has the reasons, not the token', async () => {
    const exp = nowSeconds() - 1000
    const token = await mintToken(await testKey(), claims({ exp }))
    const answer = await proxy.modern('tools/list', {}, { token })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
    expect(answer.headers['www-authenticate']).toContain('error_description="time-exp: ')
    expect(answer.headers['www-authenticate']).toContain(`resource_metadata="${metadata}"`)
    expect(answer.json().error.data.code).toBe('time-exp')
    const line = proxy.logged().find((one) => one['request_id'] === answer.headers['x-request-id'])
    expect(line).toMatchObject({
      event: 'audit',
      outcome: 'rejected',
      code: 'time-exp',
      status: 401,
      iss: testIssuer,
      aud: testAudience,
    })
    expect(line?.['token']).toMatch(/^[0-9a-f]{8}$/)
    expect(JSON.stringify(proxy.logged())).not.toContain(token.split('.')[2])
  })

  test('a missing scope: 403 insufficient_scope with the scopes that are needed', async () => {
    const token = await mintToken(await testKey(), claims({ scope: 'other' }))
    const answer = await proxy.modern('tools/list', {}, { token })
    expect(answer.status).toBe(403)
    expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"')
    expect(answer.headers['www-authenticate']).toContain('scope="mcp:call"')
  })

  test('two Authorization headers, or a foreign scheme: 400', async () => {
    const two = { authorization: [`Bearer ${good}`, `Bearer ${good}`] }
    expect((await proxy.modern('tools/list', {}, { headers: two })).status).toBe(400)
    const basic = { authorization: 'Basic YTpi' }
    const answer = await proxy.modern('tools/list', {}, { headers: basic })
    expect(answer.status).toBe(400)
    expect(answer.headers['www-authenticate']).toContain('error="invalid_request"')
  })

  test('the scheme may be written in any case', async () => {
    const headers = { authorization: `bEaReR ${good}` }
    expect((await proxy.modern('tools/list', {}, { headers })).status).toBe(200)
  })

  test('a token in the query is never read', async () => {
    const path = `/mcp?access_token=${good}`
    expect((await proxy.modern('tools/list', {}, { path })).status).toBe(401)
  })

  test('GET and DELETE need a token too', async () => {
    for (const method of ['GET', 'DELETE']) expect((await proxy.send({ method })).status).toBe(401)
  })
})

describe('from where', () => {
  test('a foreign Host or Origin: 403 before anything else', async () => {
    const host = await proxy.modern('tools/list', {}, { headers: { host: 'evil.test' } })
    expect([host.status, host.json().error.data.code]).toEqual([403, 'req-host'])
    const origin = { origin: 'https://evil.test' }
    const page = await proxy.modern('tools/list', {}, { headers: origin, token: good })
    expect([page.status, page.json().error.data.code]).toEqual([403, 'req-origin'])
    expect(page.headers['access-control-allow-origin']).toBeUndefined()
  })

  test('the public name, an allowed origin and pages of this machine pass', async () => {
    const host = { host: 'mcp.acme.test' }
    expect((await proxy.modern('tools/list', {}, { headers: host, token: good })).status).toBe(200)
    for (const origin of ['https://app.acme.test', 'http://localhost:6274', 'http://[::1]:1']) {
      const answer = await proxy.modern('tools/list', {}, { headers: { origin }, token: good })
      expect(answer.status).toBe(200)
      expect(answer.headers['access-control-allow-origin']).toBe(origin)
    }
  })

  test('a preflight is never asked for a token', async () => {
    const headers = { origin: 'https://app.acme.test' }
    const answer = await proxy.send({ method: 'OPTIONS', headers })
    expect(answer.status).toBe(204)
    expect(answer.headers['access-control-allow-headers']).toContain('Mcp-Session-Id')
  })

  test('a preflight allows the headers in which tools want arguments, and no others', async () => {
    const asked = 'mcp-param-region, x-other, MCP-Param-User-Id, mcp-param-, cookie'
    const headers = {
      origin: 'https://app.acme.test',
      'access-control-request-headers': asked,
    }
    const answer = await proxy.send({ method: 'OPTIONS', headers })
    const allowed = String(answer.headers['access-control-allow-headers']).split(', ').slice(-2)
    expect(allowed).toEqual(['mcp-param-region', 'MCP-Param-User-Id'])
    expect(answer.headers.vary).toContain('Access-Control-Request-Headers')
  })

  test.each(['/mcp/', '/MCP', '/', '/mcp//', '/sse', '/messages/'])(
    'a client that speaks to %s is answered with the path of the endpoint',
    async (path) => {
      const answer = await proxy.modern('tools/list', {}, { path, token: good })
      expect(answer.status).toBe(404)
      expect(answer.json().error).toMatchObject({
        message: 'Nothing is served at this path: the MCP endpoint is /mcp',
        data: { path: '/mcp' },
      })
    },
  )
})

describe('what is said', () => {
  const post = (body: unknown, headers: Record<string, string | undefined> = {}) =>
    proxy.send({ body, headers, token: good })
  const codeOf = (answer: { status: number; json(): { error: { code: number; data: object } } }) =>
    [
      answer.status,
      answer.json().error.code,
      (answer.json().error.data as { code: string }).code,
    ] as const

  test('an announced body beyond the limit: 413 before the token is looked at', async () => {
    const answer = await proxy.send({ body: 'x'.repeat(2000) })
    expect(codeOf(answer)).toEqual([413, -32_600, 'req-body-size'])
  })

  test('a streamed body beyond the limit: 413', async () => {
    const answer = await post('x'.repeat(2000), {
      'content-length': undefined,
      'transfer-encoding': 'chunked',
    })
    expect(answer.status).toBe(413)
  })

  test.each([
    ['no JSON', '{', [400, -32_700, 'req-json']],
    ['broken UTF-8', Buffer.from([0x22, 0xff, 0x22]), [400, -32_700, 'req-json']],
    ['nothing', '', [400, -32_700, 'req-json']],
    ['no message', '7', [400, -32_600, 'req-shape']],
    ['another JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"x"}', [400, -32_600, 'req-shape']],
    ['id null', '{"jsonrpc":"2.0","id":null,"method":"x"}', [400, -32_600, 'req-shape']],
  ] as const)('%s', async (_name, body, expected) => {
    expect(codeOf(await post(body))).toEqual(expected)
  })

  test('other HTTP methods, and streams without a session: 405', async () => {
    const put = await proxy.send({ method: 'PUT', token: good })
    expect([put.status, put.headers.allow]).toEqual([405, 'POST, GET, DELETE, OPTIONS'])
    for (const method of ['GET', 'DELETE']) {
      expect((await proxy.send({ method, token: good })).status).toBe(405)
    }
  })

  test('a head beyond 16 KiB: 431', async () => {
    const socket = connect(proxy.address.port, '127.0.0.1')
    socket.write(`GET /health HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`)
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    expect(chunk.toString('latin1')).toMatch(/^HTTP\/1\.1 431 /)
    socket.destroy()
  })
})

describe('stateless requests repeat themselves in headers', () => {
  const body = (overrides: object = {}, meta: object = {}) => ({
    jsonrpc: '2.0',
    id: 'same id',
    method: 'tools/call',
    params: { name: 'a__t', arguments: {}, _meta: modernMeta(meta) },
    ...overrides,
  })
  const headers = {
    'mcp-protocol-version': modernVersion,
    'mcp-method': 'tools/call',
    'mcp-name': 'a__t',
  }
  const call = (over: Record<string, string | string[] | undefined>, sent: object = body()) =>
    proxy.send({ body: sent, headers: { ...headers, ...over }, token: good })

  test.each([
    ['the version is missing', { 'mcp-protocol-version': undefined }, -32_020],
    ['the version is another', { 'mcp-protocol-version': '2025-11-25' }, -32_020],
    ['the method is missing', { 'mcp-method': undefined }, -32_020],
    ['the method is another', { 'mcp-method': 'tools/list' }, -32_020],
    ['the method has another case', { 'mcp-method': 'Tools/Call' }, -32_020],
    ['the name is missing', { 'mcp-name': undefined }, -32_020],
    ['the name is another', { 'mcp-name': 'a__u' }, -32_020],
    ['the name comes twice', { 'mcp-name': ['a__t', 'a__t'] }, -32_020],
    ['the name is badly encoded', { 'mcp-name': '=?base64?YV9fdA?=' }, -32_020],
  ])('%s: 400', async (_name, over, code) => {
    const answer = await call(over)
    expect([answer.status, answer.json().error.code, answer.json().id]).toEqual([
      400,
      code,
      'same id',
    ])
  })

  test('blanks around a value and an encoded name pass', async () => {
    expect((await call({ 'mcp-method': '  tools/call ' })).status).toBe(200)
    const encoded = `=?base64?${Buffer.from('a__t').toString('base64')}?=`
    expect((await call({ 'mcp-name': encoded })).status).toBe(200)
  })

  test('an unknown version: 400 with what is supported', async () => {
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2030-01-01' }
    const answer = await call({ 'mcp-protocol-version': '2030-01-01' }, body({}, meta))
    expect(answer.status).toBe(400)
    expect(answer.json().error).toMatchObject({
      code: -32_022,
      data: {
        requested: '2030-01-01',
        supported: [modernVersion],
      },
    })
  })

  test('an envelope that is not whole: 400 -32602', async () => {
    for (const meta of [
      { 'io.modelcontextprotocol/clientCapabilities': undefined },
      { 'io.modelcontextprotocol/clientCapabilities': 7 },
      { 'io.modelcontextprotocol/logLevel': 'loud' },
      { 'io.modelcontextprotocol/protocolVersion': 7 },
    ]) {
      const answer = await call({}, body({}, meta))
      expect([answer.status, answer.json().error.code]).toEqual([400, -32_602])
    }
    const bare = await call({}, body({ params: { name: 'a__t' } }))
    expect([bare.status, bare.json().error.code]).toEqual([400, -32_602])
  })

  test('methods of the other era, and unknown ones: 404 -32601', async () => {
    for (const method of ['initialize', 'ping', 'resources/subscribe', 'nonsense']) {
      const answer = await call({ 'mcp-method': method, 'mcp-name': undefined }, body({ method }))
      expect([answer.status, answer.json().error.code, answer.json().id]).toEqual([
        404,
        -32_601,
        'same id',
      ])
    }
  })

  test('an unknown tool is told in band', async () => {
    const answer = await proxy.modern('tools/call', { name: 'a__none' }, { token: good })
    expect([answer.status, answer.json().error.code]).toEqual([200, -32_602])
    expect(answer.json().error.data.code).toBe('name-unknown')
  })

  test('a notification is taken and a response is not', async () => {
    const notification = { jsonrpc: '2.0', method: 'notifications/cancelled', params: {} }
    expect((await call({}, notification)).status).toBe(202)
    const response = { jsonrpc: '2.0', id: 1, result: {} }
    expect((await call({}, response)).status).toBe(400)
  })

  test('initialize with a modern version header contradicts itself', async () => {
    const answer = await call({}, { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} })
    expect([answer.status, answer.json().error.code]).toEqual([400, -32_020])
  })

  test('results say what they are and how long they hold', async () => {
    const called = await proxy.modern('tools/call', { name: 'a__t' }, { token: good })
    expect(called.json().result.resultType).toBe('complete')
    const listed = await proxy.modern('tools/list', {}, { token: good })
    expect(listed.json().result).toMatchObject({
      resultType: 'complete',
      ttlMs: 0,
      cacheScope: 'private',
    })
    const discovered = await proxy.modern('server/discover', {}, { token: good })
    expect(discovered.json().result).toMatchObject({
      resultType: 'complete',
      supportedVersions: [modernVersion],
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'test-proxy' } },
    })
  })
})
