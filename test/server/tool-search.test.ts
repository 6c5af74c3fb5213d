// Tools that are found instead of listed, before real servers of both eras, as the official clients call them.
import { Client as Client2, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { stdioServer } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

const all = 'token-that-may-use-everything'
const some = 'token-that-may-not-use-the-new'
const echoes = 'token-that-may-use-echo-alone'

const start = (proxy: object) =>
  startRealProxy(
    [
      { name: 'old', transport: 'stdio', ...stdioServer('legacy'), hide_tools: ['fail'] },
      { name: 'new', transport: 'stdio', ...stdioServer('modern') },
    ],
    {
      config: {
        proxy: { name: 'search', listen: { port: 0 }, ...proxy },
        composite_tools: [
          {
            name: 'echo_all',
            description: 'Repeats a text twice',
            tools: ['old/echo', 'new/echo'],
          },
        ],
        auth: {
          type: 'bearer',
          tokens: [all],
          scoped_tokens: [
            { token: some, deny_tools: ['new/*'] },
            { token: echoes, allow_tools: ['*/echo'] },
          ],
        },
      },
    },
  )

let search: RealProxy
let direct: RealProxy

beforeAll(async () => {
  search = await start({ tool_exposure: 'search' })
  direct = await start({ tool_discovery: true })
})

afterAll(async () => {
  await search?.close()
  await direct?.close()
})

interface Result {
  readonly content?: { readonly type: string; readonly text: string }[]
  readonly isError?: boolean
}

interface Caller {
  listTools(): Promise<{ tools: { name: string; description?: string }[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<Result>
  close(): Promise<void>
}

const open: Caller[] = []

afterEach(async () => {
  for (const caller of open.splice(0)) await caller.close()
})

const identity = { name: 'search-client', version: '1.0.0' }
const withToken = (token: string) => ({
  requestInit: { headers: { authorization: `Bearer ${token}` } },
})

const second = async (url: URL, token: string, mode: 'legacy' | { pin: string }) => {
  const client = new Client2(identity, { versionNegotiation: { mode } })
  await client.connect(new StreamableHTTPClientTransport(url, withToken(token)))
  return client as unknown as Caller
}

const connectors = {
  'SDK 1.x': async (url: URL, token: string): Promise<Caller> => {
    const client = new Client1(identity)
    await client.connect(new Transport1(url, withToken(token)))
    return client as unknown as Caller
  },
  'SDK 2.x in the session era': (url: URL, token: string) => second(url, token, 'legacy'),
  'SDK 2.x pinned to 2026-07-28': (url: URL, token: string) =>
    second(url, token, { pin: '2026-07-28' }),
} as const

type Generation = keyof typeof connectors

const connect = async (generation: Generation, token = all, proxy = search): Promise<Caller> => {
  const client = await connectors[generation](new URL(proxy.url), token)
  open.push(client)
  return client
}

const find = async (client: Caller, query: string, more: object = {}) => {
  const result = await client.callTool({
    name: 'proxy__search_tools',
    arguments: { query, ...more },
  })
  return JSON.parse(result.content?.[0]?.text ?? '') as {
    tools: { name: string; description: string; inputSchema: object }[]
    searched: number
  }
}

const use = (client: Caller, name: string, args: object) =>
  client.callTool({ name: 'proxy__call_tool', arguments: { name, arguments: args } })

describe.each(Object.keys(connectors) as Generation[])('%s', (generation) => {
  test('is shown two tools, finds the others and calls them', async () => {
    const client = await connect(generation)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['proxy__search_tools', 'proxy__call_tool'])
    expect(tools[0]?.description).toMatch(/old \(\d+\), new \(\d+\)/)
    const { tools: found } = await find(client, 'cancelled tags')
    expect(found[0]).toMatchObject({
      name: expect.stringMatching(/^(old|new)__aborted$/),
      description: 'The tags that were cancelled',
      inputSchema: { type: 'object' },
    })
    for (const name of ['old__echo', 'new__echo']) {
      expect(await use(client, name, { text: 'a' })).toMatchObject({ content: [{ text: 'a' }] })
    }
  })

  test('finds and calls a composite tool', async () => {
    const client = await connect(generation)
    const { tools } = await find(client, 'repeat a text')
    expect(tools.map(({ name }) => name)).toContain('echo_all')
    expect(await use(client, 'echo_all', { text: 'b' })).toMatchObject({
      content: [{ text: 'b' }, { text: 'b' }],
    })
  })

  test('neither finds nor calls what it may not use', async () => {
    const client = await connect(generation, some)
    const { tools, searched } = await find(client, 'answers what it was told', { top_k: 50 })
    expect(tools.length).toBeGreaterThan(0)
    expect(tools.filter(({ name }) => name.startsWith('new__'))).toEqual([])
    expect(searched).toBeLessThan((await find(await connect(generation), 'echo')).searched)
    await expect(use(client, 'new__echo', { text: 'a' })).rejects.toThrow(
      '"new__echo" is not known',
    )
    await expect(use(client, 'old__fail', { text: 'a' })).rejects.toThrow(
      '"old__fail" is not known',
    )
    await expect(use(client, 'no__such', {})).rejects.toThrow('"no__such" is not known')
  })

  test('needs no right of its own to search and to call', async () => {
    const client = await connect(generation, echoes)
    expect((await client.listTools()).tools).toHaveLength(2)
    const { tools, searched } = await find(client, 'old__echo')
    expect(searched).toBe(2)
    expect(tools[0]?.name).toBe('old__echo')
    expect(await use(client, 'old__echo', { text: 'c' })).toMatchObject({
      content: [{ text: 'c' }],
    })
  })

  test('a wrong question is refused with what is wrong', async () => {
    const client = await connect(generation)
    const call = (name: string, args: Record<string, unknown>) =>
      client.callTool({ name: `proxy__${name}`, arguments: args })
    await expect(call('search_tools', {})).rejects.toThrow('needs a query')
    await expect(call('search_tools', { query: 'a', top_k: 0 })).rejects.toThrow('top_k')
    await expect(call('call_tool', {})).rejects.toThrow('needs the name of another tool')
    await expect(call('call_tool', { name: 'proxy__call_tool' })).rejects.toThrow(
      'needs the name of another tool',
    )
  })

  test('beside all tools there is only the search', async () => {
    const client = await connect(generation, all, direct)
    const names = (await client.listTools()).tools.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['proxy__search_tools', 'echo_all', 'old__echo']))
    expect(names).not.toContain('proxy__call_tool')
    const { tools } = await find(client, 'echo', { top_k: 3 })
    expect(tools).toHaveLength(3)
    await expect(use(client, 'old__echo', { text: 'a' })).rejects.toThrow('is not known')
  })
})

test('a tool that came later is found, by those who may use it', async () => {
  const client = await connect('SDK 1.x')
  const other = await connect('SDK 1.x', some)
  const namesFor = async (caller: Caller) => {
    const { tools } = await find(caller, 'grown')
    return tools.map(({ name }) => name)
  }
  expect(await namesFor(client)).not.toContain('new__grown')
  await use(client, 'new__grow', {})
  await expect.poll(() => namesFor(client)).toContain('new__grown')
  expect(await namesFor(other)).not.toContain('new__grown')
})

test('a call through call_tool is recorded as the call that it is', async () => {
  const client = await connect('SDK 1.x', some)
  await expect(use(client, 'new__echo', { text: 'a' })).rejects.toThrow('is not known')
  const answer = await fetch(new URL('/admin/decisions?limit=1', search.url))
  expect(await answer.json()).toMatchObject({
    decisions: [{ code: 'policy-token', request: { name: 'new__echo', backend: 'new' } }],
  })
})

describe('questions to the caller of a call through call_tool', () => {
  test('reach a session in the middle of the call', async () => {
    const client = new Client1(identity, { capabilities: { roots: {} } })
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///here' }] }))
    await client.connect(new Transport1(new URL(search.url), withToken(all)))
    open.push(client as unknown as Caller)
    const questions = [{ method: 'roots/list' }]
    const result = await use(client as unknown as Caller, 'old__ask', { questions })
    expect(JSON.stringify(result)).toContain('file:///here')
  })

  test.each(['old', 'new'])(
    'of %s reach a stateless caller, whose next request goes on',
    async (backend) => {
      const ask = async (more: object) => {
        const answer = await sendTo(new URL(search.url).origin, {
          token: all,
          headers: {
            'mcp-protocol-version': modernVersion,
            'mcp-method': 'tools/call',
            'mcp-name': 'proxy__call_tool',
          },
          body: {
            jsonrpc: '2.0',
            id: 1,
            method: 'tools/call',
            params: {
              name: 'proxy__call_tool',
              arguments: {
                name: `${backend}__ask`,
                arguments: { questions: [{ method: 'roots/list' }] },
              },
              _meta: modernMeta({
                'io.modelcontextprotocol/clientCapabilities': { roots: {} },
              }),
              ...more,
            },
          },
        })
        const [event] = answer.text.startsWith('{') ? [answer.json()] : answer.events().slice(-1)
        return (event as { result: Record<string, unknown> }).result
      }
      const asked = await ask({})
      expect(asked).toMatchObject({ resultType: 'input_required' })
      const [key = ''] = Object.keys(asked['inputRequests'] as object)
      const answered = await ask({
        requestState: asked['requestState'],
        inputResponses: { [key]: { roots: [{ uri: 'file:///there' }] } },
      })
      expect(JSON.stringify(answered)).toContain('file:///there')
    },
  )
})
