import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../../src/core/validator/auth-gate.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import { differingClaims } from '../../../src/core/introspection/introspection-comparison.ts'
import type { Introspection } from '../../../src/core/introspection/introspection-report.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  newSigningKey,
  testAudience,
  testKey,
} from '../../support/tokens.ts'

let server: ScriptedServer
let clock: ManualClock
const gates: AuthGate[] = []

beforeEach(async () => {
  clock = createManualClock()
  server = await startScriptedServer({
    '/introspect': { body: { active: false } },
    '/jwks': { body: jwksOf(await testKey('ES256')) },
  })
  const { origin } = server
  server.on('/.well-known/oauth-authorization-server', {
    body: {
      issuer: origin,
      jwks_uri: `${origin}/jwks`,
      introspection_endpoint: `${origin}/introspect`,
    },
  })
})
afterEach(async () => {
  for (const gate of gates.splice(0)) gate.close()
  await server.close()
})

const open = async (more: Record<string, unknown> = {}): Promise<AuthGate> => {
  const auth = authConfigSchema.parse({
    type: 'oauth',
    issuer: server.origin,
    audience: testAudience,
    token_validation: 'introspection',
    client_id: 'resource-server',
    client_secret: 's3cret',
    ...more,
  })
  const gate = await createValidator(auth, systemPorts({ clock }))
  gates.push(gate)
  return gate
}
const token = async (claims: Record<string, unknown> = {}): Promise<string> =>
  mintToken(await testKey('ES256'), goodClaims({ iss: server.origin, ...claims }))
const introspect = async (gate: AuthGate, text: string): Promise<Introspection> =>
  gate.introspect!(text, new AbortController().signal)
const adviceOf = ({ verdict }: Introspection): readonly string[] =>
  verdict.checks.filter(({ status }) => status === 'warn').map(({ id }) => id)

describe('inactive, although it verifies here', () => {
  test('stands beside intro-active, and the verdict stays', async () => {
    const found = await introspect(await open(), await token())
    expect(found.verdict).toMatchObject({
      outcome: 'rejected',
      problem: { code: 'intro-active', detail: 'token is not active' },
    })
    const ids = found.verdict.checks.map(({ id }) => id)
    expect(ids[ids.indexOf('intro-active') + 1]).toBe('intro-inactive-valid')
  })

  test('whom it is for is another question', async () => {
    const found = await introspect(await open(), await token({ aud: 'other', scope: 'x' }))
    expect(adviceOf(found)).toContain('intro-inactive-valid')
  })

  test.each([
    ['an expired one', () => token({ exp: clock.now() / 1000 - 61 })],
    ['one of another issuer', () => token({ iss: 'https://evil.test' })],
    [
      'a forged one',
      async () =>
        mintToken(await newSigningKey('ES256', { kid: 'x' }), goodClaims({ iss: server.origin })),
    ],
    ['an opaque one', () => Promise.resolve('opaque-token')],
  ])('%s is simply not active', async (_, made) => {
    expect(adviceOf(await introspect(await open(), await made()))).not.toContain(
      'intro-inactive-valid',
    )
  })

  test('keys that cannot be had say nothing', async () => {
    server.on('/jwks', { status: 500 })
    expect(adviceOf(await introspect(await open(), await token()))).not.toContain(
      'intro-inactive-valid',
    )
  })

  test('keys are found by discovery even where introspection needs none', async () => {
    const endpoint = { introspection_endpoint: `${server.origin}/introspect` }
    const gate = await open(endpoint)
    expect(adviceOf(await introspect(gate, await token()))).toContain('intro-inactive-valid')
    const named = await open({ ...endpoint, jwks_uri: `${server.origin}/jwks` })
    expect(adviceOf(await introspect(named, await token()))).toContain('intro-inactive-valid')
  })

  test('serve asks for no keys that no verdict needs', async () => {
    const gate = await open()
    await gate.validate(await token(), new AbortController().signal)
    expect(server.count('/jwks')).toBe(0)
  })

  test('both with introspect_jwts: the same advice on the way of serve', async () => {
    const gate = await open({ token_validation: 'both', introspect_jwts: true })
    const verdict = await gate.validate(await token(), new AbortController().signal)
    const ids = verdict.checks.map(({ id }) => id)
    expect(ids[ids.indexOf('intro-active') + 1]).toBe('intro-inactive-valid')
  })
})

describe('what the answer says against the token itself', () => {
  const active = (more: Record<string, unknown> = {}): void =>
    server.on('/introspect', {
      body: { active: true, ...goodClaims({ iss: server.origin }), ...more },
    })

  test('the same: intro-claims passes', async () => {
    active()
    const { verdict } = await introspect(await open(), await token())
    expect(verdict.outcome).toBe('accepted')
    expect(verdict.checks).toContainEqual({ id: 'intro-claims', status: 'pass' })
  })

  test('another: told with both values, and accepted all the same', async () => {
    active({ sub: 'user-2', scope: 'mcp:read' })
    const { verdict } = await introspect(await open(), await token())
    expect(verdict.outcome).toBe('accepted')
    expect(verdict.checks).toContainEqual({
      id: 'intro-claims',
      case: 'differs',
      status: 'warn',
      message:
        'active, but sub is "user-2", in the token "user-1"; scope is "mcp:read", in the token "mcp:read mcp:write"',
      evidence: {
        expected: { sub: 'user-1', scope: 'mcp:read mcp:write' },
        actual: { sub: 'user-2', scope: 'mcp:read' },
      },
    })
  })

  test('a contradiction that refuses keeps its place', async () => {
    active({ exp: clock.now() / 1000 - 100 })
    const { verdict } = await introspect(await open(), await token())
    expect(verdict).toMatchObject({ outcome: 'rejected', problem: { code: 'intro-claims' } })
  })

  test('both with introspect_jwts: the principal is that of the token, the difference is told', async () => {
    active({ sub: 'user-2' })
    const gate = await open({ token_validation: 'both', introspect_jwts: true })
    const good = await token()
    const ask = () => gate.validate(good, new AbortController().signal)
    const verdict = await ask()
    expect(verdict).toMatchObject({ outcome: 'accepted', principal: { sub: 'user-1' } })
    expect(verdict.checks).toContainEqual(
      expect.objectContaining({ id: 'intro-claims', status: 'warn' }),
    )
    const again = ask()
    expect(again).not.toBeInstanceOf(Promise)
    expect(ask()).toBe(again)
  })

  test.each([
    ['order of scopes', { scope: 'b a' }, { scope: 'a b' }, false],
    ['scopes as a list', { scope: 'a b' }, { scope: ['b', 'a'] }, false],
    ['one audience in a list', { aud: ['x'] }, { aud: 'x' }, false],
    ['one audience more', { aud: ['x', 'y'] }, { aud: 'x' }, true],
    ['fractions of a second', { exp: 100.4 }, { exp: 101 }, false],
    ['seconds', { exp: 100 }, { exp: 102 }, true],
    ['what only one of them says', { username: 'x', sub: null }, { sub: 'x', jti: 'y' }, false],
    ['another jti', { jti: 'x' }, { jti: 'y' }, true],
  ])('%s', (_, answer, claims, differs) => {
    expect(differingClaims(answer, claims) !== undefined).toBe(differs)
  })
})
