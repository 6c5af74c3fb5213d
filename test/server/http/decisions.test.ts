import { afterEach, describe, expect, test } from 'vitest'
import type { DecisionReport, DecisionSummary } from '../../../src/decisions/decision-report.ts'
import { eventually } from '../../support/command-line.ts'
import { startTestProxy, type TestProxy, type TestProxyOptions } from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
} from '../../support/tokens.ts'

const done = { content: [{ type: 'text', text: 'done' }] }
const backend = () =>
  scriptedBackend('a', {
    'tools/list': { tools: [{ name: 't' }] },
    'tools/call': () => result(done),
  })

const running: TestProxy[] = []
const start = async (options: TestProxyOptions = {}): Promise<TestProxy> => {
  const proxy = await startTestProxy([backend()], options)
  running.push(proxy)
  return proxy
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((proxy) => proxy.close({ force: true })))
})

const withTokens = async (decisions: object = {}): Promise<TestProxyOptions> => ({
  config: {
    proxy: { name: 'p', public_url: testAudience },
    auth: { type: 'oauth', issuer: testIssuer, audience: testAudience },
    observability: { decisions },
  },
  localKeys: jwksOf(await testKey()),
})

const ask = async (proxy: TestProxy, path: string) => {
  const answer = await proxy.send({ path, method: 'GET' })
  return { status: answer.status, body: answer.json() }
}
const list = async (proxy: TestProxy, query = ''): Promise<readonly DecisionSummary[]> =>
  (await ask(proxy, `/admin/decisions${query}`)).body.decisions as DecisionSummary[]
const one = async (proxy: TestProxy, id: unknown): Promise<DecisionReport> =>
  (await ask(proxy, `/admin/decisions/${String(id)}`)).body.decisions[0] as DecisionReport

describe('a decision', () => {
  test('has the check that refused, with expected and found, who asked, and no token', async () => {
    const proxy = await start(await withTokens())
    const key = await testKey()
    const token = await mintToken(
      key,
      goodClaims({ aud: 'https://other.acme.test', secret: 'deep' }),
    )
    const refused = await proxy.modern(
      'tools/list',
      {},
      {
        token,
        headers: { 'user-agent': 'acme-client/2.1 (linux)' },
      },
    )
    expect(refused.status).toBe(401)
    const id = refused.headers['x-request-id']
    expect(refused.json().error.data.requestId).toBe(id)
    const decision = await one(proxy, id)
    expect(decision).toMatchObject({
      id,
      outcome: 'rejected',
      status: 401,
      code: 'claim-aud',
      request: { http_method: 'POST' },
      caller: {
        address: '127.0.0.1',
        client: { name: 'acme-client', version: '2.1' },
        sub: null,
        claimed: { iss: testIssuer, aud: 'https://other.acme.test' },
      },
      problem: { code: 'claim-aud' },
    })
    const check = decision.checks.find(({ id: name }) => name === 'claim-aud')
    expect(check).toMatchObject({
      status: 'fail',
      evidence: { expected: [testAudience], actual: ['https://other.acme.test'] },
    })
    const text = JSON.stringify(decision)
    for (const piece of [...token.split('.'), 'deep']) expect(text).not.toContain(piece)
  })

  test('of a call that a limit refused has the method, the name and the backend', async () => {
    const proxy = await start({
      config: { proxy: { name: 'p', rate_limit: { requests: 1, period_seconds: 60 } } },
    })
    await proxy.modern('tools/call', { name: 'a__t' })
    const refused = await proxy.modern('tools/call', { name: 'a__t' })
    const decision = await one(proxy, refused.headers['x-request-id'])
    expect(decision).toMatchObject({
      outcome: 'rejected',
      code: 'limit-rate',
      request: { method: 'tools/call', name: 'a__t', backend: 'a' },
    })
    expect(decision.checks.at(-1)).toMatchObject({ id: 'limit-rate', status: 'fail' })
  })

  test('of an unknown tool is kept, and of an accepted call by its share', async () => {
    const options = await withTokens({ accepted: 1 })
    const proxy = await start(options)
    const token = await mintToken(await testKey(), goodClaims({}, Math.floor(Date.now() / 1000)))
    const good = await proxy.modern('tools/call', { name: 'a__t' }, { token })
    const bad = await proxy.modern('tools/call', { name: 'a__none' }, { token })
    const accepted = await one(proxy, good.headers['x-request-id'])
    expect(accepted).toMatchObject({
      outcome: 'accepted',
      code: null,
      problem: null,
      request: { method: 'tools/call', name: 'a__t', backend: 'a' },
      caller: { iss: testIssuer, sub: goodClaims().sub },
    })
    expect(accepted.checks.every(({ status }) => status !== 'fail')).toBe(true)
    expect(accepted.checks.length).toBeGreaterThan(5)
    expect((await one(proxy, bad.headers['x-request-id'])).code).toBe('name-unknown')
  })

  test('of a denied tool has the truth that the caller does not read', async () => {
    const token = 'scoped-token-000000000000001'
    const proxy = await start({
      config: { auth: { type: 'bearer', scoped_tokens: [{ token, allow_tools: ['a__other'] }] } },
    })
    const denied = await proxy.modern('tools/call', { name: 'a__t' }, { token })
    expect(denied.json().error.data.code).toBe('name-unknown')
    const decision = await one(proxy, denied.headers['x-request-id'])
    expect(decision.code).toBe('policy-token')
    expect(decision.checks.at(-1)).toMatchObject({ id: 'policy-token', status: 'fail' })
    expect(JSON.stringify(decision)).not.toContain(token)
  })

  test('of a client that never sends a token says once that it loops, in the log and the metrics too', async () => {
    const proxy = await start(await withTokens())
    const headers = { 'user-agent': 'looping/1.0' }
    for (let n = 0; n < 12; n += 1) await proxy.modern('tools/list', {}, { headers })
    await proxy.modern('tools/list', {}, { headers: { 'user-agent': 'other/1.0' } })
    const loops = (await list(proxy)).filter(({ loop }) => loop !== null)
    expect(loops).toHaveLength(1)
    expect(loops[0]?.loop).toMatch(/^looping at 127\.0\.0\.1 sent 5 requests without a token in /)
    expect(proxy.logged().filter(({ event }) => event === 'loop')).toHaveLength(1)
    const metrics = await proxy.send({ path: '/admin/metrics', method: 'GET' })
    expect(metrics.text).toContain('mcp_proxy_client_loops_total{code="req-token-missing"} 1')
  })

  test('of a session names the session by its fingerprint alone', async () => {
    const proxy = await start({ config: { observability: { decisions: { accepted: 1 } } } })
    const session = await proxy.session()
    await session.call('tools/call', { name: 'a__t' })
    const found = await list(proxy, '?name=a__t')
    expect(found[0]?.caller.session).toMatch(/^[0-9a-f]{8}$/)
    expect(JSON.stringify(found)).not.toContain(session.id)
  })
})

describe('the list', () => {
  test('is the newest first, filtered and cut', async () => {
    const proxy = await start()
    await proxy.modern('tools/call', { name: 'a__x' })
    await proxy.modern('tools/call', { name: 'a__y' })
    await proxy.send({ body: 'no json' })
    const all = await list(proxy)
    expect(all.map(({ code }) => code)).toEqual(['req-json', 'name-unknown', 'name-unknown'])
    expect((await list(proxy, '?code=name-unknown&limit=1'))[0]?.request.name).toBe('a__y')
    expect(await list(proxy, `?after=${String(all[1]?.seq)}`)).toHaveLength(1)
    expect(all[0]).not.toHaveProperty('checks')
  })

  test.each([
    ['?colour=red', 'unknown'],
    ['?limit=many', 'no-number'],
    ['?after=-1', 'no-number'],
  ])('%s is refused with its cause', async (query, name) => {
    const proxy = await start()
    const { status, body } = await ask(proxy, `/admin/decisions${query}`)
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ code: 'admin-query', case: name })
  })

  test('without a decision of that id answers 404 and says how many are kept', async () => {
    const proxy = await start({ config: { observability: { decisions: { keep: 7 } } } })
    const { status, body } = await ask(proxy, '/admin/decisions/none')
    expect(status).toBe(404)
    expect(body).toMatchObject({ error: { code: 'admin-decision', case: 'unknown' }, keep: 7 })
    expect(body.error.hint).toContain('7')
  })

  test('needs the admin token, and a refusal at its door is a decision too', async () => {
    const proxy = await start({ config: { security: { admin_token: 'admin-token-0001' } } })
    const path = '/admin/decisions'
    expect((await proxy.send({ path, method: 'GET' })).status).toBe(401)
    const found = await proxy.send({ path, method: 'GET', token: 'admin-token-0001' })
    expect(found.json().decisions[0].code).toBe('policy-admin')
    expect(found.text).not.toContain('admin-token-0001')
  })
})

describe('the stream', () => {
  test('has each decision as it is made, and begins after the last that was seen', async () => {
    const proxy = await start()
    await proxy.modern('tools/call', { name: 'a__first' })
    await proxy.modern('tools/call', { name: 'a__second' })
    let text = ''
    const leave = new AbortController()
    const followed = proxy
      .send({
        path: '/admin/events?code=name-unknown',
        method: 'GET',
        headers: { 'last-event-id': '1' },
        signal: leave.signal,
        onHead: (message) =>
          message.on('data', (chunk: Buffer) => {
            text += chunk.toString('utf8')
          }),
      })
      .catch(() => undefined)
    await eventually('the past is shown', () => text.includes('a__second') || undefined)
    await proxy.send({ body: 'no json' })
    await proxy.modern('tools/call', { name: 'a__third' })
    await eventually('the new one is shown', () => text.includes('a__third') || undefined)
    expect(text).not.toContain('a__first')
    expect(text).not.toContain('req-json')
    expect(text).toMatch(/event: decision\nid: [0-9a-f]{8}-2\ndata: \{"seq":2/)
    leave.abort()
    await followed
  })

  /** What a new follower is sent of the past, up to the place at which the stream then is. */
  const pastAfter = async (proxy: TestProxy, lastEventId?: string) => {
    let text = ''
    const leave = new AbortController()
    const followed = proxy
      .send({
        path: '/admin/events',
        method: 'GET',
        headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
        signal: leave.signal,
        onHead: (message) =>
          message.on('data', (chunk: Buffer) => {
            text += chunk.toString('utf8')
          }),
      })
      .catch(() => undefined)
    const place = await eventually(
      'its place',
      () => /event: position\nid: (\S+)\ndata: \{\}\n\n/.exec(text)?.[1],
    )
    leave.abort()
    await followed
    return { place, names: [...text.matchAll(/"name":"(a__\w+)"/g)].map(([, name]) => name) }
  }

  const refused = async (...names: string[]): Promise<TestProxy> => {
    const proxy = await start()
    for (const name of names) await proxy.modern('tools/call', { name })
    return proxy
  }

  test('says where it is before anything is decided, and goes on from there', async () => {
    const proxy = await start()
    const { place, names } = await pastAfter(proxy)
    expect(names).toEqual([])
    await proxy.modern('tools/call', { name: 'a__later' })
    expect(await pastAfter(proxy, place)).toEqual({
      place: place.replace(/-0$/, '-1'),
      names: ['a__later'],
    })
  })

  test('after a restart shows all that the new process kept, whichever number was seen last', async () => {
    const before = await refused('a__1', 'a__2')
    const { place } = await pastAfter(before)
    expect(place).toMatch(/-2$/)
    const after = await refused('a__3', 'a__4', 'a__5')
    const resumed = await pastAfter(after, place)
    expect(resumed.names).toEqual(['a__3', 'a__4', 'a__5'])
    expect((await pastAfter(after, resumed.place)).names).toEqual([])
  })

  test.each([
    ['1', ['a__2']],
    ['99', ['a__1', 'a__2']],
    ['no-place', []],
    ['00000000-', []],
  ])('with Last-Event-ID %s shows %j of the past', async (lastEventId, expected) => {
    const proxy = await refused('a__1', 'a__2')
    expect((await pastAfter(proxy, lastEventId)).names).toEqual(expected)
  })

  test('answers HEAD with its head alone', async () => {
    const proxy = await start()
    const answer = await proxy.send({ path: '/admin/events', method: 'HEAD' })
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream'])
  })

  test('does not keep the proxy from ending', async () => {
    const proxy = await start()
    let ended = false
    const followed = proxy.send({
      path: '/admin/events',
      method: 'GET',
      onHead: (message) => message.on('end', () => (ended = true)),
    })
    await eventually('it is open', async () => {
      await proxy.modern('tools/call', { name: 'a__x' })
      return true
    })
    await proxy.close()
    await followed.catch(() => undefined)
    expect(ended).toBe(true)
  })

  test('refuses the seventeenth follower, and takes another when one has left', async () => {
    const proxy = await start()
    const leave = new AbortController()
    let open = 0
    const follow = (signal: AbortSignal) =>
      proxy
        .send({ path: '/admin/events', method: 'GET', signal, onHead: () => (open += 1) })
        .catch(() => undefined)
    const followers = Array.from({ length: 16 }, () => follow(leave.signal))
    await eventually('all are open', () => open === 16 || undefined)
    const refused = await proxy.send({ path: '/admin/events', method: 'GET' })
    expect([refused.status, refused.json().error.code]).toEqual([503, 'admin-followers'])
    leave.abort()
    await Promise.all(followers)
    const again = new AbortController()
    const next = await eventually('there is room again', async () => {
      const before = open
      const following = follow(again.signal)
      await eventually('answered', () => open > before || undefined, 2000)
      return following === undefined ? undefined : { following }
    })
    again.abort()
    await next.following
  })
})

test('a reload changes how many are kept, and keeps the newest', async () => {
  const proxy = await start()
  for (const name of ['a__1', 'a__2', 'a__3']) await proxy.modern('tools/call', { name })
  const { config } = proxy.generation
  const observability = { ...config.observability, decisions: { keep: 2, accepted: 0, claims: [] } }
  // As it was configured: another address would be another listener.
  const listen = { ...config.proxy.listen, port: 0 }
  await proxy.replace({ ...config, proxy: { ...config.proxy, listen }, observability })
  expect((await list(proxy)).map(({ request }) => request.name)).toEqual(['a__3', 'a__2'])
})
