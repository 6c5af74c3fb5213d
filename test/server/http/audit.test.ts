// Audit lines of a real listener: who asked for what, against the published schema, and before the answer.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { problemOf } from '../../../src/problems/problem.ts'
import { makeTempFolder, type TempFolder } from '../../support/command-line.ts'
import {
  modernMeta,
  startTestProxy,
  type TestProxy,
  type TestProxyOptions,
} from '../../support/proxy.ts'
import { expectSchema } from '../../support/reports.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { startStdioProxy, modernRequest } from '../../support/stdio-proxy.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
} from '../../support/tokens.ts'

const backend = () =>
  scriptedBackend('a', {
    'tools/list': { tools: [{ name: 't' }, { name: 'write' }, { name: 'broken' }] },
    'tools/call': ({ request }) =>
      request.params?.['name'] === 'broken'
        ? {
            kind: 'failure',
            sent: true,
            problem: problemOf('backend-timeout', 'total', { backend: 'a', seconds: 1 }),
          }
        : result({ content: [] }),
  })

const running: TestProxy[] = []
const folders: TempFolder[] = []
const start = async (config: TestProxyOptions['config'] = {}): Promise<TestProxy> => {
  const proxy = await startTestProxy([backend()], {
    config: {
      auth: {
        type: 'oauth',
        issuer: testIssuer,
        audience: testAudience,
        rules: [{ name: 'no writes', effect: 'deny', tools: ['a__write'], when: 'true' }],
      },
      ...config,
      proxy: { name: 'p', public_url: testAudience, ...config.proxy },
    },
    localKeys: jwksOf(await testKey()),
  })
  running.push(proxy)
  return proxy
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((proxy) => proxy.close({ force: true })))
  await Promise.all(folders.splice(0).map((folder) => folder.remove()))
})

const token = async (claims: object = {}): Promise<string> =>
  mintToken(
    await testKey(),
    goodClaims({ client_id: 'desk', ...claims }, Math.floor(Date.now() / 1000)),
  )
const audited = (proxy: TestProxy) => proxy.logged().filter(({ event }) => event === 'audit')
const lineOf = (proxy: TestProxy, id: unknown) =>
  audited(proxy).find(({ request_id }) => request_id === id)

const clientInfo = { name: 'claude-code', version: '2.1.4' }
const call = async (proxy: TestProxy, name: string) => {
  const meta = modernMeta({ 'io.modelcontextprotocol/clientInfo': clientInfo })
  const answer = await proxy.modern('tools/call', { name, _meta: meta }, { token: await token() })
  return lineOf(proxy, answer.headers['x-request-id'])
}

describe('an audit line', () => {
  test('of a call says who called, with which program, from where, what, and how it ended', async () => {
    const proxy = await start()
    const line = await call(proxy, 'a__t')
    expect(line).toMatchObject({
      level: 'info',
      msg: 'call',
      method: 'tools/call',
      name: 'a__t',
      backend: 'a',
      outcome: 'ok',
      iss: testIssuer,
      sub: goodClaims().sub,
      client_id: 'desk',
      client: 'claude-code',
      client_version: '2.1.4',
      address: '127.0.0.1',
      token: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
      duration_ms: expect.any(Number) as number,
    })
    expect(line).not.toHaveProperty('unverified')
  })

  test('of a call that the policy refuses names the rule, which the caller does not read', async () => {
    const proxy = await start()
    expect(await call(proxy, 'a__write')).toMatchObject({
      outcome: 'refused',
      code: 'policy-rule',
      rule: 'no writes',
      detail: expect.stringContaining('no writes') as string,
      sub: goodClaims().sub,
    })
  })

  test('of a refused token marks its claims as unverified, and names the program and the address', async () => {
    const proxy = await start()
    const answer = await proxy.modern(
      'tools/list',
      {},
      {
        token: await token({ aud: 'https://other.acme.test' }),
        headers: { 'user-agent': 'acme-client/2.1 (linux)' },
      },
    )
    const line = lineOf(proxy, answer.headers['x-request-id'])
    expect(line).toMatchObject({
      level: 'warn',
      msg: 'refused',
      status: 401,
      code: 'claim-aud',
      iss: testIssuer,
      aud: 'https://other.acme.test',
      unverified: true,
      client: 'acme-client',
      client_version: '2.1',
      address: '127.0.0.1',
    })
    expect(line).not.toHaveProperty('sub')
  })

  test('of a known caller whose request is refused has the caller, verified', async () => {
    const proxy = await start()
    const answer = await proxy.send({ body: 'no json', token: await token() })
    const line = lineOf(proxy, answer.headers['x-request-id'])
    expect(line).toMatchObject({ code: 'req-json', sub: goodClaims().sub, client_id: 'desk' })
    expect(line).not.toHaveProperty('unverified')
  })

  test('in a session has the fingerprint of the session and the program that opened it', async () => {
    const proxy = await start()
    const session = await proxy.session({ token: await token() })
    await session.call('tools/call', { name: 'a__t' })
    const line = audited(proxy).find(({ name }) => name === 'a__t')
    expect(line).toMatchObject({ client: 'test', client_version: '1' })
    expect(line?.['session']).toMatch(/^[0-9a-f]{8}$/)
    expect(JSON.stringify(audited(proxy))).not.toContain(session.id)
  })

  test('is there for a call beyond the limit of calls at once as for any other', async () => {
    const proxy = await start({ proxy: { max_calls: 1, max_calls_per_caller: 1 } })
    const waits = Array.from({ length: 8 }, async () =>
      proxy.modern('tools/call', { name: 'a__t' }, { token: await token() }),
    )
    const ids = (await Promise.all(waits)).map(({ headers }) => headers['x-request-id'])
    expect(ids.every((id) => lineOf(proxy, id) !== undefined)).toBe(true)
  })

  test('of every kind is a line of the published schema', async () => {
    const proxy = await start()
    for (const name of ['a__t', 'a__write', 'a__broken', 'a__none']) await call(proxy, name)
    const session = await proxy.session({ token: await token() })
    await session.call('tools/list')
    await session.call('no/such/method')
    await proxy.send({ body: 'no json', token: await token() })
    await proxy.modern('tools/list')
    await proxy.modern('tools/list', {}, { token: 'opaque' })
    await proxy.modern('tools/list', {}, { token: await token({ aud: ['a', 'b'] }) })
    await proxy.send({
      path: '/admin/backends',
      method: 'GET',
      headers: { forwarded: 'for=1.2.3.4' },
    })
    const lines = audited(proxy)
    expect(lines.length).toBeGreaterThan(10)
    const outcomes = new Set(lines.map(({ outcome }) => outcome))
    expect(outcomes).toEqual(new Set(['failed', 'ok', 'refused', 'rejected']))
    for (const line of lines) await expectSchema('audit', line)
  })

  test('has bounded names, whatever a client says of itself', async () => {
    const proxy = await start()
    const meta = modernMeta({
      'io.modelcontextprotocol/clientInfo': {
        name: 'x'.repeat(50_000),
        version: 'y'.repeat(50_000),
      },
    })
    await proxy.modern('tools/call', { name: 'a__t', _meta: meta }, { token: await token() })
    expect(JSON.stringify(audited(proxy)).length).toBeLessThan(2000)
  })
})

describe('observability.client_address', () => {
  test.each([
    ['full', '127.0.0.1'],
    ['network', '127.0.0.0/24'],
    ['none', undefined],
  ])('%s: log, audit file and decisions have %s', async (client_address, expected) => {
    const folder = await makeTempFolder()
    folders.push(folder)
    const file = path.join(folder.path, 'audit.log')
    const proxy = await start({
      observability: { client_address, audit_file: { path: file }, decisions: { accepted: 1 } },
    })
    await call(proxy, 'a__t')
    await proxy.modern('tools/list')
    const decisions = (await proxy.send({ path: '/admin/decisions', method: 'GET' })).json()
      .decisions as { caller: { address: string | null } }[]
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(audited(proxy).map(({ address }) => address)).toEqual([expected, expected])
    expect(lines.map((line) => (JSON.parse(line) as { address?: string }).address)).toEqual([
      expected,
      expected,
    ])
    expect(decisions.map(({ caller }) => caller.address)).toEqual([
      expected ?? null,
      expected ?? null,
    ])
    expect(lines.join().includes('127.0.0.1')).toBe(client_address === 'full')
  })
})

describe('the audit file', () => {
  test('has the line of each call and each refusal before the client sees the head of its answer', async () => {
    const folder = await makeTempFolder()
    folders.push(folder)
    const file = path.join(folder.path, 'audit.log')
    const proxy = await start({
      observability: { log_level: 'silent', audit_file: { path: file } },
    })
    const seen: boolean[] = []
    const onHead = (message: { headers: NodeJS.Dict<string | string[]> }) =>
      seen.push(readFileSync(file, 'utf8').includes(String(message.headers['x-request-id'])))
    await proxy.modern('tools/call', { name: 'a__t' }, { token: await token(), onHead })
    await proxy.modern('tools/call', { name: 'a__t' }, { onHead })
    await proxy.send({ body: 'no json', token: await token(), onHead })
    expect(seen).toEqual([true, true, true])
    expect(proxy.logged()).toEqual([])
    for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
      await expectSchema('audit', JSON.parse(line))
    }
  })

  test('of a client on pipes has its program and no address', async () => {
    const folder = await makeTempFolder()
    folders.push(folder)
    const file = path.join(folder.path, 'audit.log')
    const proxy = await startStdioProxy([backend()], {
      config: { observability: { audit_file: { path: file } } },
    })
    const meta = { 'io.modelcontextprotocol/clientInfo': clientInfo }
    proxy.write(modernRequest(1, 'tools/call', { name: 'a__t' }, meta))
    await proxy.answer(1)
    await proxy.close()
    const line = JSON.parse(readFileSync(file, 'utf8').split('\n')[0]!) as object
    expect(line).toMatchObject({ client: 'claude-code', outcome: 'ok' })
    expect(line).not.toHaveProperty('address')
    await expectSchema('audit', line)
  })
})

test('the last line of the log has the calls, the refusals by their code and the time', async () => {
  const proxy = await start()
  await call(proxy, 'a__t')
  await call(proxy, 'a__broken')
  await call(proxy, 'a__none')
  await proxy.modern('tools/list')
  await proxy.close()
  expect(proxy.logged().at(-1)).toMatchObject({
    event: 'ended',
    calls: 3,
    ok: 1,
    failed: 1,
    refused: 2,
    refusals: { 'name-unknown': 1, 'req-token-missing': 1 },
    uptime_s: expect.any(Number) as number,
  })
})
