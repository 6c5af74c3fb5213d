// `init` as it is run: by flags, by answers in a terminal, from the files of other clients; what it writes serves.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import {
  makeTempFolder,
  startProxy,
  type Invocation,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, stdioServer, type HttpServer } from '../support/mcp-servers.ts'
import { createRecorder } from '../support/reports.ts'
import { createAuthority } from '../support/certificates.ts'
import { jwksOf, testKey } from '../support/tokens.ts'
import { keys, openTerminal } from '../support/terminal.ts'

const recorder = createRecorder()
const secret = 'ghp_0aBcDeFgHiJkLmNoPqRsTuVwXyZ012345678'

let issuer: AuthorizationServer
let open: HttpServer
let root: TempFolder
/** A folder for each test: the home and the folder a person is in. */
let here: string
let count = 0

const invocation = (env: Record<string, string> = {}): Invocation => ({
  cwd: here,
  env: {
    HOME: path.join(here, 'home'),
    XDG_CONFIG_HOME: path.join(here, 'home', '.config'),
    ...env,
  },
})

const init = (...args: string[]) => recorder.run(['init', ...args], invocation())

const write = async (file: string, value: unknown): Promise<void> => {
  const whole = path.join(here, file)
  await mkdir(path.dirname(whole), { recursive: true })
  await writeFile(whole, typeof value === 'string' ? value : JSON.stringify(value))
}

const written = (file = 'proxy.toml') => readFile(path.join(here, file), 'utf8')

const isEmpty = async () =>
  (await readdir(here)).filter((name) => name.includes('proxy')).length === 0

beforeAll(async () => {
  issuer = await startAuthorizationServer()
  open = await startHttpServer('dual')
  root = await makeTempFolder()
})

beforeEach(async () => {
  count += 1
  here = path.join(root.path, `desk-${String(count)}`)
  await mkdir(path.join(here, 'home'), { recursive: true })
})

afterAll(async () => {
  await issuer?.close()
  await open?.close()
  await root?.remove()
})

const stdioEntry = () => ({ ...stdioServer('legacy'), env: { FIXTURE_TOKEN: secret } })

/** Serves the file on a free port, and calls a tool through it with a token of the issuer. */
const callThrough = async (env: Record<string, string>, token: string): Promise<unknown> => {
  const text = (await written()).replace(/^port = \d+/m, 'port = 0')
  await write('proxy.toml', text)
  const proxy = await startProxy('proxy.toml', invocation(env))
  try {
    const client = new Client({ name: 'test', version: '1.0.0' })
    const transport = new StreamableHTTPClientTransport(new URL(proxy.url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    })
    await client.connect(transport)
    const { tools } = await client.listTools()
    const echo = tools.find(({ name }) => name.endsWith('__echo'))
    const answer = await client.callTool({ name: echo?.name ?? '', arguments: { text: 'hello' } })
    await client.close()
    return answer.content
  } finally {
    await proxy.stop()
  }
}

describe('without a question', () => {
  test('from an issuer and the .mcp.json of the folder to a tool call', async () => {
    await write('.mcp.json', { mcpServers: { Fix_Ture: stdioEntry() } })
    const publicUrl = 'https://mcp.example.com/mcp'
    const { exitCode, report } = await recorder.report(
      'init',
      ['init', issuer.issuer, '--yes', '--public-url', publicUrl, '--client-id', issuer.clientId],
      invocation(),
    )
    expect(exitCode).toBe(0)
    expect(report).toMatchObject({
      verdict: 'written',
      file: 'proxy.toml',
      found: { issuer: issuer.issuer, provider: 'node-oidc-provider' },
      backends: [{ name: 'fix-ture', was: 'Fix_Ture', source: 'Claude Code (.mcp.json)' }],
      variables: [{ name: 'OAUTH_CLIENT_SECRET' }, { name: 'FIXTURE_TOKEN', is_set: false }],
    })
    const choices = report['choices'] as unknown as Record<'key' | 'value' | 'from', string>[]
    expect(choices.map(({ key, value, from }) => [key, value, from])).toEqual([
      ['auth.issuer', issuer.issuer, 'proposal'],
      ['auth.token_validation', 'both', 'proposal'],
      ['auth.audience', [publicUrl], 'proposal'],
      ['auth.required_scopes', [], 'proposal'],
      ['auth.client_id', issuer.clientId, 'flag'],
      ['auth.client_auth', 'client_secret_basic', 'proposal'],
      ['proxy.public_url', publicUrl, 'flag'],
      ['proxy.listen.host', '127.0.0.1', 'proposal'],
      ['proxy.listen.port', 8080, 'proposal'],
      ['proxy.name', path.basename(here), 'proposal'],
    ])
    const text = await written()
    expect(text).toBe(report['text'])
    expect(text).not.toContain(secret)

    const env = { OAUTH_CLIENT_SECRET: issuer.clientSecret, FIXTURE_TOKEN: 'a-value' }
    const check = await recorder.run(['serve', '--check'], invocation(env))
    expect({ exitCode: check.exitCode, stderr: check.stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const format of ['jwt', 'opaque'] as const) {
      const token = await issuer.token({ resource: publicUrl, format })
      expect(await callThrough(env, token)).toEqual([{ type: 'text', text: 'hello' }])
    }
  })

  test('an open MCP server goes behind the proxy, and nobody is asked for a token', async () => {
    const { exitCode, stdout } = await init(open.url, '--yes', '--no-import', '--print')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`url = "${open.url}"`)
    expect(stdout).not.toContain('[auth]')
    expect(await isEmpty()).toBe(true)
  })

  test('static tokens are named, never given', async () => {
    const good = await init('--yes', '--bearer', 'DESK_TOKEN', '--bearer', 'CI_TOKEN', '-b', 'x=ls')
    expect(good.exitCode).toBe(0)
    expect(await written()).toContain('tokens = ["${DESK_TOKEN}", "${CI_TOKEN}"]')
    const bad = await init('--yes', '--bearer', `${secret}-x`, '-b', 'x=ls')
    expect(bad.exitCode).toBe(2)
    expect(bad.stderr).not.toContain(secret)
  })

  test('a slash too many in the issuer is put right, as the metadata spells it', async () => {
    const { exitCode, stdout } = await init(`${issuer.issuer}/`, '--yes', '-b', 'x=ls', '--print')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`issuer = "${issuer.issuer}"`)
  })

  test('an issuer that cannot be asked: exit 3, unless the flags say the rest', async () => {
    const args = [
      '--issuer',
      'http://127.0.0.1:9',
      '-b',
      'x=ls',
      '--public-url',
      'https://a.example/mcp',
    ]
    const undecided = await recorder.report('init', ['init', '--yes', ...args], invocation())
    expect(undecided.exitCode).toBe(3)
    expect(undecided.report).toMatchObject({ verdict: 'undecided', file: null })
    expect(await isEmpty()).toBe(true)
    const told = await init(...args, '--strategy', 'jwt')
    expect(told.exitCode).toBe(0)
    expect(await written()).toContain('issuer = "http://127.0.0.1:9"')
  })

  test('an issuer whose certificate no one vouches for: the cause, and the remedy that works', async () => {
    const authority = await createAuthority()
    const { certificate, key } = await authority.issue('id.acme.test', 'server')
    const trusted = await testKey()
    const server = createServer({ cert: certificate, key }, (request, response) => {
      const origin = `https://${request.headers.host}`
      const isKeys = request.url === '/jwks'
      const body = isKeys ? jwksOf(trusted) : { issuer: origin, jwks_uri: `${origin}/jwks` }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      const args = ['init', '--yes', '--issuer', origin, '-b', 'x=ls', '--public-url']
      const own = [...args, 'https://a.example/mcp']
      const { report, exitCode } = await recorder.report('init', own, invocation())
      expect(exitCode).toBe(3)
      expect(report).toMatchObject({
        found: { problem: { code: 'net-tls', case: 'chain' } },
      })
      const { stdout } = await recorder.run(own, invocation())
      expect(stdout).toMatch(/net-tls .*\n? *fix +.*--ca-file/s)
      const file = path.join(here, 'ca.pem')
      await writeFile(file, authority.certificate)
      expect((await recorder.run([...own, '--ca-file', file], invocation())).exitCode).toBe(0)
    } finally {
      await new Promise((resolve) => server.close(resolve))
      await authority.close()
    }
  })

  test.each([
    [[], ['--issuer', '--no-auth', '--bearer', '--backend', '--from']],
    [['https://id.example.com'], ['--strategy', '--public-url', '--backend']],
    [['--no-auth'], ['--backend']],
    [['--yes', '--no-auth'], ['--backend']],
    [['--yes', '--no-auth', '--backend', 'x'], ['--backend']],
    [
      ['--yes', '--no-auth', '--backend', 'x=ftp://a'],
      ['--backend', 'neither http nor https'],
    ],
    [['--yes', '--no-auth', '-b', 'x=ls "'], ['--backend']],
    [['--yes', '--no-auth', '--from', 'nowhere.json'], ['nowhere.json']],
    [['--yes', '--no-auth', '-b', 'x=ls', '-o', 'proxy.yaml'], ['--output']],
    [['--yes', '--no-auth', '-b', 'x=ls', '-o', 'no/such/proxy.toml'], ['no/such/proxy.toml']],
    [['--yes', '--no-auth', '-b', 'x=ls', '--host', '0.0.0.0'], ['proxy.listen.host']],
    [['ftp://id.example.com', '--yes'], ['must be an http or https URL']],
    [['https://a.example', '--issuer', 'https://a.example', '--yes'], ['both given']],
  ] as const)('%j: exit 2 names what is wrong', async (args, words) => {
    const { exitCode, stdout, stderr } = await init(...args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    for (const word of words) expect(stderr).toContain(word)
    expect(stderr).toMatch(/hint|place/)
    expect(await isEmpty()).toBe(true)
    const inJson = await recorder.report('error', ['init', ...args], invocation())
    expect(inJson.exitCode).toBe(2)
  })

  test('both strategies that ask the issuer need a client, and say so', async () => {
    const { exitCode, stderr } = await init(issuer.issuer, '--yes', '-b', 'x=ls', '--strategy=both')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--client-id is missing')
  })

  test('a key instead of a secret: what is written still passes', async () => {
    const client = ['--client-id', 'me', '--client-auth', 'private_key_jwt']
    const token = ['--audience', 'a', '--require-scope', 'mcp:read']
    const shown = ['--yes', '--print', '-b', 'x=ls']
    const { exitCode, stdout } = await init(issuer.issuer, ...client, ...token, ...shown)
    expect(exitCode).toBe(0)
    for (const line of ['client_key = "${OAUTH_CLIENT_KEY}"', 'audience = ["a"]', '"mcp:read"']) {
      expect(stdout).toContain(line)
    }
  })
})

describe('the file', () => {
  const args = ['--yes', '--no-auth', '--no-import', '--backend', 'x=ls'] as const

  test('is never written over another one, unless that is asked for', async () => {
    await write('proxy.toml', 'mine')
    const { exitCode, stderr } = await init(...args)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--force')
    expect(await written()).toBe('mine')
    expect((await init(...args, '--print')).exitCode).toBe(0)
    expect(await written()).toBe('mine')
    expect((await init(...args, '--force')).exitCode).toBe(0)
    expect(await written()).toContain('[[backends]]')
    expect((await readdir(here)).toSorted()).toEqual(['home', 'proxy.toml'])
  })

  test('a link to a file is followed when it is replaced, and a link to nothing is not written through', async () => {
    await write('real.toml', 'mine')
    await symlink('real.toml', path.join(here, 'proxy.toml'))
    expect((await init(...args)).exitCode).toBe(2)
    expect((await init(...args, '--force')).exitCode).toBe(0)
    expect(await written('real.toml')).toContain('[[backends]]')
    await symlink('nowhere.toml', path.join(here, 'other.toml'))
    expect((await init(...args, '--output', 'other.toml')).exitCode).toBe(2)
  })

  test('--quiet leaves one line, --env-template adds the names', async () => {
    expect((await init(...args, '--quiet')).stdout).toBe('WRITTEN  proxy.toml\n')
    const { stdout } = await init(
      '--yes',
      '--bearer',
      'A_TOKEN',
      '-b',
      'x=ls',
      '--env-template',
      '-o',
      'b.toml',
    )
    expect(stdout).toMatch(/\n# auth\.tokens; .*\nA_TOKEN=\n$/)
    const { mode } = await stat(path.join(here, 'b.toml'))
    expect(mode & 0o111).toBe(0)
  })

  test.skipIf(process.getuid?.() === 0)('a folder that cannot be written to', async () => {
    await chmod(here, 0o500)
    const { exitCode, stderr } = await init(...args)
    await chmod(here, 0o700)
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('permission denied'),
    })
  })
})

describe('imports', () => {
  const everything = async () => {
    await write('.mcp.json', {
      mcpServers: {
        fixture: stdioEntry(),
        itself: { type: 'http', url: 'http://localhost:8080/mcp' },
        old: { type: 'sse', url: 'https://a.example/sse' },
        socket: { type: 'ws', url: 'wss://a.example/ws' },
        broken: { type: 'ws', url: 'https://a.example/ws' },
        api: {
          url: 'https://a.example/mcp',
          headers: { Authorization: `Bearer ${secret}`, 'X-Team': 'a', Accept: 'text/html' },
        },
      },
    })
    await write(
      '.vscode/mcp.json',
      '{ // tools\n "servers": { "fixture": { "command": "other" }, } }',
    )
    await write('home/.cursor/mcp.json', {
      mcpServers: { mine: { command: 'x', args: [`--key=${secret}`] } },
    })
    await write('home/.config/Claude/claude_desktop_config.json', '{"mcpServers": oops')
  }

  test('the folder first; what is not taken is named with its reason; no secret anywhere', async () => {
    await everything()
    const { exitCode, stdout, stderr } = await init('--yes', '--no-auth')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const text = await written()
    expect(text.match(/^name = .*/gm)).toEqual([
      expect.stringContaining(path.basename(here)),
      expect.stringContaining('"fixture"'),
      'name = "old"',
      'name = "socket"',
      'name = "api"',
      'name = "fixture-vscode"',
    ])
    expect(text).toMatch(/transport = "sse"\nurl = "https:\/\/a\.example\/sse"/)
    expect(text).toMatch(/transport = "websocket"\nurl = "wss:\/\/a\.example\/ws"/)
    expect(text).toMatch(/\[backends\.headers\]\nX-Team = "a"/)
    for (const told of [
      /left out headers\.Accept/,
      /itself of Claude Code \(\.mcp\.json\): it is the address of this proxy/,
      /broken of .*neither ws nor wss/,
      /socket +websocket +from/,
      /mine of Cursor .*: it belongs to you, not to this folder/,
      /take it, with all others of that file: --from \S*\.cursor\/mcp\.json/,
      /broken of .*\n +begin its url with wss:/,
      /claude_desktop_config\.json: it is not well-formed JSON/,
      /FIXTURE_TOKEN +env\.FIXTURE_TOKEN of fixture/,
      /API_TOKEN +bearer_token of api/,
    ]) {
      expect(stdout).toMatch(told)
    }
    expect(text + stdout).not.toContain(secret)
  })

  test('--from takes one file alone', async () => {
    await everything()
    const { exitCode } = await init('--yes', '--no-auth', '--from', 'home/.cursor/mcp.json')
    expect(exitCode).toBe(0)
    const text = await written()
    expect(text).toContain('args = ["--key=${MINE_KEY}"]')
    expect(text).not.toContain('fixture')
  })
})

describe('in a terminal', () => {
  test('every question, answered: the file is shown, written and serves', async () => {
    await write('.mcp.json', {
      mcpServers: { fixture: stdioServer('legacy'), other: { command: 'x' } },
    })
    const terminal = openTerminal(['init'], invocation())
    await terminal.answer('Who may call the proxy?', keys.enter)
    await terminal.answer('Issuer, or the URL', 'ftp://id.example.com', keys.enter)
    await terminal.sees('must be an http or https URL')
    terminal.type('\u0015', issuer.issuer, keys.enter)
    await terminal.sees('2 usable keys, introspection')
    await terminal.answer('How are tokens validated?', keys.down, keys.enter)
    await terminal.answer('Client id of the proxy', issuer.clientId, keys.enter)
    await terminal.answer('How does it authenticate?', keys.enter)
    await terminal.answer('The URL that clients will use:', 'https://mcp.example.com', keys.enter)
    await terminal.answer('Port to listen on:', keys.enter)
    await terminal.answer('Where is TLS terminated?', keys.enter)
    await terminal.answer('Expected audience (aud):', keys.enter)
    await terminal.answer('Required scopes', 'mcp:read', keys.enter)
    await terminal.answer('Which of the servers', keys.down, keys.space, keys.enter)
    await terminal.answer('Add another backend', open.url, keys.enter)
    await terminal.answer('Its name', keys.enter)
    await terminal.answer('Add another backend', keys.enter)
    await terminal.sees('token_validation = "both"')
    await terminal.answer('This passes serve --check. Next step?', keys.enter)
    await terminal.answer('Where do the values of', keys.down, keys.enter)
    await terminal.answer('Which clients should use', keys.enter)
    expect(await terminal.ended).toBe(0)
    expect(terminal.shown()).toContain('\nOAUTH_CLIENT_SECRET=\n')
    const text = await written()
    expect(text.match(/^name = "[\w-]+"/gm)?.slice(1)).toEqual([
      'name = "fixture"',
      'name = "local"',
    ])
    expect(text).toContain('public_url = "https://mcp.example.com/mcp"')
    const token = await issuer.token({ resource: 'https://mcp.example.com/mcp', scope: 'mcp:read' })
    const env = { OAUTH_CLIENT_SECRET: issuer.clientSecret }
    expect(await callThrough(env, token)).toEqual([{ type: 'text', text: 'hello' }])
  })

  test('Ctrl-C in a question: 130, and nothing written', async () => {
    const terminal = openTerminal(['init', '--no-auth', '-b', 'x=ls'], invocation())
    await terminal.answer('Port to listen on:', keys.enter)
    await terminal.answer('This passes serve --check.', keys.interrupt)
    expect(await terminal.ended).toBe(130)
    expect(await isEmpty()).toBe(true)
  })

  test('an existing file is replaced only when that is chosen', async () => {
    await write('proxy.toml', 'mine')
    const ask = async (...answer: string[]) => {
      const terminal = openTerminal(
        ['init', '--no-auth', '-b', 'x=ls', '--port', '1'],
        invocation(),
      )
      await terminal.answer('proxy.toml already exists. Next step?', ...answer)
      return terminal.ended
    }
    expect(await ask(keys.enter)).toBe(130)
    expect(await written()).toBe('mine')
    expect(await ask('\u001b[A', '\u001b[A', keys.enter)).toBe(0)
    expect(await written()).toContain('[[backends]]')
  })

  test('an address that cannot be asked: another one, or none', async () => {
    const terminal = openTerminal(
      ['init', 'http://127.0.0.1:9', '-b', 'x=ls', '--port', '1', '--print'],
      invocation(),
    )
    await terminal.sees('it could not be asked: connection refused')
    await terminal.answer('Next step?', keys.enter)
    await terminal.answer('Issuer, or the URL', 'http://127.0.0.1:9', keys.enter)
    await terminal.answer('Next step?', keys.down, keys.down, keys.enter)
    expect(await terminal.ended).toBe(0)
    expect(terminal.shown()).toContain('# this machine only: no token is required')
    expect(await isEmpty()).toBe(true)
  })
})

test('no run has shown a secret', () => {
  expect(recorder.written()).not.toContain(secret)
})
