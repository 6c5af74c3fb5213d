// Servers of the session era ask the clients of their callers, through a real proxy, over every transport.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  type ClientCapabilities,
  type LoggingMessageNotification,
} from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  startEventStreamServer,
  startHttpServer,
  startWebSocketServer,
  stdioServer,
  type NetworkServer,
} from '../support/mcp-servers.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

let proxy: RealProxy
let remotes: NetworkServer[]

beforeAll(async () => {
  const [remote, socket, stream] = await Promise.all([
    startHttpServer('legacy'),
    startWebSocketServer('legacy'),
    startEventStreamServer(),
  ])
  remotes = [remote, socket, stream]
  proxy = await startRealProxy([
    { name: 'near', transport: 'stdio', ...stdioServer('legacy') },
    { name: 'far', transport: 'http', url: remote.url },
    { name: 'socket', transport: 'websocket', url: socket.url },
    { name: 'stream', transport: 'sse', url: stream.url },
    { name: 'plain', transport: 'stdio', ...stdioServer('legacy'), session: 'shared' },
  ])
})
afterAll(async () => {
  await proxy.close({ force: true })
  await Promise.all(remotes.map((remote) => remote.close()))
})

const clients: Client[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

const all: ClientCapabilities = {
  elicitation: { form: {}, url: {} },
  sampling: {},
  roots: { listChanged: true },
}

const connect = async (capabilities: ClientCapabilities = all, name = 'someone') => {
  const client = new Client({ name, version: '1' }, { capabilities })
  if (capabilities.elicitation !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) =>
      params.mode === 'url'
        ? { action: 'decline' }
        : { action: 'accept', content: { name, asked: params.message } },
    )
  }
  if (capabilities.sampling !== undefined) {
    client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({
      role: 'assistant',
      model: 'none',
      content: { type: 'text', text: JSON.stringify(params.messages) },
    }))
  }
  if (capabilities.roots !== undefined) {
    client.setRequestHandler(ListRootsRequestSchema, () => ({
      roots: [{ uri: `file:///home/${name}`, name }],
    }))
  }
  clients.push(client)
  await client.connect(new StreamableHTTPClientTransport(new URL(proxy.url)))
  return client
}

const call = async (client: Client, name: string, args: Record<string, unknown> = {}) => {
  const { content } = (await client.callTool({ name, arguments: args })) as {
    content: { text: string }[]
  }
  return JSON.parse(content[0]!.text)
}

const form = {
  method: 'elicitation/create',
  params: { message: 'Who are you?', requestedSchema: { type: 'object', properties: {} } },
}
const url = {
  method: 'elicitation/create',
  params: { mode: 'url', message: 'Go', url: 'https://example.test/', elicitationId: 'e1' },
}
const sampling = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }], maxTokens: 9 },
}
const roots = { method: 'roots/list' }
const notOffered = { error: { code: -32_601, message: expect.any(String) } }

describe.each(['near', 'far', 'socket', 'stream'])('the backend %s', (backend) => {
  test('asks for forms, addresses, samples and roots during a call, all at once', async () => {
    const client = await connect()
    const questions = [form, url, sampling, roots, { method: 'ping' }]
    expect(await call(client, `${backend}__ask`, { questions })).toEqual([
      { action: 'accept', content: { name: 'someone', asked: 'Who are you?' } },
      { action: 'decline' },
      expect.objectContaining({ content: { type: 'text', text: expect.stringContaining('Hi') } }),
      { roots: [{ uri: 'file:///home/someone', name: 'someone' }] },
      {},
    ])
  })

  test('asks one thing after the other', async () => {
    const client = await connect()
    const questions = [form, roots, form]
    expect(await call(client, `${backend}__ask-in-turn`, { questions })).toHaveLength(3)
  })

  test('learns what its caller can do, and asks for nothing else', async () => {
    const client = await connect({ elicitation: {} }, 'modest')
    expect((await call(client, `${backend}__seen`)).capabilities).toEqual({
      elicitation: { form: {} },
    })
    const questions = [form, url, sampling, roots]
    expect(await call(client, `${backend}__ask`, { questions })).toEqual([
      { action: 'accept', content: { name: 'modest', asked: 'Who are you?' } },
      notOffered,
      notOffered,
      notOffered,
    ])
  })

  test('hears an error of the client as the error of the client', async () => {
    const client = await connect({ sampling: {} })
    client.setRequestHandler(CreateMessageRequestSchema, () => {
      throw new Error('no model here')
    })
    expect(await call(client, `${backend}__ask`, { questions: [sampling] })).toEqual([
      { error: { code: -32_603, message: expect.stringContaining('no model here') } },
    ])
  })

  test('is told that roots changed, in the session of that client', async () => {
    const client = await connect({ roots: { listChanged: true } }, 'mover')
    const before = (await call(client, `${backend}__seen`)).roots
    await client.sendRootsListChanged()
    await expect.poll(async () => (await call(client, `${backend}__seen`)).roots).toBe(before + 1)
  })

  test('a question of a call that is cancelled is withdrawn', async () => {
    const client = await connect({ elicitation: {} }, 'hesitant')
    const leave = new AbortController()
    let asked: () => void = () => undefined
    const whenAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const withdrawn = new Promise<void>((resolve) => {
      client.setRequestHandler(ElicitRequestSchema, (_request, { signal }) => {
        asked()
        return new Promise(() => {
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      })
    })
    const called = client
      .callTool({ name: `${backend}__ask`, arguments: { questions: [form] } }, undefined, {
        signal: leave.signal,
      })
      .catch((error: Error) => error.message)
    await whenAsked
    leave.abort('changed my mind')
    expect(await called).toContain('changed my mind')
    await withdrawn
  })

  test('log messages come at the level that was set, and not before it', async () => {
    const client = await connect({ sampling: {} }, 'listener')
    const heard: LoggingMessageNotification['params'][] = []
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      heard.push(params)
    })
    await client.setLoggingLevel('warning')
    for (const level of ['info', 'error']) {
      await client.callTool({ name: `${backend}__tell`, arguments: { text: level, level } })
    }
    expect(heard.map(({ data }) => data)).toEqual(['error'])
    await client.setLoggingLevel('debug')
    await client.callTool({ name: `${backend}__tell`, arguments: { text: 'now', level: 'info' } })
    expect(heard.map(({ data }) => data)).toEqual(['error', 'now'])
  })
})

test('a backend that all callers share can ask nobody', async () => {
  const client = await connect()
  expect((await call(client, 'plain__seen')).capabilities).toEqual({})
  expect(await call(client, 'plain__ask', { questions: [form, roots] })).toEqual([
    notOffered,
    notOffered,
  ])
})

test('two clients that are asked at the same time hear their own questions only', async () => {
  const [ada, bob] = await Promise.all([connect(all, 'ada'), connect({ elicitation: {} }, 'bob')])
  const questions = [form]
  const [toAda, toBob] = await Promise.all([
    call(ada, 'near__ask', { questions }),
    call(bob, 'near__ask', { questions }),
  ])
  expect([toAda[0].content.name, toBob[0].content.name]).toEqual(['ada', 'bob'])
})

test('answers to nothing and progress of nothing are taken and dropped', async () => {
  const client = await connect()
  const { transport } = client
  await transport?.send({ jsonrpc: '2.0', id: 999, result: {} })
  await transport?.send({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 999, progress: 1 },
  })
  expect(await call(client, 'near__ask', { questions: [roots] })).toHaveLength(1)
})
