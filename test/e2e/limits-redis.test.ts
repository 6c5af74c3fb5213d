// Limits that several processes share through a real Redis: exact under load, and what happens when Redis goes away.
import { Agent, request as httpRequest } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, type HttpServer } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { redisIsInstalled, startRedis, type RedisServer } from '../support/redis.ts'

/** By hand the rest can be tried without Debian's package; what decides about a change has to have it. */
const mayMissRedis = !redisIsInstalled() && (process.env['CI'] ?? '') === ''
const withRedis = mayMissRedis ? describe.skip : describe
const title = mayMissRedis ? 'Redis (missing: apt-get install redis-server)' : 'Redis'

const password = 'canary-of-a-redis-password-7f3a'

let server: HttpServer
let folder: TempFolder
let redis: RedisServer
const running: RunningProxy[] = []

const textOf = (rules: string, more = '') => `[proxy]
name = "limited"
[proxy.listen]
port = 0
[observability]
json_logs = true
[[backends]]
name = "files"
transport = "http"
url = "${server.url}"
[limits.redis]
url = "${redis.url}"
password = "\${REDIS_PASSWORD}"
${more}
${rules}`

// With DEBUG many packages print what they do: none may print the password.
const env = { REDIS_PASSWORD: password, DEBUG: '*' }

const started = async (text: string): Promise<RunningProxy> => {
  const file = await folder.write(`proxy-${running.length}.toml`, text)
  const proxy = await startProxy(file, { env })
  running.push(proxy)
  return proxy
}

const rule = (requests: number, period: number) => `[[limits.rules]]
name = "shared"
requests = ${requests}
period_seconds = ${period}
`

const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'server/discover',
  params: { _meta: modernMeta() },
})

const headers = { 'mcp-protocol-version': modernVersion, 'mcp-method': 'server/discover' }

/** The status of one request that every rule counts and no backend sees. */
const ask = async ({ url }: RunningProxy): Promise<number> =>
  (await sendTo(new URL(url).origin, { body, headers })).status

const askOver = (url: string, agent: Agent): Promise<number> =>
  new Promise((resolve, reject) => {
    const req = httpRequest(url, {
      agent,
      method: 'POST',
      headers: {
        ...headers,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    req.on('error', reject)
    req.on('response', (res) => {
      res.resume()
      res.on('end', () => resolve(res.statusCode ?? 0))
    })
    req.end(body)
  })

/**
 * So many requests, spread over the proxies on 64 connections. Gives how many there were of each status. `onAnswer` gets
 * the number of each answer.
 */
const load = async (
  proxies: readonly RunningProxy[],
  requests: number,
  onAnswer: (answered: number) => void = () => undefined,
) => {
  const connections = 64
  const statuses = new Map<number, number>()
  let left = requests
  let answered = 0
  await Promise.all(
    Array.from({ length: connections }, async (_, index) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const { url } = proxies[index % proxies.length]!
      while (left > 0) {
        left -= 1
        const status = await askOver(url, agent)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        answered += 1
        onAnswer(answered)
      }
      agent.destroy()
    }),
  )
  return statuses
}

const metric = async ({ url }: RunningProxy, name: string): Promise<string | undefined> => {
  const { text } = await sendTo(new URL(url).origin, { path: '/admin/metrics', method: 'GET' })
  return new RegExp(`^${name}(?:\\{\\})? (.*)$`, 'm').exec(text)?.[1]
}

const warnings = (proxy: RunningProxy): readonly string[] =>
  proxy
    .log()
    .split('\n')
    .filter((line) => line.includes('"limit-store"') && line.includes('"limits"'))

withRedis(title, () => {
  beforeAll(async () => {
    server = await startHttpServer('modern')
  })
  afterAll(() => server.close())
  const open = async () => {
    folder = await makeTempFolder()
    redis = await startRedis(password)
  }
  afterEach(async () => {
    redis.thaw()
    await Promise.all(running.splice(0).map((proxy) => proxy.stop()))
    await redis.close()
    await folder.remove()
  })

  test('two proxies on one Redis let through as many requests as the rule says, under 64 connections', async () => {
    await open()
    const text = textOf(rule(500, 600), 'timeout_seconds = 5')
    const proxies = [await started(text), await started(text)]
    const statuses = await load(proxies, 2000)
    expect(new Set(statuses.keys())).toEqual(new Set([200, 429]))
    expect(statuses.get(200)).toBe(500)
    expect(statuses.get(429)).toBe(1500)
    for (const proxy of proxies) {
      expect(warnings(proxy)).toEqual([])
      expect(proxy.log()).not.toContain(password)
    }
    // Who the callers are is in no key.
    expect(redis.cli('KEYS', '*')).toMatch(/^mcp-proxy:limit:shared:600:[\w-]{22}$/)
  })

  test('killed in the middle, open: calls go on, each process counts on its own, and one warning says so', async () => {
    await open()
    const text = textOf(rule(400, 600))
    const proxies = [await started(text), await started(text)]
    const statuses = await load(proxies, 2500, (answered) => {
      if (answered === 200) void redis.kill()
    })
    expect(new Set(statuses.keys())).toEqual(new Set([200, 429]))
    // Each process begins with a whole quota of its own, after what Redis had let through.
    expect(statuses.get(200)).toBeGreaterThanOrEqual(200 + 800)
    expect(statuses.get(200)).toBeLessThanOrEqual(400 + 800)
    for (const proxy of proxies) {
      expect(warnings(proxy)).toHaveLength(1)
      expect(await metric(proxy, 'mcp_proxy_limit_store_up')).toBe('0')
      expect(proxy.log()).not.toContain(password)
    }
  })

  test('killed in the middle, closed: calls are refused with 503, and go on when Redis is back', async () => {
    await open()
    const proxy = await started(textOf(rule(100_000, 600), 'on_failure = "closed"'))
    const statuses = await load([proxy], 1500, (answered) => {
      if (answered === 200) void redis.kill()
    })
    expect(new Set(statuses.keys())).toEqual(new Set([200, 503]))
    expect(statuses.get(200)).toBeGreaterThanOrEqual(200)
    expect(warnings(proxy)).toHaveLength(1)
    const refused = await sendTo(new URL(proxy.url).origin, { body, headers })
    expect(refused.status).toBe(503)
    expect(refused.headers['retry-after']).toBe('1')
    expect(refused.json().error.data).toMatchObject({ code: 'limit-store', retryAfter: 1 })
    await redis.restart()
    await eventually('a call goes on', async () => (await ask(proxy)) === 200 || undefined)
    expect(await metric(proxy, 'mcp_proxy_limit_store_up')).toBe('1')
    expect(proxy.log()).toContain('Redis answers again')
  })

  test('back after a failure, the limit is shared again without a restart of the proxies', async () => {
    await open()
    const text = textOf(rule(20, 600), 'timeout_seconds = 1')
    const proxies = [await started(text), await started(text)]
    await redis.kill()
    for (const proxy of proxies) await ask(proxy)
    await redis.restart()
    for (const proxy of proxies) {
      await eventually('Redis is asked again', async () => {
        await ask(proxy)
        return (await metric(proxy, 'mcp_proxy_limit_store_up')) === '1' || undefined
      })
    }
    redis.cli('FLUSHALL')
    const [one, other] = proxies as [RunningProxy, RunningProxy]
    await load([one], 15)
    const statuses = await load([other], 15)
    const counted = Number(redis.cli('GET', redis.cli('KEYS', '*')))
    expect(counted).toBeGreaterThanOrEqual(20)
    expect(statuses.get(429) ?? 0).toBeGreaterThan(0)
  })

  test('frozen: a call waits no longer than the deadline, and after three of them not at all', async () => {
    await open()
    const proxy = await started(textOf(rule(1000, 600), 'timeout_seconds = 0.2'))
    expect(await ask(proxy)).toBe(200)
    redis.freeze()
    const begun = Date.now()
    for (let n = 0; n < 10; n += 1) expect(await ask(proxy)).toBe(200)
    const alone = Number(await metric(proxy, 'mcp_proxy_limit_store_failures_total'))
    // Three, and one for each second after that.
    expect(alone).toBeGreaterThanOrEqual(3)
    expect(alone).toBeLessThanOrEqual(4 + (Date.now() - begun) / 1000)
    expect(warnings(proxy)).toHaveLength(1)
    await load([proxy], 64)
    const failures = Number(await metric(proxy, 'mcp_proxy_limit_store_failures_total'))
    const statuses = await load([proxy], 500)
    expect([...statuses]).toEqual([[200, 500]])
    // One trial a second at most: the others did not ask.
    const more = Number(await metric(proxy, 'mcp_proxy_limit_store_failures_total'))
    expect(more - failures).toBeLessThan(60)
    redis.thaw()
    await eventually('Redis is asked again', async () => {
      await ask(proxy)
      return (await metric(proxy, 'mcp_proxy_limit_store_up')) === '1' || undefined
    })
  })

  test('doctor says whether Redis answers, and why not, without its password', async () => {
    await open()
    const file = await folder.write('proxy.toml', textOf(rule(10, 60), 'timeout_seconds = 5'))
    const look = (more: Record<string, string> = {}) =>
      runCommandLine(['doctor', '--config', file, '--only', 'limits'], { env: { ...env, ...more } })
    const good = await look()
    expect(good.stdout).toContain(`Redis at 127.0.0.1:${redis.port} answers in`)
    const wrong = await look({ REDIS_PASSWORD: 'another-password-that-is-wrong' })
    expect(wrong.stdout).toMatch(/limit-store/)
    expect(wrong.stdout).toMatch(/WRONGPASS/)
    await redis.kill()
    const gone = await look()
    expect(gone.stdout).toMatch(/ECONNREFUSED/)
    for (const { stdout, stderr } of [good, wrong, gone]) {
      expect(stdout + stderr).not.toContain(password)
      expect(stdout + stderr).not.toContain('another-password')
    }
  })
})
