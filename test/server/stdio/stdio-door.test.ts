// The door on stdin and stdout: what may come in by it, what goes out, and how it closes.
import { Readable } from 'node:stream'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import type { Call, Reply } from '../../../src/mcp/call.ts'
import { lazyFromBytes } from '../../../src/mcp/lazy-object.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { result, scriptedBackend, type ScriptedBackend } from '../../support/scripted-backend.ts'
import {
  modernRequest,
  request,
  startStdioProxy,
  type StdioProxy,
} from '../../support/stdio-proxy.ts'

const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })
const text = (said: string) => ({ content: [{ type: 'text', text: said }] })

const started: StdioProxy[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((proxy) => proxy.close({ force: true })))
})

/** A backend with one tool that answers as the test says. */
const files = (answer: (call: Call) => Reply | Promise<Reply>): ScriptedBackend =>
  scriptedBackend('files', { 'tools/list': { tools: [tool('read')] }, 'tools/call': answer })

const echoing = () => files(() => result(text('read')))

const start = async (...args: Parameters<typeof startStdioProxy>): Promise<StdioProxy> => {
  const proxy = await startStdioProxy(...args)
  started.push(proxy)
  return proxy
}

const read = { name: 'files__read', arguments: {} }
const toolCall = (id: unknown, extra: object = {}) =>
  request(id, 'tools/call', { ...read, ...extra })
const cancelled = (requestId: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId, reason: 'changed my mind' },
})

describe('what comes in', () => {
  test('a line that is no JSON gets -32700 under a null id, and the next one is served', async () => {
    const proxy = await start([echoing()])
    await proxy.initialize()
    proxy.write('{"jsonrpc":', '', 'nonsense', toolCall(1))
    expect(await proxy.answer(1)).toMatchObject({ result: text('read') })
    const refused = proxy.lines.filter((line) => line.error !== undefined)
    expect(refused.map((line) => [line.id, line.error.code])).toEqual([
      [null, -32_700],
      [null, -32_700],
    ])
  })

  test.each(['007', '-01', '"a\tb"', '{"valueOf":1}', 'null'])(
    'the id %j, in a line too long or too deep to be read, is answered under a null id',
    async (id) => {
      const proxy = await start([echoing()], { config: { security: { max_body_bytes: 2048 } } })
      await proxy.initialize()
      const refused = () => proxy.lines.filter((line) => line.error !== undefined)
      proxy.write(
        `{"jsonrpc":"2.0","id":${id},"method":"ping","params":{"a":"${'x'.repeat(4000)}"}}`,
        `{"jsonrpc":"2.0","id":${id},"method":"ping","params":${'['.repeat(300)}${']'.repeat(300)}}`,
        toolCall(1),
      )
      expect(await proxy.answer(1)).toMatchObject({ result: text('read') })
      expect(refused().map((line) => line.id)).toEqual([null, null])
    },
  )

  test('an answer whose inside is no JSON fails the question, and no other', async () => {
    const proxy = await start([
      files(async ({ peer, signal }) => {
        const question = { jsonrpc: '2.0', id: 0, method: 'roots/list' } as const
        return result({ asked: (await peer.ask(question, signal)).kind })
      }),
    ])
    await proxy.initialize({ roots: {} })
    proxy.write(toolCall(1))
    const question = await proxy.until((line) => line.method === 'roots/list')
    proxy.write(`{"jsonrpc":"2.0","id":${question.id},"result":{"roots":[007]}}`)
    expect(await proxy.answer(1)).toMatchObject({ result: { asked: 'error' } })
  })

  test('bytes that are no UTF-8 are no JSON', async () => {
    const proxy = await start([echoing()])
    proxy.input.write(Buffer.from([0x22, 0xff, 0x22, 0x0a]))
    expect(await proxy.until((line) => line.id === null)).toMatchObject({
      error: { code: -32_700 },
    })
  })

  test('a message beyond security.max_body_bytes is refused without being kept', async () => {
    const config = { security: { max_body_bytes: 2048 } }
    const proxy = await start([echoing()], { config })
    await proxy.initialize()
    const { id, ...rest } = toolCall('one', { padding: 'x'.repeat(4000) })
    proxy.write(toolCall(1, { padding: 'x'.repeat(4000) }), { ...rest, id }, toolCall(2))
    proxy.write(`"${'x'.repeat(4000)}"`)
    expect(await proxy.answer(2)).toMatchObject({ result: text('read') })
    for (const known of [1, 'one', null]) {
      expect(await proxy.answer(known)).toMatchObject({
        error: { code: -32_600, data: { code: 'req-body-size' } },
      })
    }
  })

  test('what is JSON and no message is refused under its id', async () => {
    const proxy = await start([echoing()])
    proxy.write({ jsonrpc: '1.0', id: 7, method: 'ping' }, '17')
    expect(await proxy.answer(7)).toMatchObject({ error: { code: -32_600 } })
    expect(await proxy.until((line) => line.id === null)).toMatchObject({
      error: { code: -32_600 },
    })
  })

  test('ping is answered before initialize; nothing else of the session era is', async () => {
    const proxy = await start([echoing()])
    proxy.write(request(1, 'ping'), request(2, 'tools/list'))
    expect(await proxy.answer(1)).toMatchObject({ result: {} })
    expect(await proxy.answer(2)).toMatchObject({ error: { code: -32_602 } })
  })

  test('an id that is in use is refused, and the call that has it goes on', async () => {
    let release: (reply: Reply) => void = () => undefined
    const backend = files(() => new Promise((resolve) => (release = resolve)))
    const proxy = await start([backend])
    await proxy.initialize()
    proxy.write(toolCall(1), toolCall(1))
    await expect.poll(() => backend.count('tools/call')).toBe(1)
    expect(await proxy.answer(1)).toMatchObject({ error: { code: -32_600 } })
    release(result(text('late')))
    expect(await proxy.until((line) => line.result?.content !== undefined)).toMatchObject({
      id: 1,
      result: text('late'),
    })
  })

  test('a batch is answered as a batch in 2025-03-26 and refused in later revisions', async () => {
    const batch = [toolCall(1), { jsonrpc: '2.0', method: 'notifications/x' }, request(2, 'ping')]
    const old = await start([echoing()])
    await old.initialize({}, '2025-03-26')
    old.write(batch)
    const answers = await old.until(Array.isArray)
    expect(answers).toMatchObject([{ id: 1 }, { id: 2 }])
    const later = await start([echoing()])
    await later.initialize()
    later.write(batch)
    expect(await later.until((line) => line.id === null)).toMatchObject({
      error: { code: -32_600 },
    })
  })

  test('an answer that nobody waits for is dropped', async () => {
    const proxy = await start([echoing()])
    await proxy.initialize()
    proxy.write({ jsonrpc: '2.0', id: 99, result: {} }, request(1, 'ping'))
    await proxy.answer(1)
    expect(proxy.lines.map((line) => line.id)).toEqual(['init', 1])
  })
})

describe('both eras', () => {
  test('are served at once, each by what its messages say', async () => {
    const backend = echoing()
    const proxy = await start([backend])
    proxy.write(modernRequest('d', 'server/discover'))
    expect(await proxy.answer('d')).toMatchObject({
      result: { supportedVersions: ['2026-07-28'], resultType: 'complete' },
    })
    await proxy.initialize()
    proxy.write(toolCall(1), modernRequest(2, 'tools/call', read))
    expect((await proxy.answer(1)).result).toEqual(text('read'))
    expect((await proxy.answer(2)).result).toEqual({ ...text('read'), resultType: 'complete' })
    const calls = backend.calls.filter((call) => call.request.method === 'tools/call')
    expect(
      calls.map((call) => [call.caller.client.era, call.caller.session !== undefined]),
    ).toEqual([
      ['legacy', true],
      ['modern', false],
    ])
  })

  test('a stateless request needs its whole envelope, and no headers', async () => {
    const proxy = await start([echoing()])
    const version = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
    proxy.write(
      request(1, 'tools/list', { _meta: version }),
      request(2, 'tools/list', {
        _meta: { ...version, 'io.modelcontextprotocol/protocolVersion': '2031-01-01' },
      }),
      modernRequest(3, 'ping'),
      modernRequest(4, 'tools/list', {}, { 'io.modelcontextprotocol/logLevel': 'loud' }),
    )
    const codes = await Promise.all([1, 2, 3, 4].map((id) => proxy.answer(id)))
    expect(codes.map((line) => line.error.code)).toEqual([-32_602, -32_022, -32_601, -32_602])
    expect(codes[1].error.data).toMatchObject({
      supported: ['2026-07-28'],
      requested: '2031-01-01',
    })
  })

  test('initialize a second time begins a new session', async () => {
    const ended: boolean[] = []
    const backend = files(({ caller: { session } }) => {
      ended.push(session!.ended.aborted)
      return result({ ...text('read'), at: ended.length })
    })
    const proxy = await start([backend])
    await proxy.initialize()
    proxy.write(toolCall(1))
    await proxy.answer(1)
    const first = backend.calls.find(({ caller }) => caller.session !== undefined)!.caller.session!
    proxy.write(request('again', 'initialize', { protocolVersion: '2025-06-18', capabilities: {} }))
    expect((await proxy.answer('again')).result.protocolVersion).toBe('2025-06-18')
    expect(first.ended.aborted).toBe(true)
  })

  test('changes of lists are told after the answer to initialize, and not before', async () => {
    const backend = scriptedBackend('files', {}, { state: 'starting' })
    const proxy = await start([backend])
    proxy.write(request('init', 'initialize', { protocolVersion: '2025-11-25', capabilities: {} }))
    backend.up()
    await proxy.answer('init')
    backend.changed('notifications/tools/list_changed')
    await proxy.until((line) => line.method === 'notifications/tools/list_changed')
    expect(proxy.lines[0].id).toBe('init')
  })
})

describe.each(['legacy', 'modern'])('a %s call', (era) => {
  const call = (id: unknown) =>
    era === 'legacy' ? toolCall(id) : modernRequest(id, 'tools/call', read)

  test('that is cancelled is cancelled at the backend, and gets no answer', async () => {
    const signals: Call['signal'][] = []
    const backend = files(({ signal }) => {
      signals.push(signal)
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(result(text('too late'))), { once: true })
      })
    })
    const proxy = await start([backend])
    if (era === 'legacy') await proxy.initialize()
    proxy.write(call(1))
    await expect.poll(() => signals.length).toBe(1)
    proxy.write(
      cancelled(1),
      era === 'legacy' ? request(2, 'ping') : modernRequest(2, 'tools/list'),
    )
    await proxy.answer(2)
    expect(signals[0]!.aborted).toBe(true)
    expect(signals[0]!.reason).toBe('changed my mind')
    expect(proxy.lines.filter((line) => line.id === 1)).toEqual([])
  })

  test('is answered on one line, however the backend laid out its text', async () => {
    const pretty = Buffer.from(JSON.stringify({ content: [], note: 'a\nb' }, null, 2))
    const message = Buffer.from(`{"jsonrpc":"2.0","id":1,\r\n"result":${pretty.toString()}}`)
    const proxy = await start([
      files(() => ({ kind: 'result', result: lazyFromBytes(pretty, { id: 1, bytes: message }) })),
    ])
    if (era === 'legacy') await proxy.initialize()
    proxy.write(call(1))
    expect((await proxy.answer(1)).result).toMatchObject({ content: [], note: 'a\nb' })
    expect(pretty.includes(0x0a)).toBe(true)
  })

  test('in flight when stdin ends is answered, and then the backends are closed', async () => {
    let release: (reply: Reply) => void = () => undefined
    const backend = files(() => new Promise((resolve) => (release = resolve)))
    const proxy = await start([backend])
    if (era === 'legacy') await proxy.initialize()
    proxy.write(call(1))
    await expect.poll(() => backend.count('tools/call')).toBe(1)
    proxy.input.end()
    expect(await proxy.left).toBe('ended')
    const closed = proxy.close()
    release(result(text('in time')))
    expect((await proxy.answer(1)).result).toMatchObject(text('in time'))
    await closed
    expect(backend.closed).toBe(true)
  })

  test('comes too late once the proxy is ending', async () => {
    let release: (reply: Reply) => void = () => undefined
    const backend = files(() => new Promise((resolve) => (release = resolve)))
    const proxy = await start([backend])
    if (era === 'legacy') await proxy.initialize()
    proxy.write(call(1))
    await expect.poll(() => backend.count('tools/call')).toBe(1)
    const closed = proxy.close()
    proxy.write(call(2))
    expect(await proxy.answer(2)).toMatchObject({ error: { code: -32_603 } })
    release(result(text('in time')))
    await closed
    expect((await proxy.answer(1)).result).toMatchObject(text('in time'))
  })
})

test('the last line may lack its end', async () => {
  const proxy = await start([echoing()])
  proxy.input.end(JSON.stringify(modernRequest(1, 'tools/call', read)))
  await proxy.left
  await proxy.close()
  expect((await proxy.answer(1)).result).toMatchObject(text('read'))
})

test('a call that does not end is given up after proxy.shutdown_timeout_seconds', async () => {
  const clock = createManualClock()
  const backend = files(
    ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(result(text('given up'))), { once: true })
      }),
  )
  const proxy = await start([backend], {
    config: { proxy: { shutdown_timeout_seconds: 7 } },
    ports: systemPorts({ clock }),
  })
  proxy.write(modernRequest(1, 'tools/call', read))
  await expect.poll(() => backend.count('tools/call')).toBe(1)
  proxy.input.end()
  await proxy.left
  const closed = proxy.close()
  await clock.advance(6_999)
  expect(backend.closed).toBe(false)
  await clock.advance(1)
  await closed
  expect(backend.closed).toBe(true)
})

test('a question whose client closed stdin is not waited for', async () => {
  const heard: Reply[] = []
  const backend = files(async ({ peer, signal }) => {
    heard.push(await peer.ask({ jsonrpc: '2.0', id: 1, method: 'roots/list' }, signal))
    return result(text('went on'))
  })
  const proxy = await start([backend])
  await proxy.initialize({ roots: {} })
  proxy.write(toolCall(1))
  await proxy.until((line) => line.method === 'roots/list')
  proxy.input.end()
  await proxy.left
  await proxy.close()
  expect(heard).toMatchObject([{ kind: 'error', error: { code: -32_603 } }])
  expect((await proxy.answer(1)).result).toMatchObject(text('went on'))
})

describe('a client that', () => {
  test('does not read any more ends the proxy: calls are aborted, backends closed', async () => {
    const signals: Call['signal'][] = []
    const backend = files(({ signal, peer }) => {
      signals.push(signal)
      peer.notify({ jsonrpc: '2.0', method: 'notifications/progress', params: {} })
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(result(text('nobody reads'))), {
          once: true,
        })
      })
    })
    const proxy = await start([backend])
    await proxy.initialize()
    proxy.write(toolCall(1))
    await proxy.until((line) => line.method === 'notifications/progress')
    proxy.output.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    expect(await proxy.left).toBe('gone')
    await proxy.close()
    expect(signals[0]!.aborted).toBe(true)
    expect(backend.closed).toBe(true)
  })

  test('reads slowly is not read itself: progress is left out, changes come once, answers all', async () => {
    const big = 'x'.repeat(600_000)
    const backend = files(({ peer }) => {
      for (let progress = 1; progress <= 50; progress += 1) {
        peer.notify({
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { progress, message: 'y'.repeat(100_000) },
        })
      }
      for (let time = 0; time < 50; time += 1) {
        peer.notify({
          jsonrpc: '2.0',
          method: 'notifications/resources/updated',
          params: { uri: 'files+x://y' },
        })
      }
      return result(text(big))
    })
    const proxy = await start([backend], {}, { reads: false })
    proxy.write(request('init', 'initialize', { protocolVersion: '2025-11-25', capabilities: {} }))
    for (let id = 1; id <= 5; id += 1) proxy.write(toolCall(id))
    await expect.poll(() => backend.count('tools/call')).toBe(5)
    await expect.poll(() => proxy.input.isPaused()).toBe(true)
    // Five answers and what fitted before the mark; fifty pieces of progress would be 25 MB.
    expect(proxy.output.writableLength + proxy.output.readableLength).toBeLessThan(6_000_000)
    proxy.write(toolCall(6))
    const reader = Readable.from(proxy.output)
    let all = ''
    for await (const chunk of reader) {
      all += String(chunk)
      if (/"id":6[,}]/.test(all)) break
    }
    const lines = all
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.filter((line) => line.result?.content !== undefined).length).toBe(6)
    const changes = lines.filter((line) => line.method === 'notifications/resources/updated')
    expect(changes.length).toBeGreaterThan(0)
    expect(changes.length).toBeLessThan(120)
  })
})

test('[auth] does not stand at this door, and asks no issuer', async () => {
  const config = {
    auth: {
      type: 'jwt',
      jwks_uri: 'http://127.0.0.1:9/jwks',
      issuer: 'http://127.0.0.1:9',
      audience: 'x',
      allow_http: true,
    },
  }
  const backend = echoing()
  const proxy = await start([backend], { config })
  await proxy.initialize()
  proxy.write(toolCall(1))
  expect((await proxy.answer(1)).result).toEqual(text('read'))
  expect(backend.calls.at(-1)!.caller.principal).toMatchObject({ method: 'none' })
})

test('a refusal is told to the log', async () => {
  const proxy = await start([echoing()])
  proxy.write('nonsense')
  await proxy.until((line) => line.id === null)
  expect(proxy.logged()).toContain('req-json')
})

test('logs are sent at the level that the session set', async () => {
  const log = (level: string) => ({
    jsonrpc: '2.0' as const,
    method: 'notifications/message',
    params: { level, data: level },
  })
  const proxy = await start([
    files(({ peer }) => {
      for (const level of ['debug', 'error']) peer.notify(log(level))
      return result(text('told'))
    }),
  ])
  await proxy.initialize()
  proxy.write(request(1, 'logging/setLevel', { level: 'warning' }))
  await proxy.answer(1)
  proxy.write(toolCall(2))
  await proxy.answer(2)
  const told = proxy.lines.filter((line) => line.method === 'notifications/message')
  expect(told.map((line) => line.params.level)).toEqual(['error'])
})

test('a listen is confirmed, told of changes under its id, and closed with a result', async () => {
  const backend = echoing()
  const proxy = await start([backend])
  proxy.write(
    modernRequest('l', 'subscriptions/listen', { notifications: { toolsListChanged: true } }),
    modernRequest('m', 'subscriptions/listen', { notifications: { toolsListChanged: true } }),
  )
  const mark = (line: { params?: Record<string, Record<string, string>> }) =>
    line.params?.['_meta']?.['io.modelcontextprotocol/subscriptionId']
  await proxy.until((line) => mark(line) === 'm')
  proxy.write(cancelled('m'))
  backend.changed('notifications/tools/list_changed')
  await proxy.until((line) => line.method === 'notifications/tools/list_changed')
  expect(proxy.lines.map((line) => [line.method, mark(line)])).toEqual([
    ['notifications/subscriptions/acknowledged', 'l'],
    ['notifications/subscriptions/acknowledged', 'm'],
    ['notifications/tools/list_changed', 'l'],
  ])
  proxy.input.end()
  await proxy.left
  await proxy.close()
  expect(await proxy.answer('l')).toMatchObject({ result: { resultType: 'complete' } })
  expect(proxy.lines.filter((line) => line.id === 'm')).toEqual([])
})

test('closing is over when everything is out', async () => {
  const proxy = await start([files(() => result(text('x'.repeat(300_000))))], {}, { reads: false })
  proxy.write(modernRequest(1, 'tools/call', read))
  await expect.poll(() => proxy.output.readableLength).toBeGreaterThan(0)
  const closed = proxy.close()
  proxy.output.resume()
  await closed
  expect(proxy.input.destroyed).toBe(true)
  if (!proxy.input.closed) await once(proxy.input, 'close')
})
