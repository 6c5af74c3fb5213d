// MCP Apps: a tool leads to its view under whatever name both have outside, and the server learns who can show it.
import { fileURLToPath } from 'node:url'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Client as Client2 } from '@modelcontextprotocol/client'
import { StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

const fixture = fileURLToPath(new URL('../support/fixtures/apps-server.mjs', import.meta.url))
const server = (era: string) => ({
  transport: 'stdio',
  command: process.execPath,
  args: [fixture, era],
})
const apps = { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } }

let proxy: RealProxy
beforeAll(async () => {
  proxy = await startRealProxy([
    { name: 'old', ...server('legacy') },
    { name: 'new', ...server('modern') },
    { name: 'bare', prefix: '', ...server('legacy') },
  ])
})
afterAll(async () => {
  await proxy.close({ force: true })
})

interface Tool {
  readonly name: string
  readonly _meta?: Readonly<Record<string, unknown>>
}

const clients = {
  session: async (capabilities: object) => {
    const client = new Client1({ name: 'host', version: '1' }, { capabilities })
    await client.connect(new Http1(new URL(proxy.url)))
    return client
  },
  stateless: async (capabilities: object) => {
    const client = new Client2(
      { name: 'host', version: '1' },
      { capabilities, versionNegotiation: { mode: { pin: '2026-07-28' } } },
    )
    await client.connect(new Http2(new URL(proxy.url)))
    return client
  },
}

describe.each(['session', 'stateless'] as const)('a %s client', (kind) => {
  test.each([
    ['old', 'old__forecast', 'ui://old+weather/forecast.html'],
    ['new', 'new__forecast', 'ui://new+weather/forecast.html'],
    ['bare', 'forecast', 'ui://weather/forecast.html'],
  ])('is led from a tool of %s to its view', async (_backend, name, uri) => {
    const client = await clients[kind]({ extensions: apps })
    const { tools } = await client.listTools()
    const tool = (tools as readonly Tool[]).find((one) => one.name === name)
    expect(tool?.['_meta']).toEqual({
      ui: { resourceUri: uri, visibility: ['model'] },
      'ui/resourceUri': uri,
    })
    const { resources } = await client.listResources()
    expect(resources.map((resource) => resource.uri)).toContain(uri)
    const { contents } = await client.readResource({ uri })
    expect(contents).toMatchObject([{ uri, mimeType: 'text/html;profile=mcp-app' }])
    const { content } = await client.callTool({ name, arguments: {} })
    expect(content).toMatchObject([{ type: 'text' }, { type: 'resource_link', uri }])
    await client.close()
  })

  test.each(['old', 'new'])('is known to %s as one that shows views', async (backend) => {
    const told = async (capabilities: object): Promise<unknown> => {
      const client = await clients[kind](capabilities)
      const { content } = await client.callTool({ name: `${backend}__forecast`, arguments: {} })
      await client.close()
      const [{ text }] = content as [{ text: string }]
      return JSON.parse(text)
    }
    expect(await told({ extensions: { ...apps, 'com.example/other': {} } })).toMatchObject({
      extensions: apps,
    })
    expect(await told({})).not.toHaveProperty('extensions')
  })

  test('hears that views are offered', async () => {
    const client = await clients[kind]({})
    expect(client.getServerCapabilities()).toMatchObject({
      extensions: { 'io.modelcontextprotocol/ui': {} },
    })
    await client.close()
  })
})
