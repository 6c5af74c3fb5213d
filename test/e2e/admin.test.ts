// The admin API of the built program, asked by the built program and over HTTP.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  makeTempFolder,
  repository,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, type HttpServer } from '../support/mcp-servers.ts'
import { sendTo } from '../support/proxy.ts'
import { expectSchema } from '../support/reports.ts'

const owner = 'canary-owner-token-0001'
const reader = 'canary-reader-token-001'
const env = { OWNER: owner, READER: reader }

let folder: TempFolder
let server: HttpServer
let proxy: RunningProxy
let origin: string
let file: string

const written = (more = '', name = 'one') => `[proxy]
name = "${name}"
[proxy.listen]
port = 0
[observability]
json_logs = true
[[security.admin_tokens]]
name = "owner"
token = "\${OWNER}"
rights = ["read", "operate", "configure"]
[[security.admin_tokens]]
name = "reader"
token = "\${READER}"
[[backends]]
name = "a"
transport = "http"
url = "${server.url}"
${more}`

beforeAll(async () => {
  folder = await makeTempFolder()
  server = await startHttpServer('modern')
  file = await folder.write('proxy.toml', written())
  proxy = await startProxy(file, { env })
  origin = new URL(proxy.url).origin
})
afterAll(async () => {
  await proxy.stop()
  await server.close()
  await folder.remove()
})

const against = async (text: string, token: string | undefined, ...flags: readonly string[]) => {
  const candidate = await folder.write('candidate.toml', text)
  return runCommandLine(
    ['serve', '--check', '--against', origin, '--config', candidate, ...flags],
    {
      env: token === undefined ? {} : { MCP_PROXY_ADMIN_TOKEN: token },
    },
  )
}

describe('serve --check --against', () => {
  test('prints what would change, without the variables here and without applying it', async () => {
    const { exitCode, stdout } = await against(written('required = true\n', 'two'), owner)
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('nothing was changed')])
    expect(stdout).toContain('~ proxy.name')
    expect(stdout).toContain('"one" -> "two"')
    expect(stdout).toContain('~ backends[a].required  false -> true')
    const same = await against(written(), owner)
    expect(same.stdout).toMatch(/serves the same as .*candidate\.toml/)
  })

  test('says what is wrong with it where it stands, and ends with 1', async () => {
    const { exitCode, stdout } = await against(written('colour = "red"\n'), owner)
    expect(exitCode).toBe(1)
    expect(stdout).toContain('REFUSED')
    expect(stdout).toMatch(/candidate\.toml:18:1: Unknown key backends\[0\]\.colour/)
    expect(stdout).toMatch(/18 \| colour = /)
  })

  test('its JSON has the published form', async () => {
    for (const text of [written('', 'two'), written(), '[broken', written('colour = 1\n')]) {
      const { stdout } = await against(text, owner, '--json')
      const report: unknown = JSON.parse(stdout)
      await expectSchema('serve-against', report)
      expect(report).toMatchObject({ command: 'serve', against: origin })
    }
  })

  test.each(['http://127.0.0.1:9', 'ftp://127.0.0.1'])(
    'where %s does not answer, the remedy names its own flag',
    async (address) => {
      const { stderr } = await runCommandLine([
        'serve',
        '--check',
        '--against',
        address,
        '--config',
        file,
      ])
      expect(stderr).toContain('--against ')
      expect(stderr).not.toContain('--proxy ')
    },
  )

  test('says which right the token lacks, or that there is none', async () => {
    const lacking = await against(written(), reader)
    expect([lacking.exitCode, lacking.stderr]).toEqual([2, expect.stringContaining('configure')])
    const missing = await against(written(), undefined)
    expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining('admin token')])
  })
})

test('a configuration that is sent is served, and written where that is wanted', async () => {
  const put = (text: string, query = '') =>
    sendTo(origin, {
      path: `/admin/config${query}`,
      method: 'PUT',
      body: text,
      headers: { 'content-type': 'application/toml' },
      token: owner,
    })
  const next = written('', 'written')
  const wrongType = await sendTo(origin, {
    path: '/admin/config?persist=true',
    method: 'PUT',
    body: { proxy: { name: 'json' }, backends: [] },
    token: owner,
  })
  expect(wrongType.json().outcome).toBe('refused')
  const answer = await put(next, '?persist=true')
  expect(answer.json()).toMatchObject({ outcome: 'applied', changes: [{ key: 'proxy.name' }] })
  expect(await readFile(file, 'utf8')).toBe(next)
  const reload = await sendTo(origin, { path: '/admin/reload', token: owner })
  expect(reload.json().outcome).toBe('unchanged')
  expect(proxy.log()).not.toContain('canary')
  expect(proxy.log()).toContain('"admin":"owner"')
})

test('the document that is served is the one that is published', async () => {
  const served = await sendTo(origin, { path: '/admin/openapi.json', method: 'GET', token: reader })
  const published = await readFile(path.join(repository, 'schemas', 'admin.openapi.json'), 'utf8')
  expect(served.json()).toEqual(JSON.parse(published))
})
