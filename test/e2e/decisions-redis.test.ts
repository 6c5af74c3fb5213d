// Decisions in a real Redis: written without a call waiting for it, read by `why` and `replay`, and what happens when Redis
// goes away.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ReplayReport } from '../../src/cli/replay/replay-report.ts'
import {
  eventually,
  makeTempFolder,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { redisIsInstalled, startRedis, type RedisServer } from '../support/redis.ts'

/** By hand the rest can be tried without Debian's package; what decides about a change has to have it. */
const mayMissRedis = !redisIsInstalled() && (process.env['CI'] ?? '') === ''
const withRedis = mayMissRedis ? describe.skip : describe
const title = mayMissRedis ? 'Redis (missing: apt-get install redis-server)' : 'Redis'

const password = 'canary-of-a-redis-password-1c9e'
const callerToken = 'caller-token-0000000000000001'
const wrongToken = 'wrong-token-000000000000000001'
const key = 'desk:decisions'
const env = { REDIS_PASSWORD: password, CALLER: callerToken, DEBUG: '*' }

let folder: TempFolder
let redis: RedisServer
const running: RunningProxy[] = []

const configOf = (tools = '["*"]', more = '') => `[proxy]
name = "kept"
[proxy.listen]
port = 0
[auth]
type = "bearer"
[[auth.scoped_tokens]]
name = "caller"
token = "\${CALLER}"
allow_tools = ${tools}
[observability]
json_logs = true
[observability.decisions]
accepted = 1
[observability.decisions.redis]
url = "${redis.url}"
password = "\${REDIS_PASSWORD}"
key = "${key}"
${more}
[[backends]]
name = "one"
transport = "http"
url = "http://127.0.0.1:9/mcp"
`

const started = async (more = ''): Promise<RunningProxy> => {
  const file = await folder.write(`proxy-${running.length}.toml`, configOf('["*"]', more))
  const proxy = await startProxy(file, { env })
  running.push(proxy)
  return proxy
}

const ask = async (proxy: RunningProxy, token: string): Promise<string> => {
  const { headers } = await sendTo(new URL(proxy.url).origin, {
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'one__t', arguments: {}, _meta: modernMeta() },
    },
    headers: {
      'mcp-protocol-version': modernVersion,
      'mcp-method': 'tools/call',
      'mcp-name': 'one__t',
    },
    token,
  })
  return String(headers['x-request-id'])
}

const kept = (): number => Number(redis.cli('XLEN', key))
const metricsOf = async (proxy: RunningProxy): Promise<string> =>
  (await sendTo(new URL(proxy.url).origin, { method: 'GET', path: '/admin/metrics' })).text
const lostBy = async (proxy: RunningProxy): Promise<number> =>
  Number(/mcp_proxy_decisions_lost_total (\d+)/.exec(await metricsOf(proxy))?.[1] ?? 0)

withRedis(title, () => {
  beforeAll(async () => {
    folder = await makeTempFolder()
    redis = await startRedis(password)
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((proxy) => proxy.stop()))
    redis.thaw()
    if (redis.cli('PING') !== 'PONG') await redis.restart()
    redis.cli('DEL', key)
  })
  afterAll(async () => {
    await redis.close()
    await folder.remove()
  })

  const source = () => `${redis.url}/0?key=${key}`
  const withPassword = { MCP_PROXY_REDIS_PASSWORD: password }
  const why = (args: readonly string[], more: Record<string, string> = withPassword) =>
    runCommandLine(['why', ...args], { env: more })

  test('of two proxies one stream has the decisions, and why finds each', async () => {
    const [one, other] = [await started(), await started()]
    const ids = [await ask(one, wrongToken), await ask(other, wrongToken)]
    await eventually('both are there', () => kept() === 2 || undefined)
    for (const id of ids) {
      const { exitCode, stdout } = await why([id, '--decisions', source(), '--json'])
      expect(exitCode).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({
        verdict: 'rejected',
        proxy: null,
        file: `${redis.url}/0`,
        decisions: [{ id, code: 'token-unknown' }],
      })
      expect(stdout).not.toContain(password)
    }
    const missing = await why(['523c276f', '--decisions', source(), '--json'])
    expect([missing.exitCode, JSON.parse(missing.stdout).error.code]).toEqual([2, 'decision-file'])
  })

  test('replay reads the stream', async () => {
    const proxy = await started()
    for (let n = 0; n < 3; n += 1) await ask(proxy, callerToken)
    await ask(proxy, wrongToken)
    await eventually('all are there', () => kept() === 4 || undefined)
    const candidate = await folder.write('candidate.toml', configOf('["none"]'))
    const { exitCode, stdout } = await runCommandLine(
      ['replay', '--json', '--decisions', source(), '--config', candidate],
      { env: { ...env, DEBUG: '', ...withPassword } },
    )
    const report = JSON.parse(stdout) as ReplayReport
    expect([exitCode, report.read, report.changed, report.same]).toEqual([1, 4, 3, 1])
  })

  test('the last decisions of a proxy that ends are written', async () => {
    const proxy = await started()
    const id = await ask(proxy, wrongToken)
    await proxy.stop()
    running.length = 0
    expect(redis.cli('XREVRANGE', key, '+', '-', 'COUNT', '1')).toContain(id)
  })

  test('the stream is cut where it has more than it may', async () => {
    redis.cli('EVAL', `for i=1,3000 do redis.call('XADD','${key}','*','decision','{}') end`, '0')
    const proxy = await started('max = 100')
    await ask(proxy, wrongToken)
    const id = await ask(proxy, wrongToken)
    const newest = () => redis.cli('XREVRANGE', key, '+', '-', 'COUNT', '3')
    await eventually('the newest is there', () => newest().includes(id) || undefined)
    expect(kept()).toBeLessThan(1000)
  })

  test('while Redis is away no call waits, newer decisions are kept for it, and it gets them', async () => {
    const proxy = await started()
    await ask(proxy, wrongToken)
    await eventually('the first is there', () => kept() === 1 || undefined)
    await redis.kill()
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) ids.push(await ask(proxy, wrongToken))
    await redis.restart()
    await eventually('they are there', () => kept() >= 5 || undefined)
    const text = redis.cli('XRANGE', key, '-', '+')
    for (const id of ids) expect(text).toContain(id)
    expect(await lostBy(proxy)).toBe(0)
    expect(await metricsOf(proxy)).toContain('mcp_proxy_decision_store_up 1')
    await proxy.stop()
    running.length = 0
    const said = proxy.log()
    expect(said).toContain('could not store decisions')
    expect(said).toContain('decisions are written to Redis again')
    expect(said).not.toContain(password)
  })

  test('a Redis that is silent holds up no call', async () => {
    const proxy = await started('timeout_seconds = 10')
    await ask(proxy, wrongToken)
    await eventually('the first is there', () => kept() === 1 || undefined)
    redis.freeze()
    for (let n = 0; n < 10; n += 1) await ask(proxy, wrongToken)
    // The deadline of the first question has not passed, and all calls have their answers.
    expect(await metricsOf(proxy)).toContain('mcp_proxy_decision_store_up 1')
    redis.thaw()
    await eventually('all are there', () => kept() === 11 || undefined)
    expect(await lostBy(proxy)).toBe(0)
  })

  test('what a silent Redis may have or not is counted as lost, once', async () => {
    const proxy = await started('timeout_seconds = 0.3')
    await ask(proxy, wrongToken)
    await eventually('the first is there', () => kept() === 1 || undefined)
    redis.freeze()
    await ask(proxy, wrongToken)
    await eventually('it is lost', async () => ((await lostBy(proxy)) > 0 ? true : undefined))
    redis.thaw()
    const later = await ask(proxy, wrongToken)
    const isThere = () => redis.cli('XRANGE', key, '-', '+').includes(later)
    await eventually('it goes on', () => isThere() || undefined)
    expect(await lostBy(proxy)).toBe(1)
  })

  test('beyond 1,000 the oldest are lost, and counted', async () => {
    await redis.kill()
    const proxy = await started()
    await Promise.all(Array.from({ length: 1040 }, () => ask(proxy, wrongToken)))
    expect(await lostBy(proxy)).toBe(40)
    await redis.restart()
    await eventually('the others are written', () => kept() === 1000 || undefined)
  }, 60_000)

  test('doctor says whether Redis takes decisions', async () => {
    const file = await folder.write('doctor.toml', configOf())
    const examine = async (more: Record<string, string>) => {
      const { stdout } = await runCommandLine(
        ['doctor', '--config', file, '--only', 'decisions', '--json'],
        { env: { ...env, DEBUG: '', ...more } },
      )
      expect(stdout).not.toContain(password)
      return (JSON.parse(stdout) as { sections: { checks: object[] }[] }).sections[0]?.checks
    }
    expect(await examine({})).toMatchObject([{ id: 'decision-store', status: 'pass' }])
    expect(await examine({ REDIS_PASSWORD: 'another' })).toMatchObject([
      { id: 'decision-store', case: 'write', status: 'fail' },
    ])
  })

  test.each([
    [
      'a wrong password',
      () => source(),
      { MCP_PROXY_REDIS_PASSWORD: 'another' },
      3,
      'decision-store',
    ],
    ['no Redis', () => 'redis://127.0.0.1:9', {}, 3, 'decision-store'],
    ['a password in the URL', () => source().replace('//', `//:${password}@`), {}, 2, 'usage-flag'],
    ['another key', () => `${redis.url}?key=none`, withPassword, 2, 'decision-file'],
  ])('%s has its own answer', async (_, from, more, exitCode, code) => {
    const done = await why(['523c276f', '--decisions', from(), '--json'], more)
    const { error } = JSON.parse(done.stdout) as { error: { code: string; message: string } }
    expect([done.exitCode, error.code]).toEqual([exitCode, code])
    expect(done.stdout + done.stderr).not.toContain(password)
  })
})
