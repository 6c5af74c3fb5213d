import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import type { Call, Reply } from '../../../src/mcp/call.ts'
import { startServer } from '../../../src/server/http/serve.ts'
import {
  configOf,
  startTestProxy,
  type TestProxy,
  type TestProxyOptions,
} from '../../support/proxy.ts'
import { testPorts } from '../../support/test-ports.ts'
import { goodClaims, mintToken, testAudience, testIssuer, testKey } from '../../support/tokens.ts'
import { result, scriptedBackend, type ScriptedBackend } from '../../support/scripted-backend.ts'

const done = { content: [{ type: 'text', text: 'done' }] }
const call = { name: 'a__t' }
const backendWith = (answer: (open: Call) => Reply | Promise<Reply> = () => result(done)) =>
  scriptedBackend('a', { 'tools/list': { tools: [{ name: 't' }] }, 'tools/call': answer })

const running: TestProxy[] = []
const start = async (backends: readonly ScriptedBackend[], options: TestProxyOptions = {}) => {
  const proxy = await startTestProxy(backends, options)
  running.push(proxy)
  return proxy
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((proxy) => proxy.close({ force: true })))
})

const held = () => {
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return { released, release: () => release() }
}

describe('the open paths', () => {
  test('health is about the process, readiness about what it can do', async () => {
    const backend = scriptedBackend('a', {}, { state: 'starting' })
    const proxy = await start([backend])
    const ask = async (path: string) => {
      const answer = await proxy.send({ path, method: 'GET' })
      return [answer.status, answer.json()]
    }
    expect(await ask('/health')).toEqual([200, { status: 'ok' }])
    expect(await ask('/ready')).toEqual([
      503,
      { status: 'not ready', problems: ['backend-unavailable'] },
    ])
    backend.up()
    expect(await ask('/ready')).toEqual([200, { status: 'ready', problems: [] }])
    expect(backend.started).toBe(true)
  })

  test('metadata is open to everybody and every page, at both paths', async () => {
    const proxy = await start([backendWith()], {
      localKeys: { keys: [] },
      config: {
        proxy: { public_url: 'https://mcp.acme.test/mcp' },
        auth: {
          type: 'jwt',
          issuer: 'https://id.acme.test',
          jwks_uri: 'https://id.acme.test/jwks',
          required_scopes: ['mcp:call'],
        },
      },
    })
    for (const path of [
      '/.well-known/oauth-protected-resource/mcp',
      '/.well-known/oauth-protected-resource',
    ]) {
      const headers = { host: 'anything.test', origin: 'https://evil.test' }
      const answer = await proxy.send({ path, method: 'GET', headers })
      expect(answer.status).toBe(200)
      expect(answer.headers['access-control-allow-origin']).toBe('*')
      expect(answer.json()).toMatchObject({
        resource: 'https://mcp.acme.test/mcp',
        authorization_servers: ['https://id.acme.test'],
        scopes_supported: ['mcp:call'],
      })
      expect((await proxy.send({ path, method: 'OPTIONS' })).status).toBe(204)
      expect((await proxy.send({ path, method: 'POST' })).status).toBe(405)
    }
  })

  test('without an authorization server there is no metadata; unknown paths are 404 JSON', async () => {
    const proxy = await start([backendWith()])
    for (const path of ['/.well-known/oauth-protected-resource', '/', '/mcp/', '/admin/none']) {
      const answer = await proxy.send({ path, method: 'GET' })
      expect([answer.status, answer.headers['content-type']]).toEqual([404, 'application/json'])
    }
  })
})

describe('the admin surface', () => {
  test('without a token it answers loopback callers that speak to it directly', async () => {
    const proxy = await start([backendWith()])
    await proxy.modern('tools/call', call)
    const metrics = await proxy.send({ path: '/admin/metrics', method: 'GET' })
    expect(metrics.status).toBe(200)
    expect(metrics.text).toContain(
      'mcp_proxy_requests_total{method="tools/call",backend="a",outcome="ok",code=""} 1',
    )
    const forwarded = { 'x-forwarded-for': '203.0.113.9' }
    const foreign = await proxy.send({ path: '/admin/metrics', method: 'GET', headers: forwarded })
    expect([foreign.status, foreign.json().error.data.code]).toEqual([403, 'policy-admin'])
    const rebound = { host: 'evil.test' }
    const page = await proxy.send({ path: '/admin/backends', method: 'GET', headers: rebound })
    expect([page.status, page.json().error.data.code]).toEqual([403, 'req-host'])
  })

  test('with a token it wants the token, from everybody', async () => {
    const proxy = await start([backendWith()], {
      config: { security: { admin_token: 'admin-token-0001' } },
    })
    const ask = (token?: string) =>
      proxy.send({ path: '/admin/backends', method: 'GET', ...(token ? { token } : {}) })
    expect((await ask()).status).toBe(401)
    expect((await ask('another')).status).toBe(401)
    const answer = await ask('admin-token-0001')
    expect(answer.json()).toMatchObject({
      proxy: { name: 'test-proxy', auth: 'none', ready: true },
      backends: [{ name: 'a', state: 'up', protocol_version: '2025-11-25' }],
    })
    expect(JSON.stringify(proxy.logged())).not.toContain('admin-token-0001')
  })

  test('refusals count by their id', async () => {
    const proxy = await start([backendWith()])
    await proxy.send({ body: '{' })
    const { text } = await proxy.send({ path: '/admin/metrics', method: 'GET' })
    expect(text).toContain('mcp_proxy_refusals_total{code="req-json",status="400"} 1')
  })

  test('metrics that are switched off are not there', async () => {
    const config = { observability: { metrics: { enabled: false } } }
    const proxy = await start([backendWith()], { config })
    expect((await proxy.send({ path: '/admin/metrics', method: 'GET' })).status).toBe(404)
  })
})

describe('limits', () => {
  test('beyond the limit of the proxy: 429 with Retry-After, in both eras', async () => {
    const config = { proxy: { rate_limit: { requests: 2, period_seconds: 3600 } } }
    const proxy = await start([backendWith()], { config })
    const session = await proxy.session()
    await proxy.modern('tools/list')
    for (const answer of [await session.call('ping'), await proxy.modern('tools/list')]) {
      expect(answer.status).toBe(429)
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect(answer.json().error).toMatchObject({ code: -32_603, data: { code: 'limit-rate' } })
    }
    const refused = proxy.logged().filter(({ code }) => code === 'limit-rate')
    expect(refused).toHaveLength(2)
  })

  test('beyond the limit of a backend: an error in band that says when to come back', async () => {
    const proxy = await startTestProxy([backendWith()], {
      config: {
        backends: [
          {
            name: 'a',
            transport: 'stdio',
            command: 'unused',
            rate_limit: { requests: 1, period_seconds: 3600 },
          },
        ],
      },
    })
    running.push(proxy)
    expect((await proxy.modern('tools/call', call)).json().result.content).toEqual(done.content)
    const answer = await proxy.modern('tools/call', call)
    expect([answer.status, answer.json().error.code]).toEqual([200, -32_603])
    expect(answer.json().error.data).toMatchObject({
      code: 'limit-backend-rate',
      retryAfter: expect.any(Number),
    })
  })
})

describe('an authorization server that is away', () => {
  test('is no fault of the token: 503 with Retry-After and without a challenge', async () => {
    const closed = await startTestProxy([backendWith()])
    await closed.close()
    const key = await testKey()
    const proxy = await start([backendWith()], {
      config: {
        auth: {
          type: 'jwt',
          issuer: testIssuer,
          audience: testAudience,
          jwks_uri: `${closed.origin}/jwks`,
        },
      },
    })
    const token = await mintToken(key, goodClaims({}, Math.floor(Date.now() / 1000)))
    const answer = await proxy.modern('tools/list', {}, { token })
    expect([answer.status, answer.json().error.data.code]).toEqual([503, 'jwks-fetch'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(answer.headers['www-authenticate']).toBeUndefined()
    expect((await proxy.send({ path: '/ready', method: 'GET' })).status).toBe(503)
    expect((await proxy.send({ path: '/health', method: 'GET' })).status).toBe(200)
  })
})

describe('a long call', () => {
  test('becomes a stream that is kept alive, and ends with its answer', async () => {
    const ports = testPorts()
    const { released, release } = held()
    const backend = backendWith(async () => {
      await released
      return result(done)
    })
    const proxy = await start([backend], { ports })
    let head: IncomingMessage | undefined
    const slow = proxy.modern('tools/call', call, {
      onHead: (message) => {
        head = message
      },
    })
    await expect.poll(() => backend.count('tools/call')).toBe(1)
    await ports.clock.advance(15_000)
    expect(head).toBeUndefined()
    await ports.clock.advance(15_000)
    await expect.poll(() => head?.headers['content-type']).toBe('text/event-stream')
    release()
    const answer = await slow
    expect(answer.text).toContain(': still working\n\n')
    expect(answer.events()).toMatchObject([{ result: done }])
  })
})

describe('failures', () => {
  test('a failure of the backend is told with its id, in band', async () => {
    const backend = backendWith()
    const proxy = await start([backend])
    backend.down()
    const answer = await proxy.modern('tools/call', call)
    expect([answer.status, answer.json().error.data.code]).toEqual([200, 'backend-unavailable'])
  })

  test('a bug is an internal error without details; the log has them under the request id', async () => {
    const proxy = await start([
      backendWith(() => {
        throw new Error('a detail nobody should see')
      }),
    ])
    const answer = await proxy.modern('tools/call', call)
    expect([answer.status, answer.json().error.data.code]).toEqual([500, 'internal-error'])
    expect(answer.text).not.toContain('detail nobody')
    const line = proxy.logged().find(({ msg }) => msg === 'internal error')
    expect(line?.['request_id']).toBe(answer.headers['x-request-id'])
    expect(line?.['error']).toContain('a detail nobody should see')
  })
})

describe('the end', () => {
  test('calls in flight finish, new ones are turned away, then backends are closed', async () => {
    const { released, release } = held()
    const seen: Call[] = []
    const backend = backendWith(async (open) => {
      seen.push(open)
      await released
      return result(done)
    })
    const proxy = await startTestProxy([backend])
    const slow = proxy.modern('tools/call', call)
    await expect.poll(() => seen.length).toBe(1)
    const closing = proxy.close()
    await expect(proxy.modern('tools/list')).rejects.toThrow('ECONNREFUSED')
    expect(backend.closed).toBe(false)
    release()
    expect((await slow).json().result.content).toEqual(done.content)
    await closing
    expect(backend.closed).toBe(true)
  })

  test('what does not finish in time is aborted', async () => {
    const backend = backendWith(
      (open) =>
        new Promise((resolve) => {
          open.signal.addEventListener('abort', () =>
            resolve({ kind: 'error', error: { code: -32_000, message: 'aborted' } }),
          )
        }),
    )
    const config = { proxy: { shutdown_timeout_seconds: 0.05 } }
    const proxy = await startTestProxy([backend], { config })
    const slow = proxy.modern('tools/call', call)
    await expect.poll(() => backend.count('tools/call')).toBe(1)
    await proxy.close()
    expect((await slow).json().error.message).toBe('aborted')
  })

  test('force cuts an orderly end short, and open streams do not hold it', async () => {
    const backend = backendWith(() => new Promise<Reply>(() => undefined))
    const proxy = await startTestProxy([backend])
    const session = await proxy.session()
    const stream = session.send(undefined, { method: 'GET' })
    const slow = proxy.modern('tools/call', call).catch((error: Error) => error.message)
    await expect.poll(() => backend.count('tools/call')).toBe(1)
    const orderly = proxy.close()
    expect((await stream).status).toBe(200)
    await proxy.close({ force: true })
    await orderly
    expect(await slow).toContain('hang up')
    expect(backend.closed).toBe(true)
  })
})

describe('what cannot be started', () => {
  test('a listener beyond loopback without authentication', async () => {
    const open = configOf(['a'], { proxy: {} })
    const config = {
      ...open,
      proxy: { ...open.proxy, listen: { host: '0.0.0.0', port: 0 } },
    }
    await expect(startServer(config, systemPorts())).rejects.toThrow(UsageError)
  })

  test('a port that is taken, with the place and the way out', async () => {
    const proxy = await start([backendWith()])
    const free = configOf(['a'])
    const listen = { host: '127.0.0.1', port: proxy.address.port }
    const config = { ...free, proxy: { ...free.proxy, listen } }
    const failed: unknown = await startServer(config, systemPorts()).catch(
      (error: unknown) => error,
    )
    expect(failed).toBeInstanceOf(UsageError)
    expect((failed as UsageError).problems[0]).toMatchObject({
      code: 'config-value',
      message: expect.stringContaining('the port is in use') as string,
    })
  })
})
