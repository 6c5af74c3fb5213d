// Limits by rule through the HTTP door: status, headers, both eras, decisions, and what a reload keeps.
import { afterEach, expect, test } from 'vitest'
import { configOf, startTestProxy, type TestProxy } from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { modernRequest, request, startStdioProxy } from '../../support/stdio-proxy.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
} from '../../support/tokens.ts'

const done = { content: [{ type: 'text', text: 'done' }] }
const backend = (name = 'a') =>
  scriptedBackend(name, {
    'tools/list': { tools: [{ name: 't' }, { name: 'u' }] },
    'tools/call': () => result(done),
  })

const running: { close(options?: object): Promise<unknown> }[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((proxy) => proxy.close({ force: true })))
})

const start = async (
  rules: readonly object[],
  sections: object = {},
  localKeys?: unknown,
): Promise<TestProxy> => {
  const proxy = await startTestProxy([backend()], {
    config: { limits: { rules }, ...sections },
    ...(localKeys === undefined ? {} : { localKeys }),
  })
  running.push(proxy)
  return proxy
}

const perMinute = (name: string, requests: number, more: object = {}) => ({
  name,
  requests,
  period_seconds: 60,
  ...more,
})
const t = { name: 'a__t', arguments: {} }
const u = { name: 'a__u', arguments: {} }

test('answers say by which policy the client is limited and what is left of it', async () => {
  const rules = [perMinute('calls', 2, { tools: ['a__*'] }), { name: 'slow', max_concurrent: 9 }]
  const proxy = await start(rules)
  const first = await proxy.modern('tools/call', t)
  expect(first.headers['ratelimit-policy']).toBe(
    '"slow";q=9;qu="concurrent-requests", "calls";q=2;w=60',
  )
  expect(first.headers['ratelimit']).toBe('"slow";r=8, "calls";r=1;t=60')
  await proxy.modern('tools/call', u)
  const refused = await proxy.modern('tools/call', t)
  expect(refused.status).toBe(429)
  const { error } = refused.json()
  expect(error).toMatchObject({ code: -32_603, data: { code: 'limit-rate', case: 'rule' } })
  const retry = Number(refused.headers['retry-after'])
  expect(error.data.retryAfter).toBe(retry)
  expect(refused.headers['ratelimit']).toBe(`"slow";r=8, "calls";r=0;t=${retry}`)
  const free = await proxy.modern('tools/list')
  expect(free.headers['ratelimit-policy']).toBe('"slow";q=9;qu="concurrent-requests"')
})

test('in a session the same limit answers 429 with the same headers, and initialize counts', async () => {
  const proxy = await start([perMinute('all', 2)])
  const session = await proxy.session()
  const answers = [await session.call('ping'), await session.call('ping')]
  expect(answers.map(({ status }) => status)).toEqual([200, 429])
  expect(answers.map(({ headers }) => headers['ratelimit-policy'])).toEqual([
    '"all";q=2;w=60',
    '"all";q=2;w=60',
  ])
  expect(answers[1]?.headers['retry-after']).toMatch(/^\d+$/)
})

test('a client that no rule is about reads no limits', async () => {
  const proxy = await start([perMinute('calls', 1, { tools: ['b__*'] })])
  const { headers } = await proxy.modern('tools/call', t)
  expect([headers['ratelimit'], headers['ratelimit-policy']]).toEqual([undefined, undefined])
})

test('a page of an allowed origin may read what is left', async () => {
  const proxy = await start([perMinute('all', 5)])
  const origin = proxy.origin
  const { headers } = await proxy.modern('tools/list', {}, { headers: { origin } })
  expect(headers['access-control-expose-headers']).toMatch(/RateLimit-Policy, RateLimit,/)
})

test('a refusal is kept as a decision with the status and the name of the rule, and counts by that name', async () => {
  const proxy = await start([perMinute('calls', 1, { by: ['tool'] })])
  await proxy.modern('tools/call', t)
  const refused = await proxy.modern('tools/call', t)
  const id = String(refused.headers['x-request-id'])
  const kept = await proxy.send({ path: `/admin/decisions/${id}`, method: 'GET' })
  expect(kept.json().decisions[0]).toMatchObject({
    outcome: 'rejected',
    status: 429,
    code: 'limit-rate',
    problem: { detail: 'The limit calls allows 1 requests in 60 s' },
    request: { method: 'tools/call', name: 'a__t', backend: 'a' },
  })
  const metrics = await proxy.send({ path: '/admin/metrics', method: 'GET' })
  expect(metrics.text).toContain('mcp_proxy_limited_total{rule="calls"} 1')
  const audit = proxy.logged().find(({ code }) => code === 'limit-rate')
  expect(audit).toMatchObject({ event: 'audit', rule: 'calls' })
})

test('callers have quotas of their own by their token, and roles those of all who have them', async () => {
  const auth = {
    type: 'oauth',
    issuer: testIssuer,
    audience: testAudience,
    roles: [{ name: 'guest' }, { name: 'staff' }],
    role_mapping: { claim: 'team', mapping: { guests: 'guest', staff: 'staff' } },
  }
  const rules = [
    perMinute('guests', 3, { by: ['role'], roles: ['guest'] }),
    perMinute('each', 2, { by: ['caller'] }),
  ]
  const sections = { auth, proxy: { name: 'p', public_url: testAudience } }
  const key = await testKey()
  const proxy = await start(rules, sections, jwksOf(key))
  const tokenOf = (sub: string, team: string) =>
    mintToken(key, goodClaims({ sub, team }, Math.floor(Date.now() / 1000)))
  const ask = async (sub: string, team: string) => {
    const answer = await proxy.modern('tools/call', t, { token: await tokenOf(sub, team) })
    return [answer.status, /The limit (\S+)/.exec(answer.text)?.[1]]
  }
  expect(await ask('ann', 'guests')).toEqual([200, undefined])
  expect(await ask('ann', 'guests')).toEqual([200, undefined])
  expect(await ask('ann', 'guests')).toEqual([429, 'each'])
  expect(await ask('bob', 'guests')).toEqual([200, undefined])
  expect(await ask('cat', 'guests')).toEqual([429, 'guests'])
  expect(await ask('dan', 'staff')).toEqual([200, undefined])
})

test('a rule that stays the same goes on counting after a reload, and one that changes begins anew', async () => {
  const same = perMinute('same', 1, { tools: ['a__t'] })
  const proxy = await start([same, perMinute('other', 1, { tools: ['a__u'] })])
  for (const tool of [t, u]) expect((await proxy.modern('tools/call', tool)).status).toBe(200)
  await proxy.replace(
    configOf(['a'], { limits: { rules: [perMinute('other', 2, { tools: ['a__u'] }), same] } }),
  )
  const answers = [await proxy.modern('tools/call', t), await proxy.modern('tools/call', u)]
  expect(answers.map(({ status }) => status)).toEqual([429, 200])
})

test('each call of a batch counts', async () => {
  const proxy = await start([perMinute('calls', 2, { by: ['tool'] })])
  const session = await proxy.session({ version: '2025-03-26' })
  const batch = ['x', 'y', 'z'].map((id) => request(id, 'tools/call', t))
  const answers = (await session.send(batch)).json() as { error?: { data: { code: string } } }[]
  expect(answers.map(({ error }) => error?.data.code)).toEqual([undefined, undefined, 'limit-rate'])
})

test('the client on pipes is limited by the same rules, with the time to wait in the error', async () => {
  const rules = [perMinute('pipe', 1, { by: ['address', 'tool'] })]
  const proxy = await startStdioProxy([backend()], { config: { limits: { rules } } })
  running.push(proxy)
  proxy.write(modernRequest(1, 'tools/call', t))
  expect((await proxy.answer(1)).result.content).toEqual(done.content)
  proxy.write(modernRequest(2, 'tools/call', t))
  expect((await proxy.answer(2)).error.data).toMatchObject({
    code: 'limit-rate',
    retryAfter: expect.any(Number),
  })
})
