// What a configuration makes of its backends, through the built proxy and the official clients of both eras.
import { Client as Client2, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { stdioServer } from '../support/mcp-servers.ts'

let folder: TempFolder
let proxy: RunningProxy

const configOf = (shaping: object): string =>
  stringify({
    proxy: { name: 'shaping', listen: { port: 0 } },
    backends: [
      { name: 'old', transport: 'stdio', ...stdioServer('legacy'), ...shaping },
      { name: 'new', transport: 'stdio', ...stdioServer('modern'), ...shaping },
    ],
  })

beforeAll(async () => {
  folder = await makeTempFolder()
  const config = configOf({
    expose_tools: ['echo', 're:^(calls|where)$'],
    hide_resources: ['memo:*'],
    hide_prompts: ['*'],
    aliases: [{ from: 'echo', to: 'say' }],
    descriptions: [{ tool: 'echo', title: 'Say', description: 'Says it again' }],
    param_overrides: [
      { tool: 'echo', rename: { text: 'words' } },
      { tool: 'where', hide: ['region'], defaults: { region: 'eu' } },
    ],
  })
  proxy = await startProxy(await folder.write('proxy.toml', config))
  await eventually('both backends are up', async () => {
    const client = await connectors['SDK 1.x']()
    const { tools } = await client.listTools()
    await client.close()
    return new Set(tools.map(({ name }) => name.split('__')[0])).size === 2 || undefined
  })
})

afterAll(async () => {
  await proxy?.stop()
  await folder?.remove()
})

interface Tool {
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly inputSchema: object
}

interface Caller {
  listTools(): Promise<{ tools: Tool[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  getPrompt(request: { name: string; arguments: Record<string, string> }): Promise<unknown>
  listPrompts(): Promise<{ prompts: unknown[] }>
  close(): Promise<void>
}

const identity = { name: 'shaping-client', version: '1.0.0' }

const connectSecond = async (mode: 'legacy' | { pin: string }): Promise<Caller> => {
  const client = new Client2(identity, { versionNegotiation: { mode } })
  await client.connect(new StreamableHTTPClientTransport(new URL(proxy.url)))
  return client
}

const connectors = {
  'SDK 1.x': async (): Promise<Caller> => {
    const client = new Client1(identity)
    await client.connect(new Transport1(new URL(proxy.url)))
    return client
  },
  'SDK 2.x in the session era': () => connectSecond('legacy'),
  'SDK 2.x pinned to 2026-07-28': () => connectSecond({ pin: '2026-07-28' }),
} as const

/** Throws where the schema is not valid in its own draft. */
const compile = (schema: object) => {
  const isOlder = JSON.stringify(schema).includes('draft-07')
  return (isOlder ? new Ajv() : new Ajv2020()).compile(schema)
}

const backends = ['old', 'new'] as const

describe.each(Object.keys(connectors) as (keyof typeof connectors)[])('%s', (generation) => {
  let client: Caller

  beforeAll(async () => {
    client = await connectors[generation]()
  })

  afterAll(async () => {
    await client?.close()
  })

  test('is offered what expose_tools names, and can call nothing else', async () => {
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name).sort()).toEqual(
      backends
        .flatMap((backend) => ['calls', 'say', 'where'].map((n) => `${backend}__${n}`))
        .sort(),
    )
    for (const backend of backends) {
      const call = { name: `${backend}__say`, arguments: { words: 'a' } }
      expect(await client.callTool(call)).toMatchObject({ content: [{ text: 'a' }] })
      const hidden = { name: `${backend}__fail`, arguments: { text: 'a' } }
      await expect(client.callTool(hidden)).rejects.toMatchObject({ code: -32_602 })
      const calls = await client.callTool({ name: `${backend}__calls`, arguments: {} })
      expect(JSON.stringify(calls)).not.toContain('fail')
    }
  })

  test.each(backends)(
    'knows a tool of %s by its other name, with other words and parameters',
    async (backend) => {
      const { tools } = await client.listTools()
      const find = (name: string) => tools.find((tool) => tool.name === `${backend}__${name}`)
      expect(find('say')).toMatchObject({
        title: 'Say',
        description: 'Says it again',
        inputSchema: { properties: { words: { type: 'string' } }, required: ['words'] },
      })
      for (const { inputSchema } of tools) compile(inputSchema)
      const former = { name: `${backend}__echo`, arguments: { text: 'a' } }
      await expect(client.callTool(former)).rejects.toMatchObject({ code: -32_602 })
      const old = { name: `${backend}__say`, arguments: { text: 'a' } }
      await expect(client.callTool(old)).rejects.toMatchObject({ code: -32_602 })
    },
  )

  test.each(backends)(
    'cannot send a hidden parameter to %s, which gets the value of the configuration',
    async (backend) => {
      const { tools } = await client.listTools()
      const where = tools.find(({ name }) => name === `${backend}__where`)
      expect(where?.inputSchema).not.toHaveProperty('properties.region')
      const call = (args: Record<string, string>) =>
        client.callTool({ name: `${backend}__where`, arguments: args })
      expect(await call({})).toMatchObject({ content: [{ text: 'eu' }] })
      await expect(call({ region: 'us' })).rejects.toMatchObject({ code: -32_602 })
    },
  )

  test('gets none of the prompts that are hidden', async () => {
    expect(await client.listPrompts()).toMatchObject({ prompts: [] })
    const prompt = { name: 'old__greet', arguments: { who: 'a' } }
    await expect(client.getPrompt(prompt)).rejects.toMatchObject({ code: -32_602 })
  })
})

test('serve --check names the place of an expression that cannot be compiled, and of lists that exclude each other', async () => {
  const file = await folder.write(
    'wrong.toml',
    configOf({ hide_tools: ['ok', 're:[a-'], expose_tools: ['x'] }),
  )
  const { exitCode, stderr } = await runCommandLine(['serve', '--check', '--config', file])
  expect(exitCode).toBe(2)
  expect(stderr).toContain('hide_tools[1]: the regular expression is not valid: missing closing ]')
  expect(stderr).toContain('hide_tools: cannot be used together with expose_tools')
  expect(stderr).toMatch(/wrong\.toml:\d+:\d+/)
})
