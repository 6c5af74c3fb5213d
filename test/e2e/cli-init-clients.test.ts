// `init` ends at a working client: what it writes into the file of each client reaches the running proxy, is kept apart
// from what was there, and can be taken back.
import { mkdir, mkdtemp, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  makeTempFolder,
  startProxy,
  type Invocation,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { stdioServer } from '../support/mcp-servers.ts'
import { createRecorder } from '../support/reports.ts'
import { keys, openTerminal } from '../support/terminal.ts'

const recorder = createRecorder()
const secret = 'ghp_0aBcDeFgHiJkLmNoPqRsTuVwXyZ012345678'
const token = 'desk-token-0123456789abcdefghijklmnop'

let root: TempFolder
let proxy: RunningProxy
let guarded: RunningProxy
/** The home of a person for each test, and the folder they are in. */
let home: string
let desk: string

const invocation = (env: Record<string, string> = {}): Invocation => ({
  cwd: desk,
  env: { HOME: home, XDG_CONFIG_HOME: path.join(home, '.config'), ...env },
})

const put = async (file: string, text: string): Promise<void> => {
  const whole = path.resolve(home, file)
  await mkdir(path.dirname(whole), { recursive: true })
  await writeFile(whole, text)
}

const textOf = (file: string) => readFile(path.resolve(home, file), 'utf8')

const server = stdioServer('legacy')

const configText = (port: string, auth = '') =>
  `[proxy]\nname = "Desk"\n[proxy.listen]\nport = ${port}\n${auth}[[backends]]\nname = "near"\ntransport = "stdio"\ncommand = ${JSON.stringify(server.command)}\nargs = ${JSON.stringify(server.args)}\n`

const bearer = '[auth]\ntype = "bearer"\ntokens = ["${DESK_TOKEN}"]\n'

const portOf = ({ url }: RunningProxy) => new URL(url).port

beforeAll(async () => {
  root = await makeTempFolder()
  await writeFile(path.join(root.path, 'open.toml'), configText('0'))
  await writeFile(path.join(root.path, 'guarded.toml'), configText('0', bearer))
  ;[proxy, guarded] = await Promise.all([
    startProxy('open.toml', { cwd: root.path }),
    startProxy('guarded.toml', { cwd: root.path, env: { DESK_TOKEN: token } }),
  ])
})

beforeEach(async () => {
  home = await realpath(await mkdtemp(path.join(root.path, 'home-')))
  desk = path.join(home, 'desk')
  await mkdir(desk)
  await put('desk/proxy.toml', configText(portOf(proxy)))
})

afterAll(async () => {
  await Promise.all([proxy?.stop(), guarded?.stop()])
  await root?.remove()
})

const init = (...args: string[]) => recorder.report('init', ['init', ...args], invocation())

const refusal = async (...args: string[]) => {
  const { exitCode, report } = await recorder.report('error', ['init', ...args], invocation())
  const { error } = report as unknown as { error: { code: string; message: string } }
  return { exitCode, code: error.code, message: error.message }
}

const states = ({ sections }: { sections?: unknown }) =>
  Object.fromEntries(
    (sections as { subject: string; state: string }[]).map(({ subject, state }) => [
      subject,
      state,
    ]),
  )

const doctor = async (client: string, env: Record<string, string> = {}) => {
  const args = ['doctor', '--client', client, '--yes']
  const { report } = await recorder.report('doctor', args, invocation(env))
  return states(report)
}

/** The files as these clients leave them: with a server that has a secret, with comments where they allow them. */
const files: readonly (readonly [client: string, file: string, text: string])[] = [
  [
    'claude-code',
    '.claude.json',
    `{\n  "numStartups": 5,\n  "mcpServers": {\n    "old": {\n      "type": "stdio",\n      "command": "false",\n      "env": { "API_KEY": "${secret}" }\n    }\n  },\n  "projects": {}\n}\n`,
  ],
  [
    'claude-desktop',
    '.config/Claude/claude_desktop_config.json',
    `{"mcpServers":{"old":{"command":"false","env":{"API_KEY":"${secret}"}}},"globalShortcut":""}`,
  ],
  [
    'cursor',
    '.cursor/mcp.json',
    `{\n\t"mcpServers": {\n\t\t"old": { "command": "false", "env": { "API_KEY": "${secret}" } } // ${secret}\n\t}\n}\n`,
  ],
  [
    'vscode',
    '.config/Code/User/mcp.json',
    `{ // mine\n  "servers": {\n    "old": { "type": "stdio", "command": "false", "env": { "API_KEY": "${secret}" } },\n  },\n  "inputs": [],\n}\n`,
  ],
  [
    'codex',
    '.codex/config.toml',
    `model = "x" # mine\n\n[mcp_servers.old]\ncommand = "false"\nenv = { API_KEY = "${secret}" }\n`,
  ],
  ['gemini', '.gemini/settings.json', `{\n  "theme": "dark",\n  "mcpServers": {}\n}\n`],
  [
    'opencode',
    '.config/opencode/opencode.json',
    `{\n  "$schema": "https://opencode.ai/config.json",\n  "mcp": {\n    "old": { "type": "local", "command": ["false"], "environment": { "API_KEY": "${secret}" } }\n  }\n}\n`,
  ],
  ['windsurf', '.codeium/windsurf/mcp_config.json', ''],
  ['zed', '.config/zed/settings.json', '// Zed\n{\n  "theme": "One Dark", // dark\n}\n'],
]

describe.each(files)('%s, in %s', (client, file, before) => {
  test('it is pointed at the proxy, reaches it, and is taken back to the byte', async () => {
    await put(file, before)
    const { exitCode, report } = await init('--write-client', client)
    expect(exitCode).toBe(0)
    expect(report).toMatchObject({
      verdict: 'connected',
      clients: [{ client, status: 'written', backup: expect.stringContaining('.mcp-proxy-') }],
    })
    expect(JSON.stringify(report)).not.toContain(secret)
    const after = await textOf(file)
    for (const word of ['mine', 'Zed', '// dark', secret]) {
      expect(after.includes(word)).toBe(before.includes(word))
    }
    expect(await doctor(path.resolve(home, file))).toMatchObject({ desk: 'ok' })

    const again = await init('--write-client', client)
    expect(again.report).toMatchObject({ clients: [{ client, status: 'there' }] })
    expect(await textOf(file)).toBe(after)

    const undone = await init('--undo-client', client)
    expect(undone.report).toMatchObject({ verdict: 'restored', clients: [{ status: 'restored' }] })
    expect(await textOf(file)).toBe(before)
    expect(await readdir(path.dirname(path.resolve(home, file)))).not.toContainEqual(
      expect.stringContaining('.mcp-proxy-'),
    )
  })
})

describe('a proxy that wants a token', () => {
  beforeEach(() => put('desk/proxy.toml', configText(portOf(guarded), bearer)))

  test.each([
    ['claude-code', '.claude.json'],
    ['cursor', '.cursor/mcp.json'],
    ['vscode', '.config/Code/User/mcp.json'],
    ['codex', '.codex/config.toml'],
    ['gemini', '.gemini/settings.json'],
    ['opencode', '.config/opencode/opencode.json'],
    ['windsurf', '.codeium/windsurf/mcp_config.json'],
  ])('%s reads it from its environment and gets in', async (client, file) => {
    await put(file, '')
    expect((await init('--write-client', client)).exitCode).toBe(0)
    expect(await textOf(file)).toContain('DESK_TOKEN')
    const env = { DESK_TOKEN: token }
    expect(await doctor(path.resolve(home, file), env)).toEqual({ desk: 'ok' })
    const other = { DESK_TOKEN: 'another-token-0123456789abcdefghij' }
    expect(await doctor(path.resolve(home, file), other)).toEqual({ desk: 'findings' })
  })

  test('Claude Desktop starts the proxy itself, with the values of the .env file', async () => {
    const file = '.config/Claude/claude_desktop_config.json'
    await put(file, '')
    const { report } = await init('--write-client', 'claude-desktop', '--write-env')
    expect(report).toMatchObject({ env_file: { file: '.env', added: ['DESK_TOKEN'] } })
    const mode = (await stat(path.join(desk, '.env'))).mode & 0o777
    expect(mode).toBe(0o600)
    await put(
      'desk/.env',
      (await textOf('desk/.env')).replace('DESK_TOKEN=', `DESK_TOKEN=${token}`),
    )
    expect(await doctor(path.resolve(home, file))).toEqual({ desk: 'ok' })
  })

  test('Zed takes no token from its environment: a problem of its own, and nothing is written', async () => {
    await put('.config/zed/settings.json', '{}')
    expect(await refusal('--write-client', 'zed')).toMatchObject({
      exitCode: 2,
      code: 'client-file',
    })
    expect(await textOf('.config/zed/settings.json')).toBe('{}')
  })
})

describe('the .env file', () => {
  beforeEach(() => put('desk/proxy.toml', configText(portOf(guarded), bearer)))

  test('keeps every value that is there, and gets the names that are missing once', async () => {
    await put('desk/.env', `OTHER=1\nexport DESK_TOKEN="${secret}"`)
    const { report } = await init('--write-env')
    expect(report).toMatchObject({ env_file: { added: [] } })
    expect(await textOf('desk/.env')).toBe(`OTHER=1\nexport DESK_TOKEN="${secret}"`)
    await put('desk/.env', 'OTHER=1')
    await init('--write-env')
    await init('--write-env')
    expect(await textOf('desk/.env')).toMatch(/^OTHER=1\n# .*\nDESK_TOKEN=\n$/)
  })

  test('in a repository that does not ignore it, that is said', async () => {
    await mkdir(path.join(desk, '.git'))
    const run = () => recorder.run(['init', '--write-env'], invocation())
    expect((await run()).stderr).toContain('.gitignore')
    await put('desk/.gitignore', 'dist\n.env\n')
    expect((await run()).stderr).toBe('')
  })

  test('is written with a new configuration, for the servers of other clients too', async () => {
    await put(
      'desk/.mcp.json',
      JSON.stringify({ mcpServers: { near: { ...server, env: { API_KEY: secret } } } }),
    )
    const args = ['--yes', '--no-auth', '--write-env', '--output', 'new.toml']
    const { report } = await init(...args)
    expect(report).toMatchObject({ verdict: 'written', env_file: { added: ['API_KEY'] } })
    expect(await textOf('desk/.env')).not.toContain(secret)
  })
})

describe('a new configuration', () => {
  test('shows the command or the entry for each client that is found, and writes to none unasked', async () => {
    for (const [, file, text] of files) await put(file, text)
    const args = ['init', '--yes', '--no-auth', '--no-import', '-b', 'x=ls', '-o', 'new.toml']
    const { stdout, exitCode } = await recorder.run(args, invocation())
    expect(exitCode).toBe(0)
    for (const words of [
      'claude mcp add --transport http --scope user desk http://127.0.0.1:8080/mcp',
      'codex mcp add desk --url http://127.0.0.1:8080/mcp',
      '"serverUrl": "http://127.0.0.1:8080/mcp"',
      '"context_servers"',
    ]) {
      expect(stdout).toContain(words)
    }
    for (const [, file, text] of files) expect(await textOf(file)).toBe(text)
  })

  test('is not written where a client that was named cannot be added to', async () => {
    await put('.cursor/mcp.json', '{"mcpServers": oops')
    const args = ['--yes', '--no-auth', '--no-import', '-b', 'x=ls', '-o', 'new.toml']
    const { code } = await refusal(...args, '--write-client', 'cursor')
    expect(code).toBe('client-file')
    expect((await readdir(desk)).toSorted()).toEqual(['proxy.toml'])
  })

  test('does not take the proxy that a client starts for a server behind it', async () => {
    await put('.config/Claude/claude_desktop_config.json', '')
    await init('--write-client', 'claude-desktop')
    const { report } = await init(
      '--yes',
      '--no-auth',
      '--force',
      '-b',
      'x=ls',
      '--from',
      '../.config/Claude/claude_desktop_config.json',
    )
    expect(report).toMatchObject({ skipped: [{ name: 'desk', why: 'it is this proxy' }] })
  })
})

describe('what stops it', () => {
  const file = '.cursor/mcp.json'

  test.each([
    ['there is no sign of the client', undefined, 'cursor was not found here'],
    ['another server has the name', '{"mcpServers":{"desk":{"command":"x"}}}', 'called desk'],
    ['the file does not parse', '{"mcpServers": oops', 'not well-formed JSON'],
    ['the list is no object', '{"mcpServers": []}', 'no object'],
  ])('%s: exit 2, and nothing is written', async (_, text, words) => {
    if (text !== undefined) await put(file, text)
    expect(await refusal('--write-client', 'cursor')).toEqual({
      exitCode: 2,
      code: 'client-file',
      message: expect.stringContaining(words),
    })
    const there = await readdir(path.join(home, '.cursor')).catch(() => [])
    expect(there).toEqual(text === undefined ? [] : ['mcp.json'])
    expect(text === undefined ? undefined : await textOf(file)).toBe(text)
  })

  test('a second writer has the lock: exit 2, and nothing is written', async () => {
    await put(file, '{}')
    await mkdir(path.join(home, '.cursor', 'mcp.json.lock'))
    expect(await refusal('--write-client', 'cursor')).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('Another program is writing'),
    })
    expect(await textOf(file)).toBe('{}')
  })

  test('of several writers at once each either adds or refuses, and the file is whole', async () => {
    await put(file, '{}')
    const runs = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => {
        const config = `${name}.toml`
        return put(`desk/${config}`, configText(String(9100 + name.charCodeAt(0)))).then(() =>
          recorder.run(
            ['init', '--write-client', 'cursor', '-o', config, '--name', name],
            invocation(),
          ),
        )
      }),
    )
    const added = runs.filter(({ exitCode }) => exitCode === 0)
    expect(added.length).toBeGreaterThan(0)
    const { mcpServers } = JSON.parse(await textOf(file)) as { mcpServers: object }
    expect(Object.keys(mcpServers)).toHaveLength(added.length)
  })

  test('undo without a backup, and undo over a change, which takes --force', async () => {
    await put(file, '{}')
    expect((await refusal('--undo-client', 'cursor')).message).toContain('no backup')
    await init('--write-client', 'cursor')
    const changed = (await textOf(file)).replace('desk', 'table')
    await put(file, changed)
    expect((await refusal('--undo-client', 'cursor')).message).toContain('was changed after')
    expect(await textOf(file)).toBe(changed)
    expect((await init('--undo-client', 'cursor', '--force')).exitCode).toBe(0)
    expect(await textOf(file)).toBe('{}')
  })
})

describe('in a terminal', () => {
  test('the clients are offered, the change is shown and asked for, and undo asks too', async () => {
    await put('.cursor/mcp.json', '{}')
    const start = [
      'init',
      '--no-auth',
      '--no-import',
      '-b',
      'x=ls',
      '--port',
      '8081',
      '-o',
      'new.toml',
    ]
    const terminal = openTerminal(start, invocation())
    await terminal.answer('This passes serve --check. Next step?', keys.enter)
    await terminal.answer('Which clients should use', keys.space, keys.enter)
    await terminal.sees('"url": "http://127.0.0.1:8081/mcp"')
    await terminal.answer('Write ~/.cursor/mcp.json?', keys.enter)
    expect(await terminal.ended).toBe(0)
    expect(await textOf('.cursor/mcp.json')).toContain('8081')

    const undo = openTerminal(['init', '--undo-client', 'cursor'], invocation())
    await undo.answer('Restore ~/.cursor/mcp.json?', 'n', keys.enter)
    expect(await undo.ended).toBe(130)
    expect(await textOf('.cursor/mcp.json')).toContain('8081')
  })
})

test('no run has shown a secret', () => {
  expect(recorder.written()).not.toContain(secret)
  expect(recorder.written()).not.toContain(token)
})
