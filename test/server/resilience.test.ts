// Each key of resilience before a real server: what it does, and what its failure looks like to a caller (docs/resilience.md).
import { afterEach, describe, expect, test } from 'vitest'
import { makeTempFolder } from '../support/command-line.ts'
import { modernMeta, modernVersion, sendTo, type Received } from '../support/proxy.ts'
import { startRealProxy, type RealProxyOptions } from '../support/real-proxy.ts'
import { readLedger, startWorker, type Worker } from '../support/workers.ts'
import { configSchema } from '../../src/config/schema.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface CallError {
  readonly code: number
  readonly message: string
  readonly data: { readonly code: string; readonly case?: string; readonly retryAfter?: number }
}

interface Answered {
  readonly text: string | undefined
  readonly error: CallError | undefined
  readonly headers: Received['headers']
}

const caller = (origin: string) => {
  let id = 0
  return async (
    tool: string,
    args: object,
    signal?: AbortSignal,
    progressToken?: string,
  ): Promise<Answered> => {
    const name = `worker__${tool}`
    const answer = await sendTo(origin, {
      ...(signal === undefined ? {} : { signal }),
      headers: {
        'mcp-protocol-version': modernVersion,
        'mcp-method': 'tools/call',
        'mcp-name': name,
      },
      body: {
        jsonrpc: '2.0',
        id: (id += 1),
        method: 'tools/call',
        params: {
          _meta: modernMeta(progressToken === undefined ? {} : { progressToken }),
          name,
          arguments: args,
        },
      },
    })
    const message = (
      answer.headers['content-type']?.startsWith('text/event-stream')
        ? answer.events().at(-1)
        : answer.json()
    ) as { result?: { content: { text: string }[] }; error?: CallError }
    return {
      text: message.result?.content[0]?.text,
      error: message.error,
      headers: answer.headers,
    }
  }
}

const behind = async (keys: object, options: RealProxyOptions = {}) => {
  const folder = await makeTempFolder()
  closing.push(() => folder.remove())
  const file = await folder.write('ledger', '')
  const worker = await startWorker('w', file)
  closing.push(() => worker.kill())
  const backend = {
    name: 'worker',
    transport: 'http',
    protocol: 'modern',
    url: worker.url,
    ...keys,
  }
  const proxy = await startRealProxy([backend], options)
  closing.push(() => proxy.close({ force: true }))
  const { origin } = new URL(proxy.url)
  const call = caller(origin)
  // Its tools are listed, and with them their annotations, before anything is measured.
  await call('read', { key: 'first' })
  const get = async (path: string) => (await fetch(`${origin}${path}`)).json() as Promise<any> // oxlint-disable-line typescript/no-explicit-any -- read member by member
  return {
    worker,
    proxy,
    call,
    get,
    backend,
    ledger: async () => (await readLedger(file)).filter((line) => !line.endsWith(' first')),
    metric: async (name: string): Promise<readonly string[]> => {
      const text = await (await fetch(`${origin}/admin/metrics`)).text()
      return text.split('\n').filter((line) => line.startsWith(name))
    },
  }
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
    for (const key of ['a', 'b', 'c']) expect((await call('write', { key })).text).toBe(`w ${key}`)
    expect(await get('/admin/circuit-breakers')).toMatchObject([{ state: 'closed' }])
    expect(await ledger()).toEqual(['w write a', 'w write b', 'w write c'])
  })

  test('errors of tools, mistakes of callers and HTTP 429 never open it', async () => {
    const { worker, call, get } = await behind(keys)
    for (let n = 0; n < 10; n += 1) {
      expect((await call('refuse', { key: 'x' })).text).toBe('w refuses x')
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
    expect(answers.map(({ text }) => text)).toEqual(keys.map((key) => `w ${key}`))
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
    expect((await first).text).toBe('w first one')
    expect(await ledger()).toEqual(['w write first one'])
  })

  test('a caller that leaves the line is never sent', async () => {
    const { worker, call, get, ledger } = await behind({
      concurrency: { max_concurrent: 1 },
    })
    const first = call('write', { key: 'one', ms: 1000 })
    await waitFor(worker, 1)
    const leaving = new AbortController()
    const left = call('write', { key: 'left' }, leaving.signal).catch(() => 'gone')
    await expect
      .poll(async () => (await get('/admin/backends')).backends[0].calls)
      .toEqual({ in_flight: 1, queued: 1 })
    leaving.abort()
    expect(await left).toBe('gone')
    await expect
      .poll(async () => (await get('/admin/backends')).backends[0].calls)
      .toEqual({ in_flight: 1, queued: 0 })
    expect((await first).text).toBe('w one')
    expect(await ledger()).toEqual(['w write one'])
  })
})

describe('timeout', () => {
  test('progress keeps a call alive that is silent for no longer than idle_seconds', async () => {
    const { call, worker } = await behind({ timeout: { idle_seconds: 0.5 } })
    const lively = await call('steps', { key: 'lively', ms: 200, steps: 6 }, undefined, 'token')
    expect(lively.text).toBe('w lively')
    const { error } = await call('read', { key: 'silent', ms: 5000 })
    expect(error?.data).toMatchObject({ code: 'backend-timeout', case: 'idle' })
    await expect.poll(async () => (await worker.control('seen')).aborted).toBe(1)
  })
})

describe('hedging', () => {
  test('a slow read is answered by its hedge, and the loser is cancelled at the server', async () => {
    const { worker, call, ledger, metric } = await behind({ hedging: { delay_ms: 100 } })
    await worker.control('slow/1/30000')
    expect((await call('read', { key: 'x' })).text).toBe('w x')
    expect(await ledger()).toEqual(['w read x', 'w read x'])
    await expect.poll(async () => (await worker.control('seen')).aborted).toBe(1)
    expect(await metric('mcp_proxy_hedges_total')).toEqual([
      'mcp_proxy_hedges_total{backend="worker",outcome="won"} 1',
    ])
  })

  test('a slow write is never hedged', async () => {
    const { worker, call, ledger } = await behind({ hedging: { delay_ms: 20 } })
    await worker.control('slow/1/400')
    expect((await call('write', { key: 'x' })).text).toBe('w x')
    expect(await ledger()).toEqual(['w write x'])
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
    expect(await ledger()).toEqual(Array.from({ length: 20 }, (_, n) => `w write w${n}`))
    await worker.control('drop/1')
    expect((await call('read', { key: 'r' })).text).toBe('w r')
  })
})
