import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../../src/core/validator/auth-gate.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import {
  jwksOf,
  mintEncrypted,
  mintHmac,
  mintRaw,
  mintToken,
  mintUnsigned,
  newSigningKey,
  testAudience,
  testKey,
  testNowSeconds,
} from '../../support/tokens.ts'

const type = 'application/token-introspection+jwt'
const typ = 'token-introspection+jwt'

let server: ScriptedServer
let clock: ManualClock
const gates: AuthGate[] = []

beforeEach(async () => {
  clock = createManualClock()
  server = await startScriptedServer()
  server.on('/jwks', { body: jwksOf(await testKey('ES256')) })
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
    introspection_endpoint: `${server.origin}/introspect`,
    jwks_uri: `${server.origin}/jwks`,
    client_id: 'resource-server',
    client_secret: 's3cret',
    introspection_response: 'jwt',
    ...more,
  })
  const gate = await createValidator(auth, systemPorts({ clock }))
  gates.push(gate)
  return gate
}
const ask = async (gate: AuthGate): Promise<Verdict> =>
  gate.validate('opaque-token', new AbortController().signal)
const saying = (verdict: Verdict): string =>
  verdict.outcome === 'accepted'
    ? 'accepted'
    : `${verdict.outcome} ${verdict.problem.code}: ${verdict.problem.detail}`

const inner = (more: Record<string, unknown> = {}) => ({
  active: true,
  aud: testAudience,
  sub: 'user-1',
  ...more,
})
const envelope = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  iss: server.origin,
  aud: 'resource-server',
  iat: testNowSeconds,
  token_introspection: inner(),
  ...more,
})
const signed = async (
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> => mintToken(await testKey('ES256'), envelope(claims), { typ, ...header })
const answer = (body: string, contentType = type): void =>
  server.on('/introspect', { body, headers: { 'content-type': contentType } })

test('the answer is asked for by its type, and what is in it is judged', async () => {
  answer(await signed())
  expect(saying(await ask(await open()))).toBe('accepted')
  expect(server.requests[0]?.headers.accept).toBe(type)
  answer(await signed({ token_introspection: inner({ aud: 'https://other.test' }) }))
  expect(saying(await ask(await open()))).toContain('rejected claim-aud')
  answer(await signed({ token_introspection: { active: false } }))
  expect(saying(await ask(await open()))).toContain('rejected intro-active')
})

test('our client may be one of several in aud, and the clocks may differ a little', async () => {
  answer(await signed({ aud: ['other', 'resource-server'], iat: testNowSeconds + 59 }))
  expect(saying(await ask(await open()))).toBe('accepted')
})

describe('what proves nothing decides nothing', () => {
  test.each([
    ['another type', {}, { typ: 'JWT' }, 'typ: "JWT"'],
    ['no type', {}, { typ: undefined }, 'typ: (absent)'],
    ['another issuer', { iss: 'https://evil.test' }, {}, 'from "https://evil.test", expected'],
    ['no issuer', { iss: undefined }, {}, 'from (absent), expected'],
    ['another client', { aud: 'other' }, {}, 'not for our client "resource-server"'],
    ['no audience', { aud: undefined }, {}, 'not for our client'],
    ['no iat', { iat: undefined }, {}, 'iat: there is none'],
    ['iat to come', { iat: testNowSeconds + 61 }, {}, 'iat: it is in the future'],
    ['an old iat', { iat: testNowSeconds - 361 }, {}, 'iat: it was made 361 s ago'],
    ['exp past', { exp: testNowSeconds - 61 }, {}, 'exp: it has expired'],
    [
      'nothing inside',
      { token_introspection: undefined },
      {},
      'token_introspection: there is none',
    ],
    ['a list inside', { token_introspection: [] }, {}, 'token_introspection: there is none'],
    ['no active', { token_introspection: { sub: 'x' } }, {}, 'it has no `active`'],
    ['an unknown crit', {}, { crit: ['x'], x: 1 }, 'jose-crit'],
    ['an unknown kid', {}, { kid: 'unknown' }, 'sig-kid-found'],
  ])('%s', async (_, claims, header, words) => {
    const key = await testKey('ES256')
    answer(
      mintRaw(key, {
        header: { typ, ...header },
        payload: envelope(claims),
      }),
    )
    const verdict = await ask(await open())
    expect(saying(verdict)).toMatch(
      /undecided intro-jwt: The signed answer (?:fails|is from|is not for our client)/,
    )
    expect(saying(verdict)).toContain(words)
  })

  test.each([
    [
      'plain JSON',
      () => JSON.stringify(inner()),
      'application/json',
      'its content type is application/json',
    ],
    ['JSON under the signed type', () => JSON.stringify(inner()), type, 'its form: not a JWT'],
    ['unsigned', () => mintUnsigned(envelope()), type, 'typ'],
    ['encrypted', () => mintEncrypted(envelope()), type, 'its form: encrypted'],
    ['nothing', () => '', type, 'its form: not a JWT'],
  ])('%s', async (_, body, contentType, words) => {
    answer(await body(), contentType)
    const verdict = await ask(await open())
    expect(saying(verdict)).toContain('undecided intro-jwt')
    expect(saying(verdict)).toContain(words)
  })

  test('a signature by another key, by a shared secret, by an algorithm that is not allowed', async () => {
    const key = await testKey('ES256')
    const stranger = await newSigningKey('ES256', { kid: key.kid })
    answer(await mintToken(stranger, envelope(), { typ }))
    expect(saying(await ask(await open()))).toContain('undecided intro-jwt')
    answer(mintHmac('s3cret', envelope(), { typ }))
    expect(saying(await ask(await open()))).toContain('undecided intro-jwt')
    answer(await signed())
    expect(saying(await ask(await open({ algorithms: ['RS256'] })))).toContain('jose-alg-allowed')
  })
})

test('keys that cannot be had: undecided, and the cause is named', async () => {
  server.on('/jwks', { status: 500 })
  answer(await signed())
  const verdict = await ask(await open())
  expect(saying(verdict)).toContain('undecided jwks-fetch')
  expect(verdict.checks).toContainEqual(
    expect.objectContaining({ id: 'intro-jwt', status: 'skip' }),
  )
})

test('refused credentials and outages are told as ever', async () => {
  server.on('/introspect', { status: 401, body: { error: 'invalid_client' } })
  expect(saying(await ask(await open()))).toContain('undecided intro-client-auth')
  server.on('/introspect', { status: 500 })
  expect(saying(await ask(await open()))).toContain('undecided intro-reach')
})

test('an unproven answer about an unknown token is not remembered, and stops no other call', async () => {
  answer(await signed({ token_introspection: {} }))
  const gate = await open()
  for (let n = 0; n < 8; n += 1) {
    expect(saying(await ask(gate))).toContain('undecided intro-jwt')
  }
  expect(server.count('/introspect')).toBe(8)
  expect(gate.ready()).toEqual({ ready: true })
  answer(await signed())
  expect(saying(await ask(gate))).toBe('accepted')
})

test('with both, tokens and answers are verified with one key set', async () => {
  answer(await signed())
  const gate = await open({ token_validation: 'both' })
  const jwt = await mintToken(await testKey('ES256'), {
    iss: server.origin,
    aud: testAudience,
    sub: 'user-1',
    exp: testNowSeconds + 600,
  })
  const good = await gate.validate(jwt, new AbortController().signal)
  expect(saying(good)).toBe('accepted')
  expect(saying(await ask(gate))).toBe('accepted')
  expect(server.count('/jwks')).toBe(1)
})
