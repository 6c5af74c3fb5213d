// What there may be at one time, and what who wants more is answered.
import { setMaxListeners } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { maxDepth } from '../../../src/mcp/envelope.ts'
import { createOwnerLimits } from '../../../src/server/dialogue/owner-limits.ts'
import { startTestProxy, type TestProxy, type TestProxyOptions } from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { gate } from '../../support/scripted-server.ts'

let proxy: TestProxy

afterEach(() => proxy?.close({ force: true }))

const tokens = { type: 'bearer', tokens: ['token-of-alice-0001', 'token-of-bob-000002'] }
const [alice, bob] = tokens.tokens as [string, string]

/** Calls wait until the gate opens. */
const start = async (config: TestProxyOptions['config'] = {}) => {
  const released = gate()
  let waiting = 0
  const backend = scriptedBackend('a', {
    'tools/list': { tools: [{ name: 't', inputSchema: { type: 'object' } }] },
    'tools/call': async () => {
      waiting += 1
      await released.opened
      return result({ content: [] })
    },
  })
  proxy = await startTestProxy([backend], { config })
  const call = (token?: string) =>
    proxy.modern('tools/call', { name: 'a__t' }, token === undefined ? {} : { token })
  const untilWaiting = (n: number) => expect.poll(() => waiting).toBe(n)
  return { backend, released, call, untilWaiting }
}

const refusedCall = {
  error: { code: -32603, data: { code: 'limit-calls', retryAfter: 1 } },
}

describe('calls in flight', () => {
  test('are bounded for one caller: 429 with Retry-After, and nobody else notices', async () => {
    const { released, call, untilWaiting } = await start({
      proxy: { max_calls_per_caller: 2 },
      auth: tokens,
    })
    const running = [call(alice), call(alice)]
    await untilWaiting(2)
    const refused = await call(alice)
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1'])
    expect(refused.json()).toMatchObject(refusedCall)
    const others = call(bob)
    await untilWaiting(3)
    released.open()
    for (const one of [...running, others]) expect((await one).status).toBe(200)
    expect((await call(alice)).status).toBe(200)
  })

  test('are bounded for all, who stand in for each other without authentication', async () => {
    const { released, call, untilWaiting } = await start({ proxy: { max_calls: 2 } })
    const running = [call(), call()]
    await untilWaiting(2)
    expect((await call()).json()).toMatchObject(refusedCall)
    released.open()
    await Promise.all(running)
    expect((await call()).status).toBe(200)
  })

  test('are bounded for one session, also where its client leaves and the calls go on', async () => {
    const { released, untilWaiting } = await start({ proxy: { max_calls_per_caller: 2 } })
    const session = await proxy.session()
    const left = new AbortController()
    const running = [0, 1].map(() =>
      session.call('tools/call', { name: 'a__t' }, { signal: left.signal }).catch(() => 'left'),
    )
    await untilWaiting(2)
    left.abort()
    expect(await Promise.all(running)).toEqual(['left', 'left'])
    const refused = await session.call('tools/call', { name: 'a__t' })
    expect([refused.status, refused.json()]).toMatchObject([429, refusedCall])
    const other = await proxy.session()
    const elsewhere = other.call('tools/call', { name: 'a__t' })
    await untilWaiting(3)
    released.open()
    expect((await elsewhere).status).toBe(200)
    expect((await session.call('tools/call', { name: 'a__t' })).status).toBe(200)
  })

  test('of a batch count one by one', async () => {
    const { released, untilWaiting } = await start({ proxy: { max_calls_per_caller: 2 } })
    const session = await proxy.session({ version: '2025-03-26' })
    const one = (id: number) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: 'a__t' },
    })
    const batch = session.send([one(101), one(102), one(103)])
    await untilWaiting(2)
    released.open()
    const answers = (await batch).json() as { result?: object; error?: object }[]
    expect(answers.filter((answer) => answer.result !== undefined)).toHaveLength(2)
    expect(answers.find((answer) => answer.error !== undefined)).toMatchObject(refusedCall)
  })
})

describe('subscriptions', () => {
  test('are bounded for one caller and for all, and make room when they end', () => {
    const limits = createOwnerLimits(3, 2)
    expect(['alice', 'alice', 'alice'].map((owner) => limits.enter(owner))).toEqual([
      undefined,
      undefined,
      2,
    ])
    expect([limits.enter('bob'), limits.enter('bob')]).toEqual([undefined, 3])
    limits.leave('alice')
    expect([limits.enter('bob'), limits.enter('alice')]).toEqual([undefined, 3])
  })

  test('of who cannot be told apart are bounded together', () => {
    const limits = createOwnerLimits(3, 1)
    const anonymous = 'anonymous'
    expect([1, 2, 3, 4].map(() => limits.enter(anonymous))).toEqual([
      undefined,
      undefined,
      undefined,
      3,
    ])
  })

  test('beyond the limit: limit-streams in band, and not as a stream', async () => {
    const { call, released } = await start({ auth: tokens })
    const left = new AbortController()
    setMaxListeners(0, left.signal)
    const opened: Promise<void>[] = []
    const listens = Array.from({ length: 256 }, () => {
      const head = gate()
      opened.push(head.opened)
      return proxy
        .modern(
          'subscriptions/listen',
          { notifications: { toolsListChanged: true } },
          { token: alice, signal: left.signal, onHead: () => head.open() },
        )
        .catch(() => 'left')
    })
    await Promise.all(opened)
    const one = (token: string, signal?: AbortSignal) =>
      proxy.modern(
        'subscriptions/listen',
        { notifications: {} },
        { token, ...(signal === undefined ? {} : { signal }) },
      )
    const refused = await one(alice)
    expect([refused.status, refused.headers['content-type']]).toEqual([200, 'application/json'])
    expect(refused.json()).toMatchObject({ error: { data: { code: 'limit-streams' } } })
    const ofBob = one(bob, left.signal).catch(() => 'left')
    released.open()
    // Who listens does not take a place among the calls.
    expect((await call(alice)).status).toBe(200)
    left.abort()
    expect(new Set(await Promise.all([...listens, ofBob]))).toEqual(new Set(['left']))
  })
})

describe('a body that is nested too deep', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  const bodyOf = (args: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a__t","arguments":{"x":${args}}}}`

  test.each([maxDepth, 100_000])('(%i levels) is refused before it is parsed', async (levels) => {
    await start()
    const answer = await proxy.send({ body: bodyOf(nested(levels)) })
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({ error: { code: -32600, data: { code: 'req-depth' } } })
  })

  test('is told from one that only holds many brackets', async () => {
    const { released } = await start()
    released.open()
    const session = await proxy.session()
    const wide = `[${'[],'.repeat(5000)}"${'['.repeat(5000)}\\"{"]`
    const sent = bodyOf(`${'['.repeat(120)}${wide}${']'.repeat(120)}`)
    expect((await session.send(sent)).status).toBe(200)
  })
})
