// `serve --stdio` as desktop clients run it: the official clients of both generations start the built proxy themselves.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client as Client2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  binary,
  commandEnvironment,
  eventually,
  makeTempFolder,
  runCommandLine,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, stdioServer, type HttpServer } from '../support/mcp-servers.ts'
import { processRuns } from '../support/process-group.ts'

let folder: TempFolder
let farOld: HttpServer
let farNew: HttpServer
let file: string

beforeAll(async () => {
  folder = await makeTempFolder()
  ;[farOld, farNew] = await Promise.all([startHttpServer('legacy'), startHttpServer('modern')])
  const config = stringify({
    proxy: { name: 'desk', shutdown_timeout_seconds: 5 },
    auth: { type: 'bearer', tokens: ['a-token-that-nobody-sends'] },
    observability: { audit: false },
    backends: [
      { name: 'old', transport: 'stdio', ...stdioServer('legacy') },
      { name: 'new', transport: 'stdio', ...stdioServer('modern') },
      { name: 'far-old', transport: 'http', url: farOld.url },
      { name: 'far-new', transport: 'http', url: farNew.url },
    ],
  })
  file = await folder.write('proxy.toml', config)
})
afterAll(async () => {
  await Promise.all([farOld?.close(), farNew?.close()])
  await folder?.remove()
})

const identity = { name: 'desktop', version: '1' }
const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }
const form = {
  method: 'elicitation/create',
  params: { mode: 'form', message: 'Who?', requestedSchema: { type: 'object', properties: {} } },
}
const sampling = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }], maxTokens: 9 },
}
const questions = [form, sampling, { method: 'roots/list' }]
const filled = { action: 'accept' as const, content: { name: 'someone' } }
const sample = {
  role: 'assistant' as const,
  model: 'none',
  content: { type: 'text' as const, text: 'Hello' },
}
const roots = { roots: [{ uri: 'file:///home/someone', name: 'home' }] }

interface Message {
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
}

interface Listening {
  onmessage?: ((message: never) => void) | undefined
}

const tapped = (transport: Listening): readonly Message[] => {
  const read: Message[] = []
  const { onmessage } = transport
  const tap: typeof onmessage = (message) => {
    read.push(message)
    onmessage?.(message)
  }
  Object.assign(transport, { onmessage: tap })
  return read
}

interface Connection {
  /** What both generations have in common has the same shape. */
  readonly client: Client1
  readonly pid: number
  readonly heard: string[]
  /** All messages as they came. */
  readonly read: readonly Message[]
  /** Asks to be told when the resource or the list of tools changes. */
  watch(uri: string): Promise<void>
}

const server = () => ({
  command: process.execPath,
  args: [binary, 'serve', '--stdio', '--config', file],
  env: commandEnvironment({}) as Record<string, string>,
  stderr: 'pipe' as const,
})

const connectFirst = async (): Promise<Connection> => {
  const client = new Client1(identity, { capabilities })
  const heard: string[] = []
  client.setRequestHandler(ElicitRequestSchema, () => filled)
  client.setRequestHandler(CreateMessageRequestSchema, () => sample)
  client.setRequestHandler(ListRootsRequestSchema, () => roots)
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    heard.push(params.uri)
  })
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    heard.push('tools')
  })
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    heard.push(String(params.data))
  })
  const transport = new Stdio1(server())
  await client.connect(transport)
  const watch = async (uri: string) => void (await client.subscribeResource({ uri }))
  return { client, pid: transport.pid!, heard, read: tapped(transport), watch }
}

const connectSecond = async (mode: 'legacy' | { pin: string }): Promise<Connection> => {
  const client = new Client2(identity, { capabilities, versionNegotiation: { mode } })
  const heard: string[] = []
  client.setRequestHandler('elicitation/create', () => filled)
  client.setRequestHandler('sampling/createMessage', () => sample)
  client.setRequestHandler('roots/list', () => roots)
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    heard.push(params.uri)
  })
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    heard.push('tools')
  })
  client.setNotificationHandler('notifications/message', ({ params }) => {
    heard.push(String(params.data))
  })
  const transport = new Stdio2(server())
  await client.connect(transport)
  const watch = async (uri: string) => {
    if (mode === 'legacy') await client.subscribeResource({ uri })
    else await client.listen({ toolsListChanged: true, resourceSubscriptions: [uri] })
  }
  const same = client as unknown as Client1
  return { client: same, pid: transport.pid!, heard, read: tapped(transport), watch }
}

const connectors = {
  'SDK 1.x': connectFirst,
  'SDK 2.x in the session era': () => connectSecond('legacy'),
  'SDK 2.x pinned to 2026-07-28': () => connectSecond({ pin: '2026-07-28' }),
} as const

const backends = ['old', 'new', 'far-old', 'far-new'] as const
const modernBackends: readonly string[] = ['new', 'far-new']

describe.each(Object.keys(connectors) as (keyof typeof connectors)[])('%s', (name) => {
  let connection: Connection
  const isModern = name.endsWith('2026-07-28')

  beforeAll(async () => {
    connection = await connectors[name]()
    await eventually('every backend is up', async () => {
      const names = new Set((await listed()).map((tool) => tool.split('__')[0]))
      return names.size === backends.length ? true : undefined
    })
  })
  afterAll(() => connection?.client.close())

  const listed = async () => (await connection.client.listTools()).tools.map((tool) => tool.name)
  const textOf = async (
    tool: string,
    args: Record<string, unknown> = {},
    options: Parameters<Client1['callTool']>[2] = {},
    meta: object = {},
  ) => {
    // The clients differ in where the options stand.
    const call = { name: tool, arguments: args, ...meta }
    const { client } = connection
    const { content } = (await (name === 'SDK 1.x'
      ? client.callTool(call, undefined, options)
      : (client.callTool as (...all: unknown[]) => unknown)(call, options))) as {
      content: { text: string }[]
    }
    return content[0]!.text
  }

  test.each(backends)('calls, reads and asks for a prompt at %s', async (backend) => {
    expect(await textOf(`${backend}__echo`, { text: 'grüße\n世界' })).toBe('grüße\n世界')
    const uri = `${backend}+note://one`
    expect(await connection.client.readResource({ uri })).toMatchObject({
      contents: [{ uri, text: 'first' }],
    })
    const prompt = { name: `${backend}__greet`, arguments: { name: 'Ada', language: 'dansk' } }
    expect(await connection.client.getPrompt(prompt)).toMatchObject({
      messages: [{ content: { text: 'Greet Ada in dansk' } }],
    })
  })

  test.each(backends)('is asked by %s for forms, samples and roots', async (backend) => {
    const heard = JSON.parse(await textOf(`${backend}__ask`, { questions })) as unknown
    const [q0, q1, q2] = [filled, sample, roots]
    expect(heard).toEqual(
      modernBackends.includes(backend) ? ['state of 3', { q0, q1, q2 }] : [q0, q1, q2],
    )
  })

  test.each(backends)('hears the progress of a call to %s', async (backend) => {
    // The clients forget a progress that comes in one piece with the answer, so what they read is looked at.
    const before = connection.read.length
    const onprogress = () => undefined
    expect(await textOf(`${backend}__progress`, { steps: 3 }, { onprogress })).toBe('3 steps')
    const read = connection.read.slice(before)
    const steps = read.filter(({ method }) => method === 'notifications/progress')
    expect(steps.map(({ params }) => params?.['progress'])).toEqual([1, 2, 3])
    expect(read.at(-1)).toHaveProperty('result')
  })

  test.each(backends)('cancels a call to %s', async (backend) => {
    const tag = `${name} ${backend}`
    const abort = new AbortController()
    const call = textOf(`${backend}__slow`, { tag }, { signal: abort.signal })
    const settled = call.then(String, String)
    await expect.poll(() => textOf(`${backend}__waiting`)).toContain(tag)
    abort.abort()
    expect(await settled).toMatch(/abort|cancel/i)
    await expect.poll(() => textOf(`${backend}__aborted`)).toContain(tag)
  })

  test.each(backends)('hears what %s logs', async (backend) => {
    const said = `${backend} told it`
    const meta = isModern ? { _meta: { 'io.modelcontextprotocol/logLevel': 'info' } } : {}
    if (!isModern) await connection.client.setLoggingLevel('info')
    await textOf(`${backend}__tell`, { text: said, level: 'warning' }, {}, meta)
    await expect.poll(() => connection.heard).toContain(said)
  })

  test.each(backends)('is told that a resource of %s has changed', async (backend) => {
    const uri = `${backend}+note://one`
    await connection.watch(uri)
    await textOf(`${backend}__touch`, { uri: 'note://one' })
    await expect.poll(() => connection.heard).toContain(uri)
  })

  test('is told that a tool came', async () => {
    await textOf('new__grow')
    await expect.poll(() => connection.heard).toContain('tools')
    await expect.poll(listed).toContain('new__grown')
  })

  test('closes it, and everything behind it is gone', async () => {
    const { pid: child } = JSON.parse(await textOf('old__process')) as { pid: number }
    expect(processRuns(child)).toBe(true)
    await connection.client.close()
    await expect.poll(() => [connection.pid, child].map(processRuns)).toEqual([false, false])
  })
})

test('SDK 2.x finds out by itself that the newest era is spoken', async () => {
  const client = new Client2(identity, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new Stdio2(server()))
  expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
  await client.close()
})

describe('a client that is killed', () => {
  const fixture = fileURLToPath(new URL('../support/fixtures/stdio-client.mjs', import.meta.url))
  /** The proxy and the two children behind it, which run when this resolves, and how to kill their client. */
  const doomed = async (config: string, environment: Record<string, string> = {}) => {
    const args = [fixture, process.execPath, binary, 'serve', '--stdio', '--config', config]
    const client = spawn(process.execPath, args, {
      env: commandEnvironment(environment),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const gone = once(client, 'exit')
    const [line] = (await once(createInterface({ input: client.stdout }), 'line')) as [string]
    const pids = JSON.parse(line) as number[]
    const kill = async () => {
      client.kill('SIGKILL')
      await gone
    }
    return { pids, kill }
  }
  const none = [false, false, false]

  test('takes the proxy and its backends along', async () => {
    const { pids, kill } = await doomed(file)
    expect(pids.map(processRuns)).toEqual([true, true, true])
    await kill()
    await expect.poll(() => pids.map(processRuns), { timeout: 15_000 }).toEqual(none)
  })

  test('in a call that hangs does so when the time for calls in flight is over', async () => {
    const config = stringify({
      proxy: { name: 'desk', shutdown_timeout_seconds: 1 },
      backends: [
        { name: 'old', transport: 'stdio', ...stdioServer('legacy') },
        { name: 'new', transport: 'stdio', ...stdioServer('modern') },
      ],
    })
    const { pids, kill } = await doomed(await folder.write('short.toml', config), { HANGS: 'yes' })
    expect(pids.map(processRuns)).toEqual([true, true, true])
    await kill()
    await expect.poll(() => pids.map(processRuns), { timeout: 15_000 }).toEqual(none)
  })
})

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: identity },
})
const echo = JSON.stringify({
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'old__echo', arguments: { text: 'piped' } },
})

test('a pipe is answered to its end: protocol on stdout, all else on stderr, exit 0', async () => {
  const { exitCode, stdout, stderr } = await runCommandLine(
    ['serve', '--stdio', '--config', file],
    { stdin: `${initialize}\n\n{oops\n${echo}\n` },
  )
  expect(exitCode).toBe(0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toContainEqual(
    expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32_700 }) }),
  )
  expect(lines.find((line) => line.id === 1)).toMatchObject({
    result: { serverInfo: { name: 'desk' } },
  })
  expect(lines.find((line) => line.id === 2)).toMatchObject({
    result: { content: [{ text: 'piped' }] },
  })
  expect(stderr).toContain('[auth] guards HTTP only')
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it in order, exit 0', async (signal) => {
  const { command, args } = server()
  const child = spawn(command, args, {
    env: commandEnvironment({}),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const closed = once(child, 'close')
  child.stdin.write(`${initialize}\n`)
  await once(child.stdout, 'data')
  child.kill(signal)
  expect((await closed)[0]).toBe(0)
})

test('a reader that leaves ends it, exit 0', async () => {
  const { command, args } = server()
  const child = spawn(command, args, {
    env: commandEnvironment({}),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const closed = once(child, 'close')
  child.stdin.on('error', () => undefined)
  child.stdin.write(`${initialize}\n`)
  await once(child.stdout, 'data')
  child.stdout.destroy()
  child.stdin.write(`${echo}\n`)
  expect((await closed)[0]).toBe(0)
})

test('what speaks of a listener does not go with --stdio', async () => {
  for (const flag of [['--port', '0'], ['--host', '127.0.0.1'], ['--check'], ['--json']]) {
    const { exitCode, stderr, stdout } = await runCommandLine([
      'serve',
      '--stdio',
      '--config',
      file,
      ...flag,
    ])
    expect(exitCode).toBe(2)
    expect(stderr + stdout).toContain('cannot be used together')
  }
})
