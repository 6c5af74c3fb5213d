// One address that floods a running proxy with unknown tokens, and another that goes on.
import { request } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { introspectionLimits } from '../../../src/core/introspection/introspection-turns.ts'
import { startTestProxy, type TestProxy } from '../../support/proxy.ts'
import { scriptedBackend } from '../../support/scripted-backend.ts'
import { gate, startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'

const audience = 'https://mcp.acme.test/mcp'
let proxy: TestProxy
let server: ScriptedServer
afterEach(async () => {
  await proxy.close({ force: true })
  await server.close()
})

const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })

const call = (
  token: string,
  localAddress: string,
  { path = '/mcp', headers = {} }: { path?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; retryAfter: string | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, proxy.url),
      {
        method: 'POST',
        agent: false,
        localAddress,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${token}`,
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.on('data', (part) => (text += String(part)))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'],
            text,
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })

/** Two addresses: of two peers, and of two clients that one gateway reports. */
const flooder = (token: string) => call(token, '127.0.0.1')
const bystander = (token: string) => call(token, '127.0.0.2')
const through = (address: string) => (token: string) =>
  call(token, '127.0.0.1', { path: '/verify', headers: { 'x-forwarded-for': address } })

test.each([
  ['introspection', 'the endpoint', {}, flooder, bystander],
  ['both', 'the endpoint', { jwks_uri: 'http://127.0.0.1:9/jwks' }, flooder, bystander],
  ['introspection', 'a gateway', {}, through('192.0.2.1'), through('192.0.2.2')],
])(
  'with %s, at %s, only the address that floods has to come back',
  async (strategy, _, more, from, beside) => {
    server = await startScriptedServer()
    const held = gate()
    server.on('/introspect', ({ body: form }) =>
      new URLSearchParams(form).get('token') === 'good'
        ? { body: { active: true, aud: audience, sub: 'u', client_id: 'c' } }
        : { until: held.opened, body: { active: false } },
    )
    proxy = await startTestProxy([scriptedBackend('a', {})], {
      config: {
        proxy: { public_url: audience },
        verify: {},
        security: { trusted_proxies: ['127.0.0.1'] },
        auth: {
          type: 'oauth',
          issuer: 'https://id.acme.test',
          introspection_endpoint: `${server.origin}/introspect`,
          client_id: 'rs',
          client_secret: 's3cret',
          token_validation: strategy,
          ...more,
        },
      },
    })
    const { flying, waiting } = introspectionLimits.peer
    const flood = Array.from({ length: flying + waiting + 1 }, (_, n) => from(`junk-${n}`))
    const refused = await Promise.race(flood)
    expect(refused).toMatchObject({ status: 503, retryAfter: '1' })
    expect(refused.text).toContain('limit-introspection')
    expect(server.count('/introspect')).toBeLessThanOrEqual(flying)
    const other = await beside('good')
    expect(other.status).not.toBe(401)
    expect(other.status).not.toBe(503)
    held.open()
    const answers = await Promise.all(flood)
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(flying + waiting)
  },
)
