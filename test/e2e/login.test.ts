// `login` by every flow at a real authorization server; the token passes `validate` and calls a tool through `serve`.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/command-line.ts'
import { addressOf, callTool, startLoginLab, type LoginLab } from '../support/login-lab.ts'
import { loginClients } from '../support/login-realm.ts'
import { inChromium, hasChromium, visit } from '../support/person.ts'
import { sendTo } from '../support/proxy.ts'
import { expectSchema } from '../support/reports.ts'

let lab: LoginLab
/** Everything that must not be told, collected from the store as the tests go on. */
const secrets = new Set<string>([loginClients.machine.secret, loginClients.keeper.secret])

interface StoredFile {
  readonly accessToken: string
  readonly refreshToken?: string
  readonly client: { readonly id: string; readonly secret?: string }
}

const stored = async (name: string): Promise<StoredFile> => {
  const text = await readFile(path.join(lab.store, `${name}.json`), 'utf8')
  const file = JSON.parse(text) as StoredFile
  for (const secret of [file.accessToken, file.refreshToken, file.client.secret]) {
    if (secret !== undefined) secrets.add(secret)
  }
  return file
}

let keyFile: string

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  lab = await startLoginLab({
    signerKey: { ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig' },
    documents: {
      'https://client.example.com/mcp-proxy.json': {
        client_id: 'https://client.example.com/mcp-proxy.json',
        client_name: 'mcp-proxy of the tests',
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
    },
  })
  keyFile = await lab.folder.write('key.pem', await exportPKCS8(privateKey))
})

afterAll(async () => {
  await lab?.close()
})

/** A login in the browser, from the command to its end. */
const byBrowser = async (
  name: string,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
  person: (address: string) => Promise<{ text: string }> = visit,
) => {
  const login = lab.start(['login', lab.proxy.url, '--no-browser', '--store', name, ...flags], env)
  const page = await person(await addressOf(login))
  return { ...(await login.finished), page }
}

/** What `validate` says of the stored token, and what a tool answers to it. */
const used = async (name: string) => {
  const { accessToken } = await stored(name)
  const { exitCode, stdout } = await lab.run(['validate', '--store', name])
  const answer = JSON.stringify(await callTool(lab.proxy.url, accessToken))
  return { exitCode, verdict: stdout.split(' ')[0], answer }
}
const good = { exitCode: 0, verdict: 'ACCEPTED', answer: expect.stringContaining('hello') }

describe('the code flow', () => {
  test('a registered client gets a token that is good for the proxy', async () => {
    const { exitCode, stdout, page } = await byBrowser('code', ['--client-id', 'person-cli'])
    expect(page.text).toContain('Logged in')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('LOGGED IN')
    expect(stdout).toContain(`resource  ${lab.proxy.url}`)
    expect(stdout).toContain('person-cli  (registered beforehand, none)')
    expect(stdout).toContain('by refresh token, on use')
    expect(stdout).toContain('next      mcp-proxy validate --store code')
    expect(await used('code')).toEqual(good)
  })

  test('the address asks with S256, a state, the resource and the scopes of the challenge', async () => {
    const login = lab.start(['login', lab.proxy.url, '--no-browser', '--client-id=person-cli'])
    const query = new URL(await addressOf(login)).searchParams
    login.kill()
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      resource: lab.proxy.url,
      scope: 'mcp:read mcp:call offline_access',
      prompt: 'consent',
    })
    expect(query.get('state')).toMatch(/^[\w-]{43}$/)
    expect(query.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
  })

  test('a client with a secret sends it as the metadata allows, and the store does not copy it', async () => {
    const { exitCode } = await byBrowser(
      'keeper',
      ['--client-id', loginClients.keeper.id, '--client-auth', 'client_secret_post'],
      { MCP_PROXY_CLIENT_SECRET: loginClients.keeper.secret },
    )
    expect(exitCode).toBe(0)
    const text = await readFile(path.join(lab.store, 'keeper.json'), 'utf8')
    expect(text).not.toContain(loginClients.keeper.secret)
    expect(await used('keeper')).toEqual(good)
  })

  test('without a client the server registers one, which the next login uses again', async () => {
    const registrations = lab.issuer.count('/reg')
    const first = await byBrowser('fresh')
    expect(first.stdout).toContain('registered just now')
    expect(await used('fresh')).toEqual(good)
    const { client } = await stored('fresh')
    const second = await byBrowser('fresh')
    expect(second.stdout).toContain('registered at an earlier login')
    expect((await stored('fresh')).client.id).toBe(client.id)
    expect(lab.issuer.count('/reg')).toBe(registrations + 1)
  })

  test('a client that the server has forgotten is registered anew', async () => {
    const { client } = await stored('fresh')
    await lab.issuer.forgetClient(client.id)
    const { exitCode, stdout, stderr } = await byBrowser('fresh')
    expect(exitCode).toBe(0)
    expect(stderr).toContain('no longer knows the client')
    expect(stdout).toContain('registered just now')
    expect((await stored('fresh')).client.id).not.toBe(client.id)
  })

  test('a client ID metadata document stands for the client', async () => {
    const url = 'https://client.example.com/mcp-proxy.json'
    const { exitCode, stdout } = await byBrowser('document', ['--client-metadata-url', url])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('by its metadata document')])
    expect(await used('document')).toEqual(good)
  })

  test('a person who declines is no error of the tool: exit 4, and the page says it', async () => {
    const { exitCode, stdout, stderr, page } = await byBrowser(
      'declined',
      ['--client-id', 'person-cli'],
      {},
      (address) => visit(address, { declines: true }),
    )
    expect([exitCode, stdout]).toEqual([4, ''])
    expect(stderr).toContain('The login was declined: access_denied')
    expect(page.text).toContain('did not allow it')
  })

  test('callbacks of strangers are answered and forgotten', async () => {
    const flags = ['--no-browser', '--client-id=person-cli', '--store=chosen']
    const login = lab.start(['login', lab.proxy.url, ...flags])
    const address = await addressOf(login)
    const callback = new URL(address).searchParams.get('redirect_uri') ?? ''
    const statuses = await Promise.all(
      [
        `${callback}?code=stolen&state=wrong`,
        `${callback}?code=stolen`,
        `${callback}?error=access_denied&state=wrong`,
        new URL('/favicon.ico', callback).href,
      ].map(async (url) => (await fetch(url)).status),
    )
    expect(statuses).toEqual([400, 400, 400, 404])
    const { origin } = new URL(callback)
    const odd = [{ path: '//' }, { path: '/callback', body: 'code=x' }]
    for (const { path: target, body = '' } of odd) {
      expect((await sendTo(origin, { path: target, body })).status).toBe(404)
    }
    expect((await sendTo(origin, { path: '//', method: 'GET' })).status).toBe(404)
    await visit(address)
    expect((await login.finished).exitCode).toBe(0)
  })

  test.skipIf(!hasChromium && (process.env['CI'] ?? '') === '')(
    'in Chromium, by the login and consent pages of the server',
    async () => {
      const { exitCode, stdout, page } = await byBrowser('chromium', [], {}, inChromium)
      expect(page.text).toContain('Logged in')
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining('LOGGED IN')])
      expect(await used('chromium')).toEqual(good)
    },
  )
})

// The server wants five seconds between two polls: both wait for the same ones.
describe.concurrent('the device flow', () => {
  const promptOf = (login: { stderr(): string }) =>
    eventually('the code is shown', () => {
      const told = login.stderr()
      const code = /^ {2}([A-Z]{4}-[A-Z]{4})$/m.exec(told)?.[1]
      const complete = /or open (http\S+)/.exec(told)?.[1]
      return code === undefined || complete === undefined ? undefined : { code, complete }
    })

  test('shows a code and waits until somebody entered it', async () => {
    const login = lab.start([
      'login',
      lab.proxy.url,
      '--device',
      '--client-id=person-cli',
      '--store=device',
    ])
    const { code, complete } = await promptOf(login)
    expect(complete).toContain(code)
    await visit(complete)
    const { exitCode, stdout } = await login.finished
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('LOGGED IN')])
    expect(await used('device')).toEqual(good)
  })

  test('registers a client for it, and says when the person declines', async () => {
    const login = lab.start(['login', lab.proxy.url, '--device', '--store=no-device'])
    const { complete } = await promptOf(login)
    await visit(complete, { declines: true })
    const { exitCode, stderr } = await login.finished
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('declined')])
  })
})

describe('client credentials', () => {
  const env = { MCP_PROXY_CLIENT_SECRET: loginClients.machine.secret }
  const machine = ['--client-credentials', '--client-id', loginClients.machine.id]

  test('need nobody', async () => {
    const { exitCode, stdout } = await lab.run(
      ['login', lab.proxy.url, ...machine, '--store=machine'],
      env,
    )
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('by the same client, on use')])
    expect(await used('machine')).toEqual(good)
  })

  test('a client that signs proves itself with its key', async () => {
    const flags = ['--client-credentials', '--client-id=signer-cli', '--client-key-file', keyFile]
    const { exitCode, stdout } = await lab.run(['login', lab.proxy.url, ...flags, '--store=signer'])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('private_key_jwt')])
    expect(await used('signer')).toEqual(good)
  })

  test('--bare prints the token alone and keeps nothing; --header is for curl', async () => {
    const before = await readdir(lab.store)
    const bare = await lab.run(['login', lab.proxy.url, ...machine, '--bare'], env)
    const token = bare.stdout.trimEnd()
    secrets.add(token.slice(-40))
    expect(bare.exitCode).toBe(0)
    expect(bare.stderr).not.toContain(token)
    expect(JSON.stringify(await callTool(lab.proxy.url, token))).toContain('hello')
    const header = await lab.run(['login', lab.proxy.url, ...machine, '--header'], env)
    expect(header.stdout).toMatch(/^Authorization: Bearer eyJ[\w.-]+\n$/)
    printed.push(bare.stdout, header.stdout)
    expect(await readdir(lab.store)).toEqual(before)
  })

  test('without a resource the token is for nobody, and the summary says so', async () => {
    const { stdout } = await lab.run(
      ['login', lab.issuer.issuer, ...machine, '--no-resource', '--store=aimless'],
      env,
    )
    expect(stdout).toContain('none: the token may be for anything')
  })

  test('a wrong secret is refused by the server: exit 1, with the next step', async () => {
    const { exitCode, stdout, stderr } = await lab.run(
      ['login', lab.proxy.url, ...machine, '--store=x'],
      {
        MCP_PROXY_CLIENT_SECRET: 'not-the-secret-of-anybody',
      },
    )
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr).toContain('The token endpoint rejected the request: invalid_client')
    expect(stderr).toContain('--client-auth')
    expect(stderr).not.toContain('not-the-secret-of-anybody')
  })
})

/** What was printed on purpose. */
const printed: string[] = []

describe('reports', () => {
  test('of a login: everything but the token', async () => {
    const { exitCode, stdout } = await lab.run(
      [
        'login',
        lab.proxy.url,
        '--client-credentials',
        '--client-id=machine-cli',
        '--store=machine',
        '--json',
      ],
      { MCP_PROXY_CLIENT_SECRET: loginClients.machine.secret },
    )
    const report = JSON.parse(stdout) as unknown
    await expectSchema('login', report)
    expect(exitCode).toBe(0)
    expect(report).toMatchObject({
      verdict: 'logged-in',
      resource: lab.proxy.url,
      token: { kind: 'jwt', audience: [lab.proxy.url] },
      stored: { name: 'machine' },
      scopes: { granted: ['mcp:read', 'mcp:call'], missing: [] },
    })
  })

  test('of what is stored', async () => {
    const { stdout } = await lab.run(['login', '--list', '--json'])
    const report = JSON.parse(stdout) as { logins: { name: string }[] }
    await expectSchema('login', report)
    expect(report.logins.map(({ name }) => name)).toContain('machine')
    const told = await lab.run(['login', '--list'])
    expect(told.stdout).toMatch(/machine +ends in/)
  })
})

describe('renewal', () => {
  const expire = async (name: string, changes: object = {}): Promise<void> => {
    const file = path.join(lab.store, `${name}.json`)
    const login = JSON.parse(await readFile(file, 'utf8')) as object
    await writeFile(file, JSON.stringify({ ...login, expiresAt: Date.now() - 1000, ...changes }))
  }
  const validate = (name: string) => lab.run(['validate', '--store', name])

  test('two runs at once spend the refresh token once, and the server rotates it', async () => {
    const before = await stored('code')
    const asked = lab.issuer.count('/token')
    await expire('code')
    const ends = await Promise.all([validate('code'), validate('code'), validate('code')])
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
    expect(lab.issuer.count('/token')).toBe(asked + 1)
    const after = await stored('code')
    expect(after.refreshToken).not.toBe(before.refreshToken)
    expect(after.accessToken).not.toBe(before.accessToken)
    expect(await used('code')).toEqual(good)
  })

  test('a refresh token that was spent before is refused: exit 4 names the command', async () => {
    const { refreshToken } = await stored('chosen')
    await expire('chosen')
    expect((await validate('chosen')).exitCode).toBe(0)
    await stored('chosen')
    await expire('chosen', { refreshToken })
    const { exitCode, stderr } = await validate('chosen')
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('invalid_grant')])
    expect(stderr).toContain(
      `mcp-proxy login ${lab.proxy.url} --client-id person-cli --store chosen`,
    )
  })

  test('client credentials ask again, as the client, with the key from its file', async () => {
    const before = await stored('signer')
    await expire('signer')
    expect((await validate('signer')).exitCode).toBe(0)
    expect((await stored('signer')).accessToken).not.toBe(before.accessToken)
  })
})

test('the store belongs to its owner alone', async () => {
  for (const name of await readdir(lab.store)) {
    expect([name, (await stat(path.join(lab.store, name))).mode & 0o777]).toEqual([name, 0o600])
  }
  for (const folder of [lab.store, path.dirname(lab.store)]) {
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  }
})

describe('logout', () => {
  test('takes the tokens back, removes the file and says both', async () => {
    const { accessToken, refreshToken } = await stored('code')
    const before = lab.issuer.count('/token/revocation')
    const { exitCode, stdout } = await lab.run(['logout', 'code'])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('revoked: refresh_token')])
    expect(lab.issuer.count('/token/revocation')).toBeGreaterThan(before)
    expect(await readdir(lab.store)).not.toContain('code.json')
    expect([accessToken, refreshToken]).not.toContain(undefined)
    const again = await lab.run(['validate', '--store', 'code'])
    expect(again.exitCode).toBe(4)
    expect(again.stderr).toContain('mcp-proxy login')
  })

  test('all of them, with the registrations', async () => {
    const { exitCode, stdout } = await lab.run(['logout', '--all', '--json'], {
      MCP_PROXY_CLIENT_SECRET: loginClients.machine.secret,
    })
    const report = JSON.parse(stdout) as { forgotten_clients: number }
    await expectSchema('logout', report)
    expect([0, 3]).toContain(exitCode)
    expect(report.forgotten_clients).toBe(1)
    expect(await readdir(lab.store)).toEqual([])
    expect((await lab.run(['login', '--list'])).stdout).toContain('No logins')
  })
})

test('nothing that was written holds a secret, but for what was asked to be printed', async () => {
  let written = await lab.written()
  for (const text of printed) written = written.replaceAll(text.trimEnd(), '')
  const leaks = [...secrets].filter((secret) => written.includes(secret))
  expect(secrets.size).toBeGreaterThan(6)
  expect(leaks).toEqual([])
})
