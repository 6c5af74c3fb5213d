// Changes on their way from real backends of both eras to real clients of both eras.
import {
  Client as Client2,
  StreamableHTTPClientTransport as Http2,
} from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  modernBackends,
  sessionBackends,
  startEveryBackend,
  type EveryBackend,
} from '../support/every-backend.ts'
import { stdioServer } from '../support/mcp-servers.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

let proxy: RealProxy
let servers: EveryBackend

beforeAll(async () => {
  servers = await startEveryBackend()
  proxy = await startRealProxy(servers.configs)
})
afterAll(async () => {
  await proxy.close({ force: true })
  await servers.close()
})

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

/** What was heard so far, and what is heard next. */
const ear = () => {
  const heard: string[] = []
  return { heard, hear: (uri: string) => void heard.push(uri) }
}

const inSession = async () => {
  const client = new Client1({ name: 'session', version: '1' })
  const { heard, hear } = ear()
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => hear(params.uri))
  await client.connect(new Http1(new URL(proxy.url)))
  open.push(client)
  return { client, heard }
}

const stateless = async () => {
  const client = new Client2(
    { name: 'stateless', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  const { heard, hear } = ear()
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => hear(params.uri))
  client.setNotificationHandler('notifications/tools/list_changed', () => hear('tools'))
  await client.connect(new Http2(new URL(proxy.url)))
  open.push(client)
  return { client, heard }
}

const touch = (client: Client1 | Client2, backend: string, uri = 'note://one') =>
  (client as Client1).callTool({ name: `${backend}__touch`, arguments: { uri } })

/** Without the word that the lists of a backend which had just come are there. */
const updates = (heard: readonly string[]) => heard.filter((one) => one.includes('note:'))

const backends = [...sessionBackends, ...modernBackends]

describe.each(backends)('a resource of %s', (backend) => {
  const uri = `${backend}+note://one`

  test('is watched by a session until it has enough', async () => {
    const { client, heard } = await inSession()
    await client.subscribeResource({ uri })
    await touch(client, backend)
    await expect.poll(() => heard).toEqual([uri])
    await touch(client, backend, 'note://other')
    await touch(client, backend)
    await expect.poll(() => heard).toEqual([uri, uri])
    await client.unsubscribeResource({ uri })
    await touch(client, backend)
    await client.ping()
    expect(heard).toEqual([uri, uri])
  })

  test('is watched by a stateless caller, beside the lists', async () => {
    const { client, heard } = await stateless()
    const subscription = await client.listen({
      toolsListChanged: true,
      promptsListChanged: true,
      resourceSubscriptions: [uri],
    })
    expect(subscription.honoredFilter).toEqual({
      toolsListChanged: true,
      promptsListChanged: true,
      resourceSubscriptions: [uri],
    })
    await touch(client, backend)
    await expect.poll(() => updates(heard)).toEqual([uri])
    await subscription.close()
    await touch(client, backend)
    await client.listTools()
    expect(updates(heard)).toEqual([uri])
  })
})

test('two sessions share one subscription at the backend, and one of them leaving leaves the other', async () => {
  const uri = 'old-near+note://one'
  const [first, second] = await Promise.all([inSession(), inSession()])
  await first.client.subscribeResource({ uri })
  await first.client.subscribeResource({ uri })
  await second.client.subscribeResource({ uri })
  await touch(first.client, 'old-near')
  await expect.poll(() => [first.heard, second.heard]).toEqual([[uri], [uri]])
  await first.client.unsubscribeResource({ uri })
  await touch(first.client, 'old-near')
  await expect.poll(() => second.heard).toEqual([uri, uri])
  expect(first.heard).toEqual([uri])
  await (second.client.transport as Http1).terminateSession()
  const subscribed = async () => {
    const seen = await first.client.callTool({ name: 'old-near__seen', arguments: {} })
    return (seen.content as { text: string }[])[0]!.text
  }
  await expect.poll(subscribed).toContain('"subscribed":[]')
})

test('a resource that nobody has cannot be subscribed to, and is left out of a listen', async () => {
  const { client } = await inSession()
  await expect(client.subscribeResource({ uri: 'nobody+x://y' })).rejects.toMatchObject({
    code: -32_602,
  })
  const { client: other } = await stateless()
  const subscription = await other.listen({ resourceSubscriptions: ['nobody+x://y'] })
  expect(subscription.honoredFilter).toEqual({})
})

test('a tool that comes later is told to those who listen for tools', async () => {
  const { client, heard } = await stateless()
  await client.listen({ toolsListChanged: true })
  const deaf = await stateless()
  await deaf.client.listen({ promptsListChanged: true })
  await (client as unknown as Client1).callTool({ name: 'old-near__grow', arguments: {} })
  await expect.poll(() => heard).toEqual(['tools'])
  expect(deaf.heard).toEqual([])
})

test('every listener gets a closing result when the proxy ends', async () => {
  const own = await startRealProxy([{ name: 'one', transport: 'stdio', ...stdioServer('modern') }])
  const client = new Client2(
    { name: 'stateless', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  await client.connect(new Http2(new URL(own.url)))
  const subscription = await client.listen({ toolsListChanged: true })
  await own.close()
  expect(await subscription.closed).toBe('graceful')
  await client.close()
})
