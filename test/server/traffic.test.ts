// Several real servers for one purpose: replicas, backups, canaries and mirrors (docs/traffic.md).
import { afterEach, describe, expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { backendOf, probeKey, startWorkerLab } from '../support/worker-proxy.ts'
import type { Worker } from '../support/workers.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const countBy = (lines: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const line of lines) {
    const id = line.split(' ')[0]!
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}

describe('replicas', () => {
  const replicated = (keys: object = {}) =>
    startWorkerLab(
      closing,
      ([first, ...others]) => [
        backendOf(first!, 'worker', { replicas: others.map(({ url }) => url), ...keys }),
      ],
      { count: 3 },
    )
  const untilAllUp = (lab: Awaited<ReturnType<typeof replicated>>) =>
    expect
      .poll(async () =>
        (await lab.get('/admin/backends')).backends[0].replicas.map(
          ({ state }: { state: string }) => state,
        ),
      )
      .toEqual(['up', 'up', 'up'])

  test('calls are spread over all of them under one name, each to one', async () => {
    const lab = await replicated()
    await untilAllUp(lab)
    const keys = Array.from({ length: 60 }, (_, n) => `k${n}`)
    const answers = await Promise.all(keys.map((key) => lab.call('write', { key, ms: 20 })))
    expect(answers.map(({ text }) => text?.slice(2))).toEqual(keys)
    const counts = countBy(await lab.ledger())
    expect(Object.values(counts)).toHaveLength(3)
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(10)
  })

  test('one that is killed loses no call that had not left, and gets calls again when it is back', async () => {
    const lab = await replicated()
    await untilAllUp(lab)
    await lab.call('read', { key: probeKey })
    await lab.workers[1]!.kill()
    for (let n = 0; n < 30; n += 1) {
      expect((await lab.call('write', { key: `k${n}` })).text).toMatch(/^[ac] k/)
    }
    expect(await lab.metric('mcp_proxy_backend_up{')).toEqual([
      'mcp_proxy_backend_up{backend="worker"} 1',
    ])
    await lab.workers[1]!.restart()
    await untilAllUp(lab)
    const texts = await Promise.all(
      Array.from({ length: 30 }, (_, n) => lab.call('write', { key: `again${n}`, ms: 10 })),
    )
    expect(texts.some(({ text }) => text?.startsWith('b '))).toBe(true)
    expect(await lab.ledger()).toHaveLength(60)
  })

  test('the backend is down when all of them are, and up with the first that comes', async () => {
    const lab = await replicated()
    await untilAllUp(lab)
    await lab.call('read', { key: probeKey })
    for (const worker of lab.workers) await worker.kill()
    await expect
      .poll(async () => (await lab.call('write', { key: 'lost' })).error?.data.code)
      .toBe('backend-unavailable')
    await expect.poll(async () => (await lab.get('/ready')).status).toBe('not ready')
    await lab.workers[2]!.restart()
    await expect.poll(async () => (await lab.get('/ready')).status).toBe('ready')
    expect((await lab.call('write', { key: 'x' })).text).toBe('c x')
  })

  test('outlier_detection: one that fails again and again gets no calls for a while', async () => {
    const lab = await replicated({
      outlier_detection: { consecutive_errors: 3, base_ejection_seconds: 2 },
    })
    await untilAllUp(lab)
    await lab.call('read', { key: probeKey })
    await lab.workers[0]!.control('status/503')
    const codes: (string | undefined)[] = []
    for (let n = 0; n < 40; n += 1) {
      codes.push((await lab.call('write', { key: `k${n}` })).error?.data.code)
    }
    expect(codes.filter((code) => code === 'backend-outcome-unknown')).toHaveLength(3)
    const [{ replicas }] = (await lab.get('/admin/backends')).backends
    expect(replicas[0]).toMatchObject({
      state: 'up',
      ejected_until: expect.any(String) as string,
    })
    expect(await lab.metric('mcp_proxy_ejections_total')).toHaveLength(1)
    await lab.workers[0]!.control('status/0')
    await expect.poll(async () => (await lab.call('write', { key: 'later' })).text).toBe('a later')
  })
})

describe('failover_for', () => {
  const lab = (keys: object = {}, primary: object = {}) =>
    startWorkerLab(
      closing,
      ([first, second, third]) => [
        backendOf(first!, 'worker', primary),
        backendOf(second!, 'late', { failover_for: 'worker', priority: 2, ...keys }),
        backendOf(third!, 'early', { failover_for: 'worker', priority: 1, ...keys }),
      ],
      { count: 3 },
    )

  test('a call that cannot reach the backend goes to its backups by priority, writes too', async () => {
    const { call, workers, ledger, metric } = await lab()
    await call('read', { key: probeKey })
    expect((await call('write', { key: '1' })).text).toBe('a 1')
    await workers[0]!.kill()
    // It may have just lost the connection, with which a call can leave; the next one does not.
    await call('read', { key: probeKey })
    expect((await call('write', { key: '2' })).text).toBe('c 2')
    await workers[2]!.kill()
    await call('read', { key: probeKey })
    expect((await call('write', { key: '3' })).text).toBe('b 3')
    expect(await ledger()).toEqual(['a write 1', 'c write 2', 'b write 3'])
    expect((await metric('mcp_proxy_failovers_total')).length).toBeGreaterThan(0)
    await workers[0]!.restart()
    await expect.poll(async () => (await call('write', { key: '4' })).text).toBe('a 4')
  })

  test('an answer is an answer: errors of tools and of callers go to no backup', async () => {
    const { call, ledger } = await lab()
    expect((await call('refuse', { key: 'x' })).text).toBe('a refuses x')
    expect((await call('read', { other: 1 })).text).not.toMatch(/^[bc]/)
    expect((await call('unknown', {})).error?.data.code).toBe('name-unknown')
    expect(countBy(await ledger())).toEqual({ a: 1 })
  })

  test('a write that may have been carried out goes nowhere else, a read does', async () => {
    const { call, workers, ledger } = await lab()
    await call('read', { key: probeKey })
    await workers[0]!.control('drop/1')
    expect((await call('write', { key: 'w' })).error?.data.code).toBe('backend-outcome-unknown')
    await workers[0]!.control('drop/1')
    expect((await call('read', { key: 'r' })).text).toBe('c r')
    expect(await ledger()).toEqual(['a write w', 'a read r', 'c read r'])
  })

  test('an open circuit is a reason, and a listed tool may be carried out twice', async () => {
    const { call, workers, ledger } = await lab(
      { failover_tools: ['write'] },
      { circuit_breaker: { minimum_calls: 2, failure_rate_threshold: 0.5 } },
    )
    await call('read', { key: probeKey })
    await workers[0]!.control('status/503')
    for (const key of ['1', '2', '3']) expect((await call('write', { key })).text).toBe(`c ${key}`)
    expect(countBy(await ledger())).toEqual({ c: 3 })
  })

  test('the names of backups are hidden, and the tools stay listed while the backend is away', async () => {
    const { proxy, workers, call, get } = await lab({}, { required: true })
    await call('read', { key: probeKey })
    const origin = new URL(proxy.url).origin
    const listed = async (): Promise<readonly string[]> => {
      const { modernMeta, modernVersion, sendTo } = await import('../support/proxy.ts')
      const answer = await sendTo(origin, {
        headers: { 'mcp-protocol-version': modernVersion, 'mcp-method': 'tools/list' },
        body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: modernMeta() } },
      })
      const { result } = answer.json() as { result?: { tools: { name: string }[] } }
      return result?.tools.map(({ name }) => name) ?? []
    }
    const before = await listed()
    expect(before).toContain('worker__write')
    expect(before.filter((name) => !name.startsWith('worker__'))).toEqual([])
    await workers[0]!.kill()
    await expect.poll(async () => (await get('/admin/backends')).backends[0].state).toBe('down')
    expect(await listed()).toEqual(before)
    expect((await get('/ready')).status).toBe('ready')
    expect((await get('/admin/backends')).backends[1]).toMatchObject({
      name: 'late',
      failover_for: 'worker',
    })
  })
})

describe('canary_of', () => {
  const tokens = Array.from({ length: 40 }, (_, n) => `token-of-caller-number-${n}`)
  const sections = (workers: readonly Worker[], weight: number) => ({
    proxy: { name: 'between', listen: { port: 0 } },
    auth: { type: 'bearer', tokens },
    observability: { log_level: 'silent' },
    backends: [
      backendOf(workers[0]!, 'worker', { weight: 100 - weight }),
      backendOf(workers[1]!, 'next', { canary_of: 'worker', weight }),
    ],
  })
  const started = async (weight: number) => {
    const lab = await startWorkerLab(closing, (workers) => sections(workers, weight).backends, {
      count: 2,
      config: { auth: { type: 'bearer', tokens } },
    })
    const placeOf = async (token: string) =>
      (await lab.call('write', { key: 'x' }, { token })).text?.[0]
    return { ...lab, places: () => Promise.all(tokens.map(placeOf)) }
  }

  test('a share of callers by weight, and each stays where it is; more weight moves none back', async () => {
    const { places, proxy, workers, metric } = await started(30)
    const first = await places()
    const share = first.filter((place) => place === 'b').length
    expect(share).toBeGreaterThan(3)
    expect(share).toBeLessThan(25)
    for (let n = 0; n < 3; n += 1) expect(await places()).toEqual(first)
    await proxy.replace(configSchema.parse(sections(workers, 60)))
    const second = await places()
    expect(second.filter((place) => place === 'b').length).toBeGreaterThan(share)
    const moved = first.filter((place, index) => place === 'b' && second[index] !== 'b')
    expect(moved).toEqual([])
    expect(await metric('mcp_proxy_canary_calls_total')).toHaveLength(1)
  })

  test('a canary that is away gives its callers back for as long, and its names are hidden', async () => {
    const { places, workers, call } = await started(30)
    const before = await places()
    await workers[1]!.kill()
    await places()
    expect(new Set(await places())).toEqual(new Set(['a']))
    await workers[1]!.restart()
    await expect.poll(places).toEqual(before)
    const name = await call('next__write', { key: 'x' }, { token: tokens[0]! })
    expect(name.error?.data.code).toBe('name-unknown')
  })
})

describe('mirror_of', () => {
  const mirrored = (keys: object = {}, ports: object = {}) =>
    startWorkerLab(
      closing,
      ([first, second]) => [
        backendOf(first!, 'worker'),
        backendOf(second!, 'copy', { mirror_of: 'worker', ...keys }),
      ],
      { count: 2, ports },
    )

  test('reads are copied and their answers dropped; a write is not, unless it is listed', async () => {
    const { call, read, ledger, metric } = await mirrored()
    await call('read', { key: probeKey })
    expect((await call('read', { key: 'r' })).text).toBe('a r')
    expect((await read('n')).text).toBe('a n')
    expect((await call('write', { key: 'w' })).text).toBe('a w')
    await expect
      .poll(async () => (await ledger()).toSorted())
      .toEqual(['a note n', 'a read r', 'a write w', 'b note n', 'b read r'])
    await expect
      .poll(() => metric('mcp_proxy_mirrored_total'))
      .toEqual([expect.stringMatching(/mirror="copy",outcome="ok"\} [23]$/)])
  })

  test('a listed tool is copied although it writes', async () => {
    const { call, ledger } = await mirrored({ mirror_tools: ['write'] })
    await call('write', { key: 'w' })
    // Two processes write it: their order is not promised.
    await expect.poll(async () => (await ledger()).toSorted()).toEqual(['a write w', 'b write w'])
  })

  test.each([
    [0, 0],
    [25, 10],
  ])('of 100 calls %i are copied', async (percent, copies) => {
    let turn = 0
    const random = () => ((turn += 1) % 40) / 40
    const { call, ledger } = await mirrored({ mirror_percent: percent }, { random })
    await call('read', { key: probeKey })
    turn = 0
    for (let n = 0; n < 40; n += 1) await call('read', { key: `k${n}` })
    await expect.poll(async () => countBy(await ledger())['b'] ?? 0).toBe(copies)
    expect(countBy(await ledger())['a']).toBe(40)
  })

  test('a mirror that answers nothing slows no call down, and copies beyond a bound are dropped', async () => {
    const { call, workers, metric } = await mirrored()
    await call('read', { key: probeKey })
    workers[1]!.freeze()
    try {
      const keys = Array.from({ length: 130 }, (_, n) => `k${n}`)
      const answers = await Promise.all(keys.map((key) => call('read', { key })))
      expect(answers.every(({ text }, n) => text === `a k${n}`)).toBe(true)
      await expect
        .poll(() => metric('mcp_proxy_mirrored_total'))
        .toContainEqual(expect.stringMatching(/outcome="dropped"\} \d+/))
    } finally {
      workers[1]!.thaw()
    }
  })
})

test('a backup that is tried for sessions too: a client of the session era does not notice', async () => {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js')
  const { StreamableHTTPClientTransport } =
    await import('@modelcontextprotocol/sdk/client/streamableHttp.js')
  const { call, workers, proxy } = await startWorkerLab(
    closing,
    ([first, second]) => [
      { name: 'worker', transport: 'http', url: first!.url },
      { name: 'backup', transport: 'http', url: second!.url, failover_for: 'worker' },
    ],
    { count: 2 },
  )
  await call('read', { key: probeKey })
  const client = new Client({ name: 'session', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(proxy.url)))
  closing.push(() => client.close())
  const textOf = async (key: string) => {
    const { content } = await client.callTool({ name: 'worker__read', arguments: { key } })
    return (content as { text: string }[])[0]?.text
  }
  expect(await textOf('1')).toBe('a 1')
  await workers[0]!.kill()
  expect(await textOf('2')).toBe('b 2')
})
