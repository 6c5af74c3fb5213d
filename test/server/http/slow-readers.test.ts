// Clients that stop reading: what waits for them stays bounded, and so does how long.
import { channel } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Call } from '../../../src/mcp/call.ts'
import { maxBuffered } from '../../../src/server/dialogue/flow.ts'
import { patientTicks } from '../../../src/server/http/slow-readers.ts'
import { createAuthority } from '../../support/certificates.ts'
import { settle } from '../../support/manual-clock.ts'
import { modernMeta, modernVersion, startTestProxy, type TestProxy } from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { gate } from '../../support/scripted-server.ts'
import { testPorts, type TestPorts } from '../../support/test-ports.ts'

const tickMs = 15_000
/** One event of a flood. */
const eventBytes = 64 * 1024
const floodEvents = 800
/** What one connection may hold: the bound, the event that crossed it, and framing. */
const mostHeld = maxBuffered + 2 * eventBytes

let proxy: TestProxy
let ports: TestPorts
let sockets: Socket[] = []
let responses: ServerResponse[] = []

const onRequest = (message: unknown) => {
  responses.push((message as { response: ServerResponse }).response)
}

beforeEach(() => {
  sockets = []
  responses = []
  channel('http.server.request.start').subscribe(onRequest)
})

afterEach(async () => {
  channel('http.server.request.start').unsubscribe(onRequest)
  for (const socket of sockets) socket.destroy()
  await proxy?.close({ force: true })
})

const filler = 'x'.repeat(eventBytes)

/** Tells progress far beyond what may be buffered, in many turns, and answers when the gate opens. */
const flood = (done: Promise<void>, onFlooded: () => void) => async (call: Call) => {
  for (let progress = 0; progress < floodEvents; progress += 1) {
    const params = { progressToken: 'p', progress, message: filler }
    call.peer.notify({ jsonrpc: '2.0', method: 'notifications/progress', params })
    if (progress % 50 === 0) await settle()
  }
  onFlooded()
  await done
  return result({ content: [{ type: 'text', text: 'the end' }] })
}

const start = async (tls?: object) => {
  ports = testPorts()
  const answered = gate()
  const flooded = gate()
  const backend = scriptedBackend('a', {
    'tools/list': {
      tools: ['flood', 'large'].map((name) => ({ name, inputSchema: { type: 'object' } })),
    },
    'tools/call': (call) =>
      call.request.params?.['name'] === 'flood'
        ? flood(answered.opened, () => flooded.open())(call)
        : result({ content: [{ type: 'text', text: 'x'.repeat(8 * 1024 * 1024) }] }),
  })
  const config = tls === undefined ? {} : { proxy: { tls } }
  proxy = await startTestProxy([backend], { ports, config })
  return { backend, answered, flooded }
}

interface Reader {
  readonly socket: Socket
  /** Reads to the end. */
  rest(): Promise<string>
}

/** Sends one request and reads nothing of what comes back. */
const request = (
  method: string,
  headers: Readonly<Record<string, string>>,
  message: object | undefined,
): Reader => {
  const body = message === undefined ? '' : JSON.stringify(message)
  const { hostname, port, protocol } = new URL(proxy.url)
  const socket =
    protocol === 'https:'
      ? connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false })
      : connect(Number(port), hostname)
  socket.on('error', () => undefined)
  sockets.push(socket)
  const all = {
    host: `${hostname}:${port}`,
    accept: 'application/json, text/event-stream',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...headers,
  }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  socket.write(`${method} /mcp HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body}`)
  return {
    socket,
    rest: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
  }
}

const callOf = (name: string, meta: object = {}) => ({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name: `a__${name}`, _meta: { progressToken: 'p', ...meta } },
})

const modernCall = (name: string): Reader =>
  request(
    'POST',
    { 'mcp-protocol-version': modernVersion, 'mcp-method': 'tools/call', 'mcp-name': `a__${name}` },
    callOf(name, modernMeta()),
  )

const held = (): number => responses.at(-1)?.writableLength ?? 0

const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve()
    socket.once('close', () => resolve())
    socket.resume()
  })

describe('a stateless caller that does not read the stream of its call', () => {
  test('holds a bounded part of it, loses some progress, and gets the answer when it reads', async () => {
    const { answered, flooded } = await start()
    const caller = modernCall('flood')
    await flooded.opened
    expect(held()).toBeGreaterThan(maxBuffered)
    expect(held()).toBeLessThan(mostHeld)
    answered.open()
    const text = await caller.rest()
    expect(text.match(/notifications\/progress/g)?.length).toBeLessThan(floodEvents)
    expect(text).toContain('the end')
  })

  test('is cut off after a minute in which it took nothing, and its call is cancelled', async () => {
    const { backend, flooded } = await start()
    const caller = modernCall('flood')
    await flooded.opened
    for (let tick = 0; tick <= patientTicks; tick += 1) await ports.clock.advance(tickMs)
    await ended(caller.socket)
    await expect
      .poll(() => backend.calls.find(({ request: { method } }) => method === 'tools/call')?.signal)
      .toMatchObject({ aborted: true })
  })
})

describe('a session whose client does not read', () => {
  const sessionCall = async (name: string) => {
    const { id } = await proxy.session()
    const headers = { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' }
    return { headers, caller: request('POST', headers, callOf(name)) }
  }

  test('holds a bounded part of the stream of a call, and gets the answer when it reads', async () => {
    const { answered, flooded } = await start()
    const { caller } = await sessionCall('flood')
    await flooded.opened
    expect(held()).toBeGreaterThan(maxBuffered)
    expect(held()).toBeLessThan(mostHeld)
    answered.open()
    await settle()
    expect(held()).toBeLessThan(mostHeld)
    expect(await caller.rest()).toContain('the end')
  })

  test('is cut off, its call goes on, and it may come back for the answer', async () => {
    const { answered, flooded } = await start()
    const { headers, caller } = await sessionCall('flood')
    await flooded.opened
    for (let tick = 0; tick <= patientTicks; tick += 1) await ports.clock.advance(tickMs)
    await ended(caller.socket)
    answered.open()
    await settle()
    const again = request('GET', { ...headers, 'last-event-id': '1-1' }, undefined)
    expect(await again.rest()).toContain('the end')
  })

  test('holds a bounded part of its own stream', async () => {
    const { backend } = await start()
    const { id } = await proxy.session()
    request('GET', { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' }, undefined)
    await expect.poll(() => responses.at(-1)?.headersSent).toBe(true)
    const own = responses.at(-1)!
    // What a list_changed takes is little: it takes many to fill the buffers of the system and ours.
    for (let change = 0; change < 300; change += 1) {
      backend.changed('notifications/tools/list_changed')
      await ports.clock.advance(tickMs)
    }
    expect(own.writableLength).toBeLessThan(mostHeld)
  })
})

describe('over TLS', () => {
  let folder: string
  let files: { cert: string; key: string }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slow-readers-'))
    files = { cert: join(folder, 'server.pem'), key: join(folder, 'server.key') }
    const authority = await createAuthority()
    const { certificate, key } = await authority.issue('server', 'server')
    await authority.close()
    await writeFile(files.cert, certificate)
    await writeFile(files.key, key)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('an answer that is not taken does not stay for ever', async () => {
    await start(files)
    const caller = modernCall('large')
    await expect.poll(held).toBeGreaterThan(maxBuffered)
    for (let tick = 0; tick < patientTicks; tick += 1) await ports.clock.advance(tickMs)
    expect(caller.socket.destroyed).toBe(false)
    await ports.clock.advance(tickMs)
    await ended(caller.socket)
  })

  test('a client that reads slowly, but reads, is left alone', async () => {
    await start(files)
    const caller = modernCall('large')
    await expect.poll(held).toBeGreaterThan(maxBuffered)
    for (let tick = 0; tick < 3 * patientTicks; tick += 1) {
      const before = held()
      for (let left = before; left === before && left > 0; left = held()) {
        caller.socket.read()
        await settle()
      }
      await ports.clock.advance(tickMs)
    }
    expect((await caller.rest()).endsWith('xxx"}]}}')).toBe(true)
  })
})

test('an answer that nobody takes does not stay for ever', async () => {
  await start()
  const caller = modernCall('large')
  await expect.poll(held).toBeGreaterThan(maxBuffered)
  for (let tick = 0; tick < patientTicks; tick += 1) await ports.clock.advance(tickMs)
  expect(caller.socket.destroyed).toBe(false)
  await ports.clock.advance(tickMs)
  await ended(caller.socket)
})

test('who reads slowly, but reads, is left alone', async () => {
  await start()
  const caller = modernCall('large')
  await expect.poll(held).toBeGreaterThan(maxBuffered)
  for (let tick = 0; tick < 3 * patientTicks; tick += 1) {
    const before = held()
    for (let left = before; left === before && left > 0; left = held()) {
      caller.socket.read()
      await settle()
    }
    await ports.clock.advance(tickMs)
  }
  const tail = (await caller.rest()).slice(-40)
  expect(tail.endsWith('xxx"}]}}')).toBe(true)
})

test('a listener that does not read is cut off rather than left without something', async () => {
  const { backend } = await start()
  const listener = request(
    'POST',
    { 'mcp-protocol-version': modernVersion, 'mcp-method': 'subscriptions/listen' },
    {
      jsonrpc: '2.0',
      id: 'x'.repeat(eventBytes),
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true }, _meta: modernMeta() },
    },
  )
  await expect.poll(() => responses.at(-1)?.headersSent).toBe(true)
  const own = responses.at(-1)!
  for (let change = 0; change < floodEvents && !own.destroyed; change += 1) {
    backend.changed('notifications/tools/list_changed')
    // Not by the clock: the listener is cut off for what it holds.
    await ports.clock.advance(6_000)
    expect(own.writableLength).toBeLessThan(mostHeld)
  }
  expect(own.destroyed).toBe(true)
  await ended(listener.socket)
})
