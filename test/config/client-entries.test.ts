// One server of another client's file, read as one backend: every form that clients write, and no secret taken over.
import { describe, expect, test } from 'vitest'
import { backendNameFrom, freeName } from '../../src/config/clients/backend-name.ts'
import { importEntry } from '../../src/config/clients/entry.ts'
import { problemOf } from '../../src/problems/problem.ts'
import { isSecretName } from '../../src/base/secret-name.ts'
import { secretSpans } from '../../src/config/secret-like.ts'
import { createVariables } from '../../src/config/clients/variables.ts'

interface Setting {
  readonly env?: Readonly<Record<string, string>>
  readonly envFile?: (file: string) => readonly string[] | string
}

const imported = (entry: unknown, name = 'one', { env = {}, envFile }: Setting = {}) => {
  const variables = createVariables()
  const made = importEntry(name, entry, {
    folder: '/srv/desk',
    home: '/home/ann',
    inFolder: true,
    env,
    variables,
    names: new Set(),
    label: 'more',
    envFile: envFile ?? (() => 'it cannot be read'),
  })
  return { made, variables: variables.list() }
}

const valuesOf = (entry: unknown, setting?: Setting) => {
  const { made } = imported(entry, 'one', setting)
  if ('skipped' in made) throw new Error(made.skipped.detail)
  return made.values
}

describe('names', () => {
  test.each([
    ['files', 'files'],
    ['GitHub_Server', 'github-server'],
    ['my__server', 'my-server'],
    ['Über Näme!', 'uber-name'],
    ['2024-tools', 'mcp-2024-tools'],
    ['proxy', 'proxy-backend'],
    ['@scope/pkg', 'scope-pkg'],
    ['日本', 'backend'],
    ['', 'backend'],
    ['-a-', 'a'],
  ])('%s becomes %s', (name, expected) => {
    expect(backendNameFrom(name)).toBe(expected)
  })

  test('a name that is taken gets the client behind it, then a number', () => {
    expect(freeName('a', new Set(), 'cursor')).toBe('a')
    expect(freeName('a', new Set(['a']), 'cursor')).toBe('a-cursor')
    expect(freeName('a', new Set(['a', 'a-cursor', 'a-2']), 'cursor')).toBe('a-3')
  })
})

describe('references of other clients', () => {
  const env = { SET: 'somewhere' }
  test.each([
    ['Claude Code', '${TOKEN_DIR}/x', '${TOKEN_DIR}/x'],
    ['with a default that is taken', '${UNSET:-/tmp/x}', '/tmp/x'],
    ['with a default that is not needed', '${SET:-/tmp/x}', '${SET}'],
    ['Cursor and VS Code', '${env:HOME_DIR}', '${HOME_DIR}'],
    ['an input of VS Code', '${input:perplexity-key}', '${PERPLEXITY_KEY}'],
    ['a setting of VS Code', '${config:my.path}', '${MY_PATH}'],
    ['the folder', '${workspaceFolder}/a', '/srv/desk/a'],
    ['the folder by its name', '${workspaceFolder:desk}/a', '/srv/desk/a'],
    ['the name of the folder', '${workspaceFolderBasename}', 'desk'],
    ['home', '${userHome}/a', '/home/ann/a'],
    ['a slash', 'a${/}b', 'a/b'],
    ['no reference', 'cost ${ 5', 'cost $${ 5'],
    ['of a shell, which nobody expands', '$HOME', '$HOME'],
    ['of a script', '${a.b}', '$${a.b}'],
  ])('%s: %s', (_, written, expected) => {
    expect(valuesOf({ command: 'x', args: [written] }, { env }).args).toEqual([expected])
  })

  test('a $ right before a variable cannot be written', () => {
    expect(imported({ command: 'x', args: ['$${A}'] }).made).toEqual({
      was: 'one',
      skipped: problemOf('client-server', 'dollar', { key: 'args[0]' }),
    })
  })

  test('a command or a folder that its own environment leaves empty is no command and no folder', () => {
    expect(imported({ command: '${A}', env: { A: '' } }).made).toMatchObject({
      skipped: problemOf('client-server', 'empty'),
    })
    expect(valuesOf({ command: 'x', cwd: '${A}', env: { A: '' } })).not.toHaveProperty('cwd')
  })

  test('an argument that names the own environment of the server means that', () => {
    const { made, variables } = imported({
      command: 'npx',
      args: ['search-mcp', '--header', 'Authorization:${AUTH_HEADER}'],
      env: { AUTH_HEADER: 'Bearer 12345', FOLDER: '/srv' },
    })
    expect(made).toMatchObject({
      values: {
        args: ['search-mcp', '--header', 'Authorization:${AUTH_HEADER}'],
        env: { AUTH_HEADER: '${AUTH_HEADER}', FOLDER: '/srv' },
      },
    })
    expect(variables.map(({ name }) => name)).toEqual(['AUTH_HEADER'])
  })
})

describe('the spelling of other clients', () => {
  const address = 'https://a.example/mcp'
  const local = { transport: 'stdio', command: 'npx', args: ['-y', 'a-mcp'] }
  const remote = { transport: 'http', url: address }
  const withToken = { ...remote, bearer_token: '${A_TOKEN}' }

  test.each<[string, object, object]>([
    ['Windsurf: serverUrl', { serverUrl: address }, remote],
    ['Gemini CLI: httpUrl', { httpUrl: address, timeout: 5000 }, remote],
    ['Gemini CLI: httpUrl before url', { url: 'https://b.example/sse', httpUrl: address }, remote],
    [
      'Gemini CLI: $NAME',
      { httpUrl: address, headers: { Authorization: 'Bearer $A_TOKEN' } },
      withToken,
    ],
    [
      'Cherry Studio: baseUrl',
      { type: 'streamableHttp', baseUrl: address, isActive: true },
      remote,
    ],
    ['Cline: streamableHttp', { type: 'streamableHttp', url: address, disabled: false }, remote],
    [
      'Codex: a variable for the token',
      { url: address, bearer_token_env_var: 'A_TOKEN' },
      withToken,
    ],
    [
      'Codex: a variable for a header',
      { url: address, env_http_headers: { Authorization: 'A_TOKEN' } },
      withToken,
    ],
    [
      'Codex: variables that are passed on',
      { command: 'npx', args: ['-y', 'a-mcp'], env_vars: ['A_TOKEN', { name: 'B' }] },
      { ...local, env: { A_TOKEN: '${A_TOKEN}', B: '${B}' } },
    ],
    [
      'opencode: the command as a list',
      { type: 'local', command: ['npx', '-y', 'a-mcp'], environment: { A: '{env:B_NAME}' } },
      { ...local, env: { A: '${B_NAME}' } },
    ],
    ['opencode: remote', { type: 'remote', url: address, enabled: true }, remote],
    [
      'opencode: a reference in a header',
      { type: 'remote', url: address, headers: { Authorization: 'Bearer {env:A_TOKEN}' } },
      withToken,
    ],
    ['Zed: custom', { source: 'custom', command: 'npx', args: ['-y', 'a-mcp'], env: {} }, local],
    [
      'Zed: the command as a table',
      { command: { path: 'npx', args: ['-y', 'a-mcp'], env: { A: '1' } } },
      { ...local, env: { A: '1' } },
    ],
    ['Goose: cmd and envs', { cmd: 'npx', args: ['-y', 'a-mcp'], envs: { A: '1' } }, local],
    ['Goose: uri', { type: 'streamable_http', uri: address }, remote],
    [
      'numbers in the arguments',
      { command: 'serve', args: ['--port', 8080, true] },
      { transport: 'stdio', command: 'serve', args: ['--port', '8080', 'true'] },
    ],
    [
      'a folder of Windows',
      { command: 'npx', args: ['-y', 'a-mcp'], cwd: 'C:\\desk' },
      { ...local, cwd: 'C:\\desk' },
    ],
    [
      'an extension of Zed beside a command',
      { command: 'npx', args: ['-y', 'a-mcp'], settings: {} },
      local,
    ],
  ])('%s', (_, entry, expected) => {
    expect(valuesOf(entry)).toMatchObject(expected)
  })

  test.each<[string, object, string]>([
    [
      'Cherry Studio: switched off',
      { baseUrl: address, isActive: false },
      'it is disabled in its file',
    ],
    ['opencode: switched off', { command: ['x'], enabled: false }, 'it is disabled in its file'],
    [
      'Zed: an extension',
      { source: 'extension', settings: {} },
      'it is an extension of Zed, which knows how to start it',
    ],
    ['nothing to start', { headers: {} }, 'it has neither a command nor a url'],
    ['a table among the arguments', { command: 'x', args: [{}] }, 'args is not a list of strings'],
  ])('%s: says why it is not taken', (_, entry, why) => {
    expect(imported(entry).made).toMatchObject({ skipped: { detail: why } })
  })
})

describe('a bridge to a server', () => {
  const address = 'https://a.example/mcp'
  const npx = (...args: string[]) => ({ command: 'npx', args })

  test.each<[string, object, object]>([
    ['mcp-remote', npx('-y', 'mcp-remote', address), { transport: 'http', url: address }],
    ['with a version and a port', npx('mcp-remote@latest', address, '3334'), { url: address }],
    ['by a path', { command: '/usr/bin/mcp-remote', args: [address] }, { url: address }],
    [
      'on Windows',
      { command: 'cmd', args: ['/c', 'npx', '-y', 'mcp-remote', address] },
      { url: address },
    ],
    ['by bun', { command: 'bunx', args: ['mcp-remote', address] }, { url: address }],
    [
      'for an event stream alone',
      npx('mcp-remote', 'https://a.example/sse', '--transport', 'sse-only'),
      { transport: 'sse', url: 'https://a.example/sse' },
    ],
    [
      'that took the address for the value of no flag',
      npx('mcp-remote', '--host', 'https://b.example', address),
      { url: address },
    ],
    [
      'with a token of its environment',
      {
        ...npx('mcp-remote', address, '--header', 'Authorization: Bearer ${A_TOKEN}'),
        env: { A_TOKEN: 'abcdef123456' },
      },
      { url: address, bearer_token: '${A_TOKEN}' },
    ],
    ['supergateway', npx('-y', 'supergateway', '--streamableHttp', address), { transport: 'http' }],
    [
      'supergateway with a token',
      npx(
        'supergateway',
        '--sse=https://a.example/sse',
        '--oauth2Bearer',
        'sk-ant-1234567890abcdef',
      ),
      { transport: 'sse', bearer_token: '${ONE_TOKEN}' },
    ],
  ])('%s: the proxy connects itself', (_, entry, expected) => {
    const { made } = imported(entry)
    expect(made).toMatchObject({ values: expected })
    expect(made).not.toMatchObject({ values: { command: expect.anything() as unknown } })
    expect(JSON.stringify(made)).toContain('is not started')
  })

  test.each<[string, object]>([
    ['the other way round', npx('supergateway', '--stdio', 'npx a-mcp')],
    ['without an address', npx('mcp-remote')],
    ['of another name', npx('-y', 'mcp-remote-tools', address)],
  ])('%s: is started as it was', (_, entry) => {
    expect(imported(entry).made).toMatchObject({ values: { transport: 'stdio', command: 'npx' } })
  })

  test('whose login is its own is said to have had one', () => {
    expect(JSON.stringify(imported(npx('mcp-remote', address)).made)).toContain('does not log in')
  })

  test('with a secret in a header leaves it in no argument', () => {
    const entry = npx(
      'mcp-remote',
      address,
      '--header',
      'Authorization:Bearer sk-secret-1234567890',
    )
    expect(JSON.stringify(imported(entry))).not.toContain('sk-secret')
  })
})

const secret = 'ghp_0aBcDeFgHiJkLmNoPqRsTuVwXyZ012345678'

describe('secrets', () => {
  test.each([
    [{ command: 'x', env: { GITHUB_TOKEN: secret } }, { env: { GITHUB_TOKEN: '${GITHUB_TOKEN}' } }],
    [{ command: 'x', env: { ANYTHING: secret } }, { env: { ANYTHING: '${ANYTHING}' } }],
    [{ command: 'x', env: { apiKey: 'short' } }, { env: { apiKey: '${ONE_API_KEY}' } }],
    [
      { command: 'x', env: { DATABASE_URL: 'postgres://u:hunter2@db.example/x' } },
      { env: { DATABASE_URL: '${DATABASE_URL}' } },
    ],
    [{ command: 'x', args: ['--api-key', 'short'] }, { args: ['--api-key', '${ONE_API_KEY}'] }],
    [{ command: 'x', args: ['--token=short'] }, { args: ['--token=${ONE_TOKEN}'] }],
    [
      { command: 'docker', args: ['-e', 'SLACK_TOKEN=abc', 'image'] },
      { args: ['-e', 'SLACK_TOKEN=${SLACK_TOKEN}', 'image'] },
    ],
    [
      { command: 'x', args: ['--header', 'Authorization: Bearer abcdef'] },
      { args: ['--header', 'Authorization: Bearer ${ONE_TOKEN}'] },
    ],
    [
      { command: 'x', args: ['-H', 'X-Api-Key:abcdef'] },
      { args: ['-H', 'X-Api-Key:${ONE_X_API_KEY}'] },
    ],
    [
      { command: 'x', args: ['postgresql://user:hunter2@db.example:5432/x'] },
      { args: ['postgresql://user:${ONE_PASSWORD}@db.example:5432/x'] },
    ],
    [
      { command: 'sh', args: ['-c', 'API_KEY=abc exec server'] },
      { args: ['-c', 'API_KEY=${API_KEY} exec server'] },
    ],
    [{ command: 'x', args: [`run ${secret} now`] }, { args: ['run ${ONE_TOKEN} now'] }],
    [
      { url: 'https://a.example/mcp?api_key=abc&q=1' },
      { url: 'https://a.example/mcp?api_key=${ONE_API_KEY}&q=1' },
    ],
    [
      { url: 'https://a.example/s/0b1f5a0c-3a55-4b39-9c3d-2f6d1c1b7a11/mcp' },
      { url: 'https://a.example/s/${ONE_SECRET}/mcp' },
    ],
    [
      { url: 'https://a.example/mcp', headers: { authorization: 'bearer abc' } },
      { url: 'https://a.example/mcp', bearer_token: '${ONE_TOKEN}' },
    ],
    [
      { url: 'https://a.example/mcp', headers: { 'X-API-Key': 'abc', 'X-Team': 'red' } },
      { headers: { 'X-API-Key': '${ONE_X_API_KEY}', 'X-Team': 'red' } },
    ],
    [
      { url: 'https://a.example/mcp', headers: { Authorization: 'Basic YTpi' } },
      { headers: { Authorization: '${ONE_AUTHORIZATION}' } },
    ],
    [
      { url: 'https://a.example/mcp', headers: { 'X-Where': `at ${secret}`, 'X-Count': 3 } },
      { headers: { 'X-Where': '${ONE_X_WHERE}', 'X-Count': '3' } },
    ],
    [
      { url: 'https://a.example/mcp', headers: { 'X-API-Key': '${env:THE_KEY}' } },
      { headers: { 'X-API-Key': '${THE_KEY}' } },
    ],
    [
      { type: 'ws', url: 'wss://a.example/mcp', headers: { apikey: 'abc' } },
      { transport: 'websocket', headers: { apikey: '${ONE_APIKEY}' } },
    ],
  ])('%j', (entry, expected) => {
    expect(valuesOf(entry)).toMatchObject(expected)
  })

  test.each([
    ['-y', '@modelcontextprotocol/server-filesystem@2026.8.31', '/home/ann/notes-2026-01-31'],
    ['--from', `git+https://github.com/a/b.git@${'0a1b2c3d'.repeat(5)}`, 'tool'],
    ['run', '-i', '--rm', `ghcr.io/github/github-mcp-server@sha256:${'a1'.repeat(32)}`],
    ['--port', '8080', '--max-tokens', '4096', '--auth', 'none', '--verbose'],
    ['https://a.example/mcp?team=red&page=2', './dist/index.js', 'C:\\Users\\ann\\server.js'],
  ])('what is no secret stays: %j', (...args) => {
    expect(valuesOf({ command: 'npx', args }).args).toEqual(args)
  })

  test.each([
    ['MAX_TOKENS', '4096'],
    ['USE_AUTH', 'true'],
    ['GOOGLE_APPLICATION_CREDENTIALS', '/home/ann/key.json'],
    ['LOG_LEVEL', 'debug'],
    ['TOKEN_URL', 'https://id.example.com/token'],
    ['REGION', 'eu-central-1'],
  ])('a setting that only sounds like one stays: %s=%s', (name, value) => {
    expect(valuesOf({ command: 'x', env: { [name]: value } }).env).toEqual({ [name]: value })
  })

  test('one secret in two servers is one variable, two secrets of one name are two', () => {
    const variables = createVariables(['TAKEN'])
    expect(variables.claim('a', ['KEY', 'ONE_KEY'], 'env of one')).toBe('KEY')
    expect(variables.claim('a', ['KEY', 'TWO_KEY'], 'env of two')).toBe('KEY')
    expect(variables.claim('b', ['KEY', 'TWO_KEY'], 'env of two')).toBe('TWO_KEY')
    expect(variables.claim('c', ['KEY', 'TWO_KEY'], 'env of two')).toBe('TWO_KEY_2')
    expect(variables.claim('d', ['TAKEN'], 'env of two')).toBe('TAKEN_2')
    expect(variables.list().map(({ name }) => name)).toEqual([
      'KEY',
      'TWO_KEY',
      'TWO_KEY_2',
      'TAKEN_2',
    ])
  })

  test('where two ways of looking meet, there is one range', () => {
    const text = `https://u:p@a.example/?token=${secret}`
    expect(secretSpans(text).map(({ start, end }) => text.slice(start, end))).toEqual(['p', secret])
    expect(isSecretName('--apiKey')).toBe(true)
    expect(isSecretName('keyboard')).toBe(false)
  })
})

describe('what becomes of the other keys', () => {
  const leftOut = (entry: object) => {
    const { made } = imported(entry)
    return 'values' in made ? made.leftOut.map(({ key }) => key) : made.skipped.detail
  }

  test.each([
    [{ type: 'sse', url: 'https://a.example/sse' }, 'sse', 'https://a.example/sse'],
    [{ transport: 'SSE', url: '${BASE}/sse' }, 'sse', '${BASE}/sse'],
    [{ type: 'ws', url: 'wss://u:p@a.example/mcp#x' }, 'websocket', 'wss://a.example/mcp'],
    [{ type: 'websocket', url: '${BASE}' }, 'websocket', '${BASE}'],
    [{ url: 'ws://127.0.0.1:8000/ws' }, 'websocket', 'ws://127.0.0.1:8000/ws'],
    [{ type: 'streamable-http', url: 'https://a.example/mcp' }, 'http', 'https://a.example/mcp'],
  ])('the transport is taken: %j', (entry, transport, url) => {
    const { made } = imported(entry)
    expect('values' in made ? made.values : made).toMatchObject({ transport, url })
  })

  test.each([
    [{ url: 'https://a.example/mcp', headers: { 'X-Team': ['a'] } }, ['headers.X-Team']],
    [{ url: 'https://a.example/mcp', headers: { 'X-Team': 'r\u00f6d' } }, ['headers.X-Team']],
    [{ url: 'https://a.example/mcp', headers: { 'X-A': 'a', 'x-a': 'b' } }, ['headers.x-a']],
    [{ url: 'https://a.example/mcp', headers: ['X-Team: a'] }, ['headers']],
    [
      {
        url: 'https://a.example/mcp',
        headers: { 'Content-Type': 'a', 'MCP-Protocol-Version': '1' },
      },
      ['headers.Content-Type', 'headers.MCP-Protocol-Version'],
    ],
    [{ url: 'https://a.example/mcp', headersHelper: './x', oauth: {} }, ['headersHelper', 'oauth']],
    [{ url: 'https://u:p@a.example/mcp' }, ['url']],
    [{ command: 'x', autoApprove: ['a'], timeout: 30, type: 'stdio' }, ['autoApprove', 'timeout']],
    [{ command: 'x', envFile: '.env' }, ['envFile']],
    [{ command: 'x', env: { LIST: [] } }, ['env.LIST']],
  ])('left out and said: %j', (entry, expected) => {
    expect(leftOut(entry)).toEqual(expected)
  })

  test.each([
    [{ command: 'x', disabled: true }, 'it is disabled in its file'],
    [{ type: 'ws', url: 'https://a.example' }, 'its url is neither ws nor wss'],
    [{ type: 'sse', url: 'wss://a.example' }, /neither http nor https/],
    [{ type: 'ws', url: 'wss://' }, 'its url is not a valid WebSocket address'],
    [{ url: 'ftp://a.example' }, /neither http nor https/],
    [{ url: 'https://' }, 'its url is not a valid http address'],
    [{ url: 'http://[a' }, 'its url is not a valid http address'],
    [{}, /neither a command nor a url/],
    ['x', 'it is not a table'],
    [{ command: 'x', args: 'y' }, 'args is not a list of strings'],
    [{ command: 'x', args: ['\u0000'] }, 'args[0] is not plain text'],
    [{ command: 'x', env: { '\ud800': 'a' } }, 'a name in env is not plain text'],
  ])('not taken, with its reason: %j', (entry, reason) => {
    const { made } = imported(entry)
    expect('skipped' in made ? made.skipped.detail : '').toMatch(reason)
  })

  test('an envFile gives its names, not its values', () => {
    const envFile = (file: string) => (file === '/srv/desk/.env' ? ['A_KEY', 'B'] : 'another file')
    const entry = { command: 'x', envFile: '${workspaceFolder}/.env', env: { B: 'own' } }
    const { made, variables } = imported(entry, 'one', { envFile })
    expect(made).toMatchObject({ values: { env: { A_KEY: '${A_KEY}', B: 'own' } }, leftOut: [] })
    expect(variables).toEqual([
      { name: 'A_KEY', usedBy: ['env.A_KEY of one'], stood: false, was: 'envFile' },
    ])
  })

  test('a host beyond ASCII is written in the form that every parser reads alike', () => {
    expect(valuesOf({ url: 'https://é.example/mcp?q=é' }).url).toBe(
      'https://xn--9ca.example/mcp?q=é',
    )
  })

  test('a program that is named by a path of its folder is started there', () => {
    expect(valuesOf({ command: 'node', args: ['./server.js'] }).cwd).toBe('/srv/desk')
    expect(valuesOf({ command: 'node', args: ['server.js'] }).cwd).toBeUndefined()
    expect(valuesOf({ command: 'node', cwd: 'sub' }).cwd).toBe('/srv/desk/sub')
    expect(valuesOf({ command: 'node', cwd: '/srv' }).cwd).toBe('/srv')
  })

  test('a variable that holds a whole header is said to hold the token alone', () => {
    const entry = { url: 'https://a.example/mcp', headers: { Authorization: '${input:auth}' } }
    const { made, variables } = imported(entry)
    expect(made).toMatchObject({
      values: { bearer_token: '${AUTH}' },
      notes: ['AUTH holds the token alone: without the word Bearer before it'],
    })
    expect(variables).toEqual([
      { name: 'AUTH', usedBy: ['bearer_token of one'], stood: false, was: '${input:auth}' },
    ])
  })
})
