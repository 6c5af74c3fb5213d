// The example server over stdio, where the suite does not reach: clients of both generations are asked, and told of changes.
import { fileURLToPath } from 'node:url'
import { Client as Client2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { expect, test } from 'vitest'

const program = {
  command: process.execPath,
  args: [fileURLToPath(new URL('../../conformance/server/main.mjs', import.meta.url)), 'stdio'],
}
const identity = { name: 'test-client', version: '1.0.0' }
interface ToolCall {
  name: string
  arguments: Record<string, unknown>
}

const call: ToolCall = { name: 'test_elicitation', arguments: { message: 'Who are you?' } }
const content = { username: 'ada', email: 'ada@example.test' }
const told = {
  content: [{ text: `User response: action=accept, content=${JSON.stringify(content)}` }],
}
const trigger: ToolCall = { name: 'test_trigger_tool_change', arguments: {} }

const passing: unknown = expect.objectContaining({ name: 'test_passing_tool' })
const heard = { answer: told, tools: expect.arrayContaining([passing]) as unknown }

/** What a client hears of changes, as an option and as a promise of the new list. */
const hearing = () => {
  let hear: (tools: unknown) => void
  const changed = new Promise((resolve) => {
    hear = resolve
  })
  const onChanged = (_error: unknown, tools: unknown): void => hear(tools)
  return { changed, listChanged: { tools: { debounceMs: 0, onChanged } } }
}

const converse = async (
  client: { callTool(call: ToolCall): Promise<unknown>; close(): Promise<void> },
  changed: Promise<unknown>,
) => {
  try {
    const answer = await client.callTool(call)
    await client.callTool(trigger)
    return { answer, tools: await changed }
  } finally {
    await client.close()
  }
}

test('asks a client of the session era, and tells it that a tool came', async () => {
  const { changed, listChanged } = hearing()
  const client = new Client1(identity, { capabilities: { elicitation: {} }, listChanged })
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content }))
  await client.connect(new Stdio1(program))
  expect(await converse(client, changed)).toMatchObject(heard)
})

test('asks a client of 2026-07-28 in its result, and tells it that a tool came', async () => {
  const { changed, listChanged } = hearing()
  const client = new Client2(identity, {
    capabilities: { elicitation: {} },
    versionNegotiation: { mode: { pin: '2026-07-28' } },
    listChanged,
  })
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content }))
  await client.connect(new Stdio2(program))
  expect(await converse(client, changed)).toMatchObject(heard)
})
