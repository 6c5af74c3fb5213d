// The official MCP clients of both generations do their whole round through the built proxy, over real servers.
import { Client as Client2, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, stdioServer, type HttpServer } from '../support/mcp-servers.ts'

const token = 'a-token-for-clients'
const identity = { name: 'test-client', version: '1.0.0' }

let folder: TempFolder
let remote: HttpServer
let proxy: RunningProxy

beforeAll(async () => {
  folder = await makeTempFolder()
  remote = await startHttpServer('dual')
  const config = stringify({
    proxy: { name: 'clients', listen: { port: 0 } },
    auth: { type: 'bearer', tokens: [token] },
    backends: [
      { name: 'old', transport: 'stdio', ...stdioServer('legacy') },
      { name: 'new', transport: 'stdio', ...stdioServer('modern') },
      { name: 'far', transport: 'http', url: remote.url },
    ],
  })
  proxy = await startProxy(await folder.write('proxy.toml', config))
  await eventually('three backends are up', async () => {
    const client = await connectors['SDK 1.x']()
    const { tools } = await client.listTools()
    await client.close()
    const names = new Set(tools.map((tool) => tool.name.split('__')[0]))
    return names.size === 3 ? true : undefined
  })
})

afterAll(async () => {
  await proxy?.stop()
  await remote?.close()
  await folder?.remove()
})

type Ref = { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string }

/** What both generations of the client have in common. */
interface Caller {
  listTools(): Promise<{ tools: { name: string; inputSchema: unknown }[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  callWithProgress(name: string, steps: number): Promise<{ result: unknown; seen: number[] }>
  listResources(): Promise<{ resources: { uri: string }[] }>
  listResourceTemplates(): Promise<{ resourceTemplates: { uriTemplate: string }[] }>
  readResource(request: { uri: string }): Promise<{ contents: unknown[] }>
  listPrompts(): Promise<{ prompts: { name: string }[] }>
  getPrompt(request: {
    name: string
    arguments: Record<string, string>
  }): Promise<{ messages: unknown[] }>
  complete(request: {
    ref: Ref
    argument: { name: string; value: string }
  }): Promise<{ completion: { values: string[] } }>
  close(): Promise<void>
}

const progressCall = (steps: number, backend: string) => ({
  name: `${backend}__progress`,
  arguments: { steps },
})

const connectFirst = async (): Promise<Caller> => {
  const client = new Client1(identity)
  const headers = { authorization: `Bearer ${token}` }
  const transport = new Transport1(new URL(proxy.url), { requestInit: { headers } })
  await client.connect(transport)
  return Object.assign(client, {
    callWithProgress: async (backend: string, steps: number) => {
      const seen: number[] = []
      const result = await client.callTool(progressCall(steps, backend), undefined, {
        onprogress: ({ progress }) => seen.push(progress),
      })
      return { result, seen }
    },
  })
}

const connectSecond = async (mode: 'legacy' | { pin: string }): Promise<Caller> => {
  const client = new Client2(identity, { versionNegotiation: { mode } })
  const authProvider = { token: () => Promise.resolve(token) }
  await client.connect(new StreamableHTTPClientTransport(new URL(proxy.url), { authProvider }))
  return Object.assign(client, {
    callWithProgress: async (backend: string, steps: number) => {
      const seen: number[] = []
      const result = await client.callTool(progressCall(steps, backend), {
        onprogress: ({ progress }) => seen.push(progress),
      })
      return { result, seen }
    },
  })
}

const connectors = {
  'SDK 1.x': connectFirst,
  'SDK 2.x in the session era': () => connectSecond('legacy'),
  'SDK 2.x pinned to 2026-07-28': () => connectSecond({ pin: '2026-07-28' }),
} as const

const backends = ['old', 'new', 'far'] as const

describe.each(Object.keys(connectors) as (keyof typeof connectors)[])('%s', (generation) => {
  let client: Caller

  beforeAll(async () => {
    client = await connectors[generation]()
  })

  afterAll(async () => {
    await client?.close()
  })

  test('lists the tools of every backend with their schemas', async () => {
    const { tools } = await client.listTools()
    for (const backend of backends) {
      const echo = tools.find((tool) => tool.name === `${backend}__echo`)
      expect(echo?.inputSchema).toMatchObject({ properties: { text: { type: 'string' } } })
    }
  })

  test.each(backends)('calls a tool of %s', async (backend) => {
    const result = await client.callTool({
      name: `${backend}__echo`,
      arguments: { text: 'grüße, 世界' },
    })
    expect(result).toMatchObject({ content: [{ type: 'text', text: 'grüße, 世界' }] })
  })

  test.each(backends)('hears the progress of a call to %s, in order', async (backend) => {
    const { result, seen } = await client.callWithProgress(backend, 3)
    expect(seen).toEqual([1, 2, 3])
    expect(result).toMatchObject({ content: [{ text: '3 steps' }] })
  })

  test('gets the error result of a tool as the tool gave it', async () => {
    const result = await client.callTool({ name: 'old__fail', arguments: { text: 'no' } })
    expect(result).toMatchObject({ isError: true, content: [{ text: 'no' }] })
  })

  test('is told in band that a tool is unknown', async () => {
    const call = client.callTool({ name: 'old__nothing-like-it', arguments: {} })
    await expect(call).rejects.toMatchObject({ code: -32602 })
  })

  test.each(backends)('reads a resource of %s under its public address', async (backend) => {
    const uri = `${backend}+note://one`
    const { resources } = await client.listResources()
    expect(resources.map((resource) => resource.uri)).toContain(uri)
    const { contents } = await client.readResource({ uri })
    expect(contents).toMatchObject([{ uri, text: 'first' }])
  })

  test('reads what a template describes', async () => {
    const { resourceTemplates } = await client.listResourceTemplates()
    const templates = resourceTemplates.map((template) => template.uriTemplate)
    expect(templates).toContain('old+note://by/{name}')
    const { contents } = await client.readResource({ uri: 'old+note://by/anna' })
    expect(contents).toMatchObject([{ text: 'note of anna' }])
  })

  test.each(backends)('gets a prompt of %s', async (backend) => {
    const name = `${backend}__greet`
    const { prompts } = await client.listPrompts()
    expect(prompts.map((prompt) => prompt.name)).toContain(name)
    const { messages } = await client.getPrompt({
      name,
      arguments: { name: 'Ada', language: 'dansk' },
    })
    expect(messages).toMatchObject([{ content: { text: 'Greet Ada in dansk' } }])
  })

  test.each(backends)(
    'completes an argument of a prompt and of a template of %s',
    async (backend) => {
      const prompt = await client.complete({
        ref: { type: 'ref/prompt', name: `${backend}__greet` },
        argument: { name: 'language', value: 'd' },
      })
      expect(prompt.completion.values).toEqual(['dansk', 'deutsch'])
      const template = await client.complete({
        ref: { type: 'ref/resource', uri: `${backend}+note://by/{name}` },
        argument: { name: 'name', value: 'an' },
      })
      expect(template.completion.values).toEqual(['anna', 'anton'])
    },
  )

  test('finds links in results under their public addresses', async () => {
    const result = await client.callTool({ name: 'new__links', arguments: {} })
    expect(result).toMatchObject({
      content: [{ uri: 'new+note://one' }, { resource: { uri: 'new+note://one' } }],
    })
  })
})

test('a client without a token is refused before anything is read', async () => {
  const client = new Client2(identity)
  const transport = new StreamableHTTPClientTransport(new URL(proxy.url))
  await expect(client.connect(transport)).rejects.toThrow(/req-token-missing/)
})
