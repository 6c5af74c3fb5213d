// The official clients of both SDKs through a real server to real backends of both eras.
import {
  Client as Client2,
  StreamableHTTPClientTransport as Http2,
} from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHttpServer, stdioServer, type HttpServer } from '../support/mcp-servers.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

let proxy: RealProxy
let remote: HttpServer

beforeAll(async () => {
  remote = await startHttpServer('dual')
  proxy = await startRealProxy([
    { name: 'old', transport: 'stdio', ...stdioServer('legacy') },
    { name: 'new', transport: 'stdio', ...stdioServer('modern') },
    { name: 'far', transport: 'http', url: remote.url },
  ])
})
afterAll(async () => {
  await proxy.close({ force: true })
  await remote.close()
})

const identity = { name: 'official-client', version: '1.0.0' }
const backends = ['old', 'new', 'far'] as const

interface Called {
  readonly content?: unknown
}

interface Official {
  tools(): Promise<readonly string[]>
  call(name: string, args: object, onprogress?: (step: number) => void): Promise<Called>
  read(uri: string): Promise<unknown>
  resources(): Promise<readonly string[]>
  templates(): Promise<readonly string[]>
  prompt(name: string, args: Record<string, string>): Promise<unknown>
  complete(ref: object, argument: { name: string; value: string }): Promise<readonly string[]>
  close(): Promise<void>
}

/** Both SDKs have the same methods, with types of their own. */
const official = (client: Client1 | Client2): Official => {
  const c = client as Client1
  const progressOf = (onprogress: ((step: number) => void) | undefined) =>
    onprogress === undefined
      ? {}
      : { onprogress: ({ progress }: { progress: number }) => onprogress(progress) }
  return {
    tools: async () => (await c.listTools()).tools.map(({ name }) => name),
    call: async (name, args, onprogress) => {
      const params = { name, arguments: args as Record<string, unknown> }
      const called =
        client instanceof Client2
          ? await client.callTool(params, progressOf(onprogress))
          : await client.callTool(params, undefined, progressOf(onprogress))
      return called as Called
    },
    read: async (uri) => (await c.readResource({ uri })).contents,
    resources: async () => (await c.listResources()).resources.map(({ uri }) => uri),
    templates: async () =>
      (await c.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    prompt: async (name, args) => (await c.getPrompt({ name, arguments: args })).messages,
    complete: async (ref, argument) =>
      (await c.complete({ ref: ref as never, argument })).completion.values,
    close: () => c.close(),
  }
}

const connectors: Readonly<Record<string, () => Promise<Official>>> = {
  'SDK 1.x': async () => {
    const client = new Client1(identity)
    await client.connect(new Http1(new URL(proxy.url)))
    return official(client)
  },
  'SDK 2.x in a session': async () => {
    const client = new Client2(identity, { versionNegotiation: { mode: 'legacy' } })
    await client.connect(new Http2(new URL(proxy.url)))
    return official(client)
  },
  'SDK 2.x stateless': async () => {
    const client = new Client2(identity, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
    await client.connect(new Http2(new URL(proxy.url)))
    return official(client)
  },
}

describe.each(Object.keys(connectors))('%s', (name) => {
  let client: Official
  beforeAll(async () => {
    client = await connectors[name]!()
  })
  afterAll(() => client.close())

  test('sees the tools of all backends in order', async () => {
    const names = await client.tools()
    for (const backend of backends) expect(names).toContain(`${backend}__echo`)
    expect(names.indexOf('old__echo')).toBeLessThan(names.indexOf('new__echo'))
    expect(names.indexOf('new__echo')).toBeLessThan(names.indexOf('far__echo'))
  })

  test.each(backends)('calls a tool of %s, with progress on the way', async (backend) => {
    const echoed = await client.call(`${backend}__echo`, { text: 'hé 中' })
    expect(echoed.content).toEqual([{ type: 'text', text: 'hé 中' }])
    const steps: number[] = []
    const done = await client.call(`${backend}__progress`, { steps: 3 }, (step) => steps.push(step))
    expect(done.content).toEqual([{ type: 'text', text: '3 steps' }])
    expect(steps).toEqual([1, 2, 3])
  })

  test.each(backends)('reads resources of %s that links and lists name', async (backend) => {
    expect(await client.resources()).toContain(`${backend}+note://one`)
    expect(await client.templates()).toContain(`${backend}+note://by/{name}`)
    const uri = `${backend}+note://one`
    expect(await client.read(uri)).toMatchObject([{ uri, text: 'first' }])
    const linked = await client.call(`${backend}__links`, {})
    expect(linked.content).toMatchObject([{ uri }, { resource: { uri } }])
    const made = `${backend}+note://by/anna`
    expect(await client.read(made)).toMatchObject([{ uri: made, text: 'note of anna' }])
  })

  test.each(backends)('gets a prompt of %s and completes its arguments', async (backend) => {
    const args = { name: 'Ada', language: 'dansk' }
    expect(await client.prompt(`${backend}__greet`, args)).toMatchObject([
      { content: { type: 'text', text: 'Greet Ada in dansk' } },
    ])
    const prompt = { type: 'ref/prompt', name: `${backend}__greet` }
    const languages = await client.complete(prompt, { name: 'language', value: 'd' })
    expect(languages).toEqual(['dansk', 'deutsch'])
    const template = { type: 'ref/resource', uri: `${backend}+note://by/{name}` }
    const people = await client.complete(template, { name: 'name', value: 'an' })
    expect(people).toEqual(['anna', 'anton'])
  })

  test('a resource that clients may fetch themselves keeps its URI and is read from the first', async () => {
    const uri = 'https://example.test/page'
    expect((await client.resources()).filter((one) => one === uri)).toHaveLength(1)
    expect(await client.read(uri)).toMatchObject([{ uri, text: 'a page' }])
  })

  test('an unknown tool is an error of the protocol', async () => {
    await expect(client.call('old__none', {})).rejects.toMatchObject({ code: -32_602 })
  })
})

test('a tool that comes later is announced to sessions and can be called', async () => {
  const client = new Client1(identity)
  let announced: () => void = () => undefined
  const change = new Promise<void>((resolve) => {
    announced = resolve
  })
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => announced())
  await client.connect(new Http1(new URL(proxy.url)))
  const before = await client.listTools()
  expect(before.tools.map(({ name }) => name)).not.toContain('old__grown')
  await client.callTool({ name: 'old__grow', arguments: {} })
  await change
  const after = await client.listTools()
  expect(after.tools.map(({ name }) => name)).toContain('old__grown')
  expect(await client.callTool({ name: 'old__grown', arguments: {} })).toMatchObject({
    content: [{ type: 'text', text: 'here' }],
  })
  await client.close()
})
