// Each key of resilience before a real server: what it does, and what its failure looks like to a caller (docs/resilience.md).
import { afterEach, describe, expect, test } from 'vitest'
import { backendOf, probeKey, startWorkerLab } from '../support/worker-proxy.ts'
import type { Worker } from '../support/workers.ts'
import { configSchema } from '../../src/config/schema.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const behind = async (keys: object) => {
  const lab = await startWorkerLab(closing, ([worker]) => [backendOf(worker!, 'worker', keys)])
  // Its tools are listed, and with them their annotations, before anything is measured.
  await lab.call('read', { key: probeKey })
  const worker = lab.workers[0]!
  return { ...lab, worker, backend: backendOf(worker, 'worker', keys) }
}

const waitFor = async (worker: Worker, running: number) =>
  expect.poll(async () => (await worker.control('seen')).running).toBe(running)

describe('circuit_breaker', () => {
  const keys = {
    circuit_breaker: {
      minimum_calls: 4,
      wait_duration_seconds: 1,
      permitted_calls_in_half_open: 2,
    },
  }

  test('HTTP 503 opens it: calls are refused without being sent, and go on when it works again', async () => {
    const { worker, call, get, ledger, metric } = await behind(keys)
    await worker.control('status/503')
    for (let n = 0; n < 3; n += 1) {
      expect((await call('write', { key: 'x' })).error?.data.code).toBe('backend-outcome-unknown')
    }
    const refused = await call('write', { key: 'x' })
    expect(refused.error).toMatchObject({
      code: -32_603,
      data: { code: 'backend-circuit', case: 'open', retryAfter: 1 },
    })
    expect(refused.headers['retry-after']).toBe('1')
    expect(await get('/admin/circuit-breakers')).toMatchObject([
      { backend: 'worker', state: 'open', calls: 4, failures: 3 },
    ])
    expect((await get('/admin/backends')).backends).toMatchObject([
      { name: 'worker', state: 'up', circuit: { state: 'open' } },
    ])
    expect(await get('/ready')).toMatchObject({
      status: 'not ready',
      problems: ['backend-circuit'],
    })
    expect(await metric('mcp_proxy_circuit_state')).toEqual([
      'mcp_proxy_circuit_state{backend="worker"} 2',
    ])

    await worker.control('status/0')
    await expect.poll(async () => (await get('/ready')).status).toBe('ready')
    for (const key of ['a', 'b', 'c']) expect((await call('write', { key })).text).toBe(`a ${key}`)
    expect(await get('/admin/circuit-breakers')).toMatchObject([{ state: 'closed' }])
    expect(await ledger()).toEqual(['a write a', 'a write b', 'a write c'])
  })

  test('errors of tools, mistakes of callers and HTTP 429 never open it', async () => {
    const { worker, call, get } = await behind(keys)
    for (let n = 0; n < 10; n += 1) {
      expect((await call('refuse', { key: 'x' })).text).toBe('a refuses x')
      // The schema of the tool wants a key: the error is an answer.
      await call('read', { other: 1 })
    }
    await worker.control('status/429/7')
    for (let n = 0; n < 10; n += 1) {
      const { error, headers } = await call('read', { key: 'x' })
      expect(error?.data).toMatchObject({
        code: 'backend-unavailable',
        case: 'busy',
        retryAfter: 7,
      })
      expect(headers['retry-after']).toBe('7')
    }
    expect(await get('/admin/circuit-breakers')).toMatchObject([{ state: 'closed', failures: 0 }])
  })

  test('it stays open over a reload that changes other keys of its backend', async () => {
    const { worker, call, get, proxy, backend } = await behind({
      circuit_breaker: { minimum_calls: 1, wait_duration_seconds: 600 },
    })
    await worker.control('status/503')
    await call('write', { key: 'x' })
    await worker.control('status/0')
    const next = configSchema.parse({
      proxy: { name: 'between', listen: { port: 0 } },
      observability: { log_level: 'silent' },
      backends: [{ ...backend, timeout: { seconds: 5 } }],
    })
    await proxy.replace(next)
    await expect
      .poll(async () => (await get('/admin/backends')).backends[0])
      .toMatchObject({ state: 'up' })
    // The new connection is a reason to try once more.
    expect(await get('/admin/circuit-breakers')).toMatchObject([{ state: 'half-open' }])
  })
})

describe('concurrency', () => {
  test('the server never sees more calls than that, and all are answered', async () => {
    const { worker, call, ledger } = await behind({ concurrency: { max_concurrent: 3 } })
    const keys = Array.from({ length: 30 }, (_, n) => `k${n}`)
    const answers = await Promise.all(keys.map((key) => call('write', { key, ms: 20 })))
    expect(answers.map(({ text }) => text)).toEqual(keys.map((key) => `a ${key}`))
    expect((await worker.control('seen')).most).toBe(3)
    expect(await ledger()).toHaveLength(30)
  })

  test('a full line and a long wait are refused, and those calls were never sent', async () => {
    const { worker, call, ledger } = await behind({
      concurrency: { max_concurrent: 1, max_queued: 1, max_wait_seconds: 0.3 },
    })
    const first = call('write', { key: 'first one', ms: 1000 })
    await waitFor(worker, 1)
    const second = call('write', { key: 'late' })
    const full = await call('write', { key: 'full' })
    expect(full.error?.data).toMatchObject({ code: 'limit-backend-calls', case: 'full' })
    expect(full.headers['retry-after']).toBe('1')
    expect((await second).error?.data).toMatchObject({ code: 'limit-backend-calls', case: 'late' })
    expect((await first).text).toBe('a first one')
    expect(await ledger()).toEqual(['a write first one'])
  })

  test('a caller that leaves the line is never sent', async () => {
    const { worker, call, get, ledger } = await behind({
      concurrency: { max_concurrent: 1 },
    })
    const first = call('write', { key: 'one', ms: 1000 })
    await waitFor(worker, 1)
    const leaving = new AbortController()
    const left = call('write', { key: 'left' }, { signal: leaving.signal }).catch(() => 'gone')
    await expect
      .poll(async () => (await get('/admin/backends')).backends[0].calls)
      .toEqual({ in_flight: 1, queued: 1 })
    leaving.abort()
    expect(await left).toBe('gone')
    await expect
      .poll(async () => (await get('/admin/backends')).backends[0].calls)
      .toEqual({ in_flight: 1, queued: 0 })
    expect((await first).text).toBe('a one')
    expect(await ledger()).toEqual(['a write one'])
  })
})

describe('timeout', () => {
  test('progress keeps a call alive that is silent for no longer than idle_seconds', async () => {
    const { call, worker } = await behind({ timeout: { idle_seconds: 0.5 } })
    const lively = await call(
      'steps',
      { key: 'lively', ms: 200, steps: 6 },
      { progressToken: 'token' },
    )
    expect(lively.text).toBe('a lively')
    const { error } = await call('read', { key: 'silent', ms: 5000 })
    expect(error?.data).toMatchObject({ code: 'backend-timeout', case: 'idle' })
    await expect.poll(async () => (await worker.control('seen')).aborted).toBe(1)
  })
})

describe('hedging', () => {
  test('a slow read is answered by its hedge, and the loser is cancelled at the server', async () => {
    const { worker, call, ledger, metric } = await behind({ hedging: { delay_ms: 100 } })
    await worker.control('slow/1/30000')
    expect((await call('read', { key: 'x' })).text).toBe('a x')
    expect(await ledger()).toEqual(['a read x', 'a read x'])
    await expect.poll(async () => (await worker.control('seen')).aborted).toBe(1)
    expect(await metric('mcp_proxy_hedges_total')).toEqual([
      'mcp_proxy_hedges_total{backend="worker",outcome="won"} 1',
    ])
  })

  test('a slow write is never hedged', async () => {
    const { worker, call, ledger } = await behind({ hedging: { delay_ms: 20 } })
    await worker.control('slow/1/400')
    expect((await call('write', { key: 'x' })).text).toBe('a x')
    expect(await ledger()).toEqual(['a write x'])
  })
})

describe('a write whose connection breaks after it was carried out', () => {
  test('is carried out once with retry, hedging, breaker, bound and deadlines all on', async () => {
    const { worker, call, ledger } = await behind({
      retry: { max_retries: 5, initial_backoff_ms: 1 },
      hedging: { delay_ms: 1, max_hedges: 3 },
      circuit_breaker: { minimum_calls: 100 },
      concurrency: { max_concurrent: 8 },
      timeout: { seconds: 10, idle_seconds: 5 },
    })
    for (let n = 0; n < 20; n += 1) {
      await worker.control('drop/1')
      const { error } = await call('write', { key: `w${n}` })
      expect(error?.data.code).toBe('backend-outcome-unknown')
    }
    expect(await ledger()).toEqual(Array.from({ length: 20 }, (_, n) => `a write w${n}`))
    await worker.control('drop/1')
    expect((await call('read', { key: 'r' })).text).toBe('a r')
  })
})
