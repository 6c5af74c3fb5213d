// Peers that connect and say nothing, or say it without end; and how many there may be.
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createPlainSockets } from '../../../src/server/tls/plain-sockets.ts'
import { createConnections } from '../../../src/server/http/connections.ts'
import { httpLimits, listen, type Listener } from '../../../src/server/http/listen.ts'
import { startTestProxy, type TestProxy } from '../../support/proxy.ts'
import { openSocket, readAnswer, sendRaw } from '../../support/raw-http.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { gate } from '../../support/scripted-server.ts'

const health = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'

const closed = async (socket: Socket): Promise<boolean> => {
  // An answer may come first, and has to be read.
  socket.resume()
  if (!socket.closed) await once(socket, 'close')
  return socket.closed
}

describe('a peer that does not come to its request', () => {
  let listener: Listener | undefined

  afterEach(() => {
    listener?.server.closeAllConnections()
    listener?.server.close()
  })

  const quick = {
    ...httpLimits,
    headersTimeout: 60,
    requestTimeout: 120,
    connectionsCheckingInterval: 10,
  }
  const start = async (handle: RequestListener = (_req, res) => res.end()): Promise<string> => {
    listener = await listen('127.0.0.1', 0, handle, quick)
    return `http://127.0.0.1:${listener.port}`
  }

  test.each([
    ['says nothing', ''],
    ['says half a head', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-'],
    ['says half a body', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{'],
  ])('is ended in bounded time: one that %s', async (_, text) => {
    const socket = await openSocket(await start())
    socket.write(text)
    expect(await closed(socket)).toBe(true)
  })

  test.each([
    ['head', 'GET /health HTTP/1.1\r\nHost: localhost\r\nX: ', 'x'],
    ['body', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n', ' '],
    [
      'chunk',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
      '1\r\n \r\n',
    ],
  ])('is ended although it goes on with its %s piece by piece', async (_, text, piece) => {
    const socket = await openSocket(await start())
    socket.write(text)
    const going = setInterval(() => socket.write(piece), 5)
    expect(await closed(socket)).toBe(true)
    clearInterval(going)
  })

  test('is ended too in the second request of its connection', async () => {
    const origin = await start()
    const socket = await openSocket(origin)
    const first = readAnswer(socket)
    socket.write(health)
    expect((await first).status).toBe(200)
    socket.write('GET /health HTT')
    await closed(socket)
  })
})

describe('open connections', () => {
  let proxy: TestProxy
  const sockets: Socket[] = []

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await proxy.close({ force: true })
  })

  const start = async (max_connections: number) => {
    let calls = 0
    const released = gate()
    const backend = scriptedBackend('a', {
      'tools/list': { tools: [{ name: 't', inputSchema: { type: 'object' } }] },
      'tools/call': async () => {
        calls += 1
        await released.opened
        return result({ content: [] })
      },
    })
    proxy = await startTestProxy([backend], { config: { proxy: { max_connections } } })
    return { released, untilCalls: (count: number) => expect.poll(() => calls).toBe(count) }
  }
  const open = async () => {
    const socket = await openSocket(proxy.origin)
    sockets.push(socket)
    return socket
  }

  test('are bounded: silent peers make room for those who ask, the oldest first', async () => {
    await start(3)
    const silent = [await open(), await open(), await open()]
    expect((await sendRaw(proxy.origin, health)).status).toBe(200)
    await closed(silent[0]!)
    for (const socket of silent.slice(1)) {
      const answer = readAnswer(socket)
      socket.write(health)
      expect((await answer).status).toBe(200)
    }
  })

  test('are bounded: peers that asked once and wait make room too', async () => {
    await start(2)
    const first = await open()
    const answer = readAnswer(first)
    first.write(health)
    expect((await answer).status).toBe(200)
    const second = await open()
    second.write('GET /hea')
    expect((await sendRaw(proxy.origin, health)).status).toBe(200)
    await closed(first)
    expect(second.closed).toBe(false)
  })

  test('that wait for an answer are not ended: the newcomer is refused with 503 and an id', async () => {
    const { released, untilCalls } = await start(2)
    const running = [0, 1].map(() => proxy.modern('tools/call', { name: 'a__t' }))
    await untilCalls(2)
    const refused = await sendRaw(proxy.origin, health)
    expect(refused.status).toBe(503)
    expect(refused.head).toContain('\r\nretry-after: 1')
    expect(JSON.parse(refused.body)).toMatchObject({
      error: { data: { code: 'limit-connections' } },
    })
    released.open()
    for (const one of running) expect((await one).status).toBe(200)
    expect((await sendRaw(proxy.origin, health)).status).toBe(200)
  })
})

test('a request behind another on one connection is waited for like the first', async () => {
  const listener = await listen('127.0.0.1', 0, () => undefined)
  const plain = createPlainSockets(listener.server)
  const answers: (() => void)[] = []
  let refusals = 0
  const connections = createConnections(listener.server, plain, 1, (socket) => {
    refusals += 1
    socket.destroy()
  })
  listener.server.removeAllListeners('request')
  listener.server.on('request', (req, res) => {
    connections.serve(req.socket, res)
    answers.push(() => res.end('ok'))
  })
  const origin = `http://127.0.0.1:${listener.port}`
  const socket = await openSocket(origin)
  socket.write(health + health)
  await expect.poll(() => answers.length).toBe(2)
  const answer = readAnswer(socket)
  answers[0]?.()
  expect((await answer).status).toBe(200)
  expect((await sendRaw(origin, health)).status).toBe(0)
  expect([refusals, socket.closed]).toEqual([1, false])
  answers[1]?.()
  socket.destroy()
  listener.server.close()
})
