// `why` and `tail` against a proxy that runs: the built program on both sides.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  runCommandLine,
  startCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, type HttpServer } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { expectSchema } from '../support/reports.ts'

const callerToken = 'caller-token-0000000000000001'
const adminToken = 'admin-token-00000000000000001'
const wrongToken = 'wrong-token-000000000000000001'

let folder: TempFolder
let server: HttpServer
let proxy: RunningProxy
let origin: string
let port: number

const env = { CALLER: callerToken, ADMIN: adminToken }
const config = (listen: number) => `[proxy]
name = "kept"
[proxy.listen]
port = ${listen}
[auth]
type = "bearer"
tokens = ["\${CALLER}"]
[security]
admin_token = "\${ADMIN}"
[observability.decisions]
accepted = 1
[[backends]]
name = "one"
transport = "http"
url = "${server.url}"
`

beforeAll(async () => {
  folder = await makeTempFolder()
  server = await startHttpServer('modern')
  proxy = await startProxy(await folder.write('any-port.toml', config(0)), { env })
  origin = new URL(proxy.url).origin
  port = Number(new URL(proxy.url).port)
  await folder.write('proxy.toml', config(port))
})
afterAll(async () => {
  await proxy.stop()
  await server.close()
  await folder.remove()
})

const ask = (token: string, method = 'tools/list', params = {}) =>
  sendTo(origin, {
    body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: modernMeta() } },
    headers: { 'mcp-protocol-version': modernVersion, 'mcp-method': method },
    token,
  })

const refusedId = async (): Promise<string> =>
  String((await ask(wrongToken)).headers['x-request-id'])

const why = (args: readonly string[], more: Readonly<Record<string, string>> = env) =>
  runCommandLine(['why', ...args], { cwd: folder.path, env: more })

describe('why', () => {
  test('names the cause, the remedy and the caller of a refusal, from proxy.toml alone', async () => {
    const { exitCode, stdout, stderr } = await why([await refusedId()])
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^REJECTED {2}token-unknown {2}/)
    expect(stdout).toContain('fix   send a token that is listed in auth.tokens')
    expect(stdout).toContain('answer  HTTP 401')
    expect(stdout).toContain('FAIL  token-unknown')
    for (const secret of [callerToken, adminToken, wrongToken]) expect(stdout).not.toContain(secret)
  })

  test('finds the id in a header or a line of a log, and gives JSON by its schema', async () => {
    const id = await refusedId()
    const { exitCode, stdout } = await why([`x-request-id: ${id}`, '--json'])
    const report = JSON.parse(stdout) as Record<string, unknown>
    expect(exitCode).toBe(0)
    expect(report).toMatchObject({ command: 'why', verdict: 'rejected', id, proxy: origin })
    await expectSchema('why', report)
  })

  test.each([
    ['an id that is not kept', ['none'], env, 2, 'admin-decision'],
    ['a closed port', ['any', '--proxy', 'http://127.0.0.1:9'], {}, 3, 'admin-reach'],
    ['plain http over a network', ['any', '--proxy', 'http://192.0.2.1:8080'], {}, 2, 'usage-flag'],
    ['no address', ['any', '--proxy', 'nowhere'], {}, 2, 'usage-flag'],
    ['a configuration with any port', ['any', '-c', 'any-port.toml'], env, 2, 'usage-flag'],
    ['an empty id', [''], env, 2, 'usage-flag'],
    ['no id', [], env, 2, 'usage-flag'],
  ])('%s has its own answer', async (_, args, variables, exitCode, code) => {
    const done = await why([...args, '--json'], variables)
    expect([done.exitCode, JSON.parse(done.stdout).error.code]).toEqual([exitCode, code])
  })

  test('without an id says that one is required, not that there are too many words', async () => {
    expect((await why([])).stderr).toContain('A request id is required')
  })

  test.each([
    ['without the admin token', {}, 'missing'],
    ['with another admin token', { MCP_PROXY_ADMIN_TOKEN: wrongToken }, 'refused'],
  ])('%s says what to set', async (_, variables, name) => {
    const done = await why(['any', '--proxy', origin], variables)
    expect(done.exitCode).toBe(2)
    expect(done.stderr).toContain(
      name === 'missing' ? 'set MCP_PROXY_ADMIN_TOKEN' : 'rejected the admin token',
    )
    expect(done.stderr).not.toContain(wrongToken)
  })

  test('what is no mcp-proxy is said so', async () => {
    const done = await why(['any', '--proxy', new URL(server.url).origin], {})
    expect(done.exitCode).toBe(3)
    expect(done.stderr).toContain('is not an mcp-proxy')
  })
})

describe('why --decisions', () => {
  const startKept = async () => {
    const file = path.join(folder.path, 'decisions.jsonl')
    const text = config(0).replace(
      'accepted = 1',
      `accepted = 1\nfile = { path = ${JSON.stringify(file)} }`,
    )
    return { file, kept: await startProxy(await folder.write('kept.toml', text), { env }) }
  }

  test('explains a refusal from the file after the proxy was killed', async () => {
    const { file, kept } = await startKept()
    const sent = Array.from({ length: 20 }, (_, n) =>
      sendTo(new URL(kept.url).origin, {
        body: { jsonrpc: '2.0', id: n, method: 'tools/list', params: { _meta: modernMeta() } },
        headers: { 'mcp-protocol-version': modernVersion, 'mcp-method': 'tools/list' },
        token: n % 2 === 0 ? wrongToken : callerToken,
      }),
    )
    const ids = (await Promise.all(sent)).map(({ headers }) => String(headers['x-request-id']))
    process.kill(kept.pid, 'SIGKILL')
    await kept.stop()
    for (const id of ids) {
      const { exitCode, stdout } = await why([id, '--decisions', file, '--json'], {})
      const report = JSON.parse(stdout) as Record<string, unknown>
      expect([exitCode, report['proxy'], report['file']]).toEqual([0, null, file])
      await expectSchema('why', report)
    }
    const short = await why([ids[0]?.slice(0, 8) ?? '', '--decisions', file], {})
    expect(short.stdout).toMatch(/^REJECTED {2}token-unknown {2}/)
    const text = await readFile(file, 'utf8')
    for (const secret of [callerToken, adminToken, wrongToken]) expect(text).not.toContain(secret)
  }, 60_000)

  test.each([
    ['a file that is not there', undefined, 'cannot be read: ENOENT'],
    ['a log', '{"level":"info","msg":"serving"}\n', 'contains no decision'],
    ['an empty file', '', 'no decision with the request id'],
  ])('%s has its own answer', async (name, text, wanted) => {
    const file = path.join(folder.path, `${name}.jsonl`)
    if (text !== undefined) await folder.write(`${name}.jsonl`, text)
    const { exitCode, stdout } = await why(['523c276f', '--decisions', file, '--json'], {})
    const { error } = JSON.parse(stdout) as { error: { code: string } }
    expect([exitCode, error.code]).toEqual([2, 'decision-file'])
    expect(stdout).toContain(wanted)
  })

  test('a file of a folder that does not exist is refused by serve with the key', async () => {
    const text = config(0).replace('accepted = 1', 'file = { path = "/none/there/decisions" }')
    const { finished } = startCommandLine(
      ['serve', '--config', await folder.write('nowhere.toml', text)],
      { env },
    )
    const { exitCode, stderr } = await finished
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('observability.decisions.file.path'),
    ])
  })
})

describe('tail', () => {
  const lines = (text: string) =>
    text
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)

  test('prints JSON lines in a pipe, the latest first where asked, filtered', async () => {
    await ask(callerToken, 'tools/call', { name: 'one__before', arguments: {} })
    const id = await refusedId()
    const running = startCommandLine(['tail', '--last', '500', '--code', 'token-unknown'], {
      cwd: folder.path,
      env,
    })
    await eventually('what was before is shown', () => running.stdout().includes(id) || undefined)
    const later = await refusedId()
    await eventually('what comes is shown', () => running.stdout().includes(later) || undefined)
    running.kill()
    const { stdout } = await running.finished
    const shown = lines(stdout.slice(0, stdout.lastIndexOf('\n')))
    expect(shown.some((line) => line['id'] === id)).toBe(true)
    expect(new Set(shown.map(({ code }) => code))).toEqual(new Set(['token-unknown']))
    for (const line of shown) await expectSchema('tail', line)
    expect(stdout).not.toContain(wrongToken)
  })

  test('of one door shows nothing of the others', async () => {
    await refusedId()
    await sendTo(origin, { method: 'GET', path: '/admin/decisions', token: wrongToken })
    const running = startCommandLine(['tail', '--last', '500', '--door', 'admin'], {
      cwd: folder.path,
      env,
    })
    await eventually('it is shown', () => running.stdout().includes('policy-admin') || undefined)
    running.kill()
    const { stdout } = await running.finished
    const shown = lines(stdout.slice(0, stdout.lastIndexOf('\n')))
    expect(new Set(shown.map(({ request }) => (request as { door: string }).door))).toEqual(
      new Set(['admin']),
    )
  })

  test.each([
    ['a closed port', ['--proxy', 'http://127.0.0.1:9'], 3],
    ['no admin token', ['--proxy', 'ORIGIN'], 2],
    ['plain http over a network', ['--proxy', 'http://192.0.2.1:8080'], 2],
  ])('%s ends it with its cause', async (_, args, exitCode) => {
    const done = await runCommandLine(
      ['tail', ...args.map((word) => (word === 'ORIGIN' ? origin : word))],
      { cwd: folder.path },
    )
    expect(done.exitCode).toBe(exitCode)
    expect(done.stderr).toContain('hint')
  })
})
