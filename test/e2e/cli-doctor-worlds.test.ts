// Worlds in which one thing is wrong: the exit code and the ids that `doctor` gives, each found once and nothing else.
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { chmod } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority, type TestAuthority } from '../support/certificates.ts'
import {
  freePort,
  openDoctorLab,
  writeConfig,
  type DoctorLab,
  type Table,
  type World,
} from '../support/doctor-lab.ts'
import { startMcpAnswers } from '../support/scripted-mcp.ts'
import {
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../support/scripted-server.ts'
import { jwksOf, testKey } from '../support/tokens.ts'

const canary = 'canary-Zb4%:q9-do-not-print'

let lab: DoctorLab
let scripted: ScriptedServer
let authority: TestAuthority

beforeAll(async () => {
  ;[lab, scripted, authority] = await Promise.all([
    openDoctorLab(),
    startScriptedServer(),
    createAuthority(),
  ])
})

afterAll(async () => {
  await Promise.all([lab?.close(), scripted?.close(), authority?.close()])
})

/** A world with this backend alone and without [auth]. */
const behind = (...backends: readonly Table[]): World => ({ backends })

const node = (code: string, more: Table = {}): Table => ({
  name: 'odd',
  transport: 'stdio',
  command: process.execPath,
  args: ['-e', code],
  ...more,
})

const http = (url: string, more: Table = {}): Table => ({
  name: 'odd',
  transport: 'http',
  url,
  ...more,
})

describe('the issuer', () => {
  const before = (auth: Table): World => ({ auth, backends: [lab.stdio] })
  const only = ['--only', 'config,environment,discovery,keys,introspection,references']

  test('a wrong secret: the client is refused, the shape of the secret told', async () => {
    const found = await lab.examine(before(lab.auth), {
      args: only,
      env: { OAUTH_CLIENT_SECRET: canary },
    })
    expect(found).toMatchObject({ exitCode: 1, found: ['intro-client-auth'] })
    const { checks } = found.section('introspection')
    const refused = checks.find(({ id }) => id === 'intro-client-auth')
    expect(refused?.message).toMatch(/^401 invalid_client: client "resource-server" is rejected/)
    expect(refused).toMatchObject({
      evidence: { note: `the secret: ${canary.length} characters, 2 of them need form-encoding` },
      hint: expect.stringContaining('client_secret_basic_raw'),
    })
    expect(found.next).toContain('mcp-proxy explain intro-client-auth')
  })

  test('a secret with its newline works, and is told', async () => {
    const found = await lab.examine(before(lab.auth), {
      args: only,
      env: { OAUTH_CLIENT_SECRET: `${lab.issuer.clientSecret}\n` },
    })
    expect(found.exitCode).toBe(0)
    expect(found.found).toEqual(['config-secret-newline'])
    expect(found.section('environment').summary).toMatch(
      /OAUTH_CLIENT_SECRET set \(\d+ characters, had a trailing newline: stripped\)/,
    )
  })

  test('a secret in quotes is named as such', async () => {
    const found = await lab.examine(before(lab.auth), {
      args: only,
      env: { OAUTH_CLIENT_SECRET: `"${lab.issuer.clientSecret}"` },
    })
    expect(found.found).toEqual(['config-secret-shape', 'intro-client-auth'])
  })

  test('down: nothing can be said, exit 3', async () => {
    const issuer = `http://127.0.0.1:${await freePort()}`
    const found = await lab.examine(before({ ...lab.auth, issuer }), { args: only })
    expect(found).toMatchObject({ exitCode: 3, found: [], open: ['asm-found'] })
    expect(found.section('discovery').summary).toMatch(/connection refused/)
  })

  test('one slash too many: asm-issuer', async () => {
    const issuer = `${lab.issuer.issuer}/`
    const found = await lab.examine(before({ ...lab.auth, issuer }), { args: only })
    expect(found.exitCode).toBe(1)
    expect(found.found).toEqual(['asm-issuer'])
  })

  test('an unset variable: exit 2', async () => {
    const file = await lab.write(before({ ...lab.auth, client_secret: '${NOT_SET_ANYWHERE}' }))
    const { exitCode, report } = await lab.recorder.report('error', ['doctor', '--config', file])
    expect(exitCode).toBe(2)
    expect(report).toMatchObject({ error: { code: 'config-variable' } })
  })

  test('a scope that it does not know, an algorithm without a key', async () => {
    const auth = { ...lab.auth, required_scopes: ['mcp:raed'], algorithms: ['ES256', 'PS512'] }
    const found = await lab.examine(before(auth), { args: only })
    expect(found.exitCode).toBe(0)
    expect(found.found).toEqual(['config-unmatched'])
    const told = found.section('references').checks.map(({ message }) => message)
    expect(told).toEqual([
      expect.stringContaining('auth.required_scopes[0] names the scope mcp:raed'),
      expect.stringMatching(/auth\.algorithms\[1\] names the algorithm PS512/),
    ])
  })

  test('an allow-list without any key: no token can be verified', async () => {
    const found = await lab.examine(before({ ...lab.auth, algorithms: ['EdDSA'] }), { args: only })
    expect(found.exitCode).toBe(1)
    expect(found.found).toContain('jwks-usable')
  })

  const overridden = (path: string): Table => ({
    ...lab.auth,
    introspection_endpoint: `${scripted.origin}${path}`,
  })

  test.each([
    ['an introspection endpoint that is none', { status: 404 }, 1, ['intro-reach'], []],
    ['one in trouble', { status: 503 }, 3, [], ['intro-reach']],
    ['a page', { body: '<html>' }, 1, ['intro-reach'], []],
    ['one that likes everything', { body: { active: true } }, 1, ['intro-indiscriminate'], []],
  ])('%s', async (name, answer, exitCode, ids, open) => {
    const path = `/${name.replaceAll(' ', '-')}`
    scripted.on(path, answer)
    const args = ['--only', 'introspection']
    const found = await lab.examine(before(overridden(path)), { args })
    expect(found.exitCode).toBe(exitCode)
    expect(found.found).toEqual(ids)
    expect(found.open).toEqual(open)
  })

  test('--probe finds an endpoint that answers strangers', async () => {
    scripted.on('/open', { body: { active: false } })
    const args = ['--only', 'introspection']
    const quiet = await lab.examine(before(overridden('/open')), { args })
    expect(quiet.found).not.toContain('intro-open')
    const probed = await lab.examine(before(overridden('/open')), { args: [...args, '--probe'] })
    expect(probed.found).toContain('intro-open')
  })

  test('a clock that is an hour late at one of two servers: that one is off', async () => {
    const late = new Date(Date.now() - 3_600_000).toUTCString()
    scripted.on('/jwks', { headers: { date: late }, body: jwksOf(await testKey()) })
    const auth = { ...lab.auth, jwks_uri: `${scripted.origin}/jwks` }
    const found = await lab.examine(before(auth), { args: ['--only', 'keys,clock'] })
    expect(found).toMatchObject({ exitCode: 1, found: ['time-clock'] })
    const [check] = found.section('clock').checks
    expect(check?.message).toMatch(
      /^The local clock is 3[56]\d\d s ahead of 127\.0\.0\.1:\d+, and agrees with 1 other: that server is off$/,
    )
  })

  test('several issuers are told apart', async () => {
    const second = `http://127.0.0.1:${await freePort()}`
    const world = before(lab.auth)
    const more = `[[auth.issuers]]\nissuer = "${second}"\ntoken_validation = "jwt"\n`
    const file = await lab.folder.write(
      'several.toml',
      writeConfig(world).replace('[[backends]]', `${more}\n[[backends]]`),
    )
    const { report } = await lab.recorder.report(
      'doctor',
      ['doctor', '--config', file, '--only', 'discovery'],
      { env: lab.env },
    )
    expect(report['sections']).toMatchObject([
      { subject: lab.issuer.issuer, state: 'advice' },
      { subject: second, state: 'open' },
    ])
  })

  test('a key file that others may read', async () => {
    const pem = (await authority.issue('client')).key
    const file = await lab.folder.write('client.pem', pem)
    const auth = {
      ...lab.auth,
      client_secret: undefined,
      client_auth: 'private_key_jwt',
      client_key: file,
    }
    const args = ['--only', 'environment']
    expect((await lab.examine(before(auth), { args })).found).toEqual([])
    await chmod(file, 0o644)
    const found = await lab.examine(before(auth), { args })
    expect(found.found).toEqual(['config-file-mode'])
    expect(found.section('environment').checks).toContainEqual(
      expect.objectContaining({ id: 'config-file-mode', hint: `chmod 600 ${file}` }),
    )
  })
})

describe('the backends', () => {
  const args = ['--only', 'backends,names']
  const odd = async (
    backend: Table,
    options: { readonly env?: Record<string, string>; readonly args?: readonly string[] } = {},
  ) => {
    const found = await lab.examine(behind(backend, lab.stdio), { args, ...options })
    // What is wrong with one does not disturb the other.
    expect(found.section('backends', 'files').state).toBe('ok')
    return found
  }

  test('a program that does not exist', async () => {
    const found = await odd({ name: 'odd', transport: 'stdio', command: 'no-such-program-here' })
    expect(found).toMatchObject({ exitCode: 1, found: ['backend-unavailable'], open: [] })
    const [check] = found.section('backends', 'odd').checks
    expect(check?.hint).toContain('install the program')
  })

  test('a program of which only one can run is said to need session = "shared"', async () => {
    const file = fileURLToPath(new URL('../support/fixtures/single-server.mjs', import.meta.url))
    const words = [file, 'starts=/dev/null', `port=${await freePort()}`]
    const single = { ...node(''), args: words, protocol: 'legacy' }
    const found = await odd(single)
    const checks = found.section('backends', 'odd').checks
    const check = checks.find(({ id }) => id === 'backend-unavailable')
    expect(check).toMatchObject({
      status: 'warn',
      hint: expect.stringMatching(/^set session = "shared"/),
    })
    const shared = await odd({ ...single, session: 'shared' })
    expect(
      shared.section('backends', 'odd').checks.find(({ id }) => id === 'backend-unavailable'),
    ).toMatchObject({ status: 'pass' })
  })

  test('a program that ends: its last words, without the secret it was given', async () => {
    const backend = node(
      'console.error("cannot log in with " + process.env.API_TOKEN); process.exit(4)',
      { env: { API_TOKEN: '${ODD_TOKEN}' } },
    )
    const found = await odd(backend, { env: { ODD_TOKEN: canary } })
    expect(found).toMatchObject({ exitCode: 1, found: ['backend-unavailable'] })
    const { facts, summary } = found.section('backends', 'odd')
    expect(summary).toContain('it exited with code 4')
    expect(facts).toContainEqual({
      name: 'stderr',
      text: expect.stringMatching(/^cannot log in with (\[secret\]|\$\{ODD_TOKEN\})$/),
    })
  })

  test('a secret in the arguments is not repeated either', async () => {
    const backend = { ...node('console.error(process.argv[1]); process.exit(4)') }
    const found = await odd(
      { ...backend, args: [...(backend['args'] as string[]), '${ODD_TOKEN}'] },
      { env: { ODD_TOKEN: canary } },
    )
    const { facts } = found.section('backends', 'odd')
    expect(facts).toContainEqual({ name: 'stderr', text: '${ODD_TOKEN}' })
  })

  test('a program that speaks no MCP', async () => {
    const found = await odd(node('process.stdin.pipe(process.stdout)'))
    expect(found).toMatchObject({ exitCode: 1, found: ['backend-protocol'], open: [] })
  })

  test('a program that says nothing: open, after --timeout', async () => {
    const found = await lab.examine(behind(node('setInterval(() => undefined, 1000)')), {
      args: [...args, '--timeout', '2'],
    })
    expect(found).toMatchObject({ exitCode: 3, found: [], open: ['backend-unavailable'] })
    expect(found.section('backends').open[0]?.hint).toContain('--timeout')
  })

  test.each([
    ['a page', { body: '<html>', headers: { 'content-type': 'text/html' } }, 1, 'backend-protocol'],
    ['a wrong path', { status: 404 }, 1, 'backend-protocol'],
    ['a server that wants a credential', { status: 401 }, 1, 'backend-auth'],
    ['a server in trouble', { status: 503 }, 3, 'backend-unavailable'],
  ])('%s', async (name, answer, exitCode, id) => {
    const path = `/${name.replaceAll(' ', '-')}`
    scripted.on(path, answer)
    const found = await odd(http(`${scripted.origin}${path}`))
    expect(found.exitCode).toBe(exitCode)
    expect([...found.found, ...found.open]).toEqual([id])
  })

  test.each<[string, ScriptedAnswer, number, string]>([
    ['whose secret has expired', { status: 401, body: { error: 'invalid_client' } }, 1, 'client'],
    ['that has a policy', { status: 403, body: { error: 'access_denied' } }, 1, 'denied'],
    ['that is in trouble', { status: 503 }, 3, 'busy'],
    [
      'that is a page',
      { body: '<html>', headers: { 'content-type': 'text/html' } },
      1,
      'malformed',
    ],
  ])('a server of tokens %s', async (_, answer, exitCode, name) => {
    scripted.on('/token', answer)
    const oauth = {
      token_endpoint: `${scripted.origin}/token`,
      client_id: 'proxy',
      client_secret: '${ODD_TOKEN}',
    }
    const env = { ODD_TOKEN: canary }
    const found = await odd(http(`${scripted.origin}/closed`, { oauth }), { env })
    expect(found.exitCode).toBe(exitCode)
    expect([...found.found, ...found.open]).toEqual(['backend-credential'])
    const { checks, open } = found.section('backends', 'odd')
    const [check] = [...checks, ...open]
    expect(check).toMatchObject({ case: name })
    expect(JSON.stringify(found)).not.toContain(canary)
  })

  test('an endpoint that was left out of the address is found', async () => {
    const server = await startMcpAnswers({})
    try {
      const found = await odd(http(new URL('/', server.url).href))
      expect(found.found).toEqual(['backend-protocol'])
      const [check] = found.section('backends', 'odd').checks
      expect(check?.hint).toBe(`set url to ${server.url}: an MCP server answers there`)
    } finally {
      await server.close()
    }
  })

  test('a credential with an accident is named, not shown', async () => {
    scripted.on('/closed', { status: 401 })
    const backend = http(`${scripted.origin}/closed`, { bearer_token: '${ODD_TOKEN}' })
    const found = await odd(backend, { env: { ODD_TOKEN: `Bearer ${canary}` } })
    const [check] = found.section('backends', 'odd').checks
    expect(check?.hint).toContain('begins with the name of a scheme')
  })

  test.each<[Table, string]>([
    [
      { headers: { 'X-API-Key': '${ODD_TOKEN}' } },
      'set headers of this backend to a current credential',
    ],
    [
      { basic_auth: { username: 'ann', password: '${ODD_TOKEN}' } },
      'set basic_auth of this backend to a current credential',
    ],
    [{ headers: { 'X-Team': 'red' } }, 'headers = { "X-API-Key" = "${VAR}" }'],
  ])('a refused credential is named by its key: %j', async (keys, hint) => {
    scripted.on('/closed', ({ headers }) => ({
      status: 401,
      body: `you sent ${Object.entries(headers).flat().join(' ')}`,
    }))
    const found = await odd(http(`${scripted.origin}/closed`, keys), {
      env: { ODD_TOKEN: canary },
    })
    const [check] = found.section('backends', 'odd').checks
    expect(check?.hint).toContain(hint)
    const all = JSON.stringify(found.section('backends', 'odd'))
    expect(all).not.toContain(canary)
    expect(all).not.toContain(Buffer.from(`ann:${canary}`).toString('base64'))
  })

  test('nobody listens: exit 3', async () => {
    const found = await odd(http(`http://127.0.0.1:${await freePort()}/mcp`))
    expect(found).toMatchObject({ exitCode: 3, found: [], open: ['backend-unavailable'] })
  })

  const tool = (name: string, more: Table = {}): Table => ({
    name,
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true },
    ...more,
  })
  const header = (header: unknown, type = 'string') => ({
    inputSchema: { type: 'object', properties: { a: { type, 'x-mcp-header': header } } },
  })

  test.each<[string, readonly Table[], string]>([
    ['a long name', [tool('x'.repeat(70))], 'name-length'],
    ['a name beyond the protocol', [tool('x'.repeat(140))], 'name-too-long'],
    ['a name with a dot', [tool('read.file')], 'name-characters'],
    ['a name twice', [tool('read'), tool('read')], 'name-duplicate'],
    ['a tool without a schema', [tool('read', { inputSchema: undefined })], 'backend-tool-shape'],
    ['a tool with null for a title', [tool('read', { title: null })], 'backend-tool-shape'],
    ['a tool with a text for a schema', [tool('read', { inputSchema: 'x' })], 'backend-tool-shape'],
    ['a header that is none', [tool('read', header('a b'))], 'backend-param-headers'],
    ['a header of a list', [tool('read', header('X-A', 'array'))], 'backend-param-headers'],
    ['no tools', [], 'backend-empty'],
  ])('%s', async (_name, tools, id) => {
    const server = await startMcpAnswers({ 'tools/list': { result: { tools } } })
    try {
      const found = await odd(http(server.url))
      expect(found.found).toEqual([id])
    } finally {
      await server.close()
    }
  })

  test('a list that is announced and not given', async () => {
    const error = { code: -32_603, message: 'database is locked' }
    const server = await startMcpAnswers({ 'tools/list': { error } })
    try {
      const found = await odd(http(server.url))
      expect(found).toMatchObject({ exitCode: 1, found: ['backend-lists'] })
    } finally {
      await server.close()
    }
  })

  test('a list whose last page has a cursor', async () => {
    const result = { tools: [tool('read')], nextCursor: '' }
    const server = await startMcpAnswers({ 'tools/list': { result } })
    try {
      const found = await odd(http(server.url))
      expect(found).toMatchObject({ exitCode: 1, found: ['backend-lists'] })
      expect(found.section('backends', 'odd').checks).toContainEqual(
        expect.objectContaining({ id: 'backend-lists', case: 'incomplete' }),
      )
    } finally {
      await server.close()
    }
  })

  test('two backends without a prefix offer the same names', async () => {
    const found = await lab.examine(
      behind({ ...lab.stdio, prefix: '' }, { ...lab.remote, prefix: '' }),
      { args },
    )
    expect(found).toMatchObject({ exitCode: 1, found: ['name-collision'] })
    expect(found.section('names').checks[0]?.message).toMatch(
      /is offered by files and notes; calls go to files$/,
    )
  })
})

describe('the surroundings', () => {
  test('the port is taken by something else', async () => {
    const found = await lab.examine(
      { listen: { port: scripted.port }, backends: [lab.stdio] },
      { args: ['--only', 'listen'] },
    )
    expect(found).toMatchObject({ exitCode: 1, found: ['config-listen'] })
  })

  test('public_url leads to something else', async () => {
    scripted.on('/elsewhere', { body: 'hello' })
    const found = await lab.examine(
      {
        proxy: { public_url: `${scripted.origin}/elsewhere` },
        auth: lab.auth,
        backends: [lab.stdio],
      },
      { args: ['--only', 'public'] },
    )
    expect(found.exitCode).toBe(1)
    expect(found.found).toContain('prm-challenge')
    expect(found.section('public').summary).toBe('something else answers there (200)')
  })

  test('public_url cannot be seen from here', async () => {
    const found = await lab.examine(
      {
        proxy: { public_url: `http://127.0.0.1:${await freePort()}/mcp` },
        auth: lab.auth,
        backends: [lab.stdio],
      },
      { args: ['--only', 'public'] },
    )
    expect(found).toMatchObject({ exitCode: 3, found: [], open: ['prm-reach'] })
  })

  test('a listener for everybody that asks nobody', async () => {
    const found = await lab.examine(
      {
        listen: { host: '0.0.0.0' },
        backends: [lab.stdio],
        more: '[security]\nallow_insecure_listen = true',
      },
      { args: ['--only', 'listen'] },
    )
    expect(found).toMatchObject({ exitCode: 0, found: ['config-open-listener'] })
  })

  test('a host that does not exist', async () => {
    const found = await lab.examine(behind(http('https://no-such-host.invalid/mcp')), {
      args: ['--only', 'network'],
    })
    // Without a name server at all it stays open whether the name exists.
    expect([...found.found, ...found.open]).toEqual(['net-dns'])
    expect([1, 3]).toContain(found.exitCode)
  })

  test('past a forward proxy neither name nor certificate is looked at', async () => {
    const found = await lab.examine(behind(http('https://no-such-host.invalid/mcp')), {
      args: ['--only', 'network'],
      env: { HTTPS_PROXY: 'http://user:pass-of-proxy@proxy.example:3128' },
    })
    expect(found).toMatchObject({ exitCode: 0, found: [], open: [] })
    expect(found.section('network').summary).toBe(
      'asked through the proxy http://proxy.example:3128 (HTTPS_PROXY)',
    )
  })

  test('a metadata address is not asked', async () => {
    const found = await lab.examine(behind(http('http://169.254.169.254/mcp')), {
      args: ['--only', 'network'],
    })
    expect(found).toMatchObject({ exitCode: 1, found: ['net-address'] })
  })

  test('metadata that leads into a private network is not followed', async () => {
    const issuer = `http://localhost:${scripted.port}`
    scripted.on('/.well-known/oauth-authorization-server', {
      body: { issuer, jwks_uri: 'https://10.0.0.1/jwks' },
    })
    const found = await lab.examine(
      { auth: { type: 'oauth', issuer }, backends: [lab.stdio] },
      { args: ['--only', 'network', '--timeout', '20'] },
    )
    expect(found).toMatchObject({ exitCode: 1, found: ['asm-private-host'] })
  })

  test('certificates are not verified, or the extra ones are no certificates', async () => {
    const file = await lab.write(behind(lab.stdio))
    const extra = await lab.folder.write('empty.pem', 'nothing')
    const { exitCode, stdout } = await lab.recorder.run(
      ['doctor', '--only', 'environment', '--config', file],
      { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: extra } },
    )
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/FAIL {2}config-tls-unverified/)
    expect(stdout).toMatch(/warn {2}config-extra-ca/)
  })

  describe('TLS', () => {
    let server: Server
    let url: string
    let trusted: string

    beforeAll(async () => {
      const { certificate, key } = await authority.issue('localhost', 'server')
      server = createServer({ cert: certificate, key }, (_request, response) => {
        response.writeHead(404).end()
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
      trusted = await lab.folder.write('authority.pem', authority.certificate)
    })
    afterAll(() => {
      server?.closeAllConnections()
      server?.close()
    })
    const args = ['--only', 'network']

    test('an authority that nobody trusts', async () => {
      const found = await lab.examine(behind(http(url)), { args })
      expect(found).toMatchObject({ exitCode: 1 })
      expect(found.found).toContain('net-tls')
      expect(found.section('network').summary).toMatch(/not trusted here|UNABLE/)
    })

    test('a trusted one whose certificate ends tomorrow', async () => {
      const env = { NODE_EXTRA_CA_CERTS: trusted }
      const found = await lab.examine(behind(http(url)), { args, env })
      expect(found).toMatchObject({ exitCode: 0, found: ['net-certificate'] })
    })
  })
})

test('no secret was printed in all of this', () => {
  const written = lab.recorder.written()
  for (const secret of [canary, lab.issuer.clientSecret]) expect(written).not.toContain(secret)
})
