// Every behaviour of the original library, S1 to S15, under the names that it has here.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as library from '../../src/index.ts'
import {
  DiscoveryError,
  FallbackValidator,
  IntrospectionValidator,
  JwtValidator,
  OAuthError,
  asTokenValidator,
  audienceMatches,
  authConfigSchema,
  createValidator,
  discoverAuthServer,
  systemPorts,
  type TokenClaims,
  type TokenValidator,
} from '../../src/index.ts'
import type { LogFields } from '../../src/base/ports.ts'
import { silentLogger } from '../../src/base/ports.ts'
import { parseConfig } from '../../src/config/load.ts'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testKey,
  withForeignSignature,
} from '../support/tokens.ts'

const oauthPath = '/.well-known/oauth-authorization-server'
const oidcPath = '/.well-known/openid-configuration'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(() => server.close())

const introspector = (options = {}): IntrospectionValidator =>
  new IntrospectionValidator(`${server.origin}/introspect`, 'my-client', 's3cret', options)
const answer = (body: unknown, status = 200): void => server.on('/introspect', { body, status })
const errorOf = async (work: Promise<unknown>): Promise<OAuthError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(OAuthError)
  return error as OAuthError
}

describe('S1 strategies', () => {
  let as: AuthorizationServer
  beforeAll(async () => {
    as = await startAuthorizationServer()
  })
  afterAll(() => as.close())

  const validator = async (token_validation?: string) => {
    const auth = authConfigSchema.parse({
      type: 'oauth',
      issuer: as.issuer,
      audience: testAudience,
      client_id: as.clientId,
      client_secret: as.clientSecret,
      ...(token_validation === undefined ? {} : { token_validation }),
    })
    const opened = await createValidator(auth, systemPorts())
    return { validator: asTokenValidator(opened), close: () => opened.close() }
  }
  const introspections = (): number => as.count('/token/introspection')

  test('S1 jwt is the default and causes no request for a token', async () => {
    const { validator: jwt, close } = await validator()
    await jwt.validateToken(await as.token())
    const before = [introspections(), as.count('/jwks')]
    await jwt.validateToken(await as.token())
    expect([introspections(), as.count('/jwks')]).toEqual(before)
    expect((await errorOf(jwt.validateToken(await as.token({ format: 'opaque' })))).kind).toBe(
      'InvalidToken',
    )
    close()
  })

  test('S1 introspection asks, and sees revocation', async () => {
    const { validator: opaque, close } = await validator('introspection')
    const token = await as.token({ format: 'opaque' })
    const before = introspections()
    await opaque.validateToken(token)
    expect(introspections()).toBe(before + 1)
    const revoked = await as.token({ format: 'opaque' })
    await as.revoke(revoked)
    expect((await errorOf(opaque.validateToken(revoked))).message).toBe('token is not active')
    close()
  })

  test('S1 both asks only where the JWT check cannot tell', async () => {
    const { validator: both, close } = await validator('both')
    const before = introspections()
    await both.validateToken(await as.token())
    expect(introspections()).toBe(before)
    await both.validateToken(await as.token({ format: 'opaque' }))
    expect(introspections()).toBe(before + 1)
    close()
  })
})

describe('S2 configuration', () => {
  const toml = (auth: string): string => `
[proxy]
name = "p"
public_url = "https://mcp.acme.test/mcp"
[[backends]]
name = "files"
transport = "http"
url = "https://files.acme.test/mcp"
[auth]
type = "oauth"
issuer = "https://id.acme.test"
${auth}
`
  test('S2 the keys of [auth], with the secret from the environment', async () => {
    const { config } = await parseConfig(
      toml(`audience = "https://mcp.acme.test/mcp"
client_id = "my-client"
client_secret = "\${OAUTH_CLIENT_SECRET}"
token_validation = "both"
jwks_uri = "https://id.acme.test/jwks"
introspection_endpoint = "https://id.acme.test/introspect"`),
      { file: 'proxy.toml', format: 'toml', env: { OAUTH_CLIENT_SECRET: 's3cret' } },
    )
    expect(config.auth).toMatchObject({
      type: 'oauth',
      issuer: 'https://id.acme.test',
      audience: ['https://mcp.acme.test/mcp'],
      client_id: 'my-client',
      token_validation: 'both',
      jwks_uri: 'https://id.acme.test/jwks',
      introspection_endpoint: 'https://id.acme.test/introspect',
    })
    expect(config.auth).toHaveProperty('client_secret')
    expect(JSON.stringify(config.auth)).not.toContain('s3cret')
  })

  test.each(['introspection', 'both'])('S2 %s without client is refused', (strategy) => {
    const parsed = authConfigSchema.safeParse({
      type: 'oauth',
      issuer: 'https://id.acme.test',
      token_validation: strategy,
    })
    expect(parsed.error?.issues.map(({ path }) => path[0])).toEqual(['client_id', 'client_secret'])
  })
})

describe('S3 to S6 discovery', () => {
  const metadata = (more = {}) => ({ body: { issuer: server.origin, ...more } })

  test('S3 issuer is all that is needed; lists are empty, unknown members are ignored', async () => {
    server.on(oauthPath, metadata({ something: { new: true } }))
    const found = await discoverAuthServer(server.origin)
    expect(found).toMatchObject({
      issuer: server.origin,
      scopes_supported: [],
      response_types_supported: [],
      grant_types_supported: [],
      token_endpoint_auth_methods_supported: [],
    })
    expect(found.jwks_uri).toBeUndefined()
    expect(found.introspection_endpoint).toBeUndefined()
  })

  test('S3 without issuer there is no metadata', async () => {
    server.on(oauthPath, { body: { jwks_uri: 'https://x' } })
    await expect(discoverAuthServer(server.origin)).rejects.toThrow(
      'failed to parse auth server metadata: missing field `issuer`',
    )
  })

  test('S4 the RFC 8414 document first, OpenID Connect when that fails in any way', async () => {
    server.on(oidcPath, metadata({ token_endpoint: 'https://t' }))
    for (const script of [{ status: 404 }, { status: 500 }, { reset: true }, { body: 'no' }]) {
      server.on(oauthPath, script)
      expect((await discoverAuthServer(server.origin)).token_endpoint).toBe('https://t')
    }
    server.on(oauthPath, metadata({ token_endpoint: 'https://first' }))
    expect((await discoverAuthServer(server.origin)).token_endpoint).toBe('https://first')
  })

  test('S4 a slash at the end is trimmed for the URL only', async () => {
    server.on(oauthPath, { body: { issuer: `${server.origin}/` } })
    expect((await discoverAuthServer(`${server.origin}/`)).issuer).toBe(`${server.origin}/`)
  })

  test('S5 cannot connect', async () => {
    await server.stop()
    await expect(discoverAuthServer(server.origin)).rejects.toThrow(
      `failed to discover auth server at ${server.origin}${oauthPath}: connection refused (ECONNREFUSED)`,
    )
  })

  test('S5 no success', async () => {
    const error = await discoverAuthServer(server.origin).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DiscoveryError)
    expect((error as DiscoveryError).message).toBe(
      `auth server discovery failed: ${server.origin}${oidcPath} returned 404`,
    )
    expect((error as DiscoveryError).discovery.attempts).toHaveLength(2)
  })

  test('S5 no metadata', async () => {
    server.on(oauthPath, { body: '<html>' })
    await expect(discoverAuthServer(server.origin)).rejects.toThrow(
      /^failed to parse auth server metadata: /,
    )
  })

  test('S5 success is logged with its source', async () => {
    const seen: LogFields[] = []
    const log = { ...silentLogger, info: (fields: LogFields) => void seen.push(fields) }
    const found = { jwks_uri: 'https://k', introspection_endpoint: 'https://i' }
    server.on(oauthPath, metadata(found))
    await discoverAuthServer(server.origin, { ports: systemPorts({ log }) })
    expect(seen).toEqual([
      expect.objectContaining({ issuer: server.origin, ...found, source: 'RFC 8414' }),
    ])
  })

  test('S6 what discovery finds feeds the validators, an override wins', async () => {
    const clock = createManualClock()
    const key = await testKey('ES256')
    server.on('/found', { body: jwksOf(key) })
    server.on('/mine', { body: jwksOf(key) })
    server.on(oauthPath, metadata({ jwks_uri: `${server.origin}/found` }))
    const token = await mintToken(key, goodClaims({ iss: server.origin }))
    const section = { type: 'oauth', issuer: server.origin, audience: testAudience }
    for (const [override, asked] of [
      [{}, '/found'],
      [{ jwks_uri: `${server.origin}/mine` }, '/mine'],
    ] as const) {
      const auth = authConfigSchema.parse({ ...section, ...override })
      const opened = await createValidator(auth, systemPorts({ clock }))
      expect((await asTokenValidator(opened).validateToken(token)).sub).toBe('user-1')
      expect(server.count(asked)).toBe(1)
      opened.close()
    }
  })
})

describe('S7 to S12 introspection', () => {
  test('S7 is made of endpoint, client and secret; an audience makes a new one', () => {
    const plain = introspector()
    const strict = plain.expectedAudience('my-api')
    expect(plain.endpoint).toBe(`${server.origin}/introspect`)
    expect([plain.audience, strict.audience]).toEqual([undefined, 'my-api'])
    expect(strict.endpoint).toBe(plain.endpoint)
  })

  test('S8 posts the token as a form, with the client by HTTP Basic', async () => {
    answer({ active: true })
    await introspector().validateToken('opaque-token')
    const [request] = server.requests
    expect(request?.method).toBe('POST')
    expect(new URLSearchParams(request?.body).get('token')).toBe('opaque-token')
    const basic = Buffer.from('my-client:s3cret').toString('base64')
    expect(request?.headers.authorization).toBe(`Basic ${basic}`)
  })

  test('S9 every field of the answer may be absent but active', async () => {
    answer({ active: true })
    const claims = await introspector().validateToken('opaque-token')
    expect(claims).toMatchObject({ sub: undefined, iss: undefined, aud: [], exp: undefined })
    answer({ sub: 'x' })
    const error = await errorOf(introspector().validateToken('opaque-token'))
    expect(error.description).toBe('invalid introspection response: missing field `active`')
  })

  test('S10 the failures and their words', async () => {
    answer('no JSON')
    const invalid = await errorOf(introspector().validateToken('t'))
    expect(invalid.description).toMatch(/^invalid introspection response: /)
    answer({}, 418)
    const status = await errorOf(introspector().validateToken('t'))
    expect(status.description).toBe('introspection endpoint returned 418')
    answer({ active: false })
    const inactive = await errorOf(introspector().validateToken('t'))
    expect(inactive).toMatchObject({ kind: 'InvalidToken', description: 'token is not active' })
    await server.stop()
    const unreached = await errorOf(introspector().validateToken('t'))
    expect(unreached.description).toMatch(/^introspection request failed: connection refused/)
    // The original called all of these invalid tokens; whoever cannot tell says so.
    expect([invalid.kind, status.kind, unreached.kind]).toEqual(Array(3).fill('Undecided'))
  })

  test('S10 the order: active before audience, audience as a variant of its own', async () => {
    const strict = introspector({ negativeCacheTtlSeconds: 0 }).expectedAudience('my-api')
    answer({ active: false, aud: 'other' })
    expect((await errorOf(strict.validateToken('t'))).kind).toBe('InvalidToken')
    answer({ active: true, aud: 'other' })
    expect((await errorOf(strict.validateToken('t'))).kind).toBe('InvalidAudience')
  })

  test('S11 audienceMatches', () => {
    expect(audienceMatches(undefined, undefined)).toBe(true)
    expect(audienceMatches(undefined, 7)).toBe(true)
    expect(audienceMatches('a', 'a')).toBe(true)
    expect(audienceMatches('a', 'b')).toBe(false)
    expect(audienceMatches('a', ['b', 'a'])).toBe(true)
    expect(audienceMatches('a', [['a']])).toBe(false)
    for (const none of [undefined, null, 7, true, {}, []]) {
      expect(audienceMatches('a', none)).toBe(false)
    }
  })

  test('S12 the claims of an accepted token', async () => {
    answer({
      active: true,
      sub: 'user-1',
      iss: 'https://id.acme.test',
      aud: ['my-api'],
      exp: 4_000_000_000,
      scope: 'read write',
      client_id: 'app',
      roles: ['admin'],
    })
    const claims = await introspector().expectedAudience('my-api').validateToken('opaque-token')
    expect(claims).toMatchObject({
      sub: 'user-1',
      iss: 'https://id.acme.test',
      exp: 4_000_000_000,
      scope: 'read write',
      client_id: 'app',
      // The original dropped these two: a later check of aud would have refused every token.
      aud: ['my-api'],
      extra: { roles: ['admin'] },
    })
  })
})

describe('S13 FallbackValidator', () => {
  const claims = { sub: 'x' } as TokenClaims
  const good = (sub: string): TokenValidator => ({
    validateToken: () => Promise.resolve({ ...claims, sub }),
  })
  const bad = (failure: Error): TokenValidator => ({
    validateToken: async () => {
      throw failure
    },
  })

  test('S13 a good JWT returns at once, without network', async () => {
    const clock = createManualClock()
    const key = await testKey('ES256')
    server.on('/jwks', { body: jwksOf(key) })
    const jwt = new JwtValidator({
      issuer: server.origin,
      audience: testAudience,
      jwksUri: `${server.origin}/jwks`,
      ports: systemPorts({ clock }),
    })
    const both = new FallbackValidator(jwt, introspector({ issuer: server.origin }))
    const good = await mintToken(key, goodClaims({ iss: server.origin }))
    expect((await both.validateToken(good)).sub).toBe('user-1')
    expect(server.count('/introspect')).toBe(0)

    answer({ active: true, sub: 'asked' })
    expect((await both.validateToken('opaque-token')).sub).toBe('asked')
    answer({ active: false })
    expect((await errorOf(both.validateToken('other'))).description).toBe('token is not active')

    // Its words say "cannot be decoded", its code fell back on any error: the words hold by default.
    const before = server.count('/introspect')
    answer({ active: true, sub: 'asked' })
    const forged = withForeignSignature(
      good,
      await mintToken(key, goodClaims({ iss: server.origin, sub: 'user-2' })),
    )
    expect((await errorOf(both.validateToken(forged))).code).toBe('sig-verify')
    expect(server.count('/introspect')).toBe(before)
    const any = new FallbackValidator(jwt, introspector(), { fallback: 'any' })
    expect((await any.validateToken(forged)).sub).toBe('asked')
  })

  test('S13 any validator will do, and it is one itself', async () => {
    const inner = new FallbackValidator(bad(new Error('not mine')), good('second'))
    const outer = new FallbackValidator(inner, bad(new Error('never asked')))
    expect((await outer.validateToken('opaque-token')).sub).toBe('second')
  })

  test('S13 the second has the last word, right or wrong', async () => {
    const both = new FallbackValidator(bad(new Error('first')), bad(new Error('second')))
    await expect(both.validateToken('opaque-token')).rejects.toThrow('second')
  })

  test('S13 a foreign validator that refuses a JWT is believed, unless it could not tell', async () => {
    const jwt = await mintToken(await testKey('ES256'))
    const refuses = bad(new OAuthError('ExpiredToken', 'too old'))
    await expect(new FallbackValidator(refuses, good('x')).validateToken(jwt)).rejects.toThrow(
      'too old',
    )
    const any = new FallbackValidator(refuses, good('x'), { fallback: 'any' })
    expect((await any.validateToken(jwt)).sub).toBe('x')
    const unsure = bad(new OAuthError('Undecided', 'no keys'))
    expect((await new FallbackValidator(unsure, good('x')).validateToken(jwt)).sub).toBe('x')
  })
})

describe('S14 TokenValidator and OAuthError', () => {
  test.each([
    ['MissingToken', 401, 'Bearer'],
    ['InvalidToken', 401, 'Bearer error="invalid_token", error_description="why"'],
    ['InvalidAudience', 401, 'Bearer error="invalid_token", error_description="why"'],
    ['ExpiredToken', 401, 'Bearer error="invalid_token", error_description="why"'],
    ['InsufficientScope', 403, 'Bearer error="insufficient_scope", error_description="why"'],
    ['Undecided', 503, undefined],
  ] as const)('S14 %s is a %s', (kind, status, challenge) => {
    const error = new OAuthError(kind, 'why')
    expect(error.status).toBe(status)
    expect(error.wwwAuthenticate()).toBe(challenge)
  })

  test('S14 quotes, backslashes and control characters are escaped', () => {
    const error = new OAuthError('InvalidToken', 'a "quote", a \\ and\r\nX-Injected: 1')
    expect(error.wwwAuthenticate()).toBe(
      'Bearer error="invalid_token", error_description="a \\"quote\\", a \\\\ and  X-Injected: 1"',
    )
  })

  test('S14 resource_metadata and scope ride along', () => {
    const error = new OAuthError('InsufficientScope', 'why', { requiredScopes: ['a', 'b'] })
    expect(error.wwwAuthenticate('https://mcp.acme.test/.well-known/x')).toBe(
      'Bearer error="insufficient_scope", error_description="why", scope="a b", resource_metadata="https://mcp.acme.test/.well-known/x"',
    )
  })

  test('S14 the variants as validators throw them', async () => {
    const validator = introspector({
      requiredScopes: ['mcp:call'],
      issuer: 'https://id.acme.test',
    }).expectedAudience('my-api')
    const kindOf = async (body: Record<string, unknown>, token: string): Promise<string> => {
      answer({ active: true, aud: 'my-api', scope: 'mcp:call', ...body })
      return validator.validateToken(token).then(
        () => 'accepted',
        (error: OAuthError) => error.kind,
      )
    }
    expect(await kindOf({}, 'a')).toBe('accepted')
    expect(await kindOf({}, '')).toBe('MissingToken')
    expect(await kindOf({ scope: 'other' }, 'b')).toBe('InsufficientScope')
    expect(await kindOf({ aud: 'other' }, 'c')).toBe('InvalidAudience')
    expect(await kindOf({ iss: 'https://other.test' }, 'd')).toBe('InvalidToken')
  })

  test('S14 an expired JWT is an ExpiredToken', async () => {
    const key = await testKey('ES256')
    server.on('/jwks', { body: jwksOf(key) })
    const jwt = new JwtValidator({
      issuer: server.origin,
      audience: testAudience,
      jwksUri: `${server.origin}/jwks`,
    })
    const token = await mintToken(key, goodClaims({ iss: server.origin, exp: 1000 }))
    expect((await errorOf(jwt.validateToken(token))).kind).toBe('ExpiredToken')
  })
})

describe('S15 the tests of the original', () => {
  const verdictOn = async (aud: unknown, expected?: string): Promise<string> => {
    answer({ active: true, ...(aud === undefined ? {} : { aud }) })
    const plain = introspector()
    const validator = expected === undefined ? plain : plain.expectedAudience(expected)
    return validator.validateToken('opaque-token').then(
      () => 'accepted',
      (error: OAuthError) => error.kind,
    )
  }

  test('S15 construction keeps endpoint and audience', () => {
    const made = new IntrospectionValidator('https://id.acme.test/i', 'id', 'secret')
    const strict = made.expectedAudience('my-api')
    expect([strict.endpoint, strict.clientId, strict.audience]).toEqual([
      'https://id.acme.test/i',
      'id',
      'my-api',
    ])
    expect(JSON.stringify(strict)).not.toContain('secret')
  })

  test('S15 a missing or null aud is refused where one is expected', async () => {
    expect(await verdictOn(undefined, 'my-api')).toBe('InvalidAudience')
    expect(await verdictOn(null, 'my-api')).toBe('InvalidAudience')
  })

  test('S15 an equal string and a list that holds it are accepted, another value is not', async () => {
    expect(await verdictOn('my-api', 'my-api')).toBe('accepted')
    expect(await verdictOn(['other', 'my-api'], 'my-api')).toBe('accepted')
    expect(await verdictOn('other', 'my-api')).toBe('InvalidAudience')
    expect(await verdictOn(['other'], 'my-api')).toBe('InvalidAudience')
  })

  test('S15 without an expectation a missing and any aud are accepted', async () => {
    expect(await verdictOn(undefined)).toBe('accepted')
    expect(await verdictOn('anything')).toBe('accepted')
  })

  test('S15 a fallback of two introspections is legal', async () => {
    answer({ active: false })
    const second = new IntrospectionValidator(`${server.origin}/second`, 'id', 'secret')
    server.on('/second', { body: { active: true, sub: 'second' } })
    const both = new FallbackValidator(introspector(), second, { fallback: 'any' })
    expect((await both.validateToken('opaque-token')).sub).toBe('second')
  })

  test('S15 plain http beyond loopback is refused at construction', () => {
    expect(() => new IntrospectionValidator('http://id.acme.test/i', 'id', 'secret')).toThrow(
      'plain http is for loopback only',
    )
  })
})

test('the names of the library', () => {
  expect(Object.keys(library).sort()).toEqual([
    'DiscoveryError',
    'FallbackValidator',
    'IntrospectionValidator',
    'JwtValidator',
    'OAuthError',
    'Secret',
    'UsageError',
    'asTokenValidator',
    'audienceMatches',
    'authConfigSchema',
    'createValidator',
    'discoverAuthServer',
    'problemSpec',
    'protectResource',
    'systemPorts',
  ])
})
