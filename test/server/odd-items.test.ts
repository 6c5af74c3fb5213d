// One item of one backend that breaks the schema of MCP: official clients, who check whole lists, can list and call the rest.
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, expect, test } from 'vitest'
import { startMcpAnswers, type McpAnswers } from '../support/scripted-mcp.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

const closing: (RealProxy | McpAnswers)[] = []
afterEach(async () => {
  for (const one of closing.splice(0).toReversed()) await one.close()
})

const object = { type: 'object' }
const tools = [
  { name: 'good', inputSchema: object },
  { name: 'bare' },
  { name: 'empty', inputSchema: {} },
  { name: 'php', inputSchema: { type: 'object', properties: [], required: [] } },
  {
    name: 'nulls',
    title: null,
    description: null,
    annotations: null,
    outputSchema: null,
    inputSchema: object,
  },
  { name: 'wrong', inputSchema: 'object' },
  { name: null, inputSchema: object },
  { name: 'good', inputSchema: object, description: 'a second one' },
]

const start = async () => {
  const server = await startMcpAnswers({
    'tools/list': { result: { tools } },
    'tools/call': { result: { content: [{ type: 'text', text: 'done' }] } },
  })
  closing.push(server)
  const lines: string[] = []
  const proxy = await startRealProxy([{ name: 'odd', transport: 'http', url: server.url }], {
    config: { observability: { log_level: 'warn', json_logs: true } },
    logTo: { write: (line) => lines.push(line) },
  })
  closing.push(proxy)
  return { url: new URL(proxy.url), lines }
}

const usable = ['odd__good', 'odd__bare', 'odd__empty', 'odd__php', 'odd__nulls']

test('the official client of SDK 1 lists and calls what can be used of it', async () => {
  const { url, lines } = await start()
  const client = new Client({ name: 'c', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(url))
  const listed = await client.listTools()
  expect(listed.tools.map(({ name }) => name)).toEqual(usable)
  const called = await client.callTool({ name: 'odd__bare' })
  expect(called.content).toEqual([{ type: 'text', text: 'done' }])
  await client.listTools()
  await client.close()
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(logged.map(({ name, msg }) => `${String(name)}: ${String(msg)}`)).toEqual([
    'bare: item of a list fixed',
    'empty: item of a list fixed',
    'php: item of a list fixed',
    'nulls: item of a list fixed',
    'wrong: item of a list left out',
    'item 7: item of a list left out',
    'good: item of a list left out',
  ])
})

test('the official client of SDK 2 lists and calls what can be used of it', async () => {
  const { url } = await start()
  const client = new ModernClient({ name: 'c', version: '1' })
  await client.connect(new ModernTransport(url))
  const listed = await client.listTools()
  expect(listed.tools.map(({ name }) => name)).toEqual(usable)
  const called = await client.callTool({ name: 'odd__empty' })
  expect(called.content).toEqual([{ type: 'text', text: 'done' }])
  await client.close()
})
