// What a modern backend says of our own hop or of capabilities is settled here, or told to whom it concerns.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'
import { startScriptedServer, type SeenRequest } from '../support/scripted-server.ts'

interface Asked {
  readonly id: string | number
  readonly method: string
  readonly params: { readonly name?: string; readonly arguments?: { readonly region?: string } }
}

const complete = { resultType: 'complete', ttlMs: 60_000, cacheScope: 'public' }
const refusal = (code: number, data?: object) => ({ error: { code, message: 'No', data } })

/** Which tools it lists, and what it answers to a call. */
let tools: readonly object[]
let call: (asked: Asked, seen: SeenRequest) => object
let calls: SeenRequest[]
let server: Awaited<ReturnType<typeof startScriptedServer>>
let proxy: RealProxy

const tool = (annotation?: string) => ({
  name: 'where',
  inputSchema: {
    type: 'object',
    properties: {
      region: { type: 'string', ...(annotation && { 'x-mcp-header': annotation }) },
    },
  },
})

const answer = (asked: Asked, seen: SeenRequest): object => {
  switch (asked.method) {
    case 'server/discover':
      return {
        result: { ...complete, supportedVersions: [modernVersion], capabilities: { tools: {} } },
      }
    case 'tools/list':
      return { result: { ...complete, tools } }
    case 'tools/call':
      calls.push(seen)
      return call(asked, seen)
    default:
      return refusal(-32_601)
  }
}

beforeEach(async () => {
  tools = [tool()]
  calls = []
  server = await startScriptedServer({
    '/mcp': (seen: SeenRequest) => {
      if (seen.method !== 'POST') return { status: 405 }
      const asked = JSON.parse(seen.body) as Asked
      const answered = answer(asked, seen)
      const status = 'error' in answered ? 400 : 200
      return { status, body: { jsonrpc: '2.0', id: asked.id, ...answered } }
    },
  })
  proxy = await startRealProxy([{ name: 'far', transport: 'http', url: `${server.origin}/mcp` }])
})
afterEach(async () => {
  await proxy.close({ force: true })
  await server.close()
})

const send = (method: string, params: object = {}, capabilities: object = {}) =>
  sendTo(new URL(proxy.url).origin, {
    body: {
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: modernMeta({ 'io.modelcontextprotocol/clientCapabilities': capabilities }),
      },
    },
    headers: {
      'mcp-protocol-version': modernVersion,
      'mcp-method': method,
      ...('name' in params ? { 'mcp-name': params.name as string } : {}),
    },
  })

const callWhere = (capabilities?: object) =>
  send('tools/call', { name: 'far__where', arguments: { region: 'eu' } }, capabilities)

describe('a header that the backend misses (-32020)', () => {
  const wantsRegion = ({ params }: Asked, { headers }: SeenRequest) =>
    headers['mcp-param-region'] === params.arguments?.region
      ? { result: { resultType: 'complete', content: [] } }
      : refusal(-32_020)

  test('is made by the list as it is now, and the call is sent once more', async () => {
    call = wantsRegion
    await send('tools/list')
    tools = [tool('Region')]
    const answered = await callWhere()
    expect([answered.status, answered.json().result]).toMatchObject([200, { content: [] }])
    expect(calls.map(({ headers }) => headers['mcp-param-region'])).toEqual([undefined, 'eu'])
  })

  test("that nothing in the list explains is not the caller's fault", async () => {
    call = () => refusal(-32_020)
    const answered = await callWhere()
    expect(answered.json().error).toMatchObject({
      code: -32_603,
      data: { code: 'backend-protocol' },
    })
    expect(calls.length).toBe(2)
  })

  test('that is missed again is not sent a third time', async () => {
    call = () => refusal(-32_020)
    await send('tools/list')
    tools = [tool('Region')]
    expect((await callWhere()).json().error.code).toBe(-32_603)
    expect(calls.length).toBe(2)
  })

  test('a header of the caller that no tool asks for goes no further', async () => {
    call = () => ({ result: { resultType: 'complete', content: [] } })
    const answered = await sendTo(new URL(proxy.url).origin, {
      body: {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'far__where', arguments: {}, _meta: modernMeta() },
      },
      headers: {
        'mcp-protocol-version': modernVersion,
        'mcp-method': 'tools/call',
        'mcp-name': 'far__where',
        'mcp-param-tenant': 'somebody-else',
      },
    })
    expect(answered.status).toBe(200)
    expect(calls[0]!.headers['mcp-param-tenant']).toBeUndefined()
  })
})

describe('a capability that the backend misses (-32021)', () => {
  const missing = (requiredCapabilities: object) => () => refusal(-32_021, { requiredCapabilities })

  test('is told to a caller who lacks it', async () => {
    call = missing({ sampling: {} })
    const answered = await callWhere()
    expect([answered.status, answered.json().error]).toMatchObject([
      400,
      { code: -32_021, data: { requiredCapabilities: { sampling: {} } } },
    ])
  })

  test('is none of the caller who declared it, which the proxy did not carry', async () => {
    const extensions = { 'com.example/other': {} }
    call = missing({ extensions })
    const answered = await callWhere({ extensions })
    expect(answered.status).toBe(200)
    expect(answered.json().error).toMatchObject({
      code: -32_603,
      message: expect.stringContaining('extensions/com.example/other'),
    })
  })

  test('is named without what the caller did declare', async () => {
    call = missing({ extensions: { 'com.example/other': {} }, elicitation: { form: {}, url: {} } })
    const answered = await callWhere({
      extensions: { 'com.example/other': {} },
      elicitation: { form: {} },
    })
    expect([answered.status, answered.json().error.data]).toEqual([
      400,
      { requiredCapabilities: { elicitation: { url: {} } } },
    ])
  })
})
