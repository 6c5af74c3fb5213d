// One span for each time that a call is sent: again, beside, elsewhere, to a canary, to a mirror. And what happens when the
// collector is away.
import { afterEach, describe, expect, test } from 'vitest'
import { startOtlpSink, treesOf, type OtlpSink, type SpanTree } from '../support/otlp-sink.ts'
import { backendOf, probeKey, startWorkerLab, type WorkerLab } from '../support/worker-proxy.ts'
import type { Worker } from '../support/workers.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const traced = async (
  backendsOf: (workers: readonly Worker[]) => readonly object[],
  options: { count?: number; config?: object } = {},
) => {
  const sink = await startOtlpSink()
  closing.push(() => sink.close())
  const lines: string[] = []
  const lab = await startWorkerLab(closing, backendsOf, {
    count: options.count ?? 1,
    logTo: { write: (line: string) => lines.push(line) },
    config: {
      ...options.config,
      observability: {
        log_format: 'json',
        tracing: { enabled: true, endpoint: sink.url, timeout_seconds: 1 },
      },
    },
  })
  await lab.call('read', { key: probeKey })
  return { lab, sink, lines }
}

/** The spans of the last call alone. */
const lastCall = async ({ lab, sink }: { lab: WorkerLab; sink: OtlpSink }): Promise<SpanTree> => {
  await lab.proxy.close()
  return treesOf(sink.spans)
    .filter(({ span }) => span.name.startsWith('tools/call worker__'))
    .toSorted((a, b) => Number(a.span.start - b.span.start))
    .at(-1)!
}

const attemptsOf = (tree: SpanTree) =>
  tree.children.flatMap(({ span }) =>
    span.kind === 'client'
      ? [
          {
            at: span.attributes['mcp_proxy.backend'],
            failed: span.failed,
            ...Object.fromEntries(
              Object.entries(span.attributes).filter(([name]) =>
                /^mcp_proxy\.(?:retry|hedge|failover_for|canary_of|mirror_of)$/.test(name),
              ),
            ),
          },
        ]
      : [],
  )

test('a call that is sent again', async () => {
  const { lab, sink } = await traced(([worker]) => [
    backendOf(worker!, 'worker', { retry: { initial_backoff_ms: 1 } }),
  ])
  await lab.workers[0]!.control('drop/2')
  expect((await lab.call('read', { key: 'x' })).text).toBe('a x')
  const tree = await lastCall({ lab, sink })
  expect(tree.span.failed).toBe(false)
  expect(attemptsOf(tree)).toEqual([
    { at: 'worker', failed: true },
    { at: 'worker', failed: true, 'mcp_proxy.retry': 1 },
    { at: 'worker', failed: false, 'mcp_proxy.retry': 2 },
  ])
})

test('a slow call with another attempt beside it', async () => {
  const { lab, sink } = await traced(([worker]) => [
    backendOf(worker!, 'worker', { hedging: { delay_ms: 20 } }),
  ])
  await lab.workers[0]!.control('slow/1/30000')
  expect((await lab.call('read', { key: 'x' })).text).toBe('a x')
  expect(attemptsOf(await lastCall({ lab, sink }))).toEqual([
    { at: 'worker', failed: true },
    { at: 'worker', failed: false, 'mcp_proxy.hedge': 1 },
  ])
})

test('a call that fails and goes to a backup', async () => {
  const { lab, sink } = await traced(
    ([first, second]) => [
      backendOf(first!, 'worker'),
      backendOf(second!, 'backup', { failover_for: 'worker' }),
    ],
    { count: 2 },
  )
  await lab.workers[0]!.control('drop/1')
  expect((await lab.call('read', { key: 'x' })).text).toBe('b x')
  expect(attemptsOf(await lastCall({ lab, sink }))).toEqual([
    { at: 'worker', failed: true },
    { at: 'backup', failed: false, 'mcp_proxy.failover_for': 'worker' },
  ])
})

test('a call of a caller that the canary gets', async () => {
  const tokens = Array.from({ length: 20 }, (_, n) => `token-of-caller-number-${n}`)
  const { lab, sink } = await traced(
    ([first, second]) => [
      backendOf(first!, 'worker', { weight: 1 }),
      backendOf(second!, 'next', { canary_of: 'worker', weight: 100 }),
    ],
    { count: 2, config: { auth: { type: 'bearer', tokens } } },
  )
  const texts = await Promise.all(
    tokens.map(async (token) => (await lab.call('read', { key: 'x' }, { token })).text),
  )
  expect(texts).toContain('b x')
  await lab.proxy.close()
  const canary = treesOf(sink.spans)
    .map(attemptsOf)
    .filter(([one]) => one?.at === 'next')
  expect(canary[0]).toEqual([{ at: 'next', failed: false, 'mcp_proxy.canary_of': 'worker' }])
})

test('a call and its copy', async () => {
  const { lab, sink } = await traced(
    ([first, second]) => [
      backendOf(first!, 'worker'),
      backendOf(second!, 'copy', { mirror_of: 'worker' }),
    ],
    { count: 2 },
  )
  expect((await lab.call('read', { key: 'x' })).text).toBe('a x')
  // That of the probe, and this one: a copy is counted when it has ended.
  const { origin } = new URL(lab.proxy.url)
  const metrics = async () => (await fetch(`${origin}/admin/metrics`)).text()
  await expect
    .poll(metrics)
    .toMatch(/^mcp_proxy_mirrored_total\{backend="worker",mirror="copy",outcome="ok"\} 2$/m)
  const attempts = attemptsOf(await lastCall({ lab, sink }))
  expect(attempts).toHaveLength(2)
  expect(attempts).toContainEqual({ at: 'worker', failed: false })
  expect(attempts).toContainEqual({ at: 'copy', failed: false, 'mcp_proxy.mirror_of': 'worker' })
})

test('a tool that says that it failed', async () => {
  const { lab, sink } = await traced(([worker]) => [backendOf(worker!, 'worker')])
  await lab.call('refuse', { key: 'x' })
  const { span, children } = await lastCall({ lab, sink })
  expect(span).toMatchObject({ failed: true, attributes: { 'error.type': 'tool_error' } })
  expect(children.at(-1)!.span.attributes['error.type']).toBe('tool_error')
})

describe('when the collector is away', () => {
  const codesIn = (lines: readonly string[]) =>
    lines.flatMap((line) => {
      const { code, detail } = JSON.parse(line) as { code?: string; detail?: string }
      return code === 'telemetry-export' ? [detail] : []
    })

  test('calls go on, the reason is logged once, and the spans are counted as lost', async () => {
    const { lab, sink, lines } = await traced(([worker]) => [backendOf(worker!, 'worker')])
    sink.answer(400)
    await lab.call('read', { key: probeKey })
    await expect.poll(() => codesIn(lines), { timeout: 15_000 }).toHaveLength(1)
    expect(codesIn(lines)[0]).toMatch(
      /^Could not send traces to the collector at 127\.0\.0\.1:\d+: HTTP 400$/,
    )
    await expect
      .poll(() => lab.metric('mcp_proxy_spans_total{'))
      .toEqual([expect.stringMatching(/outcome="failed"\} \d+/)])
    sink.answer(200)
    await lab.call('read', { key: probeKey })
    await expect.poll(() => sink.spans.length, { timeout: 15_000 }).toBeGreaterThan(0)
    await expect
      .poll(() => lines.filter((line) => line.includes('traces are sent again')))
      .toHaveLength(1)
  })
})

test('a reload turns tracing on, moves it, and turns it off; what was recorded is sent', async () => {
  const { lab, sink } = await traced(([worker]) => [backendOf(worker!, 'worker')])
  const { config } = lab.proxy.generation
  const other = await startOtlpSink()
  closing.push(() => other.close())
  const withTracing = (tracing: object) => ({
    ...config,
    proxy: { ...config.proxy, listen: { ...config.proxy.listen, port: 0 } },
    observability: {
      ...config.observability,
      tracing: { ...config.observability.tracing, ...tracing },
    },
  })
  await lab.proxy.replace(withTracing({ endpoint: other.url }))
  await expect.poll(() => sink.spans.length).toBeGreaterThan(0)
  const before = sink.spans.length
  await lab.call('read', { key: probeKey })
  await lab.proxy.replace(withTracing({ enabled: false }))
  await expect.poll(() => other.spans.length).toBeGreaterThan(0)
  const moved = other.spans.length
  await lab.call('read', { key: probeKey })
  await lab.proxy.close()
  expect([sink.spans.length, other.spans.length]).toEqual([before, moved])
})
