// Who the holder of an admin token is, and what may be done without one.
import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { startTestProxy, type TestProxy, type TestProxyOptions } from '../../support/proxy.ts'
import { scriptedBackend } from '../../support/scripted-backend.ts'

const running: TestProxy[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((proxy) => proxy.close({ force: true })))
})

const start = async (security: object = {}, options: TestProxyOptions = {}) => {
  const proxy = await startTestProxy([scriptedBackend('a')], {
    ...options,
    config: { security, ...options.config },
  })
  running.push(proxy)
  return proxy
}

const rightsOf = async (proxy: TestProxy, token?: string) => {
  const asked = token === undefined ? {} : { token }
  const answer = await proxy.send({ path: '/admin/rights', method: 'GET', ...asked })
  return answer.status === 200 ? answer.json() : answer.status
}

const first = 'the-first-admin-token'
const second = 'the-second-admin-token'

describe('an admin token', () => {
  test('security.admin_token reads, and does nothing else', async () => {
    const proxy = await start({ admin_token: first })
    expect(await rightsOf(proxy, first)).toEqual({ name: 'admin_token', rights: ['read'] })
    const refused = await proxy.send({ path: '/admin/reload', token: first })
    expect([refused.status, refused.json().error.data.code]).toEqual([403, 'admin-right'])
  })

  test('of security.admin_tokens has its name and its rights, by value or by digest', async () => {
    const sha256 = createHash('sha256').update(second).digest('hex')
    const proxy = await start({
      admin_token: first,
      admin_tokens: [
        { name: 'deploy', sha256, rights: ['read', 'configure'] },
        { name: 'watch', token: 'the-third-admin-token' },
      ],
    })
    expect(await rightsOf(proxy, second)).toEqual({ name: 'deploy', rights: ['read', 'configure'] })
    expect(await rightsOf(proxy, 'the-third-admin-token')).toEqual({
      name: 'watch',
      rights: ['read'],
    })
    expect(await rightsOf(proxy, first)).toMatchObject({ name: 'admin_token' })
    for (const wrong of [sha256, `${second}x`, second.slice(1), undefined]) {
      expect(await rightsOf(proxy, wrong)).toBe(401)
    }
  })
})

describe('without any admin token', () => {
  test('a direct caller of this machine reads', async () => {
    const proxy = await start()
    expect(await rightsOf(proxy)).toEqual({ name: 'local', rights: ['read'] })
    const refused = await proxy.send({ path: '/admin/reload' })
    expect([refused.status, refused.json().error.data.code]).toEqual([403, 'admin-right'])
  })

  test.each([
    ['came through a proxy', { 'x-forwarded-for': '203.0.113.9' }, 'policy-admin'],
    ['was led here by another name', { host: 'evil.test' }, 'req-host'],
    ['is a page of another site', { origin: 'https://evil.test' }, 'req-origin'],
  ])('one that %s does not', async (_, headers, code) => {
    const proxy = await start()
    const answer = await proxy.send({ path: '/admin/rights', method: 'GET', headers })
    expect([answer.status, answer.json().error.data.code]).toEqual([403, code])
  })
})

test('a session is ended by its fingerprint, and nobody learns its id', async () => {
  const proxy = await start({
    admin_tokens: [{ name: 'ops', token: second, rights: ['read', 'operate'] }],
  })
  const session = await proxy.session()
  const get = (path: string) => proxy.send({ path, method: 'GET', token: second })
  const listed = await get('/admin/sessions/detail')
  expect(listed.json()).toMatchObject([
    { client: { name: 'test', version: '1' }, protocol_version: '2025-11-25' },
  ])
  expect(listed.text).not.toContain(session.id)
  const [{ id }] = listed.json()
  const end = (wanted: string) =>
    proxy.send({ path: `/admin/sessions/${wanted}`, method: 'DELETE', token: second })
  expect((await end(session.id)).status).toBe(404)
  expect((await end(id)).json()).toEqual({ ended: 1 })
  expect((await session.call('ping')).status).toBe(404)
  expect((await get('/admin/sessions')).json()).toEqual({ active_sessions: 0 })
})

test('the health of a backend that went down and came back is in its history', async () => {
  const backend = scriptedBackend('a')
  const proxy = await startTestProxy([backend])
  running.push(proxy)
  backend.down()
  const get = async (path: string) => (await proxy.send({ path, method: 'GET' })).json()
  expect(await get('/admin/health')).toEqual({ status: 'degraded', unhealthy_backends: ['a'] })
  backend.up()
  expect(await get('/admin/health')).toEqual({ status: 'healthy', unhealthy_backends: [] })
  expect(await get('/admin/backends/a/health/history')).toMatchObject([
    { namespace: 'a', healthy: true },
    { healthy: false, code: 'backend-unavailable' },
    { healthy: true },
  ])
  expect(await get('/admin/stats')).toMatchObject({ total_backends: 1, healthy_backends: 1 })
  expect((await proxy.send({ path: '/admin/backends/none', method: 'GET' })).status).toBe(404)
})

test('an open circuit is closed by hand, and calls go out again', async () => {
  const proxy = await start(
    { admin_tokens: [{ name: 'ops', token: second, rights: ['read', 'operate'] }] },
    {
      config: {
        backends: [
          {
            name: 'a',
            transport: 'stdio',
            command: 'unused',
            circuit_breaker: { minimum_calls: 1, wait_duration_seconds: 3600 },
          },
        ],
      },
    },
  )
  const { circuit } = proxy.generation.resilienceOf('a')
  circuit!.report(circuit!.admit(), 'down')
  const states = async () =>
    (await proxy.send({ path: '/admin/circuit-breakers', method: 'GET', token: second })).json()
  expect(await states()).toMatchObject([{ backend: 'a', state: 'open' }])
  const reset = await proxy.send({ path: '/admin/circuit-breakers/a/reset', token: second })
  expect(reset.json()).toMatchObject({ backend: 'a', state: 'closed', calls: 0 })
  expect(circuit!.admit()).not.toBe(0)
})

test('a query that is none is refused with what is there', async () => {
  const proxy = await start()
  const ask = async (path: string) => {
    const answer = await proxy.send({ path, method: 'GET' })
    return [answer.status, answer.json().error.code, answer.json().error.case]
  }
  expect(await ask('/admin/stats?colour=red')).toEqual([400, 'admin-query', 'none'])
  expect(await ask('/admin/decisions?colour=red')).toEqual([400, 'admin-query', 'unknown'])
  expect(await ask('/admin/decisions?limit=ten')).toEqual([400, 'admin-query', 'no-number'])
  expect(await ask('/admin/config?written=yes')).toEqual([400, 'admin-query', 'value'])
  expect(await ask('/admin/config')).toEqual([404, 'admin-unknown', 'file'])
})
