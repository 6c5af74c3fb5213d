// Answers that are used again, and calls that share one, before real servers and a real Redis (docs/cache.md).
import { afterEach, describe, expect, test } from 'vitest'
import { redisIsInstalled, startRedis, type RedisServer } from '../support/redis.ts'
import {
  backendOf,
  probeKey,
  startWorkerLab,
  workerClient,
  type LabOptions,
} from '../support/worker-proxy.ts'
import { startRealProxy } from '../support/real-proxy.ts'
import { sendTo } from '../support/proxy.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const times = { tool_ttl_seconds: 60, resource_ttl_seconds: 60 }
const tokens = ['token-of-the-first-caller', 'token-of-the-second-caller'] as const
const auth = { type: 'bearer', tokens }

const operator = 'token-of-the-operator-of-the-caches'
const operated = { admin_tokens: [{ name: 'ops', token: operator, rights: ['read', 'operate'] }] }
const asOperator = {
  headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' },
}

const cached = async (keys: object = times, options: LabOptions = {}) => {
  const lab = await startWorkerLab(
    closing,
    ([worker]) => [backendOf(worker!, 'worker', { cache: keys })],
    options,
  )
  const { origin } = new URL(lab.proxy.url)
  return { ...lab, origin, worker: lab.workers[0]! }
}

describe('the cache', () => {
  test('reads and read-only tools are asked once, writes each time, and a write makes them be asked again', async () => {
    const { call, read, ledger, get } = await cached()
    await call('read', { key: probeKey })
    for (let n = 0; n < 3; n += 1) {
      expect((await call('read', { key: 'r' })).text).toBe('a r')
      expect((await read('n')).text).toBe('a n')
    }
    expect(await ledger()).toEqual(['a read r', 'a note n'])
    expect(await get('/admin/cache/stats')).toEqual([
      { backend: 'worker', hits: 4, misses: 3, hit_rate: 4 / 7, entry_count: 3 },
    ])
    await call('write', { key: 'w' })
    await call('read', { key: 'r' })
    expect(await ledger()).toEqual(['a read r', 'a note n', 'a write w', 'a read r'])
  })

  test('a tool that fails is asked again, and so is a server that does', async () => {
    const { call, worker, ledger } = await cached()
    await call('refuse', { key: 'x' })
    await call('refuse', { key: 'x' })
    expect(await ledger()).toEqual(['a refuse x', 'a refuse x'])
    await worker.control('status/503')
    expect((await call('read', { key: 'y' })).error?.data.code).toBe('backend-outcome-unknown')
    await worker.control('status/0')
    expect((await call('read', { key: 'y' })).text).toBe('a y')
  })

  test('two callers share no answer, unless the operator says that they may', async () => {
    const own = await cached(times, { config: { auth } })
    for (const token of tokens) await own.call('read', { key: 'r' }, { token })
    for (const token of tokens) await own.call('read', { key: 'r' }, { token })
    expect(await own.ledger()).toEqual(['a read r', 'a read r'])
    const shared = await cached({ ...times, public: true }, { config: { auth } })
    for (const token of tokens) await shared.call('read', { key: 'r' }, { token })
    expect(await shared.ledger()).toEqual(['a read r'])
  })

  test('POST /admin/cache/clear empties it; GET does not, nor does a page of another origin', async () => {
    const { call, ledger, origin } = await cached(times, { config: { security: operated } })
    await call('read', { key: 'r' })
    expect((await fetch(`${origin}/admin/cache/clear`, asOperator)).status).toBe(405)
    const foreign = await sendTo(origin, {
      path: '/admin/cache/clear',
      method: 'POST',
      headers: { ...asOperator.headers, origin: 'https://evil.example' },
    })
    expect(foreign.status).toBe(403)
    await call('read', { key: 'r' })
    expect(await ledger()).toEqual(['a read r'])
    const cleared = await fetch(`${origin}/admin/cache/clear`, { ...asOperator, method: 'POST' })
    expect(await cleared.json()).toEqual({ cleared: ['worker'] })
    const stats = await fetch(`${origin}/admin/cache/stats`, asOperator)
    expect(await stats.json()).toMatchObject([{ entry_count: 0 }])
    await call('read', { key: 'r' })
    expect(await ledger()).toEqual(['a read r', 'a read r'])
  })

  test('a resource that the server says has changed is read again, though no client asked for that', async () => {
    const { read, worker, ledger } = await cached()
    await read('n')
    await read('n')
    expect(await ledger()).toEqual(['a note n'])
    // The cache begins to follow a resource when it has kept it: until then the word is lost.
    const again = async (): Promise<number> => {
      await worker.control('touch/n')
      await read('n')
      return (await ledger()).length
    }
    await expect.poll(again, { timeout: 10_000 }).toBeGreaterThan(1)
  })

  test('a list of tools that the server says has changed makes their results be asked for again', async () => {
    const { call, worker, ledger } = await cached()
    await call('read', { key: 'r' })
    await call('read', { key: 'r' })
    expect(await ledger()).toEqual(['a read r'])
    const again = async (): Promise<number> => {
      await worker.control('changed')
      await call('read', { key: 'r' })
      return (await ledger()).length
    }
    await expect.poll(again, { timeout: 10_000 }).toBeGreaterThan(1)
  })
})

describe('coalesce_requests', () => {
  const coalescing = (options: LabOptions = {}) =>
    startWorkerLab(closing, ([worker]) => [backendOf(worker!, 'worker')], {
      ...options,
      config: { performance: { coalesce_requests: true }, ...options.config },
    })

  test('twenty identical reads are one at the server, and twenty writes are twenty', async () => {
    const { call, ledger, metric } = await coalescing()
    await call('read', { key: probeKey })
    const reads = await Promise.all(
      Array.from({ length: 20 }, () => call('read', { key: 'r', ms: 300 })),
    )
    expect(reads.every(({ text }) => text === 'a r')).toBe(true)
    const writes = await Promise.all(Array.from({ length: 20 }, () => call('write', { key: 'w' })))
    expect(writes.every(({ text }) => text === 'a w')).toBe(true)
    const lines = await ledger()
    expect(lines.filter((line) => line === 'a read r')).toHaveLength(1)
    expect(lines.filter((line) => line === 'a write w')).toHaveLength(20)
    expect(await metric('mcp_proxy_coalesced_total')).toEqual([
      'mcp_proxy_coalesced_total{backend="worker"} 19',
    ])
  })

  test('the first caller leaves, and the others get their answer', async () => {
    const { call, workers, ledger, metric } = await coalescing()
    await call('read', { key: probeKey })
    const leaving = new AbortController()
    const first = call('read', { key: 'r', ms: 1500 }, { signal: leaving.signal }).catch(
      () => 'gone',
    )
    await expect.poll(async () => (await workers[0]!.control('seen')).running).toBe(1)
    const others = Array.from({ length: 5 }, () => call('read', { key: 'r', ms: 1500 }))
    await expect
      .poll(() => metric('mcp_proxy_coalesced_total'))
      .toEqual(['mcp_proxy_coalesced_total{backend="worker"} 5'])
    leaving.abort()
    expect(await first).toBe('gone')
    expect((await Promise.all(others)).map(({ text }) => text)).toEqual(Array(5).fill('a r'))
    expect(await ledger()).toEqual(['a read r'])
    expect((await workers[0]!.control('seen')).aborted).toBe(0)
  })

  test('all callers leave, and the work at the server is cancelled', async () => {
    const { call, workers } = await coalescing()
    await call('read', { key: probeKey })
    const leaving = new AbortController()
    const { signal } = leaving
    const calls = Array.from({ length: 3 }, () =>
      call('read', { key: 'r', ms: 30_000 }, { signal }).catch(() => 'gone'),
    )
    await expect.poll(async () => (await workers[0]!.control('seen')).running).toBe(1)
    leaving.abort()
    expect(await Promise.all(calls)).toEqual(['gone', 'gone', 'gone'])
    await expect.poll(async () => (await workers[0]!.control('seen')).aborted).toBe(1)
  })

  test('two callers share no call', async () => {
    const { call, ledger } = await coalescing({ config: { auth } })
    await call('read', { key: probeKey }, { token: tokens[0] })
    await call('read', { key: probeKey }, { token: tokens[1] })
    await Promise.all(tokens.map((token) => call('read', { key: 'r', ms: 300 }, { token })))
    expect(await ledger()).toEqual(['a read r', 'a read r'])
  })
})

/** By hand the rest can be tried without Debian's package; what decides about a change has to have it. */
const mayMissRedis = !redisIsInstalled() && (process.env['CI'] ?? '') === ''
const withRedis = mayMissRedis ? describe.skip : describe

withRedis('in Redis', () => {
  const password = 'canary-of-a-redis-password-7f3a'
  const stored = async (more: object = {}) => {
    const redis: RedisServer = await startRedis(password)
    closing.push(() => redis.close())
    const lines: string[] = []
    const config = {
      cache: { backend: 'redis', url: redis.url, password },
      observability: { json_logs: true },
      ...more,
    }
    const lab = await cached(times, { config, logTo: { write: (line) => lines.push(line) } })
    const second = await startRealProxy([backendOf(lab.worker, 'worker', { cache: times })], {
      config,
    })
    closing.push(() => second.close({ force: true }))
    const warnings = () => lines.filter((line) => line.includes('"backend-cache"'))
    return { ...lab, redis, second: workerClient(new URL(second.url).origin), lines, warnings }
  }

  test('two processes share answers, what outdates them, and no secret', async () => {
    const { call, second, ledger, redis, lines, read } = await stored()
    await call('read', { key: probeKey })
    await second.call('read', { key: probeKey })
    await call('read', { key: 'r' })
    await expect.poll(async () => (await second.call('read', { key: 'r' })).text).toBe('a r')
    await read('n')
    expect((await second.read('n')).text).toBe('a n')
    expect(await ledger()).toEqual(['a read r', 'a note n'])
    await second.call('write', { key: 'w' })
    await call('read', { key: 'r' })
    expect(await ledger()).toEqual(['a read r', 'a note n', 'a write w', 'a read r'])
    const keys = redis.cli('KEYS', '*').split('\n')
    expect(keys.length).toBeGreaterThan(2)
    for (const key of keys) expect(key).toMatch(/^mcp-proxy:cache:worker:[\w-]{16}:[at]:[\w-]+/)
    expect(lines.join('')).not.toContain(password)
  })

  test('clear drops the answers of its backends and nothing else', async () => {
    const { call, redis, origin, ledger } = await stored({ security: operated })
    redis.cli('SET', 'mine', '1')
    await call('read', { key: 'r' })
    await expect.poll(() => redis.cli('KEYS', '*:a:*')).not.toBe('')
    await fetch(`${origin}/admin/cache/clear`, { ...asOperator, method: 'POST' })
    expect(redis.cli('KEYS', '*:a:*')).toBe('')
    expect(redis.cli('GET', 'mine')).toBe('1')
    await call('read', { key: 'r' })
    expect(await ledger()).toEqual(['a read r', 'a read r'])
  })

  test('while it is down calls go to the backend, with one warning; nothing outdated is used afterwards', async () => {
    const { call, redis, ledger, warnings, metric } = await stored()
    await call('read', { key: probeKey })
    await call('read', { key: 'r' })
    await redis.kill()
    for (let n = 0; n < 12; n += 1) expect((await call('read', { key: 'r' })).text).toBe('a r')
    expect(await ledger()).toHaveLength(13)
    expect(warnings()).toHaveLength(1)
    expect(await metric('mcp_proxy_cache_store_up')).toEqual(['mcp_proxy_cache_store_up 0'])
    await call('write', { key: 'w' })
    await redis.restart()
    await expect
      .poll(
        async () => {
          const before = (await ledger()).length
          await call('read', { key: 'again' })
          return (await ledger()).length === before
        },
        { timeout: 15_000 },
      )
      .toBe(true)
    expect(warnings()).toHaveLength(1)
  })

  test('frozen, it costs each call no more than its deadline, and after a few of them nothing', async () => {
    const { call, redis } = await stored()
    await call('read', { key: probeKey })
    redis.freeze()
    try {
      for (let n = 0; n < 4; n += 1) expect((await call('read', { key: 'r' })).text).toBe('a r')
      const begun = performance.now()
      for (let n = 0; n < 10; n += 1) await call('read', { key: 'r' })
      // Left alone for a second, but for one call that tries: ten deadlines would be 2.5 s.
      expect(performance.now() - begun).toBeLessThan(2000)
    } finally {
      redis.thaw()
    }
  })
})
