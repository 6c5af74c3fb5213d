// What `login`, `logout` and `--store` say when something is wrong: the exit code, the cause, the next step, no secret.
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  startCommandLine,
  type Finished,
  type Started,
  type TempFolder,
} from '../support/command-line.ts'
import {
  granted,
  plantedCode,
  plantedDeviceCode,
  plantedRefresh,
  plantedToken,
  startLoginServer,
  type LoginServerOptions,
} from '../support/login-server.ts'
import { expectSchema } from '../support/reports.ts'
import type { ScriptedServer } from '../support/scripted-server.ts'

const plantedSecret = 'planted-client-secret-3c3c'

let folder: TempFolder
let server: ScriptedServer
const runs: Started[] = []

beforeEach(async () => {
  folder = await makeTempFolder()
})

afterEach(async () => {
  for (const run of runs) run.kill()
  const all = await Promise.all(runs.splice(0).map(({ finished }) => finished))
  await server?.close()
  await folder.remove()
  const written = all.map(({ stdout, stderr }) => stdout + stderr).join('\n')
  const planted = [plantedCode, plantedDeviceCode, plantedToken, plantedRefresh, plantedSecret]
  // A verifier is made up anew each time: it is what the token endpoint was given.
  const verifiers = (server?.requests ?? []).flatMap(({ body }) => {
    const verifier = new URLSearchParams(body).get('code_verifier')
    return verifier === null ? [] : [verifier]
  })
  const leaks = [...planted, ...verifiers].filter((secret) => written.includes(secret))
  if (leaks.length > 0) throw new Error(`told: ${leaks.join(', ')}`)
})

const state = () => path.join(folder.path, 'state')

const start = (args: readonly string[], env: Record<string, string> = {}): Started => {
  const run = startCommandLine(args, {
    cwd: folder.path,
    env: { XDG_STATE_HOME: state(), ...env },
  })
  runs.push(run)
  return run
}
const run = (args: readonly string[], env?: Record<string, string>): Promise<Finished> =>
  start(args, env).finished

const serve = async (options: LoginServerOptions = {}): Promise<void> => {
  server = await startLoginServer(options)
}

/** Waits for the address and goes back to where it says, as the server would send a browser. */
const answered = async (
  login: Started,
  answer: (asked: { origin: string; state: string }) => Record<string, string>,
): Promise<Finished> => {
  const address = await eventually('the address is printed', () => {
    const found = /^http\S+\/authorize\?\S+$/m.exec(login.stderr())?.[0]
    return found === undefined ? undefined : new URL(found)
  })
  const back = new URL(address.searchParams.get('redirect_uri') ?? '')
  const known = { origin: server.origin, state: address.searchParams.get('state') ?? '' }
  back.search = new URLSearchParams(answer(known)).toString()
  await (await fetch(back)).text()
  return login.finished
}

const good = ({ origin, state: known }: { origin: string; state: string }) => ({
  code: plantedCode,
  state: known,
  iss: origin,
})

const byCode = (...flags: readonly string[]): Started =>
  start(['login', server.origin, '--no-browser', '--store=acme', ...flags])

const machine = { MCP_PROXY_CLIENT_SECRET: plantedSecret }
const asMachine = ['--client-credentials', '--client-id=machine']

/** A run that failed: nothing on stdout, and all of the words in what it says. */
const end = (exitCode: number, ...words: readonly string[]) => {
  const all = words.map((word) => `(?=[\\s\\S]*${word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')})`)
  return { exitCode, stdout: '', stderr: expect.stringMatching(new RegExp(`^${all.join('')}`)) }
}

describe('before anybody is asked', () => {
  beforeEach(() => serve())

  test('without a terminal a login in the browser ends at once: exit 4, and what works instead', async () => {
    const ended = await run(['login', server.origin])
    expect(ended).toEqual(end(4, '--device', '--client-credentials', '--no-browser'))
    expect(server.count()).toBe(0)
  })

  test('the same as a document', async () => {
    const { exitCode, stdout } = await run(['login', server.origin, '--json'])
    const report = JSON.parse(stdout) as { error: { code: string } }
    await expectSchema('error', report)
    expect([exitCode, report.error.code]).toEqual([4, 'login-needed'])
  })

  test.each([
    [['login', '--device', '--client-credentials', 'x'], 'cannot be used together'],
    [['login', '--bare', '--header', 'x'], 'cannot be used together'],
    [['login', '--bare', '--json', 'x'], ''],
    [['login', 'not-a-url', '--device'], 'must be an http or https URL'],
    [['login', 'https://user:pw@id.test', '--device'], 'credential'],
    [['login'], 'No address'],
    [['login', 'https://id.test', '--device', '--store=../up'], 'lower-case letters'],
    [['login', 'https://id.test', '--client-secret=abc'], 'Unknown flag'],
    [['login', 'https://id.test', '--timeout=0', '--device'], '--timeout'],
    [['validate', '--store=acme', '@token'], 'not from both'],
    [['validate', '--store=acme', '-'], 'not from both'],
    [['introspect', '--store=acme', 'x'], 'not from both'],
    [['logout', 'acme', '--all'], 'cannot be used together'],
  ])('%j is wrong usage', async (args, words) => {
    const { exitCode, stdout, stderr } = await run(args)
    expect([exitCode, stderr + stdout]).toEqual([2, expect.stringContaining(words)])
    expect(stderr + stdout).not.toContain('pw@')
  })

  test('a resource with a fragment is none (RFC 8707)', async () => {
    const ended = await run(
      ['login', server.origin, ...asMachine, '--resource=https://a.test/#x'],
      machine,
    )
    expect(ended).toEqual(end(2, '--resource'))
  })

  test('a redirect that leads off this machine', async () => {
    expect(await byCode('--redirect-uri=https://app.test/cb').finished).toEqual(
      end(2, '--redirect-uri'),
    )
    expect(await byCode('--redirect-uri=http://10.0.0.1/cb').finished).toEqual(end(2, 'loopback'))
  })

  test('a port that somebody else has', async () => {
    const ended = await byCode(`--port=${String(server.port)}`).finished
    expect(ended).toEqual(end(2, `Port ${String(server.port)} is in use`, '--port'))
  })

  test('a store that cannot be written: nobody has to log in to find out', async () => {
    await writeFile(state(), 'a file')
    expect(await byCode().finished).toEqual(end(2, 'Cannot', 'a part of its path is not a folder'))
    expect(server.count()).toBe(0)
  })

  test('client credentials without a client', async () => {
    expect(await run(['login', server.origin, '--client-credentials'])).toEqual(
      end(2, '--client-id'),
    )
  })

  test('a client that proves itself with a secret, and none is given', async () => {
    const flags = ['--client-auth=client_secret_basic']
    const ended = await run(['login', server.origin, ...asMachine, ...flags])
    expect(ended).toEqual(end(2, 'MCP_PROXY_CLIENT_SECRET'))
  })
})

describe('what is published', () => {
  test('nobody listens: exit 3', async () => {
    await serve()
    await server.stop()
    expect(await byCode().finished).toEqual(end(3, 'connection refused'))
    expect(await run(['login', `${server.origin}/mcp`, '--device'])).toEqual(
      end(3, 'connection refused'),
    )
  })

  test('no metadata at all: exit 1; metadata that nobody can have just now: exit 3', async () => {
    await serve()
    const { origin } = server
    server.on('/.well-known/oauth-authorization-server', { status: 404, body: 'no' })
    expect(await run(['login', origin, '--device'])).toEqual(
      end(1, 'returned 404', `mcp-proxy discover ${origin}`),
    )
    server.on('/.well-known/oauth-authorization-server', { status: 503, body: 'busy' })
    expect(await run(['login', origin, '--device'])).toEqual(end(3, 'HTTP status 503'))
  })

  test('another issuer than was asked: exit 1', async () => {
    await serve({ metadata: { issuer: 'https://other.test' } })
    expect(await byCode().finished).toEqual(end(1, 'https://other.test', '--metadata-issuer'))
  })

  test('no PKCE: exit 1; it can be assumed, and is used then', async () => {
    await serve({ metadata: { code_challenge_methods_supported: undefined } })
    expect(await byCode().finished).toEqual(end(1, 'PKCE', '--assume-s256'))
    const { exitCode } = await answered(byCode('--assume-s256'), good)
    expect(exitCode).toBe(0)
  })

  test.each([
    ['token_endpoint', ['--device']],
    ['token_endpoint', ['--client-credentials', '--client-id=x']],
    ['authorization_endpoint', ['--no-browser']],
    ['device_authorization_endpoint', ['--device']],
  ])('no %s, with %j: exit 1', async (endpoint, flags) => {
    await serve({ metadata: { [endpoint]: undefined } })
    expect(await run(['login', server.origin, ...flags], { MCP_PROXY_CLIENT_SECRET: 'x' })).toEqual(
      end(1, endpoint),
    )
  })

  test('nobody to log in as: exit 2, with the redirect URI to register', async () => {
    await serve({ metadata: { registration_endpoint: undefined } })
    const { exitCode, stderr } = await byCode().finished
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/redirect URI http:\/\/127\.0\.0\.1:\d+\/callback/)
  })

  test('an MCP server that names the resource of somebody else: exit 1, and no login', async () => {
    await serve()
    server.on('/mcp', {
      status: 401,
      headers: { 'www-authenticate': `Bearer resource_metadata="${server.origin}/prm"` },
    })
    server.on('/prm', {
      body: { resource: 'https://bank.test/mcp', authorization_servers: [server.origin] },
    })
    const ended = await run(['login', `${server.origin}/mcp`, '--no-browser'])
    expect(ended).toEqual(end(1, 'https://bank.test/mcp', 'would go to a server'))
  })

  test('an MCP server that is open to all: nothing to log in to', async () => {
    await serve({ metadata: { issuer: 'https://other.test' } })
    server.on('/mcp', { body: { jsonrpc: '2.0', id: 1, result: {} } })
    const ended = await run(['login', `${server.origin}/mcp`, '--no-browser'])
    expect(ended).toEqual(end(1, 'nothing to log in to'))
  })

  test('an authorization server that a document puts on another private host is not asked', async () => {
    await serve({ metadata: { token_endpoint: 'https://10.1.2.3/token' } })
    const ended = await run(['login', server.origin, ...asMachine], machine)
    expect(ended).toEqual(end(3, '10.1.2.3 is a private address', '--allow-private'))
  })
})

describe('in the browser', () => {
  test('the answer of another issuer is a mix-up: exit 1, and nothing is redeemed', async () => {
    await serve()
    const ended = await answered(byCode(), (asked) => ({
      ...good(asked),
      iss: 'https://attacker.test',
    }))
    expect(ended).toEqual(end(1, 'https://attacker.test'))
    expect(server.count('/token')).toBe(0)
  })

  test('an answer without an issuer, where one was promised', async () => {
    await serve()
    const ended = await answered(byCode(), ({ state: known }) => ({
      code: plantedCode,
      state: known,
    }))
    expect(ended).toEqual(end(1, 'names no issuer'))
  })

  test('what the server says cannot steer the terminal', async () => {
    await serve()
    const ended = await answered(byCode(), ({ state: known, origin }) => ({
      state: known,
      iss: origin,
      error: 'access_denied',
      error_description: 'no\u001B[31m \u202Eway\nat all',
    }))
    expect(ended).toEqual(end(4, 'access_denied', '\\u001b[31m', '\\u202eway at all'))
  })

  test('nobody comes: exit 4 after --timeout', async () => {
    await serve()
    expect(await byCode('--timeout=1').finished).toEqual(end(4, 'within 1s'))
  })

  test('the token endpoint fails, in each of its ways', async () => {
    for (const [token, code, words] of [
      [{ status: 500, body: 'oops' }, 3, 'HTTP status 500'],
      [{ headers: { 'content-type': 'text/html' }, body: '<html>' }, 3, 'text/html'],
      [{ status: 400, body: { error: 'invalid_grant' } }, 1, 'invalid_grant'],
    ] as const) {
      await serve({ token })
      expect(await answered(byCode(), good)).toEqual(end(code, words))
      await server.close()
    }
  })

  test('a server that says back what it was told is not repeated', async () => {
    await serve({
      token: ({ body, headers }) => ({
        status: 400,
        body: {
          error: 'invalid_request',
          error_description: `${decodeURIComponent(body)} ${headers.authorization ?? ''}`,
        },
      }),
    })
    expect(await answered(byCode(), good)).toEqual(end(1, 'invalid_request'))
    const ended = await run(['login', server.origin, ...asMachine], machine)
    expect(ended).toEqual(end(1, 'invalid_request'))
  })

  test('registration refused', async () => {
    await serve({ registration: { status: 400, body: { error: 'invalid_client_metadata' } } })
    expect(await byCode().finished).toEqual(end(1, 'invalid_client_metadata'))
  })
})

describe('by device code', () => {
  test('the code is over', async () => {
    const device = {
      body: {
        device_code: plantedDeviceCode,
        user_code: 'A\u001B[0mB',
        verification_uri: 'https://id.test/\u202Eenter',
        expires_in: 600,
        interval: 1,
      },
    }
    await serve({ device, token: { status: 400, body: { error: 'expired_token' } } })
    const ended = await run(['login', server.origin, '--device'])
    expect(ended).toEqual(end(4, 'The code was not entered', 'A\\u001b[0mB', '\\u202e'))
  })

  test('a client that the server has forgotten is made anew at once', async () => {
    await serve({ token: { body: granted } })
    const device = {
      body: {
        device_code: 'x',
        user_code: 'Y',
        verification_uri: 'https://a.test',
        expires_in: 60,
        interval: 1,
      },
    }
    server.on('/device', device)
    expect((await run(['login', server.origin, '--device', '--store=a'])).exitCode).toBe(0)
    let times = 0
    server.on('/device', () => {
      times += 1
      return times === 1 ? { status: 401, body: { error: 'invalid_client' } } : device
    })
    const again = await run(['login', server.origin, '--device', '--store=a'])
    expect(again.exitCode).toBe(0)
    expect(server.count('/register')).toBe(2)
  })
})

describe('the store', () => {
  const file = () => path.join(state(), 'mcp-proxy', 'logins', 'acme.json')

  beforeEach(async () => {
    await serve()
    const stored = await run(['login', server.origin, ...asMachine, '--store=acme'], machine)
    if (stored.exitCode !== 0) throw new Error(stored.stderr)
  })

  test('a file that others may read is refused, wherever it is used', async () => {
    await chmod(file(), 0o644)
    for (const args of [
      ['validate', '--store=acme'],
      ['introspect', '--store=acme'],
      ['logout', 'acme'],
    ]) {
      expect(await run(args)).toEqual(end(2, 'open to others (mode 644)', 'chmod 600'))
    }
  })

  test('a file that is no login any more is named, and can be removed', async () => {
    await writeFile(file(), `{"version":1,"accessToken":"${plantedToken}"`)
    expect(await run(['validate', '--store=acme'])).toEqual(
      end(2, 'acme.json is not JSON', 'logout acme'),
    )
    const listed = await run(['login', '--list'])
    expect([listed.exitCode, listed.stdout]).toEqual([0, expect.stringContaining('cannot be used')])
    expect((await run(['logout', 'acme', '--no-revoke'])).exitCode).toBe(0)
    expect((await run(['login', '--list'])).stdout).toContain('No logins')
  })

  test('a name that is not there: exit 4 with the command to log in', async () => {
    expect(await run(['validate', '--store=other'])).toEqual(end(4, 'mcp-proxy login'))
    expect(await run(['logout', 'other'])).toEqual(end(4, 'mcp-proxy login --list'))
    const { exitCode, stdout } = await run(['validate', '--store=other', '--json'])
    const report = JSON.parse(stdout) as { error: { code: string } }
    await expectSchema('error', report)
    expect([exitCode, report.error.code]).toEqual([4, 'login-needed'])
  })

  test('a name that another address has is not taken over in silence', async () => {
    const name = `127.0.0.1-${String(server.port)}`
    await run(['login', server.origin, ...asMachine], machine)
    server.on('/other/mcp', {
      status: 401,
      headers: { 'www-authenticate': `Bearer resource_metadata="${server.origin}/prm"` },
    })
    server.on('/prm', { body: { authorization_servers: [server.origin] } })
    const other = `${server.origin}/other/mcp`
    expect(await run(['login', other, ...asMachine], machine)).toEqual(
      end(2, `name ${name} is taken`, '--store'),
    )
    expect((await run(['login', other, ...asMachine, `--store=${name}`], machine)).exitCode).toBe(0)
  })

  test('a revocation that fails: the login is gone here, and exit 3 says the rest', async () => {
    server.on('/revoke', { status: 503, body: 'busy' })
    const { exitCode, stdout } = await run(['logout', 'acme'], machine)
    expect([exitCode, stdout]).toEqual([3, expect.stringContaining('not revoked')])
    expect((await run(['login', '--list'])).stdout).toContain('No logins')
  })

  test('a server without revocation: exit 0, and the tokens live on', async () => {
    await server.close()
    await serve({ metadata: { revocation_endpoint: undefined } })
    await run(['login', server.origin, ...asMachine, '--store=plain'], machine)
    const { exitCode, stdout } = await run(['logout', 'plain'])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('live until they end')])
  })

  test('of several logins one has to be named', async () => {
    await run(['login', server.origin, ...asMachine, '--store=second'], machine)
    expect(await run(['logout'])).toEqual(end(2, 'acme, second', '--all'))
  })

  test('revokes the refresh token first, as the client that has it', async () => {
    expect((await run(['logout'], machine)).exitCode).toBe(0)
    const asked = server.requests.filter(({ path: asked }) => asked === '/revoke')
    const fields = asked.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))
    expect(fields).toMatchObject([
      { token: plantedRefresh, token_type_hint: 'refresh_token' },
      { token: plantedToken, token_type_hint: 'access_token' },
    ])
    expect(asked[0]?.headers.authorization).toMatch(/^Basic /)
  })

  test('a folder of the state that others may enter', async () => {
    await mkdir(state(), { recursive: true })
    await chmod(path.join(state(), 'mcp-proxy'), 0o755)
    expect(await run(['login', '--list'])).toEqual(end(2, 'open to others (mode 755)'))
  })
})
