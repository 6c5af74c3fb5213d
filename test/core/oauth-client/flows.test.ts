// The flows of a login against a server that does on demand what no real server does.
import { afterEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../../src/base/clock.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import { beginCodeFlow, requirePkce } from '../../../src/core/oauth-client/code-flow.ts'
import { deviceFlow, type DevicePrompt } from '../../../src/core/oauth-client/device-flow.ts'
import { openProtocol } from '../../../src/core/oauth-client/grant.ts'
import { readMetadata, type AuthServerMetadata } from '../../../src/core/metadata/metadata.ts'
import {
  granted,
  plantedCode,
  plantedDeviceCode,
  startLoginServer,
  type LoginServerOptions,
} from '../../support/login-server.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import type { ScriptedAnswer, ScriptedServer } from '../../support/scripted-server.ts'

let server: ScriptedServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const redirectUri = 'http://127.0.0.1:7777/callback'

const open = async (options: LoginServerOptions = {}) => {
  server = await startLoginServer(options)
  const text = await fetch(`${server.origin}/.well-known/oauth-authorization-server`)
  const reading = readMetadata(await text.text())
  if ('cause' in reading) throw new Error(reading.cause)
  const { metadata } = reading
  const wire = {
    ports: systemPorts(),
    trusted: [server.origin],
    allowHttp: false,
    allowPrivate: false,
  }
  const credentials = { method: 'none', clientId: 'cli', clientSecret: undefined } as const
  const protocol = await openProtocol(metadata, credentials, wire)
  return { metadata, protocol, origin: server.origin }
}

/** The problem that a step ended with. */
const problemOf = async (work: Promise<unknown>): Promise<readonly [string, string]> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(UsageError)
  const [problem] = (error as UsageError).problems
  return [problem!.code, problem!.message]
}

describe('the code flow', () => {
  const begin = async (options: LoginServerOptions = {}, push = false) => {
    const { protocol, origin, metadata } = await open(options)
    const request = {
      protocol,
      redirectUri,
      scopes: ['mcp:read'],
      resource: 'https://mcp.test/mcp',
    }
    const flow = await beginCodeFlow({ ...request, allowHttp: false }, { push })
    const state = new URL(flow.url).searchParams.get('state') ?? ''
    const back = (parameters: Record<string, string>) =>
      flow.redeem(new URLSearchParams({ state, ...parameters }))
    return { flow, state, back, origin, metadata }
  }

  test('redeems the code with the verifier, the resource and the redirect URI', async () => {
    const { back, origin } = await begin()
    const grant = await back({ code: plantedCode, iss: origin })
    expect(grant.scopes).toEqual(['mcp:read'])
    const sent = new URLSearchParams(server!.requests.at(-1)!.body)
    expect(Object.fromEntries(sent)).toMatchObject({
      grant_type: 'authorization_code',
      code: plantedCode,
      redirect_uri: redirectUri,
      resource: 'https://mcp.test/mcp',
      client_id: 'cli',
    })
    expect(sent.get('code_verifier')).toMatch(/^[\w-]{43,128}$/)
  })

  test('another issuer in the answer is a mix-up, and the code is not redeemed', async () => {
    const { back } = await begin()
    const problem = await problemOf(back({ code: plantedCode, iss: 'https://attacker.test' }))
    expect(problem).toEqual(['login-mix-up', expect.stringContaining('https://attacker.test')])
    expect(server!.count('/token')).toBe(0)
  })

  test('the issuer is compared letter by letter', async () => {
    const { back, origin } = await begin()
    expect(await problemOf(back({ code: plantedCode, iss: `${origin}/` }))).toEqual([
      'login-mix-up',
      expect.stringContaining('differs in a trailing slash'),
    ])
  })

  test('no issuer, although the metadata promises one, is a mix-up', async () => {
    const { back } = await begin()
    expect((await problemOf(back({ code: plantedCode })))[0]).toBe('login-mix-up')
    expect(server!.count('/token')).toBe(0)
  })

  test('no issuer is fine where none was promised; a wrong one is not', async () => {
    const metadata = { authorization_response_iss_parameter_supported: undefined }
    const { back } = await begin({ metadata })
    await expect(back({ code: plantedCode })).resolves.toBeDefined()
    expect((await problemOf(back({ code: plantedCode, iss: 'https://a.test' })))[0]).toBe(
      'login-mix-up',
    )
  })

  test('an error of another issuer is a mix-up, not a refusal', async () => {
    const { back } = await begin()
    const answer = { error: 'access_denied', iss: 'https://attacker.test' }
    expect((await problemOf(back(answer)))[0]).toBe('login-mix-up')
  })

  test.each([
    [{ error: 'access_denied' }, 'login-declined', 'access_denied'],
    [
      { error: 'invalid_scope', error_description: 'no such scope' },
      'login-refused',
      'no such scope',
    ],
    [{ error: 'server_error' }, 'login-refused', 'server_error'],
    [{}, 'login-refused', 'no code'],
  ])('%j is told as it is', async (answer, code, words) => {
    const { back, origin } = await begin()
    expect(await problemOf(back({ iss: origin, ...(answer as Record<string, string>) }))).toEqual([
      code,
      expect.stringContaining(words),
    ])
  })

  test('two states are nobody’s', async () => {
    const { flow, state } = await begin()
    expect(flow.isOurs(new URLSearchParams({ state }))).toBe(true)
    expect(
      flow.isOurs(
        new URLSearchParams([
          ['state', state],
          ['state', state],
        ]),
      ),
    ).toBe(false)
    expect(flow.isOurs(new URLSearchParams())).toBe(false)
  })

  test.each<[string, ScriptedAnswer, string, string]>([
    [
      '400 without an OAuth error',
      { status: 400, body: 'no' },
      'login-unreachable',
      'HTTP status 400',
    ],
    ['500', { status: 500, body: { error: 'x' } }, 'login-unreachable', 'HTTP status 500'],
    [
      'HTML with 200',
      { headers: { 'content-type': 'text/html' }, body: '<p>' },
      'login-unreachable',
      'text/html',
    ],
    ['a list', { body: [] }, 'login-unreachable', 'top level object'],
    ['no token', { body: { token_type: 'bearer' } }, 'login-unreachable', 'access_token'],
    [
      'a token of another kind',
      { body: { ...granted, token_type: 'mac' } },
      'login-unreachable',
      'token_type',
    ],
    ['an endless answer', { flood: 2_000_000 }, 'login-unreachable', 'too large'],
    ['a reset', { reset: true }, 'login-unreachable', 'connection closed'],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://a.test/' } },
      'login-unreachable',
      'redirect',
    ],
    [
      'invalid_target',
      { status: 400, body: { error: 'invalid_target' } },
      'login-refused',
      'invalid_target',
    ],
    [
      '401 with a challenge',
      {
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="x"' },
        body: { error: 'invalid_client' },
      },
      'login-refused',
      'invalid_client',
    ],
  ])('a token endpoint that answers %s', async (_, token, code, words) => {
    const { back, origin } = await begin({ token })
    expect(await problemOf(back({ code: plantedCode, iss: origin }))).toEqual([
      code,
      expect.stringContaining(words),
    ])
  })

  test('a server that repeats what it was sent is quoted without it', async () => {
    const { back, origin } = await begin({
      token: ({ body }) => ({
        status: 400,
        body: {
          error: 'invalid_grant',
          error_description: `bad: ${body} ${decodeURIComponent(body)}`,
        },
      }),
    })
    const [, message] = await problemOf(back({ code: plantedCode, iss: origin }))
    const verifier = new URLSearchParams(server!.requests.at(-1)!.body).get('code_verifier')!
    expect(message).toContain('invalid_grant')
    expect(message).toContain('[secret]')
    expect(message).not.toContain(plantedCode)
    expect(message).not.toContain(verifier)
  })

  test('an ID token that nobody asked for, and of no form, does no harm', async () => {
    const { back, origin } = await begin({ token: { body: { ...granted, id_token: 'nonsense' } } })
    await expect(back({ code: plantedCode, iss: origin })).resolves.toBeDefined()
  })

  test.each([
    ['javascript:alert(1)', 'neither https nor http'],
    ['file:///etc/passwd', 'neither https nor http'],
    ['http://mcp.test/authorize', 'plain http'],
    ['https://user:password@mcp.test/', 'credentials'],
  ])('%s is never opened', async (endpoint, why) => {
    const begun = begin({ metadata: { authorization_endpoint: endpoint } })
    expect(await problemOf(begun)).toEqual(['login-unsupported', expect.stringContaining(why)])
  })

  test('without an authorization endpoint nobody can log in by browser', async () => {
    const begun = begin({ metadata: { authorization_endpoint: undefined } })
    expect((await problemOf(begun))[0]).toBe('login-unsupported')
  })

  test('an address with a query keeps it', async () => {
    const { flow } = await begin({
      metadata: { authorization_endpoint: 'https://id.test/authorize?tenant=a' },
    })
    const { searchParams } = new URL(flow.url)
    expect(searchParams.get('tenant')).toBe('a')
    expect(searchParams.get('code_challenge_method')).toBe('S256')
  })

  test('a pushed request leaves only its handle in the address (RFC 9126)', async () => {
    server = undefined
    const { protocol, origin } = await open({
      metadata: { pushed_authorization_request_endpoint: 'to be set' },
    })
    server!.on('/par', { status: 201, body: { request_uri: 'urn:par:1', expires_in: 60 } })
    const pushing = {
      ...protocol,
      as: { ...protocol.as, pushed_authorization_request_endpoint: `${origin}/par` },
    }
    const flow = await beginCodeFlow(
      { protocol: pushing, redirectUri, scopes: [], resource: undefined, allowHttp: false },
      { push: true },
    )
    expect(Object.fromEntries(new URL(flow.url).searchParams)).toEqual({
      client_id: 'cli',
      request_uri: 'urn:par:1',
    })
    expect(new URLSearchParams(server!.requests.at(-1)!.body).get('code_challenge_method')).toBe(
      'S256',
    )
  })
})

describe('PKCE', () => {
  const metadata = (methods: readonly string[]) =>
    ({ issuer: 'https://id.test', code_challenge_methods_supported: methods }) as AuthServerMetadata
  const refused = (methods: readonly string[], assumed: boolean) =>
    problemOf(
      (async () => {
        requirePkce(metadata(methods), assumed)
      })(),
    )

  test('S256 is needed; silence can be read as yes, a list without it cannot', async () => {
    expect(() => requirePkce(metadata(['plain', 'S256']), false)).not.toThrow()
    expect(() => requirePkce(metadata([]), true)).not.toThrow()
    expect((await refused([], false))[0]).toBe('asm-pkce')
    expect((await refused(['plain'], true))[0]).toBe('asm-pkce')
  })
})

describe('the device flow', () => {
  /** A clock that does not wait, and remembers for how long it was asked to. */
  const hurried = (): Clock & { readonly slept: readonly number[] } => {
    const clock = createManualClock()
    const slept: number[] = []
    return {
      slept,
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      sleep: async (ms) => {
        slept.push(ms / 1000)
        clock.set(clock.now() + ms)
      },
    }
  }

  const login = async (answers: readonly ScriptedAnswer[], options: LoginServerOptions = {}) => {
    const left = [...answers]
    const { protocol } = await open({ token: () => left.shift() ?? { body: granted }, ...options })
    const clock = hurried()
    const shown: DevicePrompt[] = []
    const work = deviceFlow({
      protocol,
      scopes: ['mcp:read'],
      resource: 'https://mcp.test/mcp',
      clock,
      patienceSeconds: undefined,
      show: (prompt) => shown.push(prompt),
    })
    return { work, clock, shown }
  }
  const error = (name: string): ScriptedAnswer => ({ status: 400, body: { error: name } })

  test('shows the code and both addresses, and asks with scope and resource', async () => {
    const { work, shown } = await login([])
    await work
    expect(shown).toEqual([
      {
        userCode: 'WDJB-MJHT',
        uri: `${server!.origin}/enter`,
        completeUri: `${server!.origin}/enter?user_code=WDJB-MJHT`,
        expiresInSeconds: 600,
      },
    ])
    const asked = server!.requests.filter(({ path }) => path === '/device' || path === '/token')
    const fields = asked.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))
    expect(fields).toEqual([
      { client_id: 'cli', scope: 'mcp:read', resource: 'https://mcp.test/mcp' },
      {
        client_id: 'cli',
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: plantedDeviceCode,
        resource: 'https://mcp.test/mcp',
      },
    ])
  })

  test('waits as long as the server says, and five seconds longer each time it is told to', async () => {
    const { work, clock } = await login([
      error('authorization_pending'),
      error('slow_down'),
      error('authorization_pending'),
      error('slow_down'),
    ])
    await work
    expect(clock.slept).toEqual([7, 7, 12, 12, 17])
  })

  test('a server that says no interval is asked every five seconds', async () => {
    const device = {
      body: {
        device_code: 'x',
        user_code: 'U',
        verification_uri: 'https://a.test',
        expires_in: 60,
      },
    }
    const { work, clock } = await login([], { device })
    await work
    expect(clock.slept).toEqual([5])
  })

  test('gives up when the server says that the code is over', async () => {
    const { work } = await login([error('authorization_pending'), error('expired_token')])
    expect((await problemOf(work))[0]).toBe('login-timeout')
  })

  test('gives up when the code is over by its own time', async () => {
    const pending = Array.from({ length: 500 }, () => error('authorization_pending'))
    const { work, clock } = await login(pending)
    expect((await problemOf(work))[0]).toBe('login-timeout')
    expect(clock.slept.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(600)
  })

  test('a person who declines ends it', async () => {
    const { work } = await login([error('access_denied')])
    expect((await problemOf(work))[0]).toBe('login-declined')
  })

  test('a server that is away for a moment does not end it; one that stays away does', async () => {
    const away: ScriptedAnswer = { status: 503, body: 'busy' }
    const { work } = await login([away, { reset: true }, away, error('authorization_pending')])
    await expect(work).resolves.toBeDefined()
    await server!.close()
    const { work: hopeless } = await login(Array.from({ length: 9 }, () => away))
    expect((await problemOf(hopeless))[0]).toBe('login-unreachable')
    expect(server!.count('/token')).toBe(5)
  })

  test('without the endpoint there is no such login', async () => {
    const metadata = { device_authorization_endpoint: undefined }
    const { work } = await login([], { metadata })
    expect((await problemOf(work))[0]).toBe('login-unsupported')
  })
})
