// `validate --tools` and `who-can` by the built program, beside a proxy that serves the same configuration.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ItemAccess, ValidateToolsReport } from '../../src/cli/access/access-report.ts'
import type { WhoCanReport } from '../../src/cli/access/who-can-report.ts'
import {
  makeTempFolder,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { stdioServer } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { expectSchema } from '../support/reports.ts'
import { goodClaims, jwksOf, mintToken, testKey } from '../support/tokens.ts'

const openToken = 'open-token-0000000000000000001'
const scopedToken = 'scoped-token-00000000000000001'
const env = { OPEN: openToken, SCOPED: scopedToken }

const { command, args } = stdioServer('dual')
const backends = `[[backends]]
name = "one"
transport = "stdio"
command = ${JSON.stringify(command)}
args = ${JSON.stringify(args)}
`
const down = `[[backends]]
name = "down"
transport = "http"
url = "http://127.0.0.1:9/mcp"
`

const bearer = `[proxy]
name = "desk"
[proxy.listen]
port = 0
[auth]
type = "bearer"
tokens = ["\${OPEN}"]
[[auth.scoped_tokens]]
token = "\${SCOPED}"
allow_tools = ["one/*"]
deny_tools = ["one/numbers"]
deny_resources = ["*"]
[[auth.rules]]
name = "small"
tools = ["one/echo"]
effect = "deny"
when = 'args.text == "no"'
[[composite_tools]]
name = "both"
description = "Both"
tools = ["one/echo", "one/tree"]
${backends}`

const jwt = `[proxy]
name = "desk"
public_url = "https://mcp.acme.test/mcp"
[auth]
type = "jwt"
issuer = "https://id.acme.test"
jwks_uri = "https://id.acme.test/jwks"
required_scopes = ["mcp:read"]
[[auth.roles]]
name = "reader"
allow_tools = ["one/echo", "one/tree"]
deny_prompts = ["*"]
[[auth.roles]]
name = "admin"
[auth.role_mapping]
claim = "groups"
[auth.role_mapping.mapping]
readers = "reader"
admins = "admin"
[auth.tool_scopes]
"one/tree" = ["tree:see"]
[[auth.rules]]
name = "daytime"
tools = ["one/numbers"]
effect = "deny"
when = 'true'
report_only = true
${backends}${down}`

let folder: TempFolder

beforeAll(async () => {
  folder = await makeTempFolder()
  const key = await testKey()
  await folder.write('bearer.toml', bearer)
  await folder.write('proxy.toml', jwt)
  await folder.write('keys.json', JSON.stringify(jwksOf(key)))
  await folder.write('open.token', openToken)
  await folder.write('scoped.token', scopedToken)
  const now = Math.floor(Date.now() / 1000)
  const write = async (name: string, claims: object) =>
    folder.write(name, await mintToken(key, goodClaims({ scope: 'mcp:read', ...claims }, now)))
  await write('reader.token', { groups: ['readers'] })
  await write('roleless.token', { groups: [] })
  await write('expired.token', { exp: now - 3600, iat: now - 7200 })
})
afterAll(() => folder.remove())

const run = (words: readonly string[]) => runCommandLine(words, { cwd: folder.path, env })

const accessFor = async (words: readonly string[]) => {
  const { exitCode, stdout } = await run(['validate', '--tools', '--json', ...words])
  const report = JSON.parse(stdout) as ValidateToolsReport
  await expectSchema('validate', report)
  return { exitCode, report }
}

const itemsOf = ({ access }: ValidateToolsReport, kind: string): readonly ItemAccess[] =>
  (access?.backends ?? []).flatMap(({ lists }) =>
    lists.filter((list) => list.kind === kind).flatMap((list) => list.items),
  )

const byName = (items: readonly ItemAccess[]) =>
  Object.fromEntries(items.map(({ name, access }) => [name, access]))

const withKeys = ['--jwks-file', 'keys.json']

describe('validate --tools', () => {
  test('names role, scope and rule of each tool, and goes on where a backend is down', async () => {
    const { exitCode, report } = await accessFor([...withKeys, '@reader.token'])
    expect(exitCode).toBe(0)
    expect(report.access).toMatchObject({ config: 'proxy.toml', roles: ['reader'] })
    expect(report.access?.backends.map(({ backend, verdict }) => [backend, verdict])).toEqual([
      ['one', 'ok'],
      ['down', 'unreached'],
    ])
    expect(report.access?.backends[1]?.trouble?.problem.code).toBe('backend-unavailable')
    const tools = itemsOf(report, 'tools')
    expect(byName(tools)).toMatchObject({
      one__echo: 'allowed',
      one__tree: 'scopes',
      one__numbers: 'denied',
    })
    const tree = tools.find(({ name }) => name === 'one__tree')
    expect(tree?.scopes).toEqual(['tree:see'])
    const echo = tools.find(({ name }) => name === 'one__echo')
    expect(echo?.by).toEqual([{ kind: 'role', name: 'reader', pattern: 'one/echo' }])
    expect(itemsOf(report, 'prompts').every(({ access }) => access === 'denied')).toBe(true)
  })

  test('has a line for each item in its text, and counts with --quiet', async () => {
    const long = await run(['validate', '--tools', ...withKeys, '@reader.token'])
    expect(long.exitCode).toBe(0)
    expect(long.stdout).toMatch(/^ACCEPTED/)
    expect(long.stdout).toMatch(/allowed {2}tool +one__echo +role "reader" allows "one\/echo"/)
    expect(long.stdout).toMatch(/scopes {3}tool +one__tree +.*"tree:see"/)
    expect(long.stdout).toMatch(/denied {3}tool +one__numbers +in no allow list of role "reader"/)
    expect(long.stdout).toMatch(/down\n {2}not asked {2}backend-unavailable/)
    const short = await run(['validate', '--tools', '-q', ...withKeys, '@roleless.token'])
    expect(short.stdout).toMatch(/\n\d+ denied, down not asked\n$/)
  })

  test('asks no backend for a token that is refused', async () => {
    const { exitCode, report } = await accessFor([...withKeys, '@expired.token'])
    expect([exitCode, report.access, report.problem?.code]).toEqual([1, null, 'time-exp'])
  })

  test.each([
    ['several tokens', ['--tools', '-'], 'a.b.c\nd.e.f\n', 'several were given'],
    [
      'no configuration',
      ['--tools', '--issuer', 'https://id.acme.test', '@reader.token'],
      '',
      '--config',
    ],
  ])('with %s is wrong usage', async (_, words, stdin, said) => {
    const jwts = stdin.replaceAll(/[a-f]/g, (letter) =>
      Buffer.from(`{"${letter}":1}`).toString('base64url'),
    )
    const done = await runCommandLine(['validate', ...words], {
      cwd: folder.path,
      env,
      stdin: jwts,
    })
    expect(done.exitCode).toBe(2)
    expect(done.stderr).toContain(said)
  })
})

describe('beside a proxy that serves', () => {
  let proxy: RunningProxy
  beforeAll(async () => {
    proxy = await startProxy('bearer.toml', { cwd: folder.path, env })
  })
  afterAll(() => proxy.stop())

  const ask = async (token: string, method: string, params: object) => {
    const { name } = params as { readonly name?: string }
    const answer = await sendTo(new URL(proxy.url).origin, {
      body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: modernMeta() } },
      headers: {
        'mcp-protocol-version': modernVersion,
        'mcp-method': method,
        ...(name === undefined ? {} : { 'mcp-name': name }),
      },
      token,
    })
    return answer.json() as {
      readonly result?: { readonly tools?: readonly { readonly name: string }[] }
      readonly error?: { readonly data?: { readonly code?: string } }
    }
  }

  test.each([
    ['open.token', openToken],
    ['scoped.token', scopedToken],
  ])('what is said of %s is what its caller is shown and gets', async (file, token) => {
    const { report } = await accessFor(['-c', 'bearer.toml', `@${file}`])
    const tools = itemsOf(report, 'tools')
    const shown = (await ask(token, 'tools/list', {})).result?.tools?.map(({ name }) => name)
    const wanted = tools.filter(({ access }) => access !== 'denied').map(({ name }) => name)
    expect(shown?.toSorted()).toEqual(wanted.toSorted())
    expect(tools.find(({ name }) => name === 'one__echo')).toMatchObject({
      access: 'depends',
      depends: [{ rule: 'small', effect: 'deny', on: ['args'] }],
    })
    const said = async (text: string) =>
      (await ask(token, 'tools/call', { name: 'one__echo', arguments: { text } })).error?.data?.code
    expect([await said('yes'), await said('no')]).toEqual([undefined, 'policy-argument'])
    const numbers = await ask(token, 'tools/call', { name: 'one__numbers', arguments: {} })
    const isDenied = tools.find(({ name }) => name === 'one__numbers')?.access === 'denied'
    expect(numbers.error?.data?.code === 'name-unknown').toBe(isDenied)
    expect(isDenied).toBe(file === 'scoped.token')
  })
})

describe('who-can', () => {
  const whoCan = async (words: readonly string[]) => {
    const { exitCode, stdout } = await run(['who-can', '--json', ...words])
    const report = JSON.parse(stdout) as WhoCanReport
    if (exitCode < 2) await expectSchema('who-can', report)
    return { exitCode, report }
  }

  test('says of each value of the claim, and of callers without a role, what they get and by which role', async () => {
    const { exitCode, report } = await whoCan(['one__tree'])
    expect(exitCode).toBe(0)
    const [tool] = report.tools
    expect(tool).toMatchObject({ backend: 'one', tool: 'tree', exposed: 'one__tree' })
    expect(tool?.callers.map(({ value, access, scopes }) => [value, access, scopes])).toEqual([
      ['readers', 'allowed', ['tree:see']],
      ['admins', 'allowed', ['tree:see']],
      [null, 'denied', []],
    ])
    expect(tool?.asked.map(({ asks, name }) => [asks, name])).toEqual([
      ['scopes', 'mcp:read'],
      ['role', 'reader'],
      ['role', 'admin'],
      ['no-role', 'default_deny = true'],
      ['scopes', 'tree:see'],
    ])
  })

  test('names tokens by their place and fingerprint, and never shows one', async () => {
    const words = ['-c', 'bearer.toml', 'one', 'numbers']
    const { exitCode, report } = await whoCan(words)
    expect(exitCode).toBe(0)
    expect(report.tools[0]?.callers).toMatchObject([
      { who: 'token', name: 'auth.tokens[0]', access: 'allowed', by: [] },
      { who: 'token', name: 'auth.scoped_tokens[0]', access: 'denied' },
    ])
    const text = await run(['who-can', ...words])
    expect(text.stdout).toMatch(/auth\.tokens\[0\] \([0-9a-f]{8}\)/)
    for (const secret of [openToken, scopedToken]) {
      expect(JSON.stringify(report) + text.stdout + text.stderr).not.toContain(secret)
    }
  })

  test('says of each API key that is accepted now what its roles and scopes get', async () => {
    const created = await run([
      'key',
      'create',
      'ci',
      '--role',
      'reader',
      '--scope',
      'mcp:read',
      '--file',
      'api.keys',
    ])
    expect(created.exitCode).toBe(0)
    await run(['key', 'create', 'old', '--role', 'admin', '--file', 'api.keys'])
    await run(['key', 'revoke', 'old', '--file', 'api.keys'])
    await folder.write(
      'keys.toml',
      jwt
        .replace(/type = "jwt"\nissuer.*\njwks_uri.*\n/, 'type = "keys"\nkeys_file = "api.keys"\n')
        .replace(/\[auth\.role_mapping\][^]*?(?=\[auth\.tool_scopes\])/, ''),
    )
    const { exitCode, report } = await whoCan(['-c', 'keys.toml', 'one__tree'])
    expect(exitCode).toBe(0)
    expect(report.tools[0]?.callers).toMatchObject([
      { who: 'key', name: 'ci', roles: ['reader'], access: 'scopes', scopes: ['tree:see'] },
    ])
    expect(report.tools[0]?.callers[0]?.fingerprint).toMatch(/^[0-9a-f]{8}$/)
    const numbers = await whoCan(['-c', 'keys.toml', 'one__numbers'])
    expect([numbers.exitCode, numbers.report.tools[0]?.callers[0]?.access]).toEqual([1, 'denied'])
  })

  test('says of each rule whether it only reports', async () => {
    await folder.write(
      'reporting.toml',
      bearer
        .replace('allow_tools = ["one/*"]', 'allow_tools = ["one/*"]\nreport_only = true')
        .replace('[[backends]]', '[security]\nmax_argument_size = 9\n[[backends]]'),
    )
    const words = ['-c', 'reporting.toml', 'one__numbers']
    const { report } = await whoCan(words)
    const [tool] = report.tools
    expect(tool?.callers[1]).toMatchObject({
      access: 'allowed',
      report_only: [{ rule: 'scoped_tokens', problem: { code: 'policy-token' } }],
    })
    expect(tool?.asked.map(({ asks, report_only: only }) => [asks, only])).toEqual([
      ['token', true],
      ['argument-size', false],
    ])
    const { stdout } = await run(['who-can', ...words])
    expect(stdout).toContain('report only: denies "one/numbers"')
  })

  test('leaves open what only the annotations of a tool decide, since no server is asked', async () => {
    await folder.write(
      'safe.toml',
      bearer.replace('[[backends]]', '[[backends]]\nhide_destructive = true'),
    )
    const { report } = await whoCan(['-c', 'safe.toml', 'one__echo'])
    expect(report.tools[0]?.callers[0]?.access).toBe('depends')
    expect(report.tools[0]?.asked.map(({ asks, name }) => [asks, name])).toContainEqual([
      'annotations',
      'hide_destructive',
    ])
    const text = await run(['who-can', '-c', 'safe.toml', 'one__echo'])
    expect(text.stdout).toContain('depends on annotations of the tool')
  })

  test('ends with 1 where no caller can, and 2 with the likely name where no backend can have the tool', async () => {
    await folder.write('denied.toml', jwt.replace('admins = "admin"\n', ''))
    const denied = await whoCan(['-c', 'denied.toml', 'one/numbers'])
    expect([denied.exitCode, denied.report.verdict]).toEqual([1, 'denied'])
    const wrong = await run(['who-can', 'onee__numbers'])
    expect(wrong.exitCode).toBe(2)
    expect(wrong.stderr).toContain('did you mean one__numbers?')
    const nothing = await run(['who-can'])
    expect([nothing.exitCode, nothing.stderr]).toEqual([
      2,
      expect.stringContaining('<tool> is missing'),
    ])
    const backend = await run(['who-can', 'dwon', 'echo'])
    expect([backend.exitCode, backend.stderr]).toEqual([2, expect.stringContaining('mean down?')])
  })
})
