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
): Promise<{ status: number; retryAfter: string | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(
      proxy.url,
      {
        method: 'POST',
        agent: false,
        localAddress,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${token}`,
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

test.each([
  ['introspection', {}],
  ['both', { jwks_uri: 'http://127.0.0.1:9/jwks' }],
])('with %s only the address that floods is told to come back', async (strategy, more) => {
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
  const flood = Array.from({ length: flying + waiting + 1 }, (_, n) =>
    call(`junk-${n}`, '127.0.0.1'),
  )
  const refused = await Promise.race(flood)
  expect(refused).toMatchObject({ status: 503, retryAfter: '1' })
  expect(refused.text).toContain('limit-introspection')
  expect(server.count('/introspect')).toBeLessThanOrEqual(flying)
  const other = await call('good', '127.0.0.2')
  expect(other.status).not.toBe(401)
  expect(other.status).not.toBe(503)
  held.open()
  const answers = await Promise.all(flood)
  expect(answers.filter(({ status }) => status === 503)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(flying + waiting)
})
