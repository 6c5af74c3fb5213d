// A proxy in the server of another program, before real MCP servers, with the official client.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, expect, test } from 'vitest'
import {
  createProxyHandler,
  UsageError,
  type ProxyConfig,
  type ProxyHandler,
  type ProxyHandlerOptions,
} from '../../src/index.ts'
import { eventually, makeTempFolder } from '../support/command-line.ts'
import { stdioServer } from '../support/mcp-servers.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const backend = (name: string) => ({
  name,
  transport: 'stdio' as const,
  ...stdioServer('dual'),
  args: [...stdioServer('dual').args],
})

const configOf = (...names: readonly string[]): ProxyConfig => ({
  proxy: { name: 'inside' },
  observability: { log_level: 'silent' },
  backends: names.map(backend),
})

const listen = async (handle: RequestListener): Promise<string> => {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  ends.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const open = async (
  config: string | ProxyConfig,
  options?: ProxyHandlerOptions,
): Promise<ProxyHandler> => {
  const proxy = await createProxyHandler(config, options)
  ends.push(() => proxy.close({ force: true }))
  return proxy
}

const connect = async (origin: string): Promise<Client> => {
  const client = new Client({ name: 'someone', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', origin)))
  ends.push(() => client.close())
  return client
}

const backendsOf = async (client: Client): Promise<readonly string[]> => {
  const { tools } = await client.listTools()
  return [...new Set(tools.map(({ name }) => name.replace(/__.*/, '')))].sort()
}

const untilReady = (proxy: ProxyHandler) =>
  eventually('the proxy is ready', () => proxy.ready().ready || undefined)

test('an official client finds the tools through the server of another program, which keeps its own paths', async () => {
  const proxy = await open(configOf('one'))
  await untilReady(proxy)
  const origin = await listen((request, response) => {
    proxy(request, response, () => response.writeHead(200).end('the application'))
  })
  const client = await connect(origin)
  expect(await backendsOf(client)).toEqual(['one'])
  for (const path of ['/', '/health', '/admin', '/mcp2']) {
    expect(await (await fetch(new URL(path, origin))).text()).toBe('the application')
  }
})

test('an official client of the stateless era calls a tool through it', async () => {
  const proxy = await open(configOf('one'))
  await untilReady(proxy)
  const client = new ModernClient(
    { name: 'someone', version: '1' },
    { versionNegotiation: { mode: 'auto' } },
  )
  await client.connect(new ModernTransport(new URL('/mcp', await listen(proxy))))
  ends.push(() => client.close())
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toContain('one__echo')
  const called = await client.callTool({ name: 'one__echo', arguments: { text: 'inside' } })
  expect(JSON.stringify(called.content)).toContain('inside')
})

test('with admin: true health and the admin API are served, by the rule for callers on this machine', async () => {
  const proxy = await open(configOf('one'), { admin: true })
  await untilReady(proxy)
  const origin = await listen(proxy)
  expect((await fetch(new URL('/health', origin))).status).toBe(200)
  const listed = (await (await fetch(new URL('/admin/backends', origin))).json()) as {
    backends: { name: string }[]
  }
  expect(listed.backends.map(({ name }) => name)).toEqual(['one'])
  const forwarded = { headers: { 'x-forwarded-for': '203.0.113.9' } }
  expect((await fetch(new URL('/admin/backends', origin), forwarded)).status).toBe(403)
})

test('without an application behind it other paths are 404', async () => {
  const proxy = await open(configOf('one'))
  const origin = await listen(proxy)
  expect((await fetch(new URL('/hello', origin))).status).toBe(404)
})

test('another configuration applies from the next request on, in the session that there is', async () => {
  const proxy = await open(configOf('one'))
  await untilReady(proxy)
  const client = await connect(await listen(proxy))
  expect(await backendsOf(client)).toEqual(['one'])
  await proxy.reload(configOf('one', 'two'))
  await untilReady(proxy)
  await eventually('both are there', async () =>
    (await backendsOf(client)).join(' ') === 'one two' ? true : undefined,
  )
})

test('a file is read again, and one that is wrong changes nothing', async () => {
  const folder = await makeTempFolder()
  ends.push(() => folder.remove())
  const file = await folder.write('proxy.json', JSON.stringify(configOf('one')))
  const proxy = await open(file)
  await untilReady(proxy)
  const client = await connect(await listen(proxy))
  await folder.write('proxy.json', '{"proxy":{"name":"inside"},"backend":[]}')
  await expect(proxy.reload()).rejects.toBeInstanceOf(UsageError)
  expect(await backendsOf(client)).toEqual(['one'])
  await folder.write('proxy.json', JSON.stringify(configOf('two')))
  await proxy.reload()
  await eventually('the other is there', async () =>
    (await backendsOf(client)).join(' ') === 'two' ? true : undefined,
  )
})

test('a configuration that cannot be used rejects with everything that is wrong, by its keys', async () => {
  const wrong = { proxy: { name: 'inside' }, backends: [], backend: [] } as unknown as ProxyConfig
  const failure = await createProxyHandler(wrong).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(UsageError)
  expect((failure as UsageError).message).toContain('Unknown key backend')
})

test('TLS is for the server around it', async () => {
  const { proxy, ...rest } = configOf('one')
  const config = { ...rest, proxy: { ...proxy, tls: { cert: 'a.crt', key: 'a.key' } } }
  await expect(createProxyHandler(config)).rejects.toThrow('proxy.tls')
})

test('variables come from where the program says', async () => {
  const { proxy, ...rest } = configOf('one')
  const config = { ...rest, proxy: { ...proxy, name: '${NAME_OF_IT}' } }
  await expect(createProxyHandler(config, { env: {} })).rejects.toThrow('NAME_OF_IT')
})

test('a body that a parser has read is an error for the application, not a request that hangs', async () => {
  const proxy = await open(configOf('one'))
  const origin = await listen((request, response) => {
    request.resume()
    request.on('end', () => {
      proxy(request, response, (error) => response.writeHead(500).end(String(error)))
    })
  })
  const answer = await fetch(new URL('/mcp', origin), { method: 'POST', body: '{}' })
  expect(await answer.text()).toContain('in front of body parsers')
})

test('after its end it is 503, and the server around it goes on', async () => {
  const proxy = await open(configOf('one'))
  await untilReady(proxy)
  const origin = await listen((request, response) => {
    proxy(request, response, () => response.writeHead(200).end('the application'))
  })
  const client = await connect(origin)
  expect(await backendsOf(client)).toEqual(['one'])
  await proxy.close()
  expect((await fetch(new URL('/mcp', origin), { method: 'POST', body: '{}' })).status).toBe(503)
  expect(await (await fetch(origin)).text()).toBe('the application')
})
