// The fault table over the whole validator and real sockets: what is asked how often, and what is answered meanwhile.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { problemSpec } from '../../../src/problems/problem.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import type { Ports } from '../../../src/base/ports.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../../src/core/validator/auth-gate.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { createManualClock, testEpochMs, type ManualClock } from '../../support/manual-clock.ts'
import { gate, startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import {
  goodClaims,
  jwksOf,
  mintRaw,
  mintToken,
  testAudience,
  testKey,
  testNowSeconds,
  type SigningKey,
} from '../../support/tokens.ts'

const second = 1000
const hour = 3600 * second
const opaque = 'opaque-token-of-the-fault-table'

let server: ScriptedServer
let clock: ManualClock
let ports: Ports
let key: SigningKey
const gates: AuthGate[] = []

beforeEach(async () => {
  server = await startScriptedServer()
  clock = createManualClock()
  ports = systemPorts({ clock })
  key = await testKey('ES256')
  server.on('/jwks', { body: jwksOf(key) })
  server.on('/introspect', { body: active() })
})

afterEach(async () => {
  for (const opened of gates.splice(0)) opened.close()
  await server.close()
})

const active = (members: Record<string, unknown> = {}) => ({
  active: true,
  iss: server.origin,
  aud: testAudience,
  sub: 'user-1',
  scope: 'mcp:read',
  exp: testNowSeconds + 3600,
  ...members,
})

const open = async (auth: Record<string, unknown> = {}): Promise<AuthGate> => {
  const opened = await createValidator(
    authConfigSchema.parse({
      type: 'oauth',
      issuer: server.origin,
      audience: testAudience,
      jwks_uri: `${server.origin}/jwks`,
      introspection_endpoint: `${server.origin}/introspect`,
      client_id: 'client',
      client_secret: 'secret',
      token_validation: 'both',
      ...auth,
    }),
    ports,
  )
  gates.push(opened)
  return opened
}

const ask = async (opened: AuthGate, token: string): Promise<Verdict> =>
  opened.validate(token, new AbortController().signal)

const told = (verdict: Verdict): string =>
  verdict.outcome === 'accepted'
    ? 'accepted'
    : `${verdict.outcome} ${verdict.problem.code} ${problemSpec(verdict.problem.code).http}`

const jwt = (claims: Record<string, unknown> = {}, signer = key): Promise<string> =>
  mintToken(signer, goodClaims({ iss: server.origin, ...claims }))

/** Their signatures are never looked at: no key has their names. */
const ofRandomKids = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    mintRaw(key, {
      header: { kid: `random-${index}` },
      payload: goodClaims({ iss: server.origin }),
      signature: new Uint8Array(64),
    }),
  )

describe('the authorization server is spared', () => {
  test('ten first sights of one opaque token at once are one introspection call', async () => {
    const opened = await open()
    const answer = gate()
    server.on('/introspect', { body: active(), until: answer.opened })
    const asked = Array.from({ length: 10 }, () => ask(opened, opaque))
    await server.asked('/introspect')
    answer.open()
    expect((await Promise.all(asked)).map(told)).toEqual(
      Array.from({ length: 10 }, () => 'accepted'),
    )
    expect(server.count('/introspect')).toBe(1)
  })

  test('a thousand random kids within the cooldown are one refetch', async () => {
    const opened = await open({ token_validation: 'jwt' })
    expect(told(await ask(opened, await jwt()))).toBe('accepted')
    const strangers = ofRandomKids(1000)
    const answers = new Set<string>()
    for (const token of strangers) answers.add(told(await ask(opened, token)))
    expect([...answers]).toEqual(['rejected sig-kid-found 401'])
    expect(server.count('/jwks')).toBe(2)
    clock.set(clock.now() + 31 * second)
    await ask(opened, strangers[0] ?? '')
    expect(server.count('/jwks')).toBe(3)
  })

  test('a thousand random kids at the same moment are one refetch too', async () => {
    const opened = await open({ token_validation: 'jwt' })
    await ask(opened, await jwt())
    await Promise.all(ofRandomKids(1000).map((token) => ask(opened, token)))
    expect(server.count('/jwks')).toBe(2)
  })
})

describe('an outage', () => {
  test('with warm keys accepts, past the stale limit gives 503, and ends with the first answer', async () => {
    const opened = await open({ token_validation: 'jwt' })
    const exp = testNowSeconds + 3 * 24 * 3600
    expect(told(await ask(opened, await jwt({ exp, jti: 'before' })))).toBe('accepted')
    await server.stop()
    clock.set(testEpochMs + 12 * hour)
    expect(told(await ask(opened, await jwt({ exp, jti: 'during' })))).toBe('accepted')
    clock.set(testEpochMs + 25 * hour)
    const late = await jwt({ exp, jti: 'late' })
    expect(told(await ask(opened, late))).toBe('undecided jwks-fetch 503')
    await server.restart()
    clock.set(clock.now() + 61 * second)
    expect(told(await ask(opened, late))).toBe('accepted')
  })

  test('is no invalid token: not for a JWT without keys, not for an opaque token', async () => {
    await server.stop()
    const opened = await open()
    expect(told(await ask(opened, opaque))).toBe('undecided intro-reach 503')
    const keysOnly = await open({ token_validation: 'jwt' })
    expect(told(await ask(keysOnly, await jwt()))).toBe('undecided jwks-fetch 503')
  })
})

describe('what is remembered', () => {
  test.each([
    ['a JWT', 'rejected time-exp 401', async () => jwt({ exp: testNowSeconds + 10 })],
    ['an introspection answer', 'rejected intro-claims 401', () => Promise.resolve(opaque)],
  ] as const)('%s is refused after exp, seen before or not', async (_, refusal, mint) => {
    server.on('/introspect', { body: active({ exp: testNowSeconds + 10 }) })
    const opened = await open({ clock_tolerance: 5 })
    const token = await mint()
    expect(told(await ask(opened, token))).toBe('accepted')
    clock.set(testEpochMs + 14_999)
    expect(told(await ask(opened, token))).toBe('accepted')
    clock.set(testEpochMs + 15_000)
    expect(told(await ask(opened, token))).toBe(refusal)
  })

  const judgedAnew: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['audience', { audience: 'https://other.example' }, 'rejected claim-aud 401'],
    ['required scope', { required_scopes: ['mcp:write'] }, 'rejected claim-scope 403'],
    ['client', { client_id: 'another' }, 'rejected intro-active 401'],
  ]

  test.each(judgedAnew)(
    'the same token under another %s is judged anew',
    async (_, auth, refusal) => {
      server.on('/introspect', ({ headers }) => ({
        body:
          headers.authorization === `Basic ${Buffer.from('client:secret').toString('base64')}`
            ? active()
            : { active: false },
      }))
      const opened = await open({ token_validation: 'introspection' })
      const other = await open({ token_validation: 'introspection', ...auth })
      for (const round of [1, 2]) {
        expect([round, told(await ask(opened, opaque))]).toEqual([round, 'accepted'])
        expect([round, told(await ask(other, opaque))]).toEqual([round, refusal])
      }
      expect(server.count('/introspect')).toBe(2)
    },
  )

  test.each(judgedAnew.slice(0, 2))('a JWT under another %s too', async (_, auth, refusal) => {
    const token = await jwt({ scope: 'mcp:read' })
    const opened = await open({ token_validation: 'jwt' })
    const other = await open({ token_validation: 'jwt', ...auth })
    for (const round of [1, 2]) {
      expect([round, told(await ask(opened, token))]).toEqual([round, 'accepted'])
      expect([round, told(await ask(other, token))]).toEqual([round, refusal])
    }
  })
})
