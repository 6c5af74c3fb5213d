// One server of another client's file, read as one backend: every form that clients write, and no secret taken over.
import { describe, expect, test } from 'vitest'
import { backendNameFrom, freeName } from '../../src/config/clients/backend-name.ts'
import { importEntry } from '../../src/config/clients/entry.ts'
import { isSecretName, secretSpans } from '../../src/config/clients/secret-like.ts'
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
  if ('skipped' in made) throw new Error(made.skipped)
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
      skipped: 'args[0] has a "$" right before a variable',
    })
  })

  test('an argument that names the own environment of the server means that', () => {
    const { made, variables } = imported({
      command: 'npx',
      args: ['mcp-remote', 'https://a.example/mcp', '--header', 'Authorization:${AUTH_HEADER}'],
      env: { AUTH_HEADER: 'Bearer 12345', FOLDER: '/srv' },
    })
    expect(made).toMatchObject({
      values: {
        args: ['mcp-remote', 'https://a.example/mcp', '--header', 'Authorization:${AUTH_HEADER}'],
        env: { AUTH_HEADER: '${AUTH_HEADER}', FOLDER: '/srv' },
      },
    })
    expect(variables.map(({ name }) => name)).toEqual(['AUTH_HEADER'])
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
    return 'values' in made ? made.leftOut.map(({ key }) => key) : made.skipped
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
    [{ url: 'https://a.example/mcp', headers: { 'X-Team': 'a' } }, ['headers.X-Team']],
    [
      { url: 'https://a.example/mcp', headers: { Authorization: 'Basic abc' } },
      ['headers.Authorization'],
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
    [{ type: 'ws', url: 'wss://' }, 'its url is no WebSocket address'],
    [{ url: 'ftp://a.example' }, /neither http nor https/],
    [{ url: 'https://' }, 'its url is no http address'],
    [{ url: 'http://[a' }, 'its url is no http address'],
    [{}, /neither a command nor a url/],
    ['x', 'it is no table'],
    [{ command: 'x', args: 'y' }, 'args is no list of texts'],
    [{ command: 'x', args: ['\u0000'] }, 'args[0] is no plain text'],
    [{ command: 'x', env: { '\ud800': 'a' } }, 'a name in env is no plain text'],
  ])('not taken, with its reason: %j', (entry, reason) => {
    const { made } = imported(entry)
    expect('skipped' in made ? made.skipped : '').toMatch(reason)
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
