import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { Call } from '../../../src/mcp/call.ts'
import { createEventBudget, createEventLog } from '../../../src/server/http/event-log.ts'
import { startTestProxy, type TestProxy, type TestProxyOptions } from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'

const done = { content: [{ type: 'text', text: 'done' }] }
const call = { name: 'a__t', arguments: {} }
const progress = (step: number) =>
  ({ jsonrpc: '2.0', method: 'notifications/progress', params: { progress: step } }) as const

let proxy: TestProxy | undefined
afterEach(async () => {
  await proxy?.close({ force: true })
  proxy = undefined
})

/** A backend whose calls stay open until they are released. */
const start = async (options: TestProxyOptions = {}) => {
  const calls: { readonly call: Call; release(): void }[] = []
  const backend = scriptedBackend('a', {
    'tools/list': { tools: [{ name: 't' }] },
    'tools/call': (open) =>
      new Promise((resolve) => {
        calls.push({ call: open, release: () => resolve(result(done)) })
      }),
  })
  proxy = await startTestProxy([backend], options)
  return { running: proxy, calls, backend }
}

/** Resolves with the head of an answer while its body is still open. */
const opened = () => {
  let onHead: (message: IncomingMessage) => void = () => undefined
  const head = new Promise<IncomingMessage>((resolve) => {
    onHead = resolve
  })
  return { head, onHead }
}

const lastId = (text: string) =>
  text
    .match(/^id: (\S+)$/gm)
    ?.at(-1)
    ?.slice('id: '.length) ?? ''

describe('the answer to a session is', () => {
  test.each([
    ['JSON', undefined, 'application/json'],
    ['JSON', 'application/json;q=0.9, text/event-stream;q=0.8', 'application/json'],
    ['a stream', 'text/event-stream, application/json', 'text/event-stream'],
    ['a stream', 'application/json;q=0.5, text/event-stream', 'text/event-stream'],
  ])('%s where it accepts %s', async (_what, accept, type) => {
    const { running, calls } = await start()
    const session = await running.session()
    const headers = accept === undefined ? {} : { accept }
    const answer = session.call('tools/call', call, { headers })
    await expect.poll(() => calls.length).toBe(1)
    calls[0]!.release()
    expect((await answer).headers['content-type']).toBe(type)
  })

  test('a stream that can be come back to where that of the backend can', async () => {
    const { running, calls } = await start()
    const session = await running.session()
    const answer = session.call('tools/call', call)
    await expect.poll(() => calls.length).toBe(1)
    calls[0]!.call.peer.keep?.()
    calls[0]!.release()
    expect((await answer).text).toMatch(/^id: 1-1\ndata: \n\nid: 1-2\ndata: \{/)
    const headers = { 'last-event-id': '1-1' }
    const again = await session.send(undefined, { method: 'GET', headers })
    expect(again.events()).toMatchObject([{ result: done }])
  })
})

describe('a caller that was cut off in the middle of its call', () => {
  test('comes back for the rest, and the call went on meanwhile', async () => {
    const { running, calls } = await start()
    const session = await running.session()
    const leave = new AbortController()
    const { head, onHead } = opened()
    const cut = session.call('tools/call', call, { signal: leave.signal, onHead }).catch(() => 0)
    await expect.poll(() => calls.length).toBe(1)
    calls[0]!.call.peer.notify(progress(1))
    const [first] = (await once(await head, 'data')) as [Buffer]
    expect(first.toString()).toMatch(/^id: 1-1\ndata: \n\nid: 1-2\ndata: \{.*"progress":1\}\}\n\n$/)
    leave.abort()
    await cut
    await expect.poll(() => calls[0]!.call.signal.aborted).toBe(false)
    calls[0]!.call.peer.notify(progress(2))
    const last = lastId(first.toString())
    const rest = session.send(undefined, { method: 'GET', headers: { 'last-event-id': last } })
    calls[0]!.release()
    expect((await rest).events()).toEqual([
      progress(2),
      { jsonrpc: '2.0', id: expect.any(Number), result: done },
    ])
    const again = await session.send(undefined, {
      method: 'GET',
      headers: { 'last-event-id': last },
    })
    expect(again.events()).toHaveLength(2)
  })

  test('is asked to come back where the backend asked us', async () => {
    const { running, calls } = await start()
    const session = await running.session()
    const first = session.call('tools/call', call)
    await expect.poll(() => calls.length).toBe(1)
    let returns = 0
    calls[0]!.call.peer.suspend?.(50, () => (returns += 1))
    const answer = await first
    expect(returns).toBe(0)
    expect([answer.text, answer.events()]).toEqual(['id: 1-1\ndata: \n\nretry: 50\n\n', []])
    const rest = session.send(undefined, { method: 'GET', headers: { 'last-event-id': '1-1' } })
    calls[0]!.release()
    expect((await rest).events()).toMatchObject([{ result: done }])
    expect(returns).toBe(1)
  })

  test('of an earlier revision gets no event without data, and is left connected', async () => {
    const { running, calls } = await start()
    const session = await running.session({ version: '2025-06-18' })
    const answer = session.call('tools/call', call)
    await expect.poll(() => calls.length).toBe(1)
    calls[0]!.call.peer.notify(progress(1))
    calls[0]!.call.peer.suspend?.(50)
    calls[0]!.release()
    expect((await answer).events()).toHaveLength(2)
    expect((await answer).text).toMatch(/^id: 1-1\ndata: \{/)
  })

  test('gets nothing of the session of somebody else, nor of a stream that nobody knows', async () => {
    const tokens = ['token-of-alice-0001', 'token-of-bob-00002']
    const { running } = await start({ config: { auth: { type: 'bearer', tokens } } })
    const alice = await running.session({ token: tokens[0]! })
    const headers = { 'last-event-id': '1-1' }
    const foreign = await alice.send(undefined, { method: 'GET', headers, token: tokens[1]! })
    expect(foreign.status).toBe(404)
    for (const unknown of ['1-1', '7-1', 'x', '-']) {
      const answer = await alice.send(undefined, {
        method: 'GET',
        headers: { 'last-event-id': unknown },
      })
      expect([answer.status, answer.text]).toEqual([200, ''])
    }
  })
})

test('the stream of a session is taken up where it was left', async () => {
  const { running, backend } = await start()
  const session = await running.session()
  const leave = new AbortController()
  const { head, onHead } = opened()
  const cut = session
    .send(undefined, { method: 'GET', signal: leave.signal, onHead })
    .catch(() => 0)
  const [priming] = (await once(await head, 'data')) as [Buffer]
  leave.abort()
  await cut
  backend.changed('notifications/tools/list_changed')
  backend.changed('notifications/prompts/list_changed')
  const second = opened()
  const rest = session.send(undefined, {
    method: 'GET',
    headers: { 'last-event-id': lastId(priming.toString()) },
    onHead: second.onHead,
  })
  const message = await second.head
  let text = ''
  message.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await expect.poll(() => text).toContain('prompts/list_changed')
  expect(text).toContain('tools/list_changed')
  await session.send(undefined, { method: 'DELETE' })
  await rest
})

describe('what is kept for those who come back', () => {
  const text = 'x'.repeat(1000)

  test('is bounded over all sessions: the oldest goes first', () => {
    const budget = createEventBudget(5000)
    const logs = [createEventLog(budget, () => 0), createEventLog(budget, () => 0)]
    const streams = logs.map((log) => log.open())
    for (let round = 0; round < 10; round += 1) for (const stream of streams) stream.send(text)
    expect(budget.bytes).toBeLessThanOrEqual(5000)
    streams[0]!.end()
    expect(logs[0]!.resume('1-1')).toBe(streams[0])
    for (let round = 0; round < 10; round += 1) streams[1]!.send(text)
    expect(logs[0]!.resume('1-1')).toBeUndefined()
    logs[0]!.close()
    logs[1]!.close()
    expect(budget.bytes).toBe(0)
  })

  test('is bounded for each session, and a large answer stays until the next', () => {
    const budget = createEventBudget()
    const log = createEventLog(budget, () => 0)
    const stream = log.open()
    for (let round = 0; round < 3000; round += 1) stream.send(text)
    expect(budget.bytes).toBeLessThanOrEqual(1024 * 1024)
    stream.send('x'.repeat(5_000_000))
    expect(budget.bytes).toBeGreaterThan(5_000_000)
    stream.send(text)
    expect(budget.bytes).toBeLessThan(10_000)
  })

  test('is forgotten some minutes after the end of its stream', () => {
    let now = 0
    const budget = createEventBudget()
    const log = createEventLog(budget, () => now)
    const stream = log.open()
    stream.send(text)
    stream.end()
    log.tick(now)
    expect(log.resume('1-1')).toBe(stream)
    now = 6 * 60_000
    log.tick(now)
    expect([log.resume('1-1'), budget.bytes]).toEqual([undefined, 0])
  })
})
