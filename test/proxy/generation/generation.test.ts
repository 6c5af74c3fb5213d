import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configSchema } from '../../../src/config/schema.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import { assemble } from '../../../src/proxy/generation/generation.ts'
import { backendsOf, proxyOf } from '../../../src/proxy/generation/status.ts'
import { call } from '../../support/peer.ts'
import { configOf } from '../../support/proxy.ts'
import { settle, testEpochMs } from '../../support/manual-clock.ts'
import { scriptedBackend, type ScriptedBackend } from '../../support/scripted-backend.ts'
import { testPorts } from '../../support/test-ports.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'generation-'))
})
afterAll(() => rm(folder, { recursive: true }))

const assembled = (
  backends: readonly ScriptedBackend[],
  config = configOf(['a', 'b']),
  ports = testPorts(),
) =>
  assemble(config, ports, {
    createValidator,
    openBackend: ({ name }) => backends.find((backend) => backend.name === name)!,
  })

test('assembling opens nothing: no child, no request, no timer', async () => {
  const marker = path.join(folder, 'was-started')
  let asked = 0
  const ports = testPorts({
    http: () => {
      asked += 1
      return Promise.reject(new Error('no network'))
    },
  })
  const script = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`
  const config = configSchema.parse({
    proxy: { name: 'p' },
    backends: [
      { name: 'child', transport: 'stdio', command: process.execPath, args: ['-e', script] },
      { name: 'far', transport: 'http', url: 'http://127.0.0.1:9/mcp' },
    ],
    auth: {
      type: 'oauth',
      issuer: 'https://id.acme.test',
      client_id: 'c',
      client_secret: 's',
      token_validation: 'both',
    },
  })
  const generation = await assemble(config, ports)
  await settle()
  expect(generation.backends.map(({ health }) => health.state)).toEqual(['starting', 'starting'])
  expect([asked, ports.clock.sleepers]).toEqual([0, 0])
  await generation.close()
  expect(existsSync(marker)).toBe(false)
})

test('start and close reach every backend', async () => {
  const backends = [scriptedBackend('a'), scriptedBackend('b')]
  const generation = await assembled(backends)
  expect(backends.map(({ started }) => started)).toEqual([false, false])
  generation.start()
  expect(backends.map(({ started }) => started)).toEqual([true, true])
  await generation.close()
  expect(backends.map(({ closed }) => closed)).toEqual([true, true])
})

test('one backend up is enough to be ready; those that are not are named', async () => {
  const a = scriptedBackend('a', {}, { state: 'starting' })
  const b = scriptedBackend('b', {}, { state: 'starting' })
  const generation = await assembled([a, b])
  expect(generation.ready().ready).toBe(false)
  a.up()
  b.down()
  expect(generation.ready()).toMatchObject({
    ready: true,
    problems: [{ code: 'backend-unavailable' }],
  })
  a.down()
  expect(generation.ready().ready).toBe(false)
})

test('a required backend that is not up takes readiness away, whatever the others do', async () => {
  const a = scriptedBackend('a')
  const b = scriptedBackend('b')
  const config = configOf(['a', 'b'])
  const backends = config.backends.map((one) => ({ ...one, required: one.name === 'a' }))
  const generation = await assembled([a, b], { ...config, backends })
  expect(generation.ready()).toEqual({ ready: true, problems: [] })
  b.down()
  expect(generation.ready().ready).toBe(true)
  a.down()
  b.up()
  expect(generation.ready()).toMatchObject({
    ready: false,
    problems: [{ code: 'backend-unavailable', detail: expect.stringContaining('Backend a') }],
  })
})

test('clients hear of list changes and of backends that come and go, once for what comes together', async () => {
  const a = scriptedBackend('a', {}, { state: 'starting' })
  const b = scriptedBackend('b')
  const ports = testPorts()
  const generation = await assembled([a, b], configOf(['a', 'b']), ports)
  const heard: string[] = []
  const later = () => ports.clock.advance(100)
  const end = generation.onListChanged((method) => heard.push(method))
  b.changed('notifications/prompts/list_changed')
  b.changed('notifications/prompts/list_changed')
  b.changed('notifications/resources/updated')
  expect(heard).toEqual([])
  await later()
  expect(heard).toEqual(['notifications/prompts/list_changed'])
  a.up()
  await later()
  expect(heard).toHaveLength(4)
  a.up()
  await later()
  expect(heard).toHaveLength(4)
  a.down()
  await later()
  expect(heard).toHaveLength(7)
  end()
  a.up()
  await later()
  expect(heard).toHaveLength(7)
})

test('without authentication everybody is the same anonymous caller, whatever they send', async () => {
  const generation = await assembled([scriptedBackend('a'), scriptedBackend('b')])
  const { signal } = new AbortController()
  for (const sent of [undefined, [], ['Bearer x'], ['Basic a', 'Basic b']]) {
    expect(await generation.authenticate(sent, signal)).toMatchObject({
      outcome: 'accepted',
      principal: { method: 'none' },
    })
  }
})

test('the separator and the layers of the configuration are in place', async () => {
  const config = configSchema.parse({
    proxy: { name: 'p', separator: '/', rate_limit: { requests: 1, period_seconds: 60 } },
    backends: [{ name: 'a', transport: 'stdio', command: 'x' }],
  })
  const a = scriptedBackend('a', { 'tools/list': { tools: [{ name: 't' }] } })
  const generation = await assembled([a], config)
  const listed = await generation.handle(call('tools/list'))
  expect(listed.kind === 'result' && listed.result.value()).toEqual({
    tools: [{ name: 'a/t', inputSchema: { type: 'object' } }],
  })
  expect(await generation.handle(call('tools/list'))).toMatchObject({
    problem: { code: 'limit-rate' },
  })
})

test('the status says what is up and why the rest is not', async () => {
  const b = scriptedBackend('b')
  b.down()
  const generation = await assembled([scriptedBackend('a'), b])
  expect(proxyOf(generation)).toMatchObject({ name: 'test-proxy', auth: 'none', ready: true })
  expect(backendsOf(generation, testEpochMs)).toMatchObject([
    { name: 'a', state: 'up', era: 'legacy', capabilities: expect.arrayContaining(['tools']) },
    { name: 'b', state: 'down', code: 'backend-unavailable' },
  ])
})
