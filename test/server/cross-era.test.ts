// Questions across the eras: each kind of client before each kind of backend, with the official SDKs on both sides.
import {
  Client as Client2,
  StreamableHTTPClientTransport as Http2,
} from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  modernBackends,
  sessionBackends,
  startEveryBackend,
  type EveryBackend,
} from '../support/every-backend.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

const tokens = ['token-of-alice-0001', 'token-of-bob-00002'] as const

let open: RealProxy
let guarded: RealProxy
let servers: EveryBackend

beforeAll(async () => {
  servers = await startEveryBackend()
  ;[open, guarded] = await Promise.all([
    startRealProxy(servers.configs),
    startRealProxy(servers.configs, { config: { auth: { type: 'bearer', tokens } } }),
  ])
})
afterAll(async () => {
  await Promise.all([open.close({ force: true }), guarded.close({ force: true })])
  await servers.close()
})

const clients: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }
const roots = { roots: [{ uri: 'file:///home/someone', name: 'home' }] }
const sample = {
  role: 'assistant',
  model: 'none',
  content: { type: 'text', text: 'Hello' },
} as const

/** A client that answers everything; `asked` keeps what it was asked. */
const answering = () => {
  const asked: unknown[] = []
  const elicit = ({ params }: { params: unknown }) => {
    asked.push(params)
    const { mode } = params as { mode?: string }
    return mode === 'url'
      ? ({ action: 'accept' } as const)
      : ({ action: 'accept', content: { name: 'someone' } } as const)
  }
  return { asked, elicit }
}

interface Connection {
  readonly client: Client1
  readonly asked: readonly unknown[]
}

const headersOf = (proxy: RealProxy, token: string) =>
  proxy === guarded ? { requestInit: { headers: { authorization: `Bearer ${token}` } } } : {}

const connectors = {
  'a session of SDK 1.x': async (proxy: RealProxy, token: string): Promise<Connection> => {
    const client = new Client1({ name: 'one', version: '1' }, { capabilities })
    const { asked, elicit } = answering()
    client.setRequestHandler(ElicitRequestSchema, elicit)
    client.setRequestHandler(CreateMessageRequestSchema, () => sample)
    client.setRequestHandler(ListRootsRequestSchema, () => roots)
    await client.connect(new Http1(new URL(proxy.url), headersOf(proxy, token)))
    clients.push(client)
    return { client, asked }
  },
  'a session of SDK 2.x': (proxy: RealProxy, token: string) => second('legacy', proxy, token),
  'a stateless caller': (proxy: RealProxy, token: string) =>
    second({ pin: '2026-07-28' }, proxy, token),
} as const

const second = async (
  mode: 'legacy' | { pin: string },
  proxy: RealProxy,
  token: string,
): Promise<Connection> => {
  const client = new Client2(
    { name: 'two', version: '1' },
    { capabilities, versionNegotiation: { mode } },
  )
  const { asked, elicit } = answering()
  client.setRequestHandler('elicitation/create', elicit)
  client.setRequestHandler('sampling/createMessage', () => sample)
  client.setRequestHandler('roots/list', () => roots)
  await client.connect(new Http2(new URL(proxy.url), headersOf(proxy, token)))
  clients.push(client)
  return { client: client as unknown as Client1, asked }
}

const form = {
  method: 'elicitation/create',
  params: { mode: 'form', message: 'Who?', requestedSchema: { type: 'object', properties: {} } },
}
const address = {
  method: 'elicitation/create',
  params: { mode: 'url', message: 'Go', url: 'https://example.test/go', elicitationId: 'e1' },
}
const sampling = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }], maxTokens: 9 },
}
const questions = [form, sampling, { method: 'roots/list' }]
const answers = [{ action: 'accept', content: { name: 'someone' } }, sample, roots]

const textOf = async (client: Client1, name: string, args: Record<string, unknown> = {}) => {
  const { content } = await client.callTool({ name, arguments: args })
  return (content as { text: string }[])[0]!.text
}

describe.each(['without authentication', 'with authentication'])('%s', (kind) => {
  const proxy = () => (kind === 'with authentication' ? guarded : open)

  describe.each(Object.keys(connectors) as (keyof typeof connectors)[])('%s', (name) => {
    const connect = () => connectors[name](proxy(), tokens[0])

    test.each(sessionBackends)('is asked by %s, all at once', async (backend) => {
      const { client, asked } = await connect()
      const heard = JSON.parse(await textOf(client, `${backend}__ask`, { questions })) as unknown
      expect(heard).toEqual(answers)
      expect(asked).toMatchObject([{ message: 'Who?' }])
    })

    test.each(sessionBackends)('is asked by %s again and again', async (backend) => {
      const { client } = await connect()
      const heard = await textOf(client, `${backend}__ask-in-turn`, { questions })
      expect(JSON.parse(heard)).toEqual(answers)
    })

    test.each(modernBackends)('is asked by %s, which keeps a state', async (backend) => {
      const { client, asked } = await connect()
      const heard = JSON.parse(await textOf(client, `${backend}__ask`, { questions })) as unknown
      const [q0, q1, q2] = answers
      expect(heard).toEqual(['state of 3', { q0, q1, q2 }])
      expect(asked).toMatchObject([{ message: 'Who?' }])
    })

    test.each(sessionBackends)('is sent to an address by %s', async (backend) => {
      const { client, asked } = await connect()
      const heard = await textOf(client, `${backend}__ask`, { questions: [address] })
      expect(JSON.parse(heard)).toEqual([{ action: 'accept' }])
      expect(asked).toMatchObject([{ mode: 'url', url: 'https://example.test/go' }])
    })
  })
})

test.each(Object.keys(connectors) as (keyof typeof connectors)[])(
  'an argument of %s stands in a header for the backend that wants it there',
  async (name) => {
    const { client } = await connectors[name](open, '')
    await client.listTools()
    for (const backend of ['old-far', 'old-stream', ...modernBackends]) {
      expect(await textOf(client, `${backend}__where`, { region: 'Österreich' })).toBe('Österreich')
    }
  },
)

test('a header that contradicts its argument is refused, whatever the backend', async () => {
  for (const backend of ['old-far', 'old-stream', ...modernBackends]) {
    const name = `${backend}__where`
    const send = (headers: Record<string, string>) =>
      sendTo(new URL(open.url).origin, {
        body: {
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name, arguments: { region: 'eu' }, _meta: modernMeta() },
        },
        headers: {
          'mcp-protocol-version': modernVersion,
          'mcp-method': 'tools/call',
          'mcp-name': name,
          ...headers,
        },
      })
    expect((await send({ 'mcp-param-region': 'eu' })).status).toBe(200)
    for (const headers of [{}, { 'mcp-param-region': 'us' }]) {
      const answer = await send(headers)
      expect([answer.status, answer.json().error.code]).toEqual([400, -32_020])
    }
  }
})

test('an error that names addresses is a question to a stateless caller, and the call is made again', async () => {
  const { client, asked } = await connectors['a stateless caller'](open, '')
  expect(await textOf(client, 'old-far__needs-url')).toBe('visited')
  expect(asked).toEqual([{ mode: 'url', message: 'Visit it', url: 'https://example.test/visit' }])
})

test('an address that a modern backend names gets an id for a session', async () => {
  const { client, asked } = await connectors['a session of SDK 1.x'](open, '')
  const { elicitationId: _none, ...params } = address.params
  const heard = await textOf(client, 'new-far__ask', { questions: [{ ...address, params }] })
  expect(JSON.parse(heard)).toEqual(['state of 1', { q0: { action: 'accept' } }])
  expect(asked).toMatchObject([
    { mode: 'url', elicitationId: expect.stringMatching(/^elicitation-/) },
  ])
})

describe.each(['new-near', 'new-far'])('structured content of %s that is no object', (backend) => {
  const call = async (client: Client1, name: string) => {
    const { content, structuredContent } = await client.callTool({
      name: `${backend}__${name}`,
      arguments: {},
    })
    return { content, structuredContent }
  }

  test('is wrapped for sessions, together with its schema, which their clients check', async () => {
    for (const name of ['a session of SDK 1.x', 'a session of SDK 2.x'] as const) {
      const { client } = await connectors[name](open, '')
      const { tools } = await client.listTools()
      const numbers = tools.find((tool) => tool.name === `${backend}__numbers`)
      expect(numbers?.outputSchema).toMatchObject({
        type: 'object',
        properties: { result: { type: 'array', items: { type: 'number' } } },
        required: ['result'],
      })
      expect(await call(client, 'numbers')).toEqual({
        content: [{ type: 'text', text: '[1,2,3]' }],
        structuredContent: { result: [1, 2, 3] },
      })
      expect(await call(client, 'tree')).toMatchObject({
        content: [{ type: 'text', text: 'a tree' }],
        structuredContent: { result: [{ name: 'root', below: [{ name: 'leaf' }] }] },
      })
      expect(await call(client, 'either')).toMatchObject({
        structuredContent: { result: { even: true } },
      })
    }
  })

  test('comes to stateless callers as it is', async () => {
    const { client } = await connectors['a stateless caller'](open, '')
    const { tools } = await client.listTools()
    const numbers = tools.find((tool) => tool.name === `${backend}__numbers`)
    expect(numbers?.outputSchema).toMatchObject({ type: 'array' })
    expect((await call(client, 'numbers')).structuredContent).toEqual([1, 2, 3])
  })
})
