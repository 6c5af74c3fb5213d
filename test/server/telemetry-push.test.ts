// Metrics over OTLP: what a collector gets is what /admin/metrics shows, and neither shows a secret or grows without end.
import { afterEach, expect, test } from 'vitest'
import { instruments } from '../../src/base/instruments.ts'
import { startOtlpSink, type OtlpSink } from '../support/otlp-sink.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { backendOf, startWorkerLab } from '../support/worker-proxy.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const secrets = {
  caller: 'canary-of-a-caller-token-0123456789',
  collector: 'canary-of-a-collector-header-0123',
  backend: 'canary-of-a-backend-token-01234567',
  argument: 'canary-of-an-argument-0123456789',
  userinfo: 'canary-of-a-user-part-0123456789',
  state: 'canary-of-a-result-0123456789',
} as const

const started = async (metrics: object = {}) => {
  const sink = await startOtlpSink()
  closing.push(() => sink.close())
  const lines: string[] = []
  const lab = await startWorkerLab(
    closing,
    ([worker]) => [
      backendOf(worker!, 'worker', {
        url: worker!.url.replace('127.0.0.1', `user:${secrets.userinfo}@127.0.0.1`),
        headers: { 'x-api-key': secrets.backend },
      }),
    ],
    {
      logTo: { write: (line: string) => lines.push(line) },
      config: {
        auth: { type: 'bearer', tokens: [secrets.caller] },
        observability: {
          log_format: 'json',
          access_log: { enabled: true },
          tracing: {
            enabled: true,
            endpoint: `${sink.url}/v1/traces`,
            headers: { authorization: `Bearer ${secrets.collector}` },
            service_name: 'edge',
            trust: 'any',
          },
          metrics: { otlp: { enabled: true }, ...metrics },
        },
      },
    },
  )
  return { lab, sink, lines }
}

const everything = ({ sink, lines }: { sink: OtlpSink; lines: readonly string[] }): string =>
  [...sink.requests.map(({ body }) => body.toString('latin1')), ...lines].join('\n')

test('a collector gets the series that /admin/metrics has, with its headers and its name', async () => {
  const { lab, sink } = await started()
  const token = secrets.caller
  await lab.call('read', { key: 'x' }, { token })
  await lab.call('refuse', { key: 'x' }, { token })
  await lab.call('read', { key: 'x' })
  const text = await lab.metric('mcp_proxy_requests_total{')
  await lab.proxy.close()
  const byName = new Map(sink.metrics.map((metric) => [metric.name, metric]))
  for (const { name, kind } of sink.metrics) {
    const { type } = instruments[name as keyof typeof instruments]
    expect(kind).toBe(type === 'counter' ? 'sum' : type)
  }
  const requests = byName.get('mcp_proxy_requests_total')!.points
  expect(text).toEqual(
    requests.map(
      ({ attributes, value }) =>
        `mcp_proxy_requests_total{${Object.entries(attributes)
          .map(([label, of]) => `${label}="${String(of)}"`)
          .join(',')}} ${value}`,
    ),
  )
  expect(byName.get('mcp_proxy_tool_calls_total')!.points).toEqual([
    { attributes: { backend: 'worker', tool: 'read', outcome: 'ok' }, value: 1 },
    { attributes: { backend: 'worker', tool: 'refuse', outcome: 'ok' }, value: 1 },
  ])
  const durations = byName.get('mcp_proxy_request_duration_seconds')!.points
  expect(durations.map(({ value }) => value)).toEqual([2])
  const [first] = sink.requests.filter(({ path }) => path === '/v1/metrics')
  expect(first!.headers['authorization']).toBe(`Bearer ${secrets.collector}`)
  expect(first!.body.toString('latin1')).toContain('edge')
})

test('no token, header, argument, result or user part is in a span, a metric or a log line', async () => {
  const context = await started()
  const { lab, sink, lines } = context
  const token = secrets.caller
  await lab.call('read', { key: secrets.argument }, { token })
  await lab.call('refuse', { key: secrets.argument }, { token })
  await lab.call('made-up', { key: secrets.argument }, { token })
  await lab.call('read', { key: secrets.argument }, { token: `${secrets.state}-as-a-token` })
  await lab.workers[0]!.kill()
  await lab.call('write', { key: secrets.argument }, { token })
  await lab.proxy.close()
  expect(sink.spans.length).toBeGreaterThan(8)
  expect(sink.metrics.length).toBeGreaterThan(3)
  const all = everything({ sink, lines })
  for (const secret of Object.values(secrets)) expect(all).not.toContain(secret)
})

test('10,000 names of tools, clients, methods and codes leave the series and the names of spans bounded', async () => {
  const { lab, sink } = await started({ otlp: { enabled: false } })
  const { origin } = new URL(lab.proxy.url)
  const flood = (n: number) => {
    const isMethod = n % 4 === 0
    const method = isMethod ? `made/up${n}` : 'tools/call'
    const name = n % 4 === 1 ? `made-up-${n}` : `worker__made-up-${n}`
    return sendTo(origin, {
      token: n % 4 === 3 ? `token-of-nobody-${n}-0123456789` : secrets.caller,
      headers: {
        'user-agent': `client-${n}/1.${n}`,
        'mcp-protocol-version': modernVersion,
        'mcp-method': method,
        ...(isMethod ? {} : { 'mcp-name': name }),
      },
      body: {
        jsonrpc: '2.0',
        id: `id-${n}`,
        method,
        params: {
          _meta: modernMeta({
            'io.modelcontextprotocol/clientInfo': { name: `c${n}`, version: `${n}` },
          }),
          ...(isMethod ? {} : { name, arguments: {} }),
        },
      },
    })
  }
  const series = async () =>
    (await lab.metric('mcp_proxy_')).map((line) => line.slice(0, line.lastIndexOf(' ')))
  for (let n = 0; n < 40; n += 1) await flood(n)
  const before = await series()
  for (let n = 40; n < 10_000; n += 40) {
    await Promise.all(Array.from({ length: 40 }, (_, at) => flood(n + at)))
  }
  // How spans end, and clients that are refused again and again, show with time.
  const more = (await series()).filter((one) => !before.includes(one))
  expect(more.filter((one) => !/^mcp_proxy_(?:spans|client_loops)_total/.test(one))).toEqual([])
  expect(more.length).toBeLessThan(6)
  await lab.proxy.close()
  expect(sink.spans.length).toBeGreaterThan(1000)
  expect(new Set(sink.spans.map(({ name }) => name)).size).toBeLessThan(20)
}, 120_000)
