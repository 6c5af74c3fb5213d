import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { Call } from '../../../src/mcp/call.ts'
import { createSessions } from '../../../src/server/http/sessions.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { legacyClient } from '../../support/peer.ts'
import { startTestProxy, type TestProxy, type TestProxyOptions } from '../../support/proxy.ts'
import { testPorts } from '../../support/test-ports.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
  testNowSeconds,
} from '../../support/tokens.ts'
import { result, scriptedBackend, type Answer } from '../../support/scripted-backend.ts'

const done = { content: [{ type: 'text', text: 'done' }] }
const backendWith = (call: Answer = done) =>
  scriptedBackend('a', { 'tools/list': { tools: [{ name: 't' }] }, 'tools/call': call })

let proxy: TestProxy | undefined
const start = async (backend = backendWith(), options: TestProxyOptions = {}) => {
  proxy = await startTestProxy([backend], options)
  return proxy
}
afterEach(async () => {
  await proxy?.close({ force: true })
  proxy = undefined
})

const twoCallers = {
  config: { auth: { type: 'bearer', tokens: ['token-of-alice-0001', 'token-of-bob-00002'] } },
}
const call = { name: 'a__t', arguments: {} }

/** Resolves with the head of an answer while its body is still open. */
const opened = () => {
  let onHead: (message: IncomingMessage) => void = () => undefined
  const head = new Promise<IncomingMessage>((resolve) => {
    onHead = resolve
  })
  return { head, onHead }
}

describe('a session', () => {
  test('opens with initialize, serves calls, ends with DELETE', async () => {
    const running = await start()
    const session = await running.session()
    expect(session.id).toMatch(/^[\w-]{32}$/)
    const initialized = await session.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
    expect([initialized.status, initialized.text]).toEqual([202, ''])
    expect((await session.call('ping')).json().result).toEqual({})
    expect((await session.call('tools/call', call)).json().result).toEqual(done)
    const ended = await session.send(undefined, { method: 'DELETE' })
    expect(ended.status).toBe(204)
    expect((await session.call('ping')).status).toBe(404)
  })

  test('belongs to who opened it: for another caller it does not exist', async () => {
    const running = await start(backendWith(), twoCallers)
    const alice = await running.session({ token: 'token-of-alice-0001' })
    const token = 'token-of-bob-00002'
    const foreign = await alice.call('tools/call', call, { token })
    const unknown = await alice.call('tools/call', call, { headers: { 'mcp-session-id': 'x' } })
    for (const answer of [foreign, unknown]) {
      expect([answer.status, answer.json().error.data.code]).toEqual([404, 'req-session'])
    }
    expect((await alice.send(undefined, { method: 'DELETE', token })).status).toBe(404)
    expect((await alice.send(undefined, { method: 'GET', token })).status).toBe(404)
    expect((await alice.call('ping')).status).toBe(200)
  })

  test('is no authentication: without a token it is 401', async () => {
    const running = await start(backendWith(), twoCallers)
    const alice = await running.session({ token: 'token-of-alice-0001' })
    const headers = { 'mcp-session-id': alice.id }
    const body = { jsonrpc: '2.0', id: 1, method: 'ping' }
    expect((await running.send({ body, headers })).status).toBe(401)
  })

  test('is needed: without its id 400, with an unknown version 400', async () => {
    const running = await start()
    const body = { jsonrpc: '2.0', id: 7, method: 'tools/list' }
    const bare = await running.send({ body })
    expect([bare.status, bare.json().id]).toEqual([400, 7])
    expect(bare.json().error.data.code).toBe('req-session-missing')
    const session = await running.session()
    const headers = { 'mcp-protocol-version': '1999-01-01' }
    expect((await session.call('ping', {}, { headers })).status).toBe(400)
  })

  test('results carry nothing of the other era', async () => {
    const modern = { ...done, resultType: 'complete', _meta: { resultType: 'kept' } }
    const running = await start(backendWith(modern))
    const session = await running.session()
    const answer = await session.call('tools/call', call)
    expect(answer.json().result).toEqual({ ...done, _meta: { resultType: 'kept' } })
    expect((await session.call('tools/list')).json().result).toEqual({
      tools: [{ name: 'a__t', inputSchema: { type: 'object' } }],
    })
  })

  test('a missing resource has the code of its era', async () => {
    const running = await start()
    const session = await running.session()
    const uri = 'https://acme.test/none'
    expect((await session.call('resources/read', { uri })).json().error).toMatchObject({
      code: -32_002,
      data: { uri, code: 'name-unknown' },
    })
    const modern = await running.modern('resources/read', { uri })
    expect(modern.json().error).toMatchObject({ code: -32_602, data: { uri } })
  })
})

describe('while a call is open', () => {
  test('progress comes first as events, the result last', async () => {
    const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progress: 1 } }
    const running = await start(
      backendWith(({ peer }: Call) => {
        peer.notify(progress as never)
        return result(done)
      }),
    )
    const session = await running.session()
    const answer = await session.call('tools/call', call)
    expect(answer.headers['content-type']).toBe('text/event-stream')
    expect(answer.headers['cache-control']).toBe('no-cache, no-transform')
    expect(answer.events()).toEqual([
      progress,
      { jsonrpc: '2.0', id: expect.any(Number), result: done },
    ])
    const json = await session.call('tools/call', call, { headers: { accept: 'application/json' } })
    expect(json.json().result).toEqual(done)
  })

  test('log messages follow the level that the client set; stateless callers must ask for them', async () => {
    const log = (level: string) => ({
      jsonrpc: '2.0' as const,
      method: 'notifications/message',
      params: { level, data: 'x' },
    })
    const running = await start(
      backendWith(({ peer }: Call) => {
        for (const level of ['debug', 'warning', 'error']) peer.notify(log(level))
        return result(done)
      }),
    )
    const session = await running.session()
    expect((await session.call('logging/setLevel', { level: 'loud' })).json().error.code).toBe(
      -32_602,
    )
    expect((await session.call('tools/call', call)).events()).toHaveLength(4)
    await session.call('logging/setLevel', { level: 'warning' })
    expect((await session.call('tools/call', call)).events()).toHaveLength(3)
    expect((await running.modern('tools/call', call)).json().result.resultType).toBe('complete')
  })

  test('notifications/cancelled aborts that call and no other', async () => {
    const seen: Call[] = []
    const running = await start(
      backendWith(async (open: Call) => {
        seen.push(open)
        if (seen.length === 2) return result(done)
        await new Promise<void>((resolve) => {
          open.signal.addEventListener('abort', resolve, { once: true })
        })
        return { kind: 'error', error: { code: -32_000, message: 'aborted' } }
      }),
    )
    const session = await running.session()
    const slow = session.send({ jsonrpc: '2.0', id: 'slow', method: 'tools/call', params: call })
    await expect.poll(() => seen.length).toBe(1)
    const other = await session.send({
      jsonrpc: '2.0',
      id: 'other',
      method: 'tools/call',
      params: call,
    })
    expect(other.json().result).toEqual(done)
    const again = await session.send({ jsonrpc: '2.0', id: 'slow', method: 'ping' })
    expect([again.status, again.json().error.data.code]).toEqual([400, 'req-shape'])
    await session.send({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 'slow' },
    })
    expect((await slow).json().error.message).toBe('aborted')
    expect(seen[1]?.signal.aborted).toBe(false)
  })

  test('leaving cancels a stateless call and not one of a session', async () => {
    const seen: Call[] = []
    let release: () => void = () => undefined
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const running = await start(
      backendWith(async (open: Call) => {
        seen.push(open)
        await released
        return result(done)
      }),
    )
    const session = await running.session()
    for (const send of [
      (signal: AbortSignal) => session.call('tools/call', call, { signal }),
      (signal: AbortSignal) => running.modern('tools/call', call, { signal }),
    ]) {
      const leave = new AbortController()
      const count = seen.length
      const gone = send(leave.signal).catch((error: Error) => error.name)
      await expect.poll(() => seen.length).toBe(count + 1)
      leave.abort()
      expect(await gone).toBe('AbortError')
    }
    await expect.poll(() => seen[1]?.signal.aborted).toBe(true)
    expect(seen[0]?.signal.aborted).toBe(false)
    release()
  })
})

describe('the stream of a session', () => {
  test('carries list changes, once however many come together', async () => {
    const backend = backendWith()
    const running = await start(backend)
    const session = await running.session()
    const { head, onHead } = opened()
    const stream = session.send(undefined, { method: 'GET', onHead })
    expect((await head).headers['content-type']).toBe('text/event-stream')
    const message = await head
    const first = once(message, 'data') as Promise<[Buffer]>
    backend.changed('notifications/tools/list_changed')
    backend.changed('notifications/tools/list_changed')
    expect((await first)[0].toString()).toBe(
      'id: 0-2\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n',
    )
    backend.down()
    const more = (await (once(message, 'data') as Promise<[Buffer]>))[0].toString()
    expect(more).toContain('notifications/tools/list_changed')
    await session.send(undefined, { method: 'DELETE' })
    await stream
  })

  test('a second one replaces the first', async () => {
    const running = await start()
    const session = await running.session()
    const first = opened()
    const ended = session.send(undefined, { method: 'GET', onHead: first.onHead })
    await first.head
    const second = opened()
    const still = session.send(undefined, { method: 'GET', onHead: second.onHead })
    await second.head
    expect((await ended).status).toBe(200)
    await session.send(undefined, { method: 'DELETE' })
    expect((await still).status).toBe(200)
  })
})

describe('batches', () => {
  const batch = [
    { jsonrpc: '2.0', id: 1, method: 'ping' },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 2, method: 'tools/call', params: call },
  ]

  test('exist in 2025-03-26', async () => {
    const running = await start()
    const session = await running.session({ version: '2025-03-26' })
    const answer = await session.send(batch)
    expect(answer.json()).toEqual([
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', id: 2, result: done },
    ])
    expect((await session.send([batch[1]])).status).toBe(202)
    for (const bad of [
      [],
      [7],
      [batch[0], batch[0]],
      [{ jsonrpc: '2.0', id: 1, method: 'initialize' }],
      Array.from({ length: 101 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' })),
    ]) {
      expect((await session.send(bad)).status).toBe(400)
    }
  })

  test('and nowhere else', async () => {
    const running = await start()
    const session = await running.session({ version: '2025-06-18' })
    const answer = await session.send(batch)
    expect([answer.status, answer.json().error.code]).toEqual([400, -32_600])
    expect((await running.send({ body: batch })).status).toBe(400)
  })
})

test('a stream ends with the token that opened it, the session does not', async () => {
  const key = await testKey()
  const ports = testPorts()
  const running = await start(backendWith(), {
    ports,
    localKeys: jwksOf(key),
    config: {
      auth: {
        type: 'jwt',
        issuer: testIssuer,
        audience: testAudience,
        jwks_uri: 'https://id.acme.test/jwks',
        clock_tolerance: 0,
      },
    },
  })
  const lifetime = (seconds: number) =>
    mintToken(key, goodClaims({ exp: testNowSeconds + seconds }, testNowSeconds))
  const session = await running.session({ token: await lifetime(20) })
  const { head, onHead } = opened()
  const stream = session.send(undefined, { method: 'GET', onHead })
  await head
  await ports.clock.advance(30_000)
  expect((await stream).text).toBe('id: 0-1\ndata: \n\n: here\n\n')
  expect((await session.call('ping')).status).toBe(401)
  expect((await session.call('ping', {}, { token: await lifetime(600) })).status).toBe(200)
})

describe('the store of sessions', () => {
  test('ends what is idle too long, and nothing that is used', () => {
    const clock = createManualClock(0)
    const sessions = createSessions(clock, { idleMs: 1000, max: 10 })
    const idle = sessions.open('alice', legacyClient)
    const used = sessions.open('alice', legacyClient)
    const busy = sessions.open('alice', legacyClient)
    busy.calls.set(1, new AbortController())
    clock.set(600)
    sessions.find(used.id, 'alice')
    clock.set(1000)
    sessions.tick()
    expect(sessions.find(idle.id, 'alice')).toBeUndefined()
    expect(sessions.find(used.id, 'alice')).toBe(used)
    expect(sessions.find(busy.id, 'alice')).toBe(busy)
  })

  test('is bounded: the longest unused makes room', () => {
    const sessions = createSessions(createManualClock(0), { idleMs: 1000, max: 2 })
    const first = sessions.open('a', legacyClient)
    const second = sessions.open('a', legacyClient)
    sessions.find(first.id, 'a')
    const third = sessions.open('a', legacyClient)
    expect(sessions.count).toBe(2)
    expect(sessions.find(second.id, 'a')).toBeUndefined()
    expect([sessions.find(first.id, 'a'), sessions.find(third.id, 'a')]).toEqual([first, third])
  })

  test('one who opens many makes room among its own', () => {
    const clock = createManualClock(0)
    const sessions = createSessions(clock, { idleMs: 1000, max: 10, maxPerOwner: 2 })
    const other = sessions.open('bob', legacyClient)
    const [first, second] = [
      sessions.open('alice', legacyClient),
      sessions.open('alice', legacyClient),
    ]
    clock.set(1)
    sessions.find(first.id, 'alice')
    const third = sessions.open('alice', legacyClient)
    expect([other, first, third].every(({ id, owner }) => sessions.find(id, owner))).toBe(true)
    expect(sessions.find(second.id, 'alice')).toBeUndefined()
    for (let count = 0; count < 5; count += 1) sessions.open('anonymous', legacyClient)
    expect(sessions.count).toBe(8)
  })

  test('ending a session aborts its calls', () => {
    const sessions = createSessions(createManualClock(0))
    const session = sessions.open('a', legacyClient)
    const open = new AbortController()
    session.calls.set(1, open)
    sessions.end(session)
    expect(open.signal.aborted).toBe(true)
  })
})
