// `--endpoint` by the built program: the commands that speak of a profile say what the proxy does at its endpoint.
import path from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ValidateToolsReport } from '../../src/cli/access/access-report.ts'
import type { WhoCanReport } from '../../src/cli/access/who-can-report.ts'
import type { ReplayReport } from '../../src/cli/replay/replay-report.ts'
import {
  binary,
  commandEnvironment,
  makeTempFolder,
  runCommandLine,
  startProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { stdioServer } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { expectSchema } from '../support/reports.ts'
import { goodClaims, jwksOf, mintToken, testKey } from '../support/tokens.ts'

const token = 'desk-token-0000000000000000001'
const env = { DESK: token }
const { command, args } = stdioServer('dual')

interface Profile {
  readonly name?: string
  readonly deny?: string
}

const bearer = (decisions: string, { name = 'readers', deny = '["*/numbers"]' }: Profile = {}) =>
  `[proxy]
name = "desk"
[proxy.listen]
port = 0
[auth]
type = "bearer"
tokens = ["\${DESK}"]
[observability.decisions]
accepted = 1
file = { path = ${JSON.stringify(decisions)} }
[[profiles]]
name = "${name}"
deny_tools = ${deny}
[[profiles]]
name = "none"
allow_tools = ["other/*"]
[[backends]]
name = "one"
transport = "stdio"
command = ${JSON.stringify(command)}
args = ${JSON.stringify(args)}
`

const jwt = `[proxy]
name = "desk"
public_url = "https://mcp.acme.test/mcp"
[auth]
type = "jwt"
issuer = "https://id.acme.test"
jwks_uri = "https://id.acme.test/jwks"
[[profiles]]
name = "readers"
required_scopes = ["mcp:read"]
[[backends]]
name = "one"
transport = "stdio"
command = ${JSON.stringify(command)}
args = ${JSON.stringify(args)}
`

let folder: TempFolder
let decisions: string
let origin: string
let stop: () => Promise<unknown>

const call = (tool: string, endpoint: string) =>
  sendTo(origin, {
    path: endpoint,
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: tool, arguments: { text: 'a' }, _meta: modernMeta() },
    },
    headers: {
      'mcp-protocol-version': modernVersion,
      'mcp-method': 'tools/call',
      'mcp-name': tool,
    },
    token,
  })

beforeAll(async () => {
  folder = await makeTempFolder()
  decisions = path.join(folder.path, 'decisions.jsonl')
  await folder.write('proxy.toml', bearer(decisions))
  await folder.write('desk.token', token)
  const running = await startProxy('proxy.toml', { cwd: folder.path, env })
  ;({ origin } = new URL(running.url))
  stop = () => running.stop()
})
afterAll(async () => {
  await stop?.()
  await folder?.remove()
})

const run = (words: readonly string[]) => runCommandLine(words, { cwd: folder.path, env })

const whoCan = async (...words: readonly string[]) => {
  const { exitCode, stdout } = await run(['who-can', '--json', ...words])
  const report = JSON.parse(stdout) as WhoCanReport
  await expectSchema('who-can', report)
  return { exitCode, report }
}

const seen = async (...words: readonly string[]) => {
  const { stdout } = await run(['validate', '--tools', '--json', ...words, '@desk.token'])
  const report = JSON.parse(stdout) as ValidateToolsReport
  await expectSchema('validate', report)
  const items = (report.access?.backends ?? []).flatMap(({ lists }) =>
    lists.flatMap((list) => list.items),
  )
  return { report, access: Object.fromEntries(items.map((one) => [one.name, one.access])) }
}

describe('--endpoint', () => {
  test('who-can asks the lists of the profile, and names them', async () => {
    const all = await whoCan('one__numbers')
    expect([all.exitCode, all.report.endpoint]).toEqual([0, '/mcp'])
    const readers = await whoCan('one__numbers', '--endpoint', 'readers')
    expect([readers.exitCode, readers.report.endpoint]).toEqual([1, '/mcp/readers'])
    expect(readers.report.tools[0]?.callers[0]?.problem?.code).toBe('policy-filter')
    expect(readers.report.tools[0]?.asked[0]).toMatchObject({
      asks: 'filter',
      name: 'profiles.readers',
      says: 'denies',
      pattern: '*/numbers',
    })
    const { stdout } = await run(['who-can', 'one__echo', '--endpoint', 'readers'])
    expect(stdout).toContain('by proxy.toml alone at /mcp/readers;')
  })

  test('validate --tools says what the caller of the token gets there, as the proxy does', async () => {
    const all = await seen()
    expect(all.access).toMatchObject({ one__echo: 'allowed', one__numbers: 'allowed' })
    const readers = await seen('--endpoint', 'readers')
    expect(readers.report.access?.endpoint).toBe('/mcp/readers')
    expect(readers.access).toMatchObject({ one__echo: 'allowed', one__numbers: 'denied' })
    const none = await seen('--endpoint', 'none')
    expect(none.access).toMatchObject({ one__echo: 'denied', one__numbers: 'denied' })
    const { stdout } = await run(['validate', '--tools', '--endpoint', 'readers', '@desk.token'])
    expect(stdout).toMatch(/Access {2}by the policy of proxy\.toml, at \/mcp\/readers/)
  })

  test('validate judges by the audience and the scopes of the endpoint', async () => {
    const key = await testKey()
    await folder.write('jwt.toml', jwt)
    await folder.write('keys.json', JSON.stringify(jwksOf(key)))
    const now = Math.floor(Date.now() / 1000)
    const mint = (claims: { readonly aud: string; readonly scope: string }) =>
      mintToken(key, goodClaims(claims, now))
    await folder.write(
      'readers.jwt',
      await mint({ aud: 'https://mcp.acme.test/mcp/readers', scope: 'other' }),
    )
    await folder.write(
      'scoped.jwt',
      await mint({ aud: 'https://mcp.acme.test/mcp/readers', scope: 'mcp:read' }),
    )
    const judged = async (file: string, ...words: readonly string[]) => {
      const given = ['--config', 'jwt.toml', '--jwks-file', 'keys.json', '--json']
      const { stdout } = await run(['validate', ...given, ...words, `@${file}`])
      const { verdict, problem } = JSON.parse(stdout) as ValidateToolsReport
      return [verdict, problem?.code]
    }
    expect(await judged('scoped.jwt')).toEqual(['rejected', 'claim-aud'])
    expect(await judged('scoped.jwt', '--endpoint', 'readers')).toEqual(['accepted', undefined])
    expect(await judged('readers.jwt', '--endpoint', 'readers')).toEqual([
      'rejected',
      'claim-scope',
    ])
  })

  test.each([
    [['who-can', 'one__echo', '--endpoint', 'raeders'], 'did you mean readers?'],
    [['who-can', 'one__echo', '--endpoint', 'weather'], 'the profiles of the configuration are'],
    [['validate', '--endpoint', 'raeders', '@desk.token'], 'did you mean readers?'],
    [['serve', '--stdio', '--endpoint', 'weather'], 'the profiles of the configuration are'],
    [
      ['validate', '--issuer', 'https://id.acme.test', '--endpoint', 'readers', '@desk.token'],
      'add --config <file>',
    ],
    [['serve', '--endpoint', 'readers'], '--stdio'],
  ])('%j is wrong usage', async (words, said) => {
    const { exitCode, stderr } = await run(words)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(said)
  })

  test('of a configuration without profiles says that there are none', async () => {
    const text = bearer(decisions).replaceAll(/\[\[profiles\]\]\nname.*\n.*\n/g, '')
    await folder.write('plain.toml', text)
    const { exitCode, stderr } = await run([
      'who-can',
      'one__echo',
      '--endpoint',
      'readers',
      '--config',
      'plain.toml',
    ])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('the configuration has no profiles')
  })

  test('serve --stdio offers what the profile offers', async () => {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [
        binary,
        'serve',
        '--stdio',
        '--endpoint',
        'readers',
        '--config',
        path.join(folder.path, 'proxy.toml'),
      ],
      env: commandEnvironment(env) as Record<string, string>,
      stderr: 'ignore',
    })
    const client = new Client({ name: 'desktop', version: '1' })
    await client.connect(transport)
    try {
      const names = (await client.listTools()).tools.map(({ name }) => name)
      expect(names).toContain('one__echo')
      expect(names).not.toContain('one__numbers')
    } finally {
      await client.close()
    }
  })
})

describe('replay', () => {
  const replayed = async (profile: Profile) => {
    await folder.write('candidate.toml', bearer(decisions, profile))
    const words = ['--decisions', decisions, '--config', 'candidate.toml']
    const { stdout } = await run(['replay', '--json', ...words])
    const report = JSON.parse(stdout) as ReplayReport
    await expectSchema('replay', report)
    return report
  }

  test('judges each decision by the endpoint that was called', async () => {
    expect((await call('one__numbers', '/mcp')).status).toBe(200)
    await call('one__numbers', '/mcp/readers')
    await call('one__echo', '/mcp/readers')
    await call('one__echo', '/mcp/none')
    const same = await replayed({})
    // That of --stdio has written its calls there, too.
    expect([same.verdict, same.unjudged]).toEqual(['unchanged', 0])
    const tighter = await replayed({ deny: '["*"]' })
    expect(tighter.changes).toMatchObject([
      { change: 'allow-to-deny', count: 1, now: { code: 'policy-filter' } },
    ])
    const wider = await replayed({ deny: '["*/nothing"]' })
    expect(wider.changes.find(({ change }) => change === 'deny-to-allow')).toMatchObject({
      count: 1,
      names: [{ name: 'one__numbers' }],
    })
    const gone = await replayed({ name: 'others' })
    expect(gone.not_judged).toMatchObject([{ reason: 'endpoint', about: '/mcp/readers', count: 2 }])
  })
})

describe('an address beside the endpoint of a profile', () => {
  test.each(['/mcp/readers/', '/mcp/Readers'])(
    '%s is answered with the right one',
    async (wrong) => {
      const answer = await call('one__echo', wrong)
      expect([answer.status, answer.json()]).toMatchObject([
        404,
        { error: { data: { path: '/mcp/readers' } } },
      ])
    },
  )
})
