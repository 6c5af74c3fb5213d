// The files in which other clients keep their servers: where they are, what shape they have, what they offer together.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readServerList } from '../../src/config/clients/document.ts'
import { gatherBackends } from '../../src/config/clients/gather.ts'
import { clientPlaces } from '../../src/config/clients/places.ts'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'

describe('the places', () => {
  const filesOf = (platform: NodeJS.Platform, home: string, cwd: string, env = {}) =>
    clientPlaces({ platform, home, cwd, env }).map(({ client, file }) => `${client}: ${file}`)

  test('on Linux', () => {
    expect(filesOf('linux', '/home/ann', '/srv/desk')).toEqual([
      'Claude Code: /srv/desk/.mcp.json',
      'Cursor: /srv/desk/.cursor/mcp.json',
      'VS Code: /srv/desk/.vscode/mcp.json',
      'Claude Code: /home/ann/.claude.json',
      'Claude Desktop: /home/ann/.config/Claude/claude_desktop_config.json',
      'Cursor: /home/ann/.cursor/mcp.json',
      'VS Code: /home/ann/.config/Code/User/mcp.json',
      'VS Code Insiders: /home/ann/.config/Code - Insiders/User/mcp.json',
      'Gemini CLI: /srv/desk/.gemini/settings.json',
      'opencode: /srv/desk/opencode.json',
      'Zed: /srv/desk/.zed/settings.json',
      'Codex: /home/ann/.codex/config.toml',
      'Gemini CLI: /home/ann/.gemini/settings.json',
      'opencode: /home/ann/.config/opencode/opencode.json',
      'Windsurf: /home/ann/.codeium/windsurf/mcp_config.json',
      'Zed: /home/ann/.config/zed/settings.json',
    ])
    const moved = { XDG_CONFIG_HOME: '/xdg', CLAUDE_CONFIG_DIR: '/claude' }
    expect(filesOf('linux', '/home/ann', '/srv/desk', moved)).toEqual(
      expect.arrayContaining([
        'Claude Code: /claude/.claude.json',
        'VS Code: /xdg/Code/User/mcp.json',
      ]),
    )
  })

  test('on macOS', () => {
    expect(filesOf('darwin', '/Users/ann', '/srv')).toEqual(
      expect.arrayContaining([
        'Claude Desktop: /Users/ann/Library/Application Support/Claude/claude_desktop_config.json',
        'VS Code: /Users/ann/Library/Application Support/Code/User/mcp.json',
      ]),
    )
  })

  test('on Windows', () => {
    const env = { APPDATA: 'C:\\Users\\ann\\AppData\\Roaming' }
    expect(filesOf('win32', 'C:\\Users\\ann', 'D:\\desk', env)).toEqual(
      expect.arrayContaining([
        'Claude Code: D:\\desk\\.mcp.json',
        'Claude Desktop: C:\\Users\\ann\\AppData\\Roaming\\Claude\\claude_desktop_config.json',
        'Cursor: C:\\Users\\ann\\.cursor\\mcp.json',
      ]),
    )
  })
})

describe('the shapes', () => {
  const names = async (text: string, file = 'mcp.json') => {
    const list = await readServerList(text, { file: `/srv/desk/${file}`, folder: '/srv/desk' })
    return 'fault' in list ? list.fault : list.servers.map(([name]) => name)
  }

  test.each([
    ['most clients', '{"mcpServers":{"a":{"command":"x"}}}', ['a']],
    [
      'VS Code, with comments and commas',
      '{\n // tools\n "inputs": [],\n "servers": {"a":{"url":"https://a.example/mcp"},},\n}',
      ['a'],
    ],
    ['settings of VS Code', '{"mcp":{"servers":{"a":{}}}}', ['a']],
    [
      'Claude Code: of the user and of this folder',
      '{"mcpServers":{"a":{}},"projects":{"/srv/desk":{"mcpServers":{"b":{}}},"/other":{"mcpServers":{"c":{}}}}}',
      ['a', 'b'],
    ],
    ['a bare list', '{"a":{"command":"x"},"b":{"url":"y"}}', ['a', 'b']],
    ['with a mark of byte order', '\uFEFF{"mcpServers":{"a":{}}}', ['a']],
    ['opencode', '{"mcp":{"a":{"type":"local","command":["x"]},"b":{"url":"y"}}}', ['a', 'b']],
    ['Zed', '{"theme":"One","context_servers":{"a":{"command":"x"}}}', ['a']],
    ['Continue', '{"mcpServers":[{"name":"a","command":"x"},{"command":"y"}]}', ['a']],
    ['Gemini CLI, bare', '{"a":{"httpUrl":"https://a.example/mcp"}}', ['a']],
    ['no servers yet', '{"mcpServers":{}}', []],
    ['an empty object', '{}', []],
    ['lists that are none', '{"mcpServers":[],"servers":null}', []],
  ])('%s', async (_, text, expected) => {
    expect(await names(text)).toEqual(expected)
  })

  test.each([
    ['Codex', 'config.toml', '[mcp_servers.a]\nurl = "https://a.example/mcp"\n', ['a']],
    [
      'Codex without servers',
      'config.toml',
      'model = "x"\n',
      expect.stringMatching(/lists no servers/),
    ],
    [
      'Codex, not well-formed',
      'config.toml',
      '[mcp_servers',
      expect.stringMatching(/^it is not well-formed: the brackets of a table do not match/),
    ],
    ['Goose', 'config.yaml', 'extensions:\n  a:\n    cmd: x\n', ['a']],
    ['Continue', 'config.yaml', 'mcpServers:\n  - name: a\n    command: x\n', ['a']],
  ])('%s in %s', async (_, file, text, expected) => {
    const found = await names(text, file)
    expect(found).toEqual(expected)
  })

  test.each([
    ['{"mcpServers":', /not well-formed JSON \(value expected, line 1, column 15\)/],
    ['', /not well-formed JSON/],
    ['[]', 'it holds no object'],
    ['{"a":1}', /lists no servers/],
  ])('refused with its reason: %s', async (text, reason) => {
    expect(await names(text)).toMatch(reason)
  })
})

describe('together', () => {
  let folder: TempFolder
  const write = async (file: string, value: unknown) => {
    const whole = path.join(folder.path, file)
    await mkdir(path.dirname(whole), { recursive: true })
    await writeFile(whole, typeof value === 'string' ? value : JSON.stringify(value))
  }
  const gather = () =>
    gatherBackends({
      platform: 'linux',
      home: path.join(folder.path, 'home'),
      cwd: path.join(folder.path, 'desk'),
      env: {},
      taken: [],
    })

  beforeAll(async () => {
    folder = await makeTempFolder()
    const github = { command: 'npx', args: ['-y', 'github'], env: { GITHUB_TOKEN: 'abc' } }
    await write('desk/.mcp.json', { mcpServers: { github, notes: { command: 'notes' } } })
    await write('desk/.vscode/mcp.json', {
      servers: { GitHub: { ...github, type: 'stdio' }, notes: { command: 'other-notes' } },
    })
    await write('desk/.env', '# values\nexport A_KEY=abc\nB=2\n')
    await write('home/.cursor/mcp.json', '{"mcpServers": oops')
    await write('home/.claude.json', {
      mcpServers: { db: { command: 'db', env: { GITHUB_TOKEN: '${GITHUB_TOKEN}' } } },
    })
  })

  afterAll(() => folder.remove())

  test('the same server is taken once, another of the same name gets its client behind it', async () => {
    const { files } = await gather()
    const told = files.map(({ place, imports, fault }) => [
      place.client,
      fault ?? imports.map((one) => ('values' in one ? one.values.name : one.skipped.detail)),
    ])
    expect(told).toEqual([
      ['Claude Code', ['github', 'notes']],
      ['VS Code', ['it is the same server as github', 'notes-vscode']],
      ['Claude Code', ['db']],
      ['Cursor', expect.stringContaining('not well-formed JSON')],
    ])
  })

  test('a secret does not get the name that another server refers to', async () => {
    const { files, variables } = await gather()
    const [first] = files[0]?.imports ?? []
    expect(first).toMatchObject({ values: { env: { GITHUB_TOKEN: '${GITHUB_GITHUB_TOKEN}' } } })
    expect(variables.list().map(({ name }) => name)).toEqual([
      'GITHUB_GITHUB_TOKEN',
      'GITHUB_TOKEN',
    ])
  })

  test('a named file, and the names of its envFile', async () => {
    await write('desk/.cursor/mcp.json', {
      mcpServers: { a: { command: 'x', envFile: '${workspaceFolder}/.env' } },
    })
    const { files } = await gatherBackends({
      platform: 'linux',
      home: folder.path,
      cwd: folder.path,
      env: {},
      taken: [],
      from: 'desk/.cursor/mcp.json',
    })
    expect(files).toHaveLength(1)
    expect(files[0]?.imports).toMatchObject([{ values: { env: { A_KEY: '${A_KEY}', B: '${B}' } } }])
  })

  test('a named file that is not there says so', async () => {
    const { files } = await gatherBackends({
      platform: 'linux',
      home: folder.path,
      cwd: folder.path,
      env: {},
      taken: [],
      from: 'nowhere.json',
    })
    expect(files).toMatchObject([{ fault: 'no such file', imports: [] }])
  })
})
