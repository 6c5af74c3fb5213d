// `replay` by the built program: decisions of a proxy that ran, judged again by other configurations.
import { appendFile, readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ReplayReport } from '../../src/cli/replay/replay-report.ts'
import {
  makeTempFolder,
  runCommandLine,
  startProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { stdioServer } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { expectSchema } from '../support/reports.ts'

const ciToken = 'ci-token-000000000000000000001'
const deskToken = 'desk-token-0000000000000000001'
const wrongToken = 'wrong-token-000000000000000001'
const argument = 'an argument that no record has'
const env = { CI: ciToken, DESK: deskToken }

const { command, args } = stdioServer('dual')

interface Parts {
  readonly ci?: string
  readonly desk?: string
  readonly backend?: string
  readonly prefix?: string
  readonly rule?: string
}

let folder: TempFolder
let decisions: string

const config = ({ ci = '["*"]', desk = '["*"]', backend = 'one', prefix = '', rule }: Parts = {}) =>
  `[proxy]
name = "kept"
[proxy.listen]
port = 0
[auth]
type = "bearer"
[[auth.scoped_tokens]]
name = "ci"
token = "\${CI}"
allow_tools = ${ci}
[[auth.scoped_tokens]]
name = "desk"
token = "\${DESK}"
allow_tools = ${desk}
${rule === undefined ? '' : `[[auth.rules]]\nname = "small"\neffect = "deny"\nwhen = '${rule}'\n`}
[observability.decisions]
accepted = 1
file = { path = ${JSON.stringify(decisions)} }
[[backends]]
name = "${backend}"
transport = "stdio"
command = ${JSON.stringify(command)}
args = ${JSON.stringify(args)}
${prefix}`

const ids: Record<string, string> = {}

beforeAll(async () => {
  folder = await makeTempFolder()
  decisions = path.join(folder.path, 'decisions.jsonl')
  const running = await startProxy(
    await folder.write('serve.toml', config({ ci: '["one/echo"]' })),
    { env },
  )
  const { origin } = new URL(running.url)
  const call = async (token: string, name: string, key: string) => {
    const { headers } = await sendTo(origin, {
      body: {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name, arguments: { text: argument }, _meta: modernMeta() },
      },
      headers: {
        'mcp-protocol-version': modernVersion,
        'mcp-method': 'tools/call',
        'mcp-name': name,
      },
      token,
    })
    ids[key] = String(headers['x-request-id'])
  }
  await call(ciToken, 'one__echo', 'ci echo')
  await call(ciToken, 'one__numbers', 'ci numbers')
  await call(deskToken, 'one__echo', 'desk echo')
  await call(deskToken, 'one__echo', 'desk echo again')
  await call(wrongToken, 'one__echo', 'wrong')
  await running.stop()
}, 60_000)
afterAll(() => folder.remove())

const replay = async (parts: Parts | string, ...more: readonly string[]) => {
  const text = typeof parts === 'string' ? parts : config(parts)
  const file = await folder.write('candidate.toml', text)
  return runCommandLine(['replay', '--decisions', decisions, '--config', file, ...more], { env })
}

const reported = async (parts: Parts | string) => {
  const { exitCode, stdout } = await replay(parts, '--json')
  const report = JSON.parse(stdout) as ReplayReport
  await expectSchema('replay', report)
  return { exitCode, report }
}

/** By the token that had allowed them. */
const denied = ({ changes }: ReplayReport) =>
  changes
    .filter(({ change }) => change === 'allow-to-deny')
    .map(({ count, now }) => [count, now?.code])

describe('replay', () => {
  test('of the same configuration changes nothing', async () => {
    const { exitCode, report } = await reported({ ci: '["one/echo"]' })
    expect([exitCode, report.verdict, report.read, report.same]).toEqual([0, 'unchanged', 5, 5])
  })

  test('groups what would be denied and what would be allowed, with counts and ids', async () => {
    const { exitCode, report } = await reported({ ci: '["one/numbers"]', desk: '["one/numbers"]' })
    expect([exitCode, report.verdict]).toEqual([1, 'changed'])
    const by = (name: string) => [{ kind: 'token', name, pattern: null }]
    expect(report.changes).toMatchObject([
      {
        change: 'allow-to-deny',
        count: 2,
        now: { code: 'policy-token', by: by('desk') },
        names: [{ name: 'one__echo', count: 2 }],
        ids: [ids['desk echo'], ids['desk echo again']],
      },
      { change: 'allow-to-deny', count: 1, now: { by: by('ci') }, ids: [ids['ci echo']] },
      { change: 'deny-to-allow', count: 1, was: { by: by('ci') }, ids: [ids['ci numbers']] },
    ])
    expect(report.same).toBe(1)
  })

  test('says the same to a person, with the way to one decision', async () => {
    const { exitCode, stdout, stderr } = await replay({ ci: '["one/echo"]', desk: '["none"]' })
    expect([exitCode, stderr]).toEqual([1, ''])
    expect(stdout).toContain('CHANGED  2 of 5 decisions would be decided differently, 3 the same')
    expect(stdout).toContain('2  allowed, would be denied')
    expect(stdout).toContain('now     policy-token by token desk')
    expect(stdout).toContain('asked   one__echo (2)')
    const why = await runCommandLine(
      ['why', String(ids['desk echo']), '--decisions', decisions],
      {},
    )
    expect(why.stdout).toContain('decided  by token desk (*)')
  })

  test('a name that leads nowhere any more is denied, one that leads elsewhere is not judged', async () => {
    const renamed = await reported({ ci: '["*/echo"]', backend: 'two' })
    expect(denied(renamed.report)).toEqual([
      [2, 'name-unknown'],
      [1, 'name-unknown'],
    ])
    const elsewhere = await reported({ backend: 'two', prefix: 'prefix = "one__"\n' })
    expect(elsewhere.report.not_judged).toMatchObject([
      { reason: 'other-backend', about: 'two', count: 4 },
    ])
  })

  test('a rule about arguments is left open, one about the tool is not', async () => {
    const args = await reported({ ci: '["one/echo"]', rule: 'args.text == "no"' })
    expect([args.exitCode, args.report.verdict]).toEqual([0, 'unchanged'])
    expect(args.report.not_judged).toMatchObject([
      { reason: 'rule', about: 'small (the arguments)', count: 3 },
    ])
    const tool = await reported({ ci: '["one/echo"]', rule: 'tool.name == "echo"' })
    expect(denied(tool.report)).toEqual([
      [2, 'policy-rule'],
      [1, 'policy-rule'],
    ])
  })

  test('a token that is gone is refused', async () => {
    const text = config({ ci: '["one/echo"]' }).replace('token = "${DESK}"', 'token = "another"')
    const { report } = await reported(text)
    expect(report.changes).toMatchObject([{ count: 2, now: { code: 'token-unknown', by: [] } }])
  })

  test('nothing that is secret is in the file or in the report', async () => {
    const { stdout } = await replay({ desk: '["none"]' }, '--json')
    const text = `${await readFile(decisions, 'utf8')}${stdout}`
    for (const secret of [ciToken, deskToken, wrongToken, argument]) {
      expect(text).not.toContain(secret)
    }
  })

  test('lines of an older version and torn lines are counted', async () => {
    const lines = (await readFile(decisions, 'utf8')).trim().split('\n')
    const {
      facts: _facts,
      by: _by,
      ...older
    } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    const file = await folder.write(
      'older.jsonl',
      `${JSON.stringify(older)}\n${(lines[1] ?? '').slice(0, 50)}\n`,
    )
    const candidate = await folder.write('candidate.toml', config())
    const { exitCode, stdout } = await runCommandLine(
      ['replay', '--decisions', file, '--config', candidate],
      { env },
    )
    expect(exitCode).toBe(3)
    expect(stdout).toContain('UNDECIDED')
    expect(stdout).toContain('1  written by an older version')
    expect(stdout).toContain('1 line is no decision')
  })

  test('of 150 MB takes no more memory than of a few lines', async () => {
    const text = await readFile(decisions, 'utf8')
    const megabyte = text.repeat(Math.ceil(1_000_000 / text.length))
    const file = path.join(folder.path, 'large.jsonl')
    for (let n = 0; n < 150; n += 1) await appendFile(file, megabyte)
    const candidate = await folder.write('candidate.toml', config({ ci: '["one/echo"]' }))
    const { exitCode, stdout } = await runCommandLine(
      ['replay', '--json', '--decisions', file, '--config', candidate],
      { env: { ...env, NODE_OPTIONS: '--max-old-space-size=64' } },
    )
    const { verdict, read, same } = JSON.parse(stdout) as ReplayReport
    expect([exitCode, verdict, same]).toEqual([0, 'unchanged', read])
    expect(read).toBe((150 * megabyte.length * 5) / text.length)
  }, 120_000)

  test.each([
    ['a file that is not there', ['--decisions', 'none.jsonl'], 'decision-file'],
    ['no file', [], 'usage-flag'],
  ])('%s has its own answer', async (_, flags, code) => {
    await folder.write('candidate.toml', config())
    const { exitCode, stdout } = await runCommandLine(
      ['replay', '--json', '--config', 'candidate.toml', ...flags],
      { cwd: folder.path, env },
    )
    const { error } = JSON.parse(stdout) as { error: { code: string } }
    expect([exitCode, error.code]).toEqual([2, code])
  })
})
