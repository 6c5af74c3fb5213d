// Several endpoints of one proxy before real servers: what each offers, to whom, and what none of them shares.
import { Client as Client2, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { stdioServer } from '../support/mcp-servers.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

const identity = { name: 'profile-client', version: '1.0.0' }

const backends = [
  { name: 'old', transport: 'stdio', ...stdioServer('legacy') },
  { name: 'new', transport: 'stdio', ...stdioServer('modern') },
]

const config = {
  proxy: { name: 'profiles', listen: { port: 0 }, instructions: 'All of it' },
  composite_tools: [
    { name: 'echo_all', description: 'Repeats a text', tools: ['old/echo', 'new/echo'] },
  ],
  profiles: [
    { name: 'readers', instructions: 'Read only', deny_tools: ['*/fail', '*/crash'] },
    { name: 'old', backends: ['old'], allow_tools: ['*/echo', 'proxy/*'], deny_prompts: ['*'] },
    { name: 'found', tool_exposure: 'search' },
  ],
}

let proxy: RealProxy

beforeAll(async () => {
  proxy = await startRealProxy(backends, { config })
})

afterAll(async () => {
  await proxy?.close()
})

interface Caller {
  listTools(): Promise<{ tools: { name: string }[] }>
  listPrompts(): Promise<{ prompts: { name: string }[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  getInstructions(): string | undefined
  close(): Promise<void>
}

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

const at = (profile: string) => new URL(profile === '' ? proxy.url : `${proxy.url}/${profile}`)

const second = async (url: URL, mode: 'legacy' | { pin: string }): Promise<Caller> => {
  const client = new Client2(identity, { versionNegotiation: { mode } })
  await client.connect(new StreamableHTTPClientTransport(url))
  return client
}

const first = async (url: URL): Promise<Client1> => {
  const client = new Client1(identity)
  await client.connect(new Transport1(url))
  open.push(client)
  return client
}

const connectors = {
  'SDK 1.x': (url: URL): Promise<Caller> => first(url),
  'SDK 2.x in the session era': (url: URL) => second(url, 'legacy'),
  'SDK 2.x pinned to 2026-07-28': (url: URL) => second(url, { pin: '2026-07-28' }),
} as const

describe.each(Object.keys(connectors) as (keyof typeof connectors)[])('%s', (generation) => {
  const connect = async (profile: string): Promise<Caller> => {
    const client = await connectors[generation](at(profile))
    open.push(client)
    return client
  }
  const namesAt = async (profile: string) => {
    const { tools } = await (await connect(profile)).listTools()
    return tools.map(({ name }) => name)
  }

  test('is offered at each endpoint what its profile has', async () => {
    const [all, readers, old, found] = await Promise.all(
      ['', 'readers', 'old', 'found'].map(namesAt),
    )
    expect(all).toEqual(expect.arrayContaining(['old__echo', 'new__fail', 'echo_all']))
    expect(readers).toEqual(all?.filter((name) => !/__(?:fail|crash)$/.test(name)))
    expect(old).toEqual(['echo_all', 'old__echo'])
    expect(found).toEqual(['proxy__search_tools', 'proxy__call_tool'])
    const prompts = await (await connect('old')).listPrompts()
    expect(prompts.prompts).toEqual([])
  })

  test('reads the instructions of its profile', async () => {
    expect((await connect('readers')).getInstructions()).toMatch(/^Read only/)
    expect((await connect('')).getInstructions()).toMatch(/^All of it/)
  })

  test('cannot call what its profile does not have, by any way', async () => {
    const call = (name: string, args: Record<string, unknown>) => ({ name, arguments: args })
    const client = await connect('old')
    const echo = { text: 'a' }
    expect(await client.callTool(call('old__echo', echo))).toMatchObject({ content: [echo] })
    await expect(client.callTool(call('new__echo', echo))).rejects.toThrow('is not known')
    await expect(client.callTool(call('old__fail', echo))).rejects.toThrow('is not known')
    expect(await client.callTool(call('echo_all', echo))).toMatchObject({
      isError: true,
      content: [echo, { text: expect.stringContaining('is not known') }],
    })
    const finder = await connect('found')
    const wrapped = { name: 'old__echo', arguments: echo }
    expect(await finder.callTool(call('proxy__call_tool', wrapped))).toMatchObject({
      content: [echo],
    })
  })
})

const post = (url: URL, body: object, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }),
  })

test('a session of one endpoint is unknown at the others', async () => {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: identity }
  const opened = await post(at('old'), { method: 'initialize', params })
  await opened.text()
  const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' }
  const list = { method: 'tools/list', params: {} }
  expect((await post(at('old'), list, session)).status).toBe(200)
  for (const other of ['', 'readers']) {
    expect((await post(at(other), list, session)).status).toBe(404)
  }
})

test('an endpoint that is no profile does not exist', async () => {
  expect((await post(at('none'), { method: 'ping' })).status).toBe(404)
})

test('all endpoints share the processes of their backends, and hear of their changes', async () => {
  const [plain, readers] = await Promise.all([first(at('')), first(at('readers'))])
  const pidOf = async (client: Client1) => {
    const result = await client.callTool({ name: 'new__process', arguments: {} })
    const [block] = result.content as { text: string }[]
    return (JSON.parse(block?.text ?? '') as { pid: number }).pid
  }
  expect(await pidOf(plain)).toBe(await pidOf(readers))
  const changed = new Promise<void>((resolve) => {
    readers.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve())
  })
  await plain.callTool({ name: 'new__grow', arguments: {} })
  await changed
  const { tools } = await readers.listTools()
  expect(tools.map(({ name }) => name)).toContain('new__grown')
})

test('a reload changes a profile, ends another and opens a third', async () => {
  const { config: bound } = proxy.generation
  const parsed = { ...bound, proxy: { ...bound.proxy, listen: { host: '127.0.0.1', port: 0 } } }
  const [readers, ...others] = parsed.profiles
  if (readers === undefined) throw new Error('no profile')
  const client = await first(at('readers'))
  await proxy.replace({
    ...parsed,
    profiles: [
      { ...readers, deny_tools: ['*/fail', '*/crash', '*/echo'] },
      { ...readers, name: 'third' },
    ],
  })
  await expect(client.callTool({ name: 'old__echo', arguments: { text: 'a' } })).rejects.toThrow(
    'is not known',
  )
  expect((await post(at('found'), { method: 'ping' })).status).toBe(404)
  const third = await first(at('third'))
  expect((await third.listTools()).tools.length).toBeGreaterThan(5)
  await proxy.replace({ ...parsed, profiles: [readers, ...others] })
})

describe('with tokens', () => {
  let issuer: AuthorizationServer
  let guarded: RealProxy

  beforeAll(async () => {
    issuer = await startAuthorizationServer()
    guarded = await startRealProxy(backends.slice(1), {
      config: {
        ...config,
        composite_tools: [],
        auth: { type: 'oauth', issuer: issuer.issuer },
        profiles: [{ name: 'callers', required_scopes: ['mcp:call'] }],
      },
    })
  })

  afterAll(async () => {
    await guarded?.close()
    await issuer?.close()
  })

  const ping = (url: string, token?: string) =>
    post(
      new URL(url),
      {
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: identity },
      },
      token === undefined ? {} : { authorization: `Bearer ${token}` },
    )

  test('each endpoint is a resource of its own, with its metadata and its scopes', async () => {
    const callers = `${guarded.url}/callers`
    const challenge = (await ping(callers)).headers.get('www-authenticate') ?? ''
    const metadata = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? ''
    expect(new URL(metadata).pathname).toBe('/.well-known/oauth-protected-resource/mcp/callers')
    expect(await (await fetch(metadata)).json()).toMatchObject({
      resource: callers,
      scopes_supported: ['mcp:call'],
    })
    const plain = new URL('/.well-known/oauth-protected-resource/mcp', guarded.url)
    expect(await (await fetch(plain)).json()).toMatchObject({ resource: guarded.url })
  })

  test('a token is for one endpoint, and needs the scopes of that', async () => {
    const callers = `${guarded.url}/callers`
    const tokenFor = (resource: string, scope: string) => issuer.token({ resource, scope })
    const good = await tokenFor(callers, 'mcp:call')
    expect((await ping(callers, good)).status).toBe(200)
    expect((await ping(guarded.url, good)).status).toBe(401)
    const plain = await tokenFor(guarded.url, 'mcp:read')
    expect((await ping(guarded.url, plain)).status).toBe(200)
    expect((await ping(callers, plain)).status).toBe(401)
    const less = await ping(callers, await tokenFor(callers, 'mcp:read'))
    expect(less.status).toBe(403)
    expect(less.headers.get('www-authenticate')).toContain('scope="mcp:call"')
  })
})
