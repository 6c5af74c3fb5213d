// `doctor --client`: the servers in the files of real clients, without any proxy.toml: reachable, needing a login, with a
// token that is good, expired or for another server, programs, and entries that cannot be tried.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { requiredScopes, startLoginLab, type LoginLab } from '../support/login-lab.ts'
import { loginClients } from '../support/login-realm.ts'
import { startHttpServer, stdioServer, type HttpServer } from '../support/mcp-servers.ts'
import { createRecorder, expectSchema } from '../support/reports.ts'
import { startScriptedServer } from '../support/scripted-server.ts'
import { keys, openTerminal } from '../support/terminal.ts'

const recorder = createRecorder()
let home: TempFolder
let server: HttpServer

beforeAll(async () => {
  ;[home, server] = await Promise.all([makeTempFolder(), startHttpServer('dual')])
})
afterAll(() => Promise.all([home.remove(), server.close()]))

const invocation = () => ({ cwd: home.path, env: { HOME: home.path } })

const put = async (name: string, content: object | string): Promise<void> => {
  const file = path.join(home.path, name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
}

interface Section {
  readonly subject: string
  readonly state: string
  readonly summary: string
  readonly facts: readonly { readonly name: string; readonly text: string }[]
  readonly checks: readonly { readonly id: string; readonly case: string | null }[]
  readonly open: readonly { readonly id: string; readonly case: string | null }[]
}

const look = async (client: string, ...more: readonly string[]) => {
  const { exitCode, report } = await recorder.report(
    'doctor',
    ['doctor', '--client', client, ...more],
    invocation(),
  )
  const sections = report['sections'] as unknown as readonly Section[]
  return {
    exitCode,
    sections,
    of: (name: string) => sections.find(({ subject }) => subject === name),
  }
}

describe.each<[client: string, file: string, content: () => object | string]>([
  ['claude-code', '.mcp.json', () => ({ mcpServers: { near: { type: 'http', url: server.url } } })],
  [
    'claude-code',
    '.claude.json',
    () => ({ numStartups: 5, mcpServers: { near: { type: 'http', url: server.url } } }),
  ],
  [
    'claude-desktop',
    '.config/Claude/claude_desktop_config.json',
    () => ({ mcpServers: { near: { command: 'npx', args: ['-y', 'mcp-remote', server.url] } } }),
  ],
  ['cursor', '.cursor/mcp.json', () => ({ mcpServers: { near: { url: server.url } } })],
  [
    'vscode',
    '.config/Code/User/mcp.json',
    () => `{ // a comment\n "servers": { "near": { "type": "http", "url": "${server.url}" }, } }`,
  ],
  ['codex', '.codex/config.toml', () => stringify({ mcp_servers: { near: { url: server.url } } })],
  ['gemini', '.gemini/settings.json', () => ({ mcpServers: { near: { httpUrl: server.url } } })],
  ['./servers.json', 'servers.json', () => ({ near: { url: server.url } })],
])('%s, in %s', (client, file, content) => {
  test('a server that answers is one line: its revision, what it offers, the time', async () => {
    await put(file, content())
    const { exitCode, of } = await look(client)
    expect(exitCode).toBe(0)
    expect(of('near')).toMatchObject({
      state: 'ok',
      summary: expect.stringMatching(/^2026-07-28 \(stateless\), \d+ tools .*, \d+\.\d s$/),
    })
  })
})

describe('programs', () => {
  const secret = 'sk-test-0123456789abcdefghij'
  const file = './programs.json'
  beforeAll(() =>
    put('programs.json', {
      mcpServers: {
        'My Files': { ...stdioServer('legacy'), env: { API_KEY: secret } },
        failing: {
          command: process.execPath,
          args: ['-e', 'console.error(`bad key ${process.env.API_KEY}`); process.exit(3)'],
          env: { API_KEY: secret },
        },
        off: { command: 'nothing', disabled: true },
        unset: {
          url: 'https://mcp.example.com/mcp',
          headers: { Authorization: 'Bearer ${NO_SUCH_VARIABLE}' },
        },
      },
    }),
  )

  test('without a terminal and without --yes nothing is started, and that stays open', async () => {
    const { exitCode, of } = await look(file)
    expect(exitCode).toBe(3)
    expect(of('My Files')).toMatchObject({
      state: 'open',
      open: [{ id: 'backend-unavailable', case: 'not-started' }],
    })
  })

  test('with --yes they are started, and one that ends says its last words without its secret', async () => {
    const { exitCode, of } = await look(file, '--yes')
    expect(exitCode).toBe(1)
    expect(of('My Files')).toMatchObject({
      state: 'ok',
      summary: expect.stringContaining('2025-11-25 (sessions), 23 tools'),
    })
    expect(of('failing')).toMatchObject({
      state: 'findings',
      checks: [{ id: 'backend-unavailable', case: 'ended-here' }],
    })
    expect(of('failing')?.facts.filter(({ name }) => name === 'stderr')).toHaveLength(1)
    expect(recorder.written()).not.toContain(secret)
  })

  test('an entry that cannot be tried says why', async () => {
    const { of } = await look(file)
    expect(of('off')).toMatchObject({
      state: 'none',
      summary: 'not tried: it is disabled in its file',
    })
    expect(of('unset')).toMatchObject({
      state: 'open',
      summary: 'bearer_token: the environment variable NO_SUCH_VARIABLE is not set',
      open: [{ id: 'config-variable', case: 'unset' }],
    })
  })

  test('at a terminal the programs are shown before it is asked whether to start them', async () => {
    const terminal = openTerminal(['doctor', '--client', file], invocation(), 120)
    await terminal.sees('starts My Files: ')
    await terminal.answer('Start these programs, as the client does?', 'n', keys.enter)
    expect(await terminal.ended).toBe(3)
    expect(terminal.shown()).not.toContain(secret)
    expect(terminal.shown()).toContain('My Files is a program that was not started')
  })
})

test.each([
  ['X-API-Key', 'canary-key-123456'],
  ['Authorization', `Basic ${Buffer.from('ann:canary-word').toString('base64')}`],
])('a %s in the file that is refused is no login that is missing', async (header, value) => {
  const refusing = await startScriptedServer()
  try {
    refusing.on('/mcp', () => ({ status: 401, body: 'unknown key' }))
    const desk = { type: 'http', url: `${refusing.origin}/mcp`, headers: { [header]: value } }
    await put('keys.json', { mcpServers: { desk } })
    const { exitCode, of } = await look('./keys.json')
    expect(exitCode).toBe(1)
    expect(of('desk')).toMatchObject({ checks: [{ id: 'backend-auth', case: 'unauthorized' }] })
    expect(of('desk')?.summary).toContain('unknown key')
    expect(JSON.stringify(of('desk'))).not.toContain('canary')
  } finally {
    await refusing.close()
  }
})

describe('servers behind OAuth', () => {
  let lab: LoginLab
  beforeAll(async () => {
    lab = await startLoginLab()
  })
  afterAll(() => lab.close())

  const run = async (servers: object) => {
    await lab.folder.write('clients.json', JSON.stringify({ mcpServers: servers }))
    const { exitCode, stdout } = await lab.run(['doctor', '--client', './clients.json', '--json'])
    const report = JSON.parse(stdout) as { sections: readonly Section[]; next: readonly string[] }
    await expectSchema('doctor', report)
    const [section] = report.sections
    return { exitCode, section, next: report.next }
  }
  const withToken = (token: string) => ({
    desk: { type: 'http', url: lab.proxy.url, headers: { Authorization: `Bearer ${token}` } },
  })
  const scope = requiredScopes.join(' ')

  test('one that wants a login is reachable and says so, with the command that logs in', async () => {
    const { exitCode, section, next } = await run({ desk: { url: lab.proxy.url } })
    expect(exitCode).toBe(3)
    expect(section).toMatchObject({
      state: 'open',
      summary: expect.stringMatching(/^reachable, needs a login/),
      open: [{ id: 'login-needed', case: 'asked' }],
    })
    expect(next[0]).toBe(`mcp-proxy login ${lab.proxy.url}`)
  })

  test('a good token in the file is used, and its end is said', async () => {
    const token = await lab.issuer.token({ resource: lab.proxy.url, scope })
    const { exitCode, section } = await run(withToken(token))
    expect(exitCode).toBe(0)
    expect(section?.summary).toMatch(
      /23 tools .*, token good until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
    )
    expect(await lab.written()).not.toContain(token)
  })

  test('an expired token is the finding of validate', async () => {
    const token = await lab.issuer.token({ resource: lab.proxy.url, scope, expiredSecondsAgo: 600 })
    const { exitCode, section } = await run(withToken(token))
    expect(exitCode).toBe(1)
    expect(section).toMatchObject({ state: 'findings', checks: [{ id: 'time-exp' }] })
    expect(section?.facts).toContainEqual({
      name: 'token',
      text: expect.stringMatching(/^its token expired .* ago$/),
    })
  })

  test('a login of ours for the same address looks further than the client lets us', async () => {
    await lab.run(
      [
        'login',
        lab.proxy.url,
        '--client-credentials',
        '--client-id',
        loginClients.machine.id,
        '--store',
        'machine',
      ],
      { MCP_PROXY_CLIENT_SECRET: loginClients.machine.secret },
    )
    const { exitCode, section } = await run({ desk: { url: lab.proxy.url } })
    expect(exitCode).toBe(0)
    expect(section?.summary).toMatch(/^needs a login, has ours \(machine\), .*23 tools/)
  })
})

describe('what is typed wrongly', () => {
  test.each([
    [['--client', 'cluade-code'], /Unknown client cluade-code\n.*did you mean claude-code\?/],
    [['--client', 'windsurf'], /windsurf has no file with servers here/],
    [['--client', 'codex', '--config', 'x.toml'], /cannot be used together/],
    [['--client', './nothing.json'], /nothing\.json/],
    [['--yes'], /--client/],
  ])('%j', async (args, said) => {
    const { exitCode, stdout, stderr } = await recorder.run(['doctor', ...args], invocation())
    expect([1, 2]).toContain(exitCode)
    expect(stdout + stderr).toMatch(said)
  })

  test('a file that the client cannot read either is a finding with the place of its fault', async () => {
    await put('broken.json', '{ "mcpServers": { "a": ')
    const { exitCode, sections } = await look('./broken.json')
    expect(exitCode).toBe(1)
    expect(sections).toMatchObject([{ checks: [{ id: 'client-file', case: 'unread' }] }])
  })
})
