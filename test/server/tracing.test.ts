// Traces of real calls: official clients, the proxy, real MCP servers of both eras on every transport, and a collector that
// decodes what it is sent.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  modernBackends,
  sessionBackends,
  startEveryBackend,
  type EveryBackend,
} from '../support/every-backend.ts'
import { startOtlpSink, treesOf, type OtlpSink, type SpanTree } from '../support/otlp-sink.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

let every: EveryBackend
let sink: OtlpSink
let proxy: RealProxy | undefined
beforeAll(async () => {
  every = await startEveryBackend()
})
afterAll(async () => {
  await every.close()
})
afterEach(async () => {
  await proxy?.close({ force: true })
  proxy = undefined
  await sink.close()
})

const parent = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
const traceparent = `00-${parent.traceId}-${parent.spanId}-01`

const start = async (backends: readonly object[], tracing: object = {}, sections: object = {}) => {
  sink = await startOtlpSink()
  const logged: Record<string, unknown>[] = []
  proxy = await startRealProxy(backends, {
    logTo: { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) },
    config: {
      ...sections,
      observability: {
        log_format: 'json',
        tracing: { enabled: true, endpoint: sink.url, trust: 'any', ...tracing },
      },
    },
  })
  return { url: proxy.url, logged }
}

const connect = async (
  url: string,
  era: 'legacy' | 'modern',
  headers: Record<string, string> = {},
) => {
  const client = new Client(
    { name: 'official-client', version: '1' },
    { versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' } },
  )
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
  )
  return client
}

/** The spans of the proxy, once all that were recorded are sent. */
const flushed = async (): Promise<OtlpSink['spans']> => {
  await proxy?.close()
  proxy = undefined
  return sink.spans
}

const textOf = (content: unknown): string => (content as { text: string }[])[0]?.text ?? ''

const shape = ({ span, children }: SpanTree): unknown =>
  children.length === 0 ? span.name : { [span.name]: children.map(shape) }

const treeOfCall = (spans: OtlpSink['spans'], name: string): SpanTree => {
  const found = treesOf(spans).filter(({ span }) => span.name === name)
  expect(found).toHaveLength(1)
  return found[0]!
}

describe.each(['legacy', 'modern'] as const)('a client of the %s era', (era) => {
  test.each([...sessionBackends, ...modernBackends])(
    'a call of %s is one tree, and the server joins it',
    async (name) => {
      const backend = every.configs.find((one) => (one as { name: string }).name === name)!
      const { url, logged } = await start([backend])
      const client = await connect(url, era, { traceparent })
      const answer = await client.callTool({ name: `${name}__echo`, arguments: { text: '_meta' } })
      const seen = JSON.parse(textOf(answer.content)) as Record<string, string>
      await client.close()
      const spans = await flushed()
      const tree = treeOfCall(spans, `tools/call ${name}__echo`)
      expect(shape(tree)).toEqual({
        [`tools/call ${name}__echo`]: ['route', 'tools/call echo'],
      })
      expect(tree.span).toMatchObject({
        kind: 'server',
        traceId: parent.traceId,
        parentSpanId: parent.spanId,
        failed: false,
        attributes: {
          'mcp.method.name': 'tools/call',
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': `${name}__echo`,
          'mcp_proxy.backend': name,
          'mcp_proxy.outcome': 'ok',
        },
        resource: { 'service.name': 'mcp-proxy' },
      })
      const attempt = tree.children[1]!.span
      expect(attempt).toMatchObject({
        kind: 'client',
        attributes: { 'gen_ai.tool.name': 'echo', 'mcp_proxy.backend': name },
      })
      expect(seen['traceparent']).toBe(`00-${parent.traceId}-${attempt.spanId}-01`)
      expect(attempt.attributes['mcp.protocol.version']).toMatch(/^20/)
      const audited = logged.filter(
        ({ event, method }) => event === 'audit' && method === 'tools/call',
      )
      expect(audited).toMatchObject([{ trace_id: parent.traceId }])
    },
  )
})

test('each step of a composite tool is a part of the trace of its call', async () => {
  const { url, logged } = await start(
    [backendNamed('new-far')],
    {},
    {
      composite_tools: [{ name: 'both', description: '', tools: ['new-far/echo', 'new-far/fail'] }],
    },
  )
  const client = await connect(url, 'modern', { traceparent })
  await client.callTool({ name: 'both', arguments: { text: 'x' } })
  await client.close()
  const tree = treeOfCall(await flushed(), 'tools/call both')
  expect(shape(tree)).toEqual({
    'tools/call both': [
      'route',
      { 'tools/call new-far__echo': ['route', 'tools/call echo'] },
      { 'tools/call new-far__fail': ['route', 'tools/call fail'] },
    ],
  })
  expect(tree.children.map(({ span }) => span.failed)).toEqual([false, false, true])
  expect(tree.children.map(({ span }) => span.attributes['mcp_proxy.step'])).toEqual([
    undefined,
    'echo',
    'fail',
  ])
  const steps = logged.filter(({ event }) => event === 'step')
  expect(steps).toMatchObject([
    { composite: 'both', step: 'echo', name: 'new-far__echo', outcome: 'ok' },
    { composite: 'both', step: 'fail', name: 'new-far__fail', outcome: 'ok' },
  ])
})

const backendNamed = (name: string) =>
  every.configs.find((one) => (one as { name: string }).name === name)!

const callOnce = async (
  url: string,
  headers: Record<string, string>,
  meta: Record<string, unknown> = {},
) => {
  const client = await connect(url, 'modern', headers)
  await client.callTool({ name: 'new-far__echo', arguments: { text: 'x' }, _meta: meta })
  await client.close()
}

const calls = (spans: OtlpSink['spans']) =>
  spans.filter(({ kind, name }) => kind === 'server' && name.startsWith('tools/call'))

describe('the trace of the caller', () => {
  test.each([
    ['by default', {}],
    ['with trust = "none"', { trust: 'none' }],
  ])('is not continued %s: a trace begins, with a link to it', async (_, tracing) => {
    const { url } = await start([backendNamed('new-far')], { trust: undefined, ...tracing })
    await callOnce(url, { traceparent, tracestate: 'vendor=1' })
    const [span] = calls(await flushed())
    expect(span!.traceId).not.toBe(parent.traceId)
    expect(span!.parentSpanId).toBe('')
    expect(span!.links).toEqual([parent])
    expect(span!.traceState).toBe('')
  })

  test('is continued for peers in security.trusted_proxies, with its state and its sampling', async () => {
    const { url } = await start(
      [backendNamed('new-far')],
      { trust: undefined, sample_ratio: 0 },
      { security: { trusted_proxies: ['127.0.0.1/32'] } },
    )
    await callOnce(url, { traceparent, tracestate: 'vendor=1' })
    await callOnce(url, {})
    const found = calls(await flushed())
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({
      traceId: parent.traceId,
      parentSpanId: parent.spanId,
      traceState: 'vendor=1',
      links: [],
    })
  })

  test('of the message comes before that of the header, which becomes a link', async () => {
    const { url } = await start([backendNamed('new-far')])
    const own = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
    await callOnce(url, { traceparent }, { traceparent: `00-${own.traceId}-${own.spanId}-01` })
    const [span] = calls(await flushed())
    expect(span).toMatchObject({ traceId: own.traceId, parentSpanId: own.spanId, links: [parent] })
  })

  test.each([
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7',
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more',
    '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
    '0'.repeat(5000),
  ])('is passed over where it is not valid: %s', async (header) => {
    const { url } = await start([backendNamed('new-far')])
    await callOnce(url, { traceparent: header })
    const [span] = calls(await flushed())
    expect(span).toMatchObject({ parentSpanId: '', links: [] })
  })
})

test('without tracing nothing is added for the backend, and what the caller said of its trace passes', async () => {
  sink = await startOtlpSink()
  proxy = await startRealProxy([backendNamed('new-far')])
  const client = await connect(proxy.url, 'modern')
  const answer = await client.callTool({
    name: 'new-far__echo',
    arguments: { text: '_meta' },
    _meta: { traceparent },
  })
  await client.close()
  const seen = JSON.parse(textOf(answer.content)) as Record<string, string>
  expect(seen['traceparent']).toBe(traceparent)
  const bare = await connect(proxy.url, 'modern')
  const plain = await bare.callTool({ name: 'new-far__echo', arguments: { text: '_meta' } })
  await bare.close()
  expect(textOf(plain.content)).not.toContain('trace')
})

test('requests that are refused before they are calls are spans with the id of the problem', async () => {
  const { url, logged } = await start(
    [backendNamed('new-far')],
    {},
    {
      auth: { type: 'bearer', tokens: ['token-of-a-caller-0123456789'] },
    },
  )
  const answer = await fetch(url, { method: 'POST', body: '{}', headers: { traceparent } })
  expect(answer.status).toBe(401)
  const spans = await flushed()
  const [refused] = treesOf(spans)
  expect(shape(refused!)).toEqual({ 'POST mcp': ['authenticate'] })
  expect(refused!.span).toMatchObject({
    traceId: parent.traceId,
    failed: true,
    attributes: { 'http.response.status_code': 401, 'error.type': 'req-token-missing' },
  })
  expect(refused!.children[0]!.span.attributes['mcp_proxy.auth.outcome']).toBe('rejected')
  expect(logged.find(({ status }) => status === 401)).toMatchObject({ trace_id: parent.traceId })
})

test('what the policy refuses, and what does not exist, is refused in the route and never named', async () => {
  const { url } = await start([{ ...backendNamed('new-far'), hide_tools: ['echo'] }])
  const client = await connect(url, 'modern')
  for (const name of ['new-far__echo', 'made-up'])
    await client.callTool({ name, arguments: {} }).catch(() => undefined)
  await client.close()
  const refused = treesOf(await flushed()).filter(({ span }) => span.name === 'tools/call')
  expect(refused.map(shape)).toEqual([{ 'tools/call': ['route'] }, { 'tools/call': ['route'] }])
  for (const { span, children } of refused) {
    expect(span).toMatchObject({ failed: true, attributes: { 'mcp_proxy.outcome': 'refused' } })
    expect(children[0]!.span.failed).toBe(true)
  }
})
