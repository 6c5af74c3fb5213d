// Backends that are away, forget, break off or are awkward, between real clients and the others (docs/faults.md).
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startHttpServer, type HttpServer } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo, type Received } from '../support/proxy.ts'
import { startRealProxy, type RealProxy, type RealProxyOptions } from '../support/real-proxy.ts'
import {
  gate,
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../support/scripted-server.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const startProxy = async (
  backends: readonly object[],
  options?: RealProxyOptions,
): Promise<RealProxy> => {
  const proxy = await startRealProxy(backends, options)
  closing.push(() => proxy.close({ force: true }))
  return proxy
}

const startRemote = async (...args: Parameters<typeof startHttpServer>): Promise<HttpServer> => {
  const server = await startHttpServer(...args)
  closing.push(() => server.close())
  return server
}

const connect = async (proxy: RealProxy) => {
  const client = new Client1({ name: 'session', version: '1' })
  const changed: (() => void)[] = []
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => changed.shift()?.())
  await client.connect(new Http1(new URL(proxy.url)))
  closing.push(() => client.close())
  return {
    client,
    backends: async () => [
      ...new Set((await client.listTools()).tools.map(({ name }) => name.split('__')[0])),
    ],
    /** Resolves with the next announcement. */
    change: () => new Promise<void>((resolve) => changed.push(resolve)),
    call: async (name: string, args: Record<string, unknown> = {}) => {
      const called = await client.callTool({ name, arguments: args })
      return (called['content'] as { text: string }[])[0]?.text
    },
  }
}

/** One stateless request. */
const modern = (
  proxy: RealProxy,
  method: string,
  params: object,
  options: { readonly signal?: AbortSignal; readonly onHead?: () => void } = {},
): Promise<Received> => {
  const { name } = params as { name?: string }
  return sendTo(new URL(proxy.url).origin, {
    ...options,
    headers: {
      'mcp-protocol-version': modernVersion,
      'mcp-method': method,
      ...(name === undefined ? {} : { 'mcp-name': name }),
    },
    body: { jsonrpc: '2.0', id: 1, method, params: { _meta: modernMeta(), ...params } },
  })
}

/** An address where nobody listens yet. */
const emptyAddress = async () => {
  const server = await startScriptedServer()
  const { port } = server
  await server.close()
  return { port, url: `http://127.0.0.1:${port}/mcp` }
}

let near: { readonly name: string; readonly transport: string; readonly url: string }
let healthy: HttpServer
beforeAll(async () => {
  healthy = await startHttpServer('legacy')
  near = { name: 'near', transport: 'http', url: healthy.url }
})
afterAll(() => healthy.close())

describe('1. a backend that is dead at the start', () => {
  test('holds nobody up; when it comes, its tools are announced to both eras and there', async () => {
    const { port, url } = await emptyAddress()
    const proxy = await startProxy([{ name: 'far', transport: 'http', url }, near], { wait: false })
    const { backends, call, change } = await connect(proxy)
    expect(await backends()).toEqual(['near'])
    expect(await call('near__echo', { text: 'here' })).toBe('here')

    const left = new AbortController()
    const listening = gate()
    const listen = modern(
      proxy,
      'subscriptions/listen',
      { notifications: { toolsListChanged: true } },
      { signal: left.signal, onHead: () => listening.open() },
    ).catch(() => 'left')
    await listening.opened
    const announced = change()
    await startRemote('legacy', { port })
    await announced
    await expect.poll(backends).toEqual(['far', 'near'])
    expect(await call('far__echo', { text: 'there' })).toBe('there')
    left.abort()
    await listen
  })

  test('that hangs instead of refusing holds the others up for one connect, and is down then', async () => {
    const stuck = gate()
    const hung = await startScriptedServer({ '/mcp': { until: stuck.opened } })
    closing.push(() => hung.close())
    const proxy = await startProxy(
      [{ name: 'far', transport: 'http', url: `${hung.origin}/mcp` }, near],
      { wait: false },
    )
    const { backends } = await connect(proxy)
    expect(await backends()).toEqual(['near'])
    expect(await backends()).toEqual(['near'])
    stuck.open()
  })

  test('and required: not ready and no list without it, one key away', async () => {
    const { port, url } = await emptyAddress()
    const proxy = await startProxy(
      [{ name: 'far', transport: 'http', url, required: true }, near],
      { wait: false },
    )
    const { origin } = new URL(proxy.url)
    const { client, backends } = await connect(proxy)
    await expect(client.listTools()).rejects.toMatchObject({
      data: { code: 'backend-unavailable' },
    })
    expect((await fetch(`${origin}/ready`)).status).toBe(503)
    await startRemote('legacy', { port })
    await expect.poll(async () => (await fetch(`${origin}/ready`)).status).toBe(200)
    expect(await backends()).toEqual(['far', 'near'])
  })
})

interface Seen {
  readonly id?: number
  readonly method: string
}

type OnCall = (id: number, seen: number) => ScriptedAnswer

/** A session-era server that lets the test answer its tool calls and reads. */
const scripted = async (
  onCall: OnCall,
  more: (method: string) => ScriptedAnswer | undefined = () => undefined,
): Promise<ScriptedServer & { readonly asked: readonly string[] }> => {
  const asked: string[] = []
  let sessions = 0
  const server = await startScriptedServer({
    '/mcp': ({ method: http, body }) => {
      const other = http === 'POST' ? undefined : more(http)
      if (http !== 'POST') return other ?? { status: 405 }
      const { id, method } = JSON.parse(body) as Seen
      asked.push(method)
      const answer = more(method)
      if (answer !== undefined) return { ...answer }
      if (id === undefined) return { status: 202 }
      const result = (value: object, headers = {}): ScriptedAnswer => ({
        headers,
        body: { jsonrpc: '2.0', id, result: value },
      })
      switch (method) {
        case 'initialize':
          return result(
            {
              protocolVersion: '2025-11-25',
              capabilities: { tools: { listChanged: true }, resources: {} },
              serverInfo: { name: 'scripted', version: '0' },
            },
            { 'mcp-session-id': `session-${++sessions}` },
          )
        case 'tools/list':
          return result({
            tools: [{ name: 'write', inputSchema: { type: 'object' } }],
          })
        case 'tools/call':
        case 'resources/read':
          return onCall(id, asked.filter((one) => one === method).length)
        default:
          return {
            status: 400,
            body: { jsonrpc: '2.0', id, error: { code: -32_601, message: '' } },
          }
      }
    },
  })
  closing.push(() => server.close())
  return Object.assign(server, { asked })
}

const httpAt = (name: string, { origin }: ScriptedServer, more: object = {}) => ({
  name,
  transport: 'http',
  url: `${origin}/mcp`,
  ...more,
})

const unknownOutcome = { code: -32603, data: { code: 'backend-outcome-unknown' } }

describe('2. a backend that has forgotten the session', () => {
  const said = (id: number | null, code: number, message: string) => ({
    body: { jsonrpc: '2.0', id, error: { code, message } },
  })
  const ways: readonly [string, (id: number) => ScriptedAnswer][] = [
    ['404 alone', () => ({ status: 404 })],
    ['404 with a message', () => ({ status: 404, ...said(null, -32_001, 'Session not found') })],
    ['400, not initialized', () => ({ status: 400, ...said(null, -32_000, 'Not initialized') })],
    [
      '400, no valid session',
      () => ({ status: 400, ...said(null, -32_600, 'Bad Request: No valid session ID provided') }),
    ],
    ['400 in plain words', () => ({ status: 400, body: 'Session not found' })],
    ['410 in plain words', () => ({ status: 410, body: 'session abc has expired' })],
    ['200 with an error', (id) => said(id, -32_001, 'Session not found')],
  ]

  test.each(ways)('(%s) is opened anew once; a read is repeated', async (_way, lost) => {
    const server = await scripted((id, nth) =>
      nth === 1
        ? lost(id)
        : { body: { jsonrpc: '2.0', id, result: { contents: [{ uri: 'x:/1', text: 'read' }] } } },
    )
    const proxy = await startProxy([httpAt('far', server), near])
    const { client, call } = await connect(proxy)
    expect(await client.readResource({ uri: 'far+x:/1' })).toMatchObject({
      contents: [{ text: 'read' }],
    })
    expect(await call('near__echo', { text: 'unaffected' })).toBe('unaffected')
    const count = (method: string) => server.asked.filter((one) => one === method).length
    expect([count('initialize'), count('resources/read')]).toEqual([2, 2])
  })

  const unread = ways.filter(([way]) => !way.startsWith('200'))
  const answered = ways.filter(([way]) => way.startsWith('200'))

  test.each(unread)('(%s) refused a tool call unread, which is sent again', async (_way, lost) => {
    const server = await scripted((id, nth) =>
      nth === 1 ? lost(id) : { body: { jsonrpc: '2.0', id, result: { content: [] } } },
    )
    const proxy = await startProxy([httpAt('far', server), near])
    const { client } = await connect(proxy)
    expect(await client.callTool({ name: 'far__write' })).toMatchObject({ content: [] })
    expect(server.asked.filter((method) => method === 'tools/call')).toHaveLength(2)
    expect(server.asked.filter((method) => method === 'initialize')).toHaveLength(2)
  })

  test('that refuses each call for its session has no unknown outcome', async () => {
    const server = await scripted(() => ({ status: 404 }))
    const proxy = await startProxy([httpAt('far', server), near])
    const { call } = await connect(proxy)
    await expect(call('far__write')).rejects.toMatchObject({
      data: { code: 'backend-unavailable' },
    })
    expect(server.asked.filter((method) => method === 'tools/call')).toHaveLength(2)
  })

  test.each(answered)('(%s) gets no tool call twice', async (_way, lost) => {
    const server = await scripted((id, nth) =>
      nth === 1 ? lost(id) : { body: { jsonrpc: '2.0', id, result: { content: [] } } },
    )
    const proxy = await startProxy([httpAt('far', server), near])
    const { call, client } = await connect(proxy)
    await expect(call('far__write')).rejects.toMatchObject(unknownOutcome)
    expect(server.asked.filter((method) => method === 'tools/call')).toHaveLength(1)
    expect(await client.callTool({ name: 'far__write' })).toMatchObject({ content: [] })
    expect(server.asked.filter((method) => method === 'initialize')).toHaveLength(2)
  })

  test('what a tool says of sessions of its own is relayed', async () => {
    const error = { code: -32_602, message: 'Browser session not found' }
    const server = await scripted((id) => ({ body: { jsonrpc: '2.0', id, error } }))
    const proxy = await startProxy([httpAt('far', server)])
    const { call } = await connect(proxy)
    await expect(call('far__write')).rejects.toMatchObject({ code: -32_602 })
    expect(server.asked.filter((method) => method === 'initialize')).toHaveLength(1)
  })

  test.each(['here, after it ended', 'at another replica'])(
    'a session that is unknown (%s) is 404, whatever is asked',
    async (where) => {
      const proxies = [await startProxy([near]), await startProxy([near])]
      const at = new URL(proxies[where === 'at another replica' ? 1 : 0]!.url).origin
      const transport = new Http1(new URL(proxies[0]!.url))
      const client = new Client1({ name: 'session', version: '1' })
      await client.connect(transport)
      const headers = {
        'mcp-session-id': transport.sessionId,
        'mcp-protocol-version': '2025-11-25',
      }
      await (where === 'at another replica' ? client.close() : transport.terminateSession())
      closing.push(() => client.close())
      const request = { jsonrpc: '2.0', id: 5, method: 'tools/list' }
      const bodies = [
        request,
        { ...request, method: 'ping' },
        { jsonrpc: '2.0', method: 'notifications/initialized' },
        { jsonrpc: '2.0', id: 5, result: {} },
        [request],
      ]
      const answers = [
        ...(await Promise.all(bodies.map((body) => sendTo(at, { headers, body })))),
        await sendTo(at, { headers, method: 'GET' }),
        await sendTo(at, { headers, method: 'DELETE' }),
      ]
      for (const answer of answers) {
        expect(answer.status).toBe(404)
        expect(answer.json()).toMatchObject({ error: { data: { code: 'req-session' } } })
      }
    },
  )
})

describe('9. a backend that executes a write and then breaks off', () => {
  const ways: readonly [string, (id: number) => ScriptedAnswer][] = [
    ['before its answer', () => ({ reset: true })],
    [
      'in the middle of its answer',
      () => ({ headers: { 'content-type': 'application/json' }, body: '{"jsonrpc":', cut: true }),
    ],
    [
      'in the middle of an event stream',
      () => ({
        headers: { 'content-type': 'text/event-stream' },
        body: ': working\n\n',
        cut: true,
      }),
    ],
    ['with HTTP 502', () => ({ status: 502, body: 'bad gateway' })],
  ]

  test.each(ways)(
    '(%s) executes once, and the outcome is said to be unknown',
    async (_way, broken) => {
      let executed = 0
      const server = await scripted((id) => {
        executed += 1
        return broken(id)
      })
      const proxy = await startProxy([httpAt('far', server), near])
      const { call } = await connect(proxy)
      await expect(call('far__write')).rejects.toMatchObject(unknownOutcome)
      const answer = await modern(proxy, 'tools/call', { name: 'far__write' })
      expect(answer.json()).toMatchObject({ error: unknownOutcome })
      expect(await call('near__echo', { text: 'after' })).toBe('after')
      expect(executed).toBe(2)
    },
  )

  test('a stream that can be resumed is resumed, and the write is not sent again', async () => {
    let executed = 0
    let callId = 0
    const server = await scripted(
      (id) => {
        executed += 1
        callId = id
        return {
          headers: { 'content-type': 'text/event-stream' },
          body: 'id: here\nretry: 1\ndata: \n\n',
        }
      },
      (method) => {
        if (method !== 'GET' || callId === 0) return undefined
        const answer = { jsonrpc: '2.0', id: callId, result: { content: [] } }
        return {
          headers: { 'content-type': 'text/event-stream' },
          body: `data: ${JSON.stringify(answer)}\n\n`,
        }
      },
    )
    const proxy = await startProxy([httpAt('far', server)])
    const { client } = await connect(proxy)
    expect(await client.callTool({ name: 'far__write' })).toMatchObject({ content: [] })
    expect(executed).toBe(1)
    const resumed = server.requests.find(({ headers }) => headers['last-event-id'] === 'here')
    expect(resumed?.method).toBe('GET')
  })
})

describe('12. a backend with awkward manners', () => {
  const ok: OnCall = (id) => ({ body: { jsonrpc: '2.0', id, result: { content: [] } } })
  let page = 0
  const pageOf = (nextCursor: () => string) => ({
    body: {
      jsonrpc: '2.0',
      id: 1,
      result: { tools: [{ name: 'more', inputSchema: {} }], nextCursor: nextCursor() },
    },
  })
  const manners: readonly [string, (method: string) => ScriptedAnswer | undefined, boolean][] = [
    ['405 to GET', () => undefined, true],
    ['401 to GET', (method) => (method === 'GET' ? { status: 401 } : undefined), true],
    ['500 to GET', (method) => (method === 'GET' ? { status: 500 } : undefined), true],
    ['404 to GET', (method) => (method === 'GET' ? { status: 404 } : undefined), true],
    [
      'a list that is an error',
      (method) => (method === 'tools/list' ? { status: 500 } : undefined),
      false,
    ],
    ['401 to the list', (method) => (method === 'tools/list' ? { status: 401 } : undefined), false],
    [
      'a list with the same cursor for ever',
      (method) => (method === 'tools/list' ? pageOf(() => 'again') : undefined),
      false,
    ],
    [
      'a list without end',
      (method) => (method === 'tools/list' ? pageOf(() => `page-${++page}`) : undefined),
      false,
    ],
    [
      'a list that never comes',
      (method) =>
        method === 'tools/list' ? { until: new Promise<void>(() => undefined) } : undefined,
      false,
    ],
  ]

  test.each(manners)(
    '(%s) moves, shortens and stops nothing of the others, and stays up',
    async (_manner, answer, lists) => {
      const awkward = await scripted(ok, answer)
      const last = { ...near, name: 'last' }
      const proxy = await startProxy([near, httpAt('awkward', awkward), last])
      const { backends, client } = await connect(proxy)
      const expected = lists ? ['near', 'awkward', 'last'] : ['near', 'last']
      expect(await backends()).toEqual(expected)
      const called = await client.callTool({ name: 'awkward__write' }, undefined, {
        timeout: 20_000,
      })
      expect(called).toMatchObject({ content: [] })
      expect(await backends()).toEqual(expected)
      expect(proxy.generation.backends.map(({ health }) => health.state)).toEqual([
        'up',
        'up',
        'up',
      ])
      expect(awkward.asked.filter((method) => method === 'initialize')).toHaveLength(1)
    },
  )

  test('(a storm of changed lists) reaches clients as a breeze, and delays no list', async () => {
    const storm = {
      headers: { 'content-type': 'text/event-stream' },
      body: `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })}\n\n`.repeat(
        5000,
      ),
    }
    const awkward = await scripted(ok, (method) => (method === 'GET' ? storm : undefined))
    const proxy = await startProxy([near, httpAt('awkward', awkward)])
    let told = 0
    proxy.generation.onListChanged(() => void (told += 1))
    const { backends } = await connect(proxy)
    expect(await backends()).toEqual(['near', 'awkward'])
    expect(await backends()).toEqual(['near', 'awkward'])
    expect(told).toBeLessThan(10)
    expect(proxy.generation.backends.map(({ health }) => health.state)).toEqual(['up', 'up'])
  })

  test('(ping refused) nobody asks for more than calls that succeed', async () => {
    const awkward = await scripted(ok)
    const proxy = await startProxy([httpAt('awkward', awkward)])
    const { client } = await connect(proxy)
    await client.ping()
    expect(await client.callTool({ name: 'awkward__write' })).toMatchObject({ content: [] })
    expect(awkward.asked).not.toContain('ping')
  })
})
