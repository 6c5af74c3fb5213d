// Composite tools before real servers of both eras, as the official clients call them.
import { Client as Client2, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { stdioServer } from '../support/mcp-servers.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

const identity = { name: 'composite-client', version: '1.0.0' }
const all = 'token-that-may-use-everything'
const some = 'token-that-may-not-use-the-new'

const backends = [
  { name: 'old', transport: 'stdio', ...stdioServer('legacy') },
  { name: 'new', transport: 'stdio', ...stdioServer('modern') },
  { name: 'slow', transport: 'stdio', ...stdioServer('legacy') },
]

const sequence = (...steps: readonly object[]) => ({ strategy: 'sequential', steps })

const composites = [
  { name: 'echo_all', tools: ['old/echo', 'new__echo'] },
  { name: 'mixed', tools: ['old/fail', 'new/echo'] },
  { name: 'one_hangs', tools: ['new/echo', 'slow/slow'], timeout_seconds: 0.2 },
  { name: 'hangs', tools: ['old/waiting', 'slow/slow'] },
  {
    name: 'chain',
    ...sequence(
      { name: 'first', tool: 'old/echo', arguments_from: { text: '/input/words' } },
      { name: 'then', tool: 'new/echo', arguments_from: { text: '/steps/first/content/0/text' } },
    ),
    results: 'last',
  },
  {
    name: 'read_json',
    ...sequence(
      { name: 'who', tool: 'old/process', arguments_from: {} },
      {
        name: 'region',
        tool: 'new/where',
        arguments_from: { region: '/steps/who/json/args/0' },
      },
    ),
  },
  {
    name: 'no_such_part',
    ...sequence(
      { name: 'a', tool: 'old/echo', arguments_from: { text: '/input/text' } },
      { name: 'b', tool: 'new/echo', arguments_from: { text: '/steps/a/json/id' } },
      { name: 'c', tool: 'new/echo' },
    ),
  },
  {
    name: 'constant',
    steps: [{ tool: 'new/where', arguments: { region: 'eu' } }],
  },
  { name: 'first_good', strategy: 'first', tools: ['old/fail', 'new/echo', 'old/echo'] },
  { name: 'none_good', strategy: 'first', tools: ['old/fail', 'new/fail'] },
  { name: 'crashes', strategy: 'first', tools: ['slow/crash', 'old/calls'] },
  { name: 'links', tools: ['old/links', 'new/links'] },
  { name: 'waits', strategy: 'sequential', tools: ['old/waiting', 'new/waiting'] },
  { name: 'asks', tools: ['old/ask', 'new/ask'] },
  {
    name: 'described',
    steps: [{ tool: 'old/echo', arguments_from: { text: '/input/question/words' } }],
    input_schema: {
      properties: { question: { type: 'object', properties: { words: { type: 'string' } } } },
      required: ['question'],
    },
  },
].map((one) => ({ description: `The composite ${one.name}`, ...one }))

let proxy: RealProxy

beforeAll(async () => {
  proxy = await startRealProxy(backends, {
    config: {
      composite_tools: composites,
      auth: {
        type: 'bearer',
        tokens: [all],
        scoped_tokens: [{ token: some, name: 'some', deny_tools: ['new/*'] }],
      },
      limits: {
        rules: [
          {
            name: 'few-links',
            tools: ['old/links', 'new/links'],
            by: ['caller'],
            requests: 3,
            period_seconds: 60,
          },
          { name: 'one-at-a-time', tools: ['*/waiting'], by: ['caller'], max_concurrent: 1 },
        ],
      },
    },
  })
})

afterAll(async () => {
  await proxy?.close()
})

interface Tool {
  readonly name: string
  readonly description?: string | undefined
  readonly inputSchema: Record<string, unknown>
  readonly annotations?: object | undefined
}

interface Result {
  readonly content?: unknown
  readonly isError?: boolean
}

interface Caller {
  listTools(): Promise<{ tools: Tool[] }>
  callTool(
    call: { name: string; arguments: Record<string, unknown> },
    schemaOrOptions?: unknown,
    options?: unknown,
  ): Promise<Result>
  close(): Promise<void>
}

const open: Caller[] = []

afterEach(async () => {
  for (const caller of open.splice(0)) await caller.close()
})

const headersOf = (token: string) => ({
  requestInit: { headers: { authorization: `Bearer ${token}` } },
})

const connectors = {
  'SDK 1.x': async (token: string): Promise<Caller> => {
    const client = new Client1(identity, { capabilities: { roots: {} } })
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///here' }] }))
    await client.connect(new Transport1(new URL(proxy.url), headersOf(token)))
    return client as unknown as Caller
  },
  'SDK 2.x in the session era': (token: string) => second(token, 'legacy'),
  'SDK 2.x pinned to 2026-07-28': (token: string) => second(token, { pin: '2026-07-28' }),
} as const

const second = async (token: string, mode: 'legacy' | { pin: string }): Promise<Caller> => {
  const client = new Client2(identity, { versionNegotiation: { mode } })
  await client.connect(new StreamableHTTPClientTransport(new URL(proxy.url), headersOf(token)))
  return client as unknown as Caller
}

type Generation = keyof typeof connectors

const connect = async (generation: Generation, token = all): Promise<Caller> => {
  const client = await connectors[generation](token)
  open.push(client)
  return client
}

const text = (value: string) => ({ type: 'text', text: value })

describe.each(Object.keys(connectors) as Generation[])('%s', (generation) => {
  test('is offered composite tools with a schema that says what they take', async () => {
    const { tools } = await (await connect(generation)).listTools()
    const find = (name: string) => tools.find((tool) => tool.name === name)
    for (const { inputSchema } of tools) {
      if (!JSON.stringify(inputSchema).includes('draft-07'))
        new Ajv2020({ strict: false }).compile(inputSchema)
    }
    expect(find('echo_all')).toMatchObject({
      description: 'The composite echo_all',
      inputSchema: {
        type: 'object',
        properties: { text: { type: 'string' } },
        required: ['text'],
      },
      annotations: { readOnlyHint: true },
    })
    expect(find('mixed')?.annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true })
    expect(find('chain')?.inputSchema).toMatchObject({
      properties: { words: { type: 'string' } },
      required: ['words'],
    })
    expect(find('constant')?.inputSchema).toMatchObject({ properties: {} })
    expect(find('described')?.inputSchema).toMatchObject({
      type: 'object',
      required: ['question'],
    })
  })

  test('gets the results of all in the order of the configuration', async () => {
    const client = await connect(generation)
    const result = await client.callTool({ name: 'echo_all', arguments: { text: 'a' } })
    expect(result).toMatchObject({ content: [text('a'), text('a')] })
    expect(result.isError).not.toBe(true)
  })

  test('gets what succeeded beside what failed, and learns which step that was', async () => {
    const client = await connect(generation)
    expect(await client.callTool({ name: 'mixed', arguments: { text: 'a' } })).toMatchObject({
      isError: true,
      content: [text('fail: the tool reports an error'), text('a'), text('a')],
    })
  })

  test('maps arguments from its caller, from results and from constants', async () => {
    const client = await connect(generation)
    const call = (name: string, args: Record<string, unknown>) =>
      client.callTool({ name, arguments: args })
    expect(await call('chain', { words: 'b' })).toMatchObject({ content: [text('b')] })
    expect(await call('read_json', {})).toMatchObject({ content: [{}, text('stdio')] })
    expect(await call('constant', {})).toMatchObject({ content: [text('eu')] })
    expect(await call('described', { question: { words: 'c' } })).toMatchObject({
      content: [text('c')],
    })
  })

  test('learns which step lacks what, and no later step is called', async () => {
    const client = await connect(generation)
    const call = { name: 'no_such_part', arguments: { text: 'a' } }
    expect(await client.callTool(call)).toMatchObject({
      isError: true,
      content: [text('a'), text('b: not called: nothing is at /steps/a/json/id')],
    })
  })

  test('gets the first success alone, or every failure', async () => {
    const client = await connect(generation)
    const good = await client.callTool({ name: 'first_good', arguments: { text: 'a' } })
    expect(good).toMatchObject({ content: [text('a')] })
    expect(good.isError).not.toBe(true)
    expect(await client.callTool({ name: 'none_good', arguments: { text: 'a' } })).toMatchObject({
      isError: true,
      content: [{}, text('a'), {}, text('a')],
    })
  })

  test('is refused without an argument that the schema asks for', async () => {
    const client = await connect(generation)
    await expect(client.callTool({ name: 'chain', arguments: {} })).rejects.toThrow(
      'chain needs the argument "words"',
    )
  })

  test('gets what there is when time is over', async () => {
    const client = await connect(generation)
    const call = { name: 'one_hangs', arguments: { text: 'a', tag: `late ${generation}` } }
    expect(await client.callTool(call)).toMatchObject({
      isError: true,
      content: [text('a'), { text: expect.stringContaining('slow: no result within 0.2 s') }],
    })
    const aborted = await client.callTool({ name: 'slow__aborted', arguments: {} })
    expect(JSON.stringify(aborted)).toContain(`late ${generation}`)
  })

  test('finds a tool that it may not use as unknown as one that does not exist', async () => {
    const client = await connect(generation, some)
    const { tools } = await client.listTools()
    const names = tools.map(({ name }) => name)
    expect(names).toContain('echo_all')
    // Nothing of it is left.
    expect(names).not.toContain('constant')
    await expect(client.callTool({ name: 'constant', arguments: {} })).rejects.toThrow(
      'Tool "constant" is not known here',
    )
    expect(await client.callTool({ name: 'echo_all', arguments: { text: 'a' } })).toMatchObject({
      isError: true,
      content: [text('a'), text(expect.stringMatching(/^new__echo: Tool "new__echo" /) as never)],
    })
  })
})

test('every step counts as a call of the same caller, and the answers keep their rules', async () => {
  const client = await connect('SDK 1.x')
  const call = { name: 'links', arguments: {} }
  expect(await client.callTool(call)).toMatchObject({
    content: [{ uri: 'old+note://one' }, {}, { uri: 'new+note://one' }, {}],
  })
  expect(await client.callTool(call)).toMatchObject({
    isError: true,
    content: expect.arrayContaining([
      text(expect.stringContaining('The limit few-links allows 3 requests in 60 s') as never),
    ]),
  })
})

test('a composite tool takes no place of those that its steps need', async () => {
  const client = await connect('SDK 1.x')
  const result = await client.callTool({ name: 'waits', arguments: {} })
  expect(result.isError).not.toBe(true)
})

test('the progress of a composite tool is how many of its steps are done', async () => {
  const client = await connect('SDK 1.x')
  const told: unknown[] = []
  await client.callTool({ name: 'echo_all', arguments: { text: 'a' } }, undefined, {
    onprogress: (progress: unknown) => told.push(progress),
  })
  expect(told).toEqual([
    { progress: 1, total: 2, message: expect.stringContaining('done') },
    { progress: 2, total: 2, message: expect.stringContaining('done') },
  ])
})

test('a cancelled call cancels its steps', async () => {
  const client = await connect('SDK 1.x')
  const stop = new AbortController()
  const call = { name: 'hangs', arguments: { tag: 'left' } }
  const told = new Promise<void>((resolve) => {
    const options = { signal: stop.signal, onprogress: () => resolve() }
    void client.callTool(call, undefined, options).catch(() => undefined)
  })
  await told
  stop.abort()
  await expect
    .poll(async () =>
      JSON.stringify(await client.callTool({ name: 'slow__aborted', arguments: {} })),
    )
    .toContain('left')
})

test('a session is asked in the middle of a step', async () => {
  const client = await connect('SDK 1.x')
  const questions = [{ method: 'roots/list' }]
  const result = await client.callTool({ name: 'asks', arguments: { questions } })
  const { content = [] } = result as { content?: { text: string }[] }
  expect(content.map((block) => block.text)).toEqual([
    expect.stringContaining('file:///here'),
    expect.stringContaining('file:///here'),
  ])
})

test('a stateless caller cannot be asked in a step, and learns so', async () => {
  const client = await connect('SDK 2.x pinned to 2026-07-28')
  const questions = [{ method: 'roots/list' }]
  const result = await client.callTool({ name: 'asks', arguments: { questions } })
  expect(JSON.stringify(result)).not.toContain('input_required')
})

test('what may have been done is not done again by the next tool', async () => {
  const client = await connect('SDK 1.x')
  const before = await client.callTool({ name: 'old__calls', arguments: {} })
  const result = await client.callTool({ name: 'crashes', arguments: {} })
  expect(result).toMatchObject({ isError: true, content: [{ type: 'text' }] })
  expect(JSON.stringify(result)).toContain('crash: ')
  const after = await client.callTool({ name: 'old__calls', arguments: {} })
  const callsIn = ({ content }: Result) =>
    JSON.parse((content as { text: string }[])[0]?.text ?? '') as string[]
  // Its own two calls, and none of the composite tool.
  expect(callsIn(after).length).toBe(callsIn(before).length + 1)
})
