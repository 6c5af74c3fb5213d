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

const start = async (backends: readonly object[], tracing: object = {}) => {
  sink = await startOtlpSink()
  const logged: Record<string, unknown>[] = []
  proxy = await startRealProxy(backends, {
    logTo: { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) },
    config: {
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
