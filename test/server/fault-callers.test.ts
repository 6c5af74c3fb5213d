// 8. Two callers before one backend of each kind: what one does never reaches the other.
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startHttpServer, stdioServer, type HttpServer } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

const tokens = { alice: 'token-of-alice-0123456789', bob: 'token-of-bob-0123456789abc' }
const ownToken = 'token-of-the-proxy-itself-01'
type Who = keyof typeof tokens

let proxy: RealProxy
let old: HttpServer
let modern: HttpServer

beforeAll(async () => {
  ;[old, modern] = await Promise.all([startHttpServer('legacy'), startHttpServer('modern')])
  proxy = await startRealProxy(
    [
      { name: 'old-near', transport: 'stdio', ...stdioServer('legacy') },
      { name: 'new-near', transport: 'stdio', ...stdioServer('modern') },
      { name: 'old-far', transport: 'http', url: old.url, bearer_token: ownToken },
      { name: 'new-far', transport: 'http', url: modern.url, bearer_token: ownToken },
    ],
    { config: { auth: { type: 'bearer', tokens: Object.values(tokens) } } },
  )
})
afterAll(async () => {
  await proxy.close({ force: true })
  await Promise.all([old.close(), modern.close()])
})

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

const connect = async (who: Who) => {
  const client = new Client1({ name: who, version: '1' })
  const told: string[] = []
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    told.push(params.uri)
  })
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    told.push(String(params.data))
  })
  const headers = { authorization: `Bearer ${tokens[who]}` }
  const transport = new Http1(new URL(proxy.url), { requestInit: { headers } })
  await client.connect(transport)
  open.push(client)
  const call = async (name: string, args: Record<string, unknown> = {}, signal?: AbortSignal) => {
    const options = signal === undefined ? {} : { signal }
    const called = await client.callTool({ name, arguments: args }, undefined, options)
    return (called['content'] as { text: string }[])[0]?.text ?? ''
  }
  return { client, transport, told, call }
}

const both = () => Promise.all([connect('alice'), connect('bob')])

const kinds = ['old-near', 'new-near', 'old-far', 'new-far']

describe.each(kinds)('at %s', (backend) => {
  test('the cancel of one leaves the call of the other, with the same id, alone', async () => {
    const [alice, bob] = await both()
    const left = new AbortController()
    // Each client counts its requests from the same number.
    const lost = alice
      .call(`${backend}__slow`, { tag: 'of alice' }, left.signal)
      .catch(() => 'left')
    const kept = bob.call(`${backend}__slow`, { tag: 'of bob' })
    await expect
      .poll(async () => {
        const tags = await Promise.all([alice, bob].map(({ call }) => call(`${backend}__waiting`)))
        return [...new Set(tags.flatMap((text) => JSON.parse(text) as string[]))].toSorted()
      })
      .toEqual(['of alice', 'of bob'])
    left.abort()
    expect(await lost).toBe('left')
    await expect.poll(() => alice.call(`${backend}__aborted`)).toContain('of alice')
    expect(await bob.call(`${backend}__aborted`)).not.toContain('of bob')
    expect(await bob.call(`${backend}__release`, { tag: 'of bob' })).toBe('true')
    expect(await kept).toBe('released of bob')
  })

  test('updates and log messages reach who asked for them, and not the other', async () => {
    const [alice, bob] = await both()
    await Promise.all([alice, bob].map(({ client }) => client.setLoggingLevel('debug')))
    const uri = `${backend}+note://one`
    await alice.client.subscribeResource({ uri })
    await alice.call(`${backend}__touch`, { uri: 'note://one' })
    await alice.call(`${backend}__tell`, { level: 'error', text: 'for alice' })
    await expect.poll(() => alice.told.toSorted()).toEqual(['for alice', uri].toSorted())
    await bob.call(`${backend}__tell`, { level: 'error', text: 'for bob' })
    await expect.poll(() => bob.told).toEqual(['for bob'])
    expect(alice.told).not.toContain('for bob')
  })

  test('the same call of both is two calls, each with its own answer', async () => {
    const [alice, bob] = await both()
    const answers = await Promise.all([
      alice.call(`${backend}__echo`, { text: 'of alice' }),
      bob.call(`${backend}__echo`, { text: 'of bob' }),
      alice.call(`${backend}__echo`, { text: 'same' }),
      bob.call(`${backend}__echo`, { text: 'same' }),
    ])
    expect(answers).toEqual(['of alice', 'of bob', 'same', 'same'])
    const calls = await Promise.all([alice, bob].map(({ call }) => call(`${backend}__calls`)))
    const echoes = calls.map(
      (text) => (JSON.parse(text) as string[]).filter((name) => name === 'echo').length,
    )
    // A server with a process for each caller saw two in each, one for all saw four.
    expect(echoes).toEqual(backend === 'old-near' ? [2, 2] : [4, 4])
  })
})

test('a session-era child is one process for each, a session-era server has a session for each', async () => {
  const [alice, bob] = await both()
  const [one, two] = await Promise.all([alice, bob].map(({ call }) => call('old-near__process')))
  expect(one).not.toBe(two)
  await Promise.all([alice, bob].map(({ call }) => call('old-far__echo', { text: 'whose' })))
  const sessions = new Set(
    (await old.log())
      .filter(({ body }) => JSON.stringify(body?.params ?? {}).includes('"whose"'))
      .map(({ headers }) => headers['mcp-session-id']),
  )
  expect(sessions.size).toBe(2)
})

test('neither token goes upstream, and the one of the proxy always does', async () => {
  const [alice, bob] = await both()
  for (const far of ['old-far', 'new-far']) {
    await Promise.all([alice, bob].map(({ call }) => call(`${far}__echo`, { text: 'x' })))
  }
  const logged = [...(await old.log()), ...(await modern.log())]
  expect(new Set(logged.map(({ headers }) => headers['authorization']))).toEqual(
    new Set([`Bearer ${ownToken}`]),
  )
  for (const token of Object.values(tokens)) expect(JSON.stringify(logged)).not.toContain(token)
})

test("the session of one with the token of the other is unknown, and stays the first one's", async () => {
  const alice = await connect('alice')
  const { origin } = new URL(proxy.url)
  const headers = {
    'mcp-session-id': alice.transport.sessionId,
    'mcp-protocol-version': '2025-11-25',
  }
  const request = { jsonrpc: '2.0', id: 9, method: 'tools/list' }
  const cancel = {
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: 9 },
  }
  const token = tokens.bob
  const answers = [
    await sendTo(origin, { token, headers, body: request }),
    await sendTo(origin, { token, headers, body: cancel }),
    await sendTo(origin, { token, headers, method: 'GET' }),
    await sendTo(origin, { token, headers, method: 'DELETE' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
  expect(await alice.call('old-near__echo', { text: 'still here' })).toBe('still here')
})

test('what one was asked cannot be answered by the other', async () => {
  const { origin } = new URL(proxy.url)
  const question = {
    method: 'elicitation/create',
    params: { message: '?', requestedSchema: { type: 'object', properties: {} } },
  }
  const ask = (who: Who, added: object = {}) =>
    sendTo(origin, {
      token: tokens[who],
      headers: {
        'mcp-protocol-version': modernVersion,
        'mcp-method': 'tools/call',
        'mcp-name': 'old-near__ask',
      },
      body: {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: {
          name: 'old-near__ask',
          arguments: { questions: [question] },
          _meta: modernMeta({
            'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
          }),
          ...added,
        },
      },
    })
  const asked = (await ask('alice')).json().result as {
    readonly inputRequests: object
    readonly requestState: string
  }
  const [key = ''] = Object.keys(asked.inputRequests)
  const answer = {
    requestState: asked.requestState,
    inputResponses: { [key]: { action: 'decline' } },
  }
  expect((await ask('bob', answer)).json()).toMatchObject({ error: { code: -32_602 } })
  expect((await ask('alice', answer)).json().result.content[0].text).toContain('decline')
})
