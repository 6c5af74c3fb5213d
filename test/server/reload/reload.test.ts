// A configuration that is read again while calls are under way: applied as a whole, or not at all.
import { afterEach, expect, test } from 'vitest'
import { createReloader } from '../../../src/server/reload/reload.ts'
import { usageError } from '../../../src/problems/usage-error.ts'
import { problemOf } from '../../../src/problems/problem.ts'
import type { Config } from '../../../src/config/schema.ts'
import { configOf, sendTo, startTestProxy, type TestProxy } from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'

const open: TestProxy[] = []
afterEach(async () => {
  for (const proxy of open.splice(0)) await proxy.close({ force: true })
})

const backend = (name: string) =>
  scriptedBackend(name, {
    'tools/list': { tools: [{ name: 'work', inputSchema: { type: 'object' } }] },
    'tools/call': () => result({ content: [{ type: 'text', text: name }] }),
  })

const work = { name: 'a__work', arguments: {} }

type Sections = Parameters<typeof configOf>[1]

/** A proxy whose file is `file.config`; what is thrown there is thrown by the file. */
const started = async (sections: Sections = {}, allowWeaker = false) => {
  const proxy = await startTestProxy([backend('a')], { config: sections, later: [backend('b')] })
  open.push(proxy)
  const first = configOf(['a'], sections)
  const file: { config: Config | Error } = { config: first }
  const loaded = (config: Config) => ({
    config,
    file: 'proxy.toml',
    warnings: [],
    variables: [],
    written: { text: '', format: 'toml' as const, tree: {} },
  })
  const reloader = createReloader({
    loaded: loaded(first),
    load: async () => {
      if (file.config instanceof Error) throw file.config
      return loaded(file.config)
    },
    parse: async () => loaded(first),
    read: () => Promise.resolve({ text: '', format: 'toml' as const }),
    write: () => undefined,
    check: (config) => proxy.check(config),
    replace: (config) => proxy.replace(config),
    renewCertificates: () => proxy.renewCertificates(),
    allowWeaker,
    clock: { now: () => 1_000_000 },
    log: proxy.telemetry.log,
    meter: proxy.telemetry.meter,
  })
  return { proxy, file, reloader }
}

const logOf = (proxy: TestProxy, message: string) =>
  proxy.logged().filter(({ msg }) => String(msg).startsWith(message))

test('a configuration that changed is served, and the log says what changed', async () => {
  const { proxy, file, reloader } = await started()
  file.config = configOf(['a', 'b'], { proxy: { instructions: 'new' } })
  expect(await reloader.reload('signal')).toMatchObject({ outcome: 'applied', problems: [] })
  expect(reloader.config).toBe(file.config)
  const listed = await proxy.modern('tools/list')
  expect(listed.json().result.tools.map(({ name }: { name: string }) => name)).toEqual([
    'a__work',
    'b__work',
  ])
  expect(logOf(proxy, 'configuration reloaded')).toMatchObject([
    {
      trigger: 'signal',
      changes: ['proxy.instructions: not set -> "new"', 'backends[b] added'],
    },
  ])
})

test('one that did not change is not applied, and that is said', async () => {
  const { proxy, reloader } = await started()
  const { generation } = proxy
  expect(await reloader.reload('file')).toEqual({
    outcome: 'unchanged',
    changes: [],
    problems: [],
    warnings: [],
  })
  expect(proxy.generation).toBe(generation)
  expect(logOf(proxy, 'configuration reloaded: nothing changed')).toHaveLength(1)
})

test('one that cannot be read changes nothing, and the log has every problem', async () => {
  const { proxy, file, reloader } = await started()
  const before = reloader.config
  file.config = usageError(
    problemOf('config-syntax', 'malformed', { why: 'unterminated string' }),
    {
      place: { file: 'proxy.toml', line: 3 },
    },
  )
  expect(await reloader.reload('file')).toMatchObject({ outcome: 'refused' })
  expect(reloader.config).toBe(before)
  expect((await proxy.modern('tools/call', work)).status).toBe(200)
  expect(logOf(proxy, 'configuration not reloaded')).toMatchObject([
    { code: 'config-syntax', hint: expect.stringMatching(/./), file: 'proxy.toml', line: 3 },
  ])
})

const guarded: Sections = { auth: { type: 'bearer', tokens: ['a-token-of-16-chars'] } }

test('one that accepts more than before is refused, and named', async () => {
  const { proxy, file, reloader } = await started(guarded)
  file.config = configOf(['a'])
  const report = await reloader.reload('signal')
  expect(report).toMatchObject({ outcome: 'refused', problems: [{ code: 'config-weaker' }] })
  expect((await proxy.modern('tools/call', work)).status).toBe(401)
})

test('it is applied where --allow-weaker says so', async () => {
  const { proxy, file, reloader } = await started(guarded, true)
  file.config = configOf(['a'])
  expect(await reloader.reload('signal')).toMatchObject({ outcome: 'applied' })
  expect((await proxy.modern('tools/call', work)).status).toBe(200)
})

test('it is applied where the configuration before allows it, not where it allows itself', async () => {
  const allowing = { security: { allow_weaker_reload: true } }
  const trusting = await started({ ...guarded, ...allowing })
  trusting.file.config = configOf(['a'])
  expect(await trusting.reloader.reload('signal')).toMatchObject({ outcome: 'applied' })
  const strict = await started(guarded)
  strict.file.config = configOf(['a'], allowing)
  expect(await strict.reloader.reload('signal')).toMatchObject({ outcome: 'refused' })
})

test('reloads are counted by how they ended', async () => {
  const { proxy, file, reloader } = await started()
  await reloader.reload('signal')
  file.config = configOf(['a', 'b'])
  await reloader.reload('signal')
  file.config = usageError(problemOf('config-syntax', 'malformed', { why: 'unterminated string' }))
  await reloader.reload('signal')
  const { text } = await proxy.send({ path: '/admin/metrics', method: 'GET' })
  for (const outcome of ['unchanged', 'applied', 'refused']) {
    expect(text).toContain(`mcp_proxy_config_reloads_total{outcome="${outcome}"} 1`)
  }
  expect(text).toContain('mcp_proxy_config_applied_timestamp_seconds 1000')
})

test('reloads that come at once are carried out one after the other', async () => {
  const { proxy, file, reloader } = await started()
  file.config = configOf(['a', 'b'])
  const reports = await Promise.all([reloader.reload('file'), reloader.reload('signal')])
  expect(reports.map(({ outcome }) => outcome)).toEqual(['applied', 'unchanged'])
  expect((await proxy.modern('tools/call', { ...work, name: 'b__work' })).status).toBe(200)
})

test('the level of the log and whether metrics are shown change with it', async () => {
  const { proxy, file, reloader } = await started()
  file.config = configOf(['a'], {
    observability: { log_level: 'silent', metrics: { enabled: false } },
  })
  await reloader.reload('signal')
  expect((await proxy.send({ path: '/admin/metrics', method: 'GET' })).status).toBe(404)
  const { length } = proxy.logged()
  await proxy.modern('tools/call', { name: 'none', arguments: {} })
  expect(proxy.logged()).toHaveLength(length)
})

const elsewhere = (port: number, instructions = '') => {
  const config = configOf(['a'], { proxy: { instructions } })
  return { ...config, proxy: { ...config.proxy, listen: { host: '127.0.0.1', port } } }
}

/** A port that was free a moment ago. */
const freePort = async (): Promise<number> => {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('another address is opened before the old one is closed, and calls there end well', async () => {
  const { proxy, file, reloader } = await started()
  const session = await proxy.session()
  const port = await freePort()
  file.config = elsewhere(port)
  const call = session.call('tools/call', work)
  expect(await reloader.reload('signal')).toMatchObject({ outcome: 'applied' })
  expect((await call).status).toBe(200)
  const there = await sendTo(`http://127.0.0.1:${port}`, { path: '/health', method: 'GET' })
  expect(there.status).toBe(200)
  const health = () =>
    proxy.send({ path: '/health', method: 'GET' }).then(
      ({ status }) => status,
      (error: NodeJS.ErrnoException) => error.code,
    )
  await expect.poll(health, { timeout: 10_000 }).toBe('ECONNREFUSED')
})

test('an address that is taken changes nothing', async () => {
  const { createServer } = await import('node:net')
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  try {
    const { proxy, file, reloader } = await started()
    file.config = elsewhere((taken.address() as { port: number }).port, 'new')
    expect(await reloader.reload('signal')).toMatchObject({
      outcome: 'refused',
      problems: [{ code: 'config-value' }],
    })
    expect((await proxy.modern('tools/call', work)).status).toBe(200)
  } finally {
    taken.close()
  }
})

test('200 reloads under 64 callers of both eras lose no call and leave nothing behind', async () => {
  const { proxy, file, reloader } = await started()
  const sessions = await Promise.all(Array.from({ length: 32 }, () => proxy.session()))
  const handles = () => process.getActiveResourcesInfo().length
  const before = handles()
  const ended = new AbortController()
  const statuses = new Set<unknown>()
  const callers = [
    ...sessions.map((session) => () => session.call('tools/call', work)),
    ...Array.from({ length: 32 }, () => () => proxy.modern('tools/call', work)),
  ].map(async (call) => {
    while (!ended.signal.aborted) {
      const answer = await call()
      statuses.add(answer.status === 200 ? answer.json().result?.content[0].text : answer.status)
    }
  })
  for (let round = 0; round < 200; round += 1) {
    file.config = configOf(round % 2 === 0 ? ['a', 'b'] : ['a'], {
      proxy: { instructions: `round ${round}` },
    })
    expect(await reloader.reload('file')).toMatchObject({ outcome: 'applied' })
  }
  ended.abort()
  await Promise.all(callers)
  expect(statuses).toEqual(new Set(['a']))
  await expect.poll(handles).toBeLessThanOrEqual(before + 8)
}, 120_000)
