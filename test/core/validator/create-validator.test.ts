import { afterEach, beforeAll, afterAll, beforeEach, describe, expect, test } from 'vitest'
import { MockAgent } from 'undici'
import { silentLogger, type Ports } from '../../../src/base/ports.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import { authConfigSchema, type AuthConfig } from '../../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../../src/core/validator/auth-gate.ts'
import {
  createValidator,
  type ValidatorOptions,
} from '../../../src/core/validator/create-validator.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../../support/authorization-server.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  newSigningKey,
  testAudience,
  testKey,
  withForeignSignature,
} from '../../support/tokens.ts'
import { writeKeys } from '../../support/keys.ts'

const metadataPath = '/.well-known/oauth-authorization-server'
const gates: AuthGate[] = []

const open = async (
  auth: Record<string, unknown>,
  ports: Ports = systemPorts(),
  options: ValidatorOptions = {},
): Promise<AuthGate> => {
  const opened = await createValidator(authConfigSchema.parse(auth), ports, options)
  gates.push(opened)
  return opened
}
const ask = async (validator: AuthGate, token: string): Promise<Verdict> =>
  validator.validate(token, new AbortController().signal)
const codeOf = (verdict: Verdict): string =>
  verdict.outcome === 'accepted' ? 'accepted' : `${verdict.outcome} ${verdict.problem.code}`

afterEach(() => {
  for (const opened of gates.splice(0)) opened.close()
})

/** Ports through which nothing gets out. */
const offline = (): Ports => {
  const agent = new MockAgent()
  agent.disableNetConnect()
  return systemPorts({ http: () => Promise.resolve(agent) })
}

describe('the auth section', () => {
  const problems = (auth: Record<string, unknown>): (readonly [string, string])[] => {
    const parsed = authConfigSchema.safeParse(auth)
    return parsed.success
      ? []
      : parsed.error.issues.map(({ path, message }) => [path.join('.'), message] as const)
  }
  const oauth = { type: 'oauth', issuer: 'https://id.acme.test' }

  test.each(['introspection', 'both'])('%s needs a client', (token_validation) => {
    expect(problems({ ...oauth, token_validation })).toEqual([
      ['client_id', `is required with token_validation = "${token_validation}"`],
      ['client_secret', `is required with token_validation = "${token_validation}"`],
    ])
  })

  test('unless client_auth says otherwise', () => {
    const asked = { ...oauth, token_validation: 'introspection' }
    expect(problems({ ...asked, client_auth: 'none' })).toEqual([])
    expect(problems({ ...asked, client_auth: 'bearer', client_secret: 'x' })).toEqual([])
    expect(problems({ ...asked, client_auth: 'client_secret_post', client_id: 'x' })).toEqual([
      ['client_secret', 'is required with token_validation = "introspection"'],
    ])
    expect(problems(oauth)).toEqual([])
  })

  test.each([
    ['issuer', { ...oauth, issuer: 'http://id.acme.test' }],
    ['issuer', { ...oauth, issuer: 'id.acme.test' }],
    ['jwks_uri', { ...oauth, jwks_uri: 'http://id.acme.test/jwks' }],
    ['introspection_endpoint', { ...oauth, introspection_endpoint: 'http://id.acme.test/i' }],
    ['jwks_uri', { type: 'jwt', issuer: 'x', jwks_uri: 'http://id.acme.test/jwks' }],
    ['introspect_jwts', { ...oauth, introspect_jwts: true }],
  ])('%s in %j is refused', (path, auth) => {
    expect(problems(auth).map(([where]) => where)).toEqual([path])
  })

  test('plain http is for loopback, or allowed by name', () => {
    expect(problems({ ...oauth, issuer: 'http://127.0.0.1:8080' })).toEqual([])
    expect(problems({ ...oauth, issuer: 'http://id.acme.test', allow_http: true })).toEqual([])
  })

  test('an issuer that is never asked need not be a URL', () => {
    const jwt = { type: 'jwt', issuer: 'accounts.acme.test', jwks_uri: 'https://id.acme.test/jwks' }
    expect(problems(jwt)).toEqual([])
  })

  test('secrets do not print', () => {
    const auth = authConfigSchema.parse({ ...oauth, client_id: 'x', client_secret: 'hunter2' })
    expect(JSON.stringify(auth)).not.toContain('hunter2')
  })
})

describe('none and bearer', () => {
  test('none: everybody is the same caller', async () => {
    const opened = await open({ type: 'none' }, offline())
    expect(opened.anonymous).toMatchObject({ method: 'none', key: 'anonymous' })
    expect(opened.ready()).toEqual({ ready: true })
  })

  test('bearer: configured tokens and no others', async () => {
    const opened = await open({ type: 'bearer', tokens: ['a-token', 'b-token'] }, offline())
    expect(opened.anonymous).toBeUndefined()
    expect(codeOf(await ask(opened, 'b-token'))).toBe('accepted')
    expect(codeOf(await ask(opened, 'c-token'))).toBe('rejected token-unknown')
  })
})

describe('the audience', () => {
  const jwt = { type: 'jwt', issuer: 'https://id.acme.test', jwks_uri: 'https://id.acme.test/jwks' }

  test('is what the configuration says, else the public URL', async () => {
    const both = await open({ ...jwt, audience: 'a' }, offline(), { defaultAudience: 'b' })
    expect(both.audiences).toEqual(['a'])
    const one = await open(jwt, offline(), { defaultAudience: 'b' })
    expect(one.audiences).toEqual(['b'])
  })

  test('must come from somewhere', async () => {
    await expect(open(jwt, offline())).rejects.toBeInstanceOf(UsageError)
    await expect(open(jwt, offline())).rejects.toThrow('auth.audience is missing')
  })
})

test('building asks nobody, and a local key set never does', async () => {
  const key = await testKey('ES256')
  const clock = createManualClock()
  const ports = { ...offline(), clock }
  const auth = { type: 'oauth', issuer: 'https://id.acme.test', audience: testAudience }
  const opened = await open(auth, ports, { localKeys: jwksOf(key) })
  expect(opened.ready()).toEqual({ ready: true })
  opened.start()
  const token = await mintToken(key, goodClaims())
  expect(codeOf(await ask(opened, token))).toBe('accepted')
})

describe('with an issuer that misbehaves on demand', () => {
  let server: ScriptedServer
  let clock: ManualClock
  let ports: Ports
  const logged: string[] = []
  const log = {
    ...silentLogger,
    warn: (_: unknown, message: string) => void logged.push(message),
  }
  const claims = (overrides = {}) => goodClaims({ iss: server.origin, ...overrides })
  const token = async (overrides = {}): Promise<string> =>
    mintToken(await testKey('ES256'), claims(overrides))
  const oauth = (overrides = {}) => ({
    type: 'oauth',
    issuer: server.origin,
    audience: testAudience,
    ...overrides,
  })
  const client = { client_id: 'resource-server', client_secret: 's3cret' }
  const publishMetadata = (overrides = {}): void =>
    server.on(metadataPath, {
      body: {
        issuer: server.origin,
        jwks_uri: `${server.origin}/jwks`,
        introspection_endpoint: `${server.origin}/introspect`,
        ...overrides,
      },
    })

  beforeEach(async () => {
    server = await startScriptedServer()
    clock = createManualClock()
    ports = systemPorts({ clock, log, random: () => 1 })
    logged.length = 0
    publishMetadata()
    server.on('/jwks', { body: jwksOf(await testKey('ES256')) })
    server.on('/introspect', {
      body: { active: true, iss: server.origin, aud: testAudience, sub: 'user-1' },
    })
  })
  afterEach(() => server.close())

  test('jwt: the first token discovers and fetches, the next is decided at once', async () => {
    const opened = await open(oauth(), ports)
    expect(server.count()).toBe(0)
    const good = await token()
    expect(codeOf(await ask(opened, good))).toBe('accepted')
    expect(opened.validate(good, new AbortController().signal)).not.toBeInstanceOf(Promise)
    expect([server.count(metadataPath), server.count('/jwks')]).toEqual([1, 1])
    expect(opened.discovery()).toMatchObject({ form: 'oauth' })
  })

  test('overrides win over discovery, and all of them together need none', async () => {
    publishMetadata({ jwks_uri: 'http://127.0.0.1:1/wrong' })
    const auth = oauth({
      ...client,
      token_validation: 'both',
      jwks_uri: `${server.origin}/jwks`,
      introspection_endpoint: `${server.origin}/introspect`,
    })
    const opened = await open(auth, ports)
    expect(codeOf(await ask(opened, await token()))).toBe('accepted')
    expect(codeOf(await ask(opened, 'opaque-token'))).toBe('accepted')
    expect(server.count(metadataPath)).toBe(0)
  })

  test('a token that refuses itself causes no request', async () => {
    const opened = await open(oauth(), ports)
    expect(codeOf(await ask(opened, await token({ aud: 'x' })))).toBe('rejected claim-aud')
    expect(codeOf(await ask(opened, 'opaque-token'))).toBe('rejected jose-shape')
    expect(server.count()).toBe(0)
  })

  test('issuer down: undecided with a time, ready again within one back-off', async () => {
    await server.stop()
    const opened = await open(oauth(), ports)
    const good = await token()
    const verdict = await ask(opened, good)
    expect(verdict).toMatchObject({ outcome: 'undecided', retryAfterSeconds: 1 })
    expect(verdict).toMatchObject({
      problem: { detail: expect.stringContaining('failed to discover auth server') as string },
    })
    expect(verdict.checks.map(({ id }) => id)).toContain('asm-found')
    expect(opened.ready()).toMatchObject({ ready: false })
    await server.restart()
    clock.set(clock.now() + 1000)
    expect(codeOf(await ask(opened, good))).toBe('accepted')
    expect(opened.ready()).toEqual({ ready: true })
  })

  test('started: it keeps trying by itself until the issuer is there', async () => {
    await server.stop()
    const opened = await open(oauth({ ...client, token_validation: 'both' }), ports)
    opened.start()
    await clock.untilSleeping(2)
    expect(opened.ready()).toMatchObject({ ready: false, problem: { code: 'jwks-fetch' } })
    await server.restart()
    const isReady = async (): Promise<boolean> => {
      for (let n = 0; n < 100; n += 1) {
        if (opened.ready().ready) return true
        await clock.advance(250)
      }
      return false
    }
    expect(await isReady()).toBe(true)
    expect(logged).toContain('could not discover the authorization server')
  })

  test('started: metadata is asked for again every hour, keys when they age', async () => {
    const opened = await open(oauth(), ports)
    opened.start()
    await server.asked('/jwks')
    await clock.untilSleeping(2)
    const before = server.count(metadataPath)
    await clock.advance(8 * 60_000)
    await server.asked('/jwks', 2)
    await clock.advance(52 * 60_000)
    await server.asked(metadataPath, before + 1)
    expect(opened.ready()).toEqual({ ready: true })
  })

  test('a foreign issuer in the metadata: nothing of it is used', async () => {
    publishMetadata({ issuer: 'https://evil.test' })
    const opened = await open(oauth(), ports)
    const verdict = await ask(opened, await token())
    expect(codeOf(verdict)).toBe('undecided jwks-fetch')
    expect(verdict.checks.map(({ id }) => id)).toContain('asm-issuer')
    expect(server.count('/jwks')).toBe(0)
  })

  test('an address that only the document names may not be private', async () => {
    const secondHost = `http://localhost:${server.port}/jwks`
    publishMetadata({ jwks_uri: secondHost })
    const opened = await open(oauth(), ports)
    const verdict = await ask(opened, await token())
    expect(codeOf(verdict)).toBe('undecided jwks-fetch')
    expect(JSON.stringify(verdict)).toContain('is a loopback address')
    const allowed = await open(oauth({ allow_private: true }), ports)
    expect(codeOf(await ask(allowed, await token()))).toBe('accepted')
  })

  test('metadata without what is needed', async () => {
    publishMetadata({ jwks_uri: undefined })
    const opened = await open(oauth(), ports)
    const verdict = await ask(opened, await token())
    expect(codeOf(verdict)).toBe('undecided jwks-fetch')
    expect(JSON.stringify(verdict)).toContain('names no jwks_uri')
  })

  test('outage with warm keys: a good JWT passes, an opaque token is undecided', async () => {
    const opened = await open(oauth({ ...client, token_validation: 'both' }), ports)
    await ask(opened, await token())
    await server.stop()
    clock.set(clock.now() + 3_000_000)
    expect(codeOf(await ask(opened, await token({ jti: '2' })))).toBe('accepted')
    expect(codeOf(await ask(opened, 'opaque-token'))).toBe('undecided intro-reach')
  })

  test('past the stale limit it is undecided', async () => {
    const opened = await open(oauth({ jwks_max_stale: 600 }), ports)
    await ask(opened, await token())
    await server.stop()
    clock.set(clock.now() + 660_000)
    const later = await token({ exp: 2_000_000_000 })
    expect(codeOf(await ask(opened, later))).toBe('undecided jwks-fetch')
  })

  test('both: a JWT with an unknown key is asked about, one with a bad signature is not', async () => {
    const opened = await open(oauth({ ...client, token_validation: 'both' }), ports)
    const stranger = await mintToken(await newSigningKey('ES256', { kid: 'new' }), claims())
    expect(await ask(opened, stranger)).toMatchObject({ principal: { method: 'introspection' } })
    const forged = withForeignSignature(await token(), await token({ sub: 'other' }))
    expect(codeOf(await ask(opened, forged))).toBe('rejected sig-verify')
    expect(server.count('/introspect')).toBe(1)
  })

  test('introspect_jwts: a revoked JWT is refused', async () => {
    const auth = oauth({ ...client, token_validation: 'both', introspect_jwts: true })
    const opened = await open(auth, ports)
    const good = await token()
    expect(codeOf(await ask(opened, good))).toBe('accepted')
    server.on('/introspect', { body: { active: false } })
    clock.set(clock.now() + 30_000)
    const verdict = await ask(opened, good)
    expect(codeOf(verdict)).toBe('rejected intro-active')
    expect(verdict.checks.map(({ id }) => id)).toContain('intro-inactive-valid')
  })

  test('the same token under another audience, scope or client is judged anew', async () => {
    const asking = (overrides: Record<string, unknown>) =>
      open(oauth({ ...client, token_validation: 'introspection', ...overrides }), ports)
    const [a, b, c] = await Promise.all([
      asking({}),
      asking({ audience: 'https://other.test' }),
      asking({ required_scopes: ['mcp:call'] }),
    ])
    expect(codeOf(await ask(a, 'opaque-token'))).toBe('accepted')
    expect(codeOf(await ask(b, 'opaque-token'))).toBe('rejected claim-aud')
    expect(codeOf(await ask(c, 'opaque-token'))).toBe('rejected claim-scope')
  })

  test('sender_constraint = "ignore" warns at every start', async () => {
    const opened = await open(oauth({ sender_constraint: 'ignore' }), ports)
    opened.start()
    expect(logged.join()).toContain('sender_constraint')
  })

  test('closed: the background work ends', async () => {
    const opened = await open(oauth(), ports)
    opened.start()
    await server.asked('/jwks')
    await clock.untilSleeping(2)
    opened.close()
    await clock.advance(7_200_000)
    expect(server.count('/jwks')).toBe(1)
    expect(clock.sleepers).toBe(0)
  })
})

describe('with a real authorization server', () => {
  let as: AuthorizationServer
  beforeAll(async () => {
    as = await startAuthorizationServer()
  })
  afterAll(() => as.close())

  const strategy = (token_validation: string): Promise<AuthGate> =>
    open({
      type: 'oauth',
      issuer: as.issuer,
      audience: testAudience,
      client_id: as.clientId,
      client_secret: as.clientSecret,
      token_validation,
    })

  test('jwt', async () => {
    const opened = await strategy('jwt')
    expect(await ask(opened, await as.token())).toMatchObject({ principal: { method: 'jwt' } })
    const late = await as.token({ expiredSecondsAgo: 100 })
    expect(codeOf(await ask(opened, late))).toBe('rejected time-exp')
    const elsewhere = await as.token({ resource: 'https://other.test/mcp' })
    expect(codeOf(await ask(opened, elsewhere))).toBe('rejected claim-aud')
  })

  test('introspection, with a secret that needs encoding', async () => {
    const opened = await strategy('introspection')
    const opaque = await as.token({ format: 'opaque' })
    expect(await ask(opened, opaque)).toMatchObject({ principal: { method: 'introspection' } })
    const revoked = await as.token({ format: 'opaque' })
    await as.revoke(revoked)
    expect(codeOf(await ask(opened, revoked))).toBe('rejected intro-active')
    const nobody = await as.token({ format: 'opaque', resource: null })
    expect(codeOf(await ask(opened, nobody))).toBe('rejected intro-aud')
  })

  test('both', async () => {
    const opened = await strategy('both')
    expect(await ask(opened, await as.token())).toMatchObject({ principal: { method: 'jwt' } })
    const opaque = await as.token({ format: 'opaque' })
    expect(await ask(opened, opaque)).toMatchObject({ principal: { method: 'introspection' } })
    expect(codeOf(await ask(opened, 'never-issued'))).toBe('rejected intro-active')
  })

  test('a wrong secret is our fault, not the token’s', async () => {
    const opened = await open({
      type: 'oauth',
      issuer: as.issuer,
      audience: testAudience,
      client_id: as.clientId,
      client_secret: 'wrong',
      token_validation: 'introspection',
    })
    const opaque = await as.token({ format: 'opaque' })
    expect(codeOf(await ask(opened, opaque))).toBe('undecided intro-client-auth')
  })
})

test('every type of the schema has a gate', async () => {
  const sections: Record<AuthConfig['type'], Record<string, unknown>> = {
    none: {},
    bearer: { tokens: ['x'] },
    keys: { keys_file: writeKeys([]).file },
    jwt: { issuer: 'i', jwks_uri: 'https://id.acme.test/jwks', audience: 'a' },
    oauth: { issuer: 'https://id.acme.test', audience: 'a' },
  }
  for (const [type, section] of Object.entries(sections)) {
    const opened = await open({ type, ...section }, offline())
    expect(opened.type).toBe(type)
  }
})
