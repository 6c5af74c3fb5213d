import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/ports.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../../src/core/validator/auth-gate.ts'
import {
  createValidator,
  type ValidatorOptions,
} from '../../../src/core/validator/create-validator.ts'
import { answerToRefusal } from '../../../src/core/challenge/http-answer.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import {
  goodClaims,
  jwksOf,
  mintEncrypted,
  mintRaw,
  mintToken,
  newSigningKey,
  testAudience,
  type SigningKey,
} from '../../support/tokens.ts'

const metadataPath = '/.well-known/oauth-authorization-server'

interface Authority {
  readonly server: ScriptedServer
  readonly key: SigningKey
  token(claims?: Record<string, unknown>): Promise<string>
}

let a: Authority
let b: Authority
let clock: ManualClock
const gates: AuthGate[] = []

const startAuthority = async (): Promise<Authority> => {
  const server = await startScriptedServer()
  const key = await newSigningKey('ES256', { kid: 'same-kid' })
  const { origin } = server
  server.on(metadataPath, {
    body: {
      issuer: origin,
      jwks_uri: `${origin}/jwks`,
      introspection_endpoint: `${origin}/introspect`,
    },
  })
  server.on('/jwks', { body: jwksOf(key) })
  server.on('/introspect', { body: { active: false } })
  return {
    server,
    key,
    token: (claims = {}) => mintToken(key, goodClaims({ iss: origin, ...claims })),
  }
}

beforeEach(async () => {
  clock = createManualClock()
  ;[a, b] = await Promise.all([startAuthority(), startAuthority()])
})
afterEach(async () => {
  for (const gate of gates.splice(0)) gate.close()
  await Promise.all([a.server.close(), b.server.close()])
})

const open = async (
  auth: Record<string, unknown>,
  options: ValidatorOptions = {},
): Promise<AuthGate> => {
  const config = authConfigSchema.parse({ type: 'oauth', audience: testAudience, ...auth })
  const ports = systemPorts({ clock, log: silentLogger, random: () => 1 })
  const gate = await createValidator(config, ports, options)
  gates.push(gate)
  return gate
}
const signal = (): AbortSignal => new AbortController().signal
const ask = async (gate: AuthGate, token: string): Promise<Verdict> =>
  gate.validate(token, signal())
const codeOf = (verdict: Verdict): string =>
  verdict.outcome === 'accepted' ? 'accepted' : `${verdict.outcome} ${verdict.problem.code}`
const two = (more: { a?: object; b?: object; top?: object } = {}) =>
  open({
    ...more.top,
    issuers: [
      { issuer: a.server.origin, ...more.a },
      { issuer: b.server.origin, ...more.b },
    ],
  })
const client = { client_id: 'resource-server', client_secret: 's3cret' }
const introspecting = { ...client, token_validation: 'introspection' }

describe('a JWT', () => {
  test('is judged by the issuer that it names, with the keys of that one alone', async () => {
    const gate = await two()
    expect(await ask(gate, await a.token())).toMatchObject({
      outcome: 'accepted',
      principal: { iss: a.server.origin },
    })
    expect(b.server.count()).toBe(0)
    expect(codeOf(await ask(gate, await b.token()))).toBe('accepted')
    // Both sets have a key of that name: a name is not a signature.
    const forged = await mintToken(a.key, goodClaims({ iss: b.server.origin }))
    expect(codeOf(await ask(gate, forged))).toBe('rejected sig-verify')
  })

  test('seen before is decided at once', async () => {
    const gate = await two()
    const token = await b.token()
    const verdict = await ask(gate, token)
    expect(gate.validate(token, signal())).not.toBeInstanceOf(Promise)
    expect(gate.holds?.(verdict)).toBe(true)
    clock.set(clock.now() + 61_000)
    expect(gate.holds?.(verdict)).toBe(false)
  })

  test('of none of them is refused naming all, and nobody is asked', async () => {
    const gate = await two({ a: introspecting, b: introspecting })
    const verdict = await ask(gate, await a.token({ iss: 'https://evil.test' }))
    expect(codeOf(verdict)).toBe('rejected claim-iss')
    expect(verdict).toMatchObject({
      problem: { detail: expect.stringContaining(a.server.origin) as string },
    })
    expect(verdict).toMatchObject({
      problem: { detail: expect.stringContaining(b.server.origin) as string },
    })
    expect([a.server.count(), b.server.count()]).toEqual([0, 0])
  })

  test.each([
    ['no iss', { iss: undefined }],
    ['a list', { iss: ['https://evil.test'] }],
    ['a number', { iss: 7 }],
    ['nothing', { iss: null }],
  ])('with %s as its issuer is refused', async (_, claims) => {
    const gate = await two()
    const token = mintRaw(a.key, { payload: goodClaims(claims) })
    expect(codeOf(await ask(gate, token))).toBe('rejected claim-iss')
  })

  test('that names its issuer twice gets past neither of them', async () => {
    const gate = await two()
    const both = (first: string, second: string) =>
      mintRaw(a.key, {
        payload: JSON.stringify(goodClaims({ iss: first })).replace(
          '}',
          `,"iss":${JSON.stringify(second)}}`,
        ),
      })
    for (const [first, second] of [
      [a.server.origin, b.server.origin],
      [b.server.origin, a.server.origin],
    ] as const) {
      expect((await ask(gate, both(first, second))).outcome).toBe('rejected')
    }
  })

  test('may name what the metadata of its issuer calls itself', async () => {
    a.server.on(metadataPath, {
      body: { issuer: 'https://pinned.test', jwks_uri: `${a.server.origin}/jwks` },
    })
    const gate = await two({ a: { metadata_issuer: 'https://pinned.test' } })
    expect(codeOf(await ask(gate, await a.token({ iss: 'https://pinned.test' })))).toBe('accepted')
  })
})

describe('each issuer has a policy of its own', () => {
  test('what it does not say is taken over from [auth]', async () => {
    const gate = await two({
      top: { required_scopes: ['mcp:read'], clock_tolerance: 0 },
      b: { audience: 'https://b.test', required_scopes: ['mcp:admin'], clock_tolerance: 300 },
    })
    expect(codeOf(await ask(gate, await a.token()))).toBe('accepted')
    expect(codeOf(await ask(gate, await a.token({ scope: 'x' })))).toBe('rejected claim-scope')
    expect(codeOf(await ask(gate, await b.token()))).toBe('rejected claim-aud')
    const forB = { aud: 'https://b.test' }
    expect(codeOf(await ask(gate, await b.token(forB)))).toBe('rejected claim-scope')
    const late = { ...forB, scope: 'mcp:admin', exp: clock.now() / 1000 - 200 }
    expect(codeOf(await ask(gate, await b.token(late)))).toBe('accepted')
    expect(codeOf(await ask(gate, await a.token({ exp: late.exp })))).toBe('rejected time-exp')
    expect(gate.audiences).toEqual([testAudience, 'https://b.test'])
  })

  test('every token needs the scopes that all of them demand; the rest is told who lacks it', async () => {
    const gate = await two({
      a: { required_scopes: ['mcp:read', 'mcp:call'] },
      b: { required_scopes: ['mcp:admin', 'mcp:read'] },
    })
    expect(gate.requiredScopes).toEqual(['mcp:read'])
    const verdict = await ask(gate, await b.token())
    if (verdict.outcome === 'accepted') throw new Error('it lacks mcp:admin')
    const { requiredScopes } = gate
    const answer = answerToRefusal(verdict, { resourceMetadata: undefined, requiredScopes })
    expect(answer).toMatchObject({
      status: 403,
      challenge: expect.stringContaining('scope="mcp:admin mcp:read"') as string,
    })
  })

  test('algorithms and profile too', async () => {
    const gate = await two({ a: { algorithms: ['RS256'] }, b: { profile: 'strict' } })
    expect(codeOf(await ask(gate, await a.token()))).toBe('rejected jose-alg-allowed')
    expect(codeOf(await ask(gate, await b.token({ client_id: undefined })))).toBe(
      'rejected claim-identity',
    )
  })

  test('the issuer of [auth] itself comes first', async () => {
    const gate = await open({ issuer: a.server.origin, issuers: [{ issuer: b.server.origin }] })
    expect(gate.authorizationServers).toEqual([a.server.origin, b.server.origin])
    expect(codeOf(await ask(gate, await a.token()))).toBe('accepted')
    expect(codeOf(await ask(gate, await b.token()))).toBe('accepted')
  })

  test('the public URL is the audience of those that name none', async () => {
    const gate = await open(
      {
        audience: undefined,
        issuers: [{ issuer: a.server.origin }, { issuer: b.server.origin, audience: 'x' }],
      },
      { defaultAudience: testAudience },
    )
    expect(codeOf(await ask(gate, await a.token()))).toBe('accepted')
    expect(codeOf(await ask(gate, await b.token()))).toBe('rejected claim-aud')
  })
})

describe('an opaque token', () => {
  const active = ({ server }: Authority) =>
    server.on('/introspect', {
      body: { active: true, iss: server.origin, aud: testAudience, sub: 'user-1' },
    })

  test('is shown to the issuers that introspect, in order, until one knows it', async () => {
    active(b)
    const gate = await two({ top: { token_validation: 'introspection' }, a: client, b: client })
    expect(await ask(gate, 'opaque-token')).toMatchObject({
      outcome: 'accepted',
      principal: { iss: b.server.origin },
    })
    expect([a.server.count('/introspect'), b.server.count('/introspect')]).toEqual([1, 1])
  })

  test('goes on to no other once one knows it, good or bad', async () => {
    a.server.on('/introspect', { body: { active: true, aud: 'https://other.test' } })
    active(b)
    const gate = await two({ a: introspecting, b: introspecting })
    expect(codeOf(await ask(gate, 'opaque-token'))).toBe('rejected claim-aud')
    expect(b.server.count()).toBe(0)
  })

  test('is asked for at its home alone from then on, and at once', async () => {
    active(b)
    const gate = await two({ a: introspecting, b: introspecting })
    await ask(gate, 'opaque-token')
    clock.set(clock.now() + 10_000)
    expect(gate.validate('opaque-token', signal())).not.toBeInstanceOf(Promise)
    clock.set(clock.now() + 30_000)
    expect(codeOf(await ask(gate, 'opaque-token'))).toBe('accepted')
    expect([a.server.count('/introspect'), b.server.count('/introspect')]).toEqual([1, 2])
  })

  test('that has moved is found again', async () => {
    active(b)
    const gate = await two({ a: introspecting, b: introspecting })
    await ask(gate, 'opaque-token')
    active(a)
    b.server.on('/introspect', { body: { active: false } })
    clock.set(clock.now() + 31_000)
    expect(await ask(gate, 'opaque-token')).toMatchObject({ principal: { iss: a.server.origin } })
  })

  test('that nobody knows is not active at any of them', async () => {
    const gate = await two({ a: introspecting, b: introspecting })
    const verdict = await ask(gate, 'opaque-token')
    expect(codeOf(verdict)).toBe('rejected intro-active')
    expect(verdict).toMatchObject({
      problem: {
        detail: `token is not active at any of ${a.server.origin}, ${b.server.origin}`,
      },
    })
  })

  test('is undecided while one that might know it is down', async () => {
    await a.server.stop()
    const gate = await two({ a: introspecting, b: introspecting })
    expect(codeOf(await ask(gate, 'opaque-token'))).toBe('undecided intro-reach')
    active(b)
    clock.set(clock.now() + 6000)
    expect(codeOf(await ask(gate, 'opaque-token'))).toBe('accepted')
  })

  test('goes only to those that introspect', async () => {
    active(b)
    const gate = await two({ b: introspecting })
    expect(codeOf(await ask(gate, 'opaque-token'))).toBe('accepted')
    expect(a.server.count()).toBe(0)
    const none = await two()
    expect(codeOf(await ask(none, 'opaque-token'))).toBe('rejected jose-shape')
    expect(none.introspect).toBeUndefined()
  })

  test('may be an encrypted one; what is no token at all is shown to nobody', async () => {
    active(b)
    const gate = await two({ a: introspecting, b: introspecting })
    expect(codeOf(await ask(gate, await mintEncrypted()))).toBe('accepted')
    const before = a.server.count() + b.server.count()
    expect(codeOf(await ask(gate, '${TOKEN}'))).toBe('rejected in-unexpanded-variable')
    expect(a.server.count() + b.server.count()).toBe(before)
  })

  test('a JWT is introspected where it says that it is from, and nowhere else', async () => {
    active(b)
    const gate = await two({ a: introspecting, b: introspecting })
    expect(codeOf(await ask(gate, await b.token()))).toBe('accepted')
    expect(a.server.count()).toBe(0)
  })

  test('introspect shows what the one that knows it says', async () => {
    active(b)
    const gate = await two({ a: introspecting, b: introspecting })
    const found = await gate.introspect!('opaque-token', signal())
    expect(found.exchange?.url).toBe(`${b.server.origin}/introspect`)
    expect(codeOf(found.verdict)).toBe('accepted')
    b.server.on('/introspect', { body: { active: false } })
    const nowhere = await gate.introspect!('other-token', signal())
    expect(nowhere.verdict).toMatchObject({
      problem: { detail: expect.stringContaining('not active at any of') as string },
    })
    const stranger = await gate.introspect!(await a.token({ iss: 'https://evil.test' }), signal())
    expect(codeOf(stranger.verdict)).toBe('rejected claim-iss')
    expect(stranger.exchange).toBeUndefined()
  })
})

describe('an issuer that is down', () => {
  test('does not disturb the others', async () => {
    await a.server.stop()
    const gate = await two()
    expect(codeOf(await ask(gate, await b.token()))).toBe('accepted')
    expect(codeOf(await ask(gate, await a.token()))).toBe('undecided jwks-fetch')
    expect(gate.ready()).toEqual({ ready: true })
    await a.server.restart()
    clock.set(clock.now() + 1000)
    expect(codeOf(await ask(gate, await a.token()))).toBe('accepted')
  })

  test('not ready means that none can decide', async () => {
    await Promise.all([a.server.stop(), b.server.stop()])
    const gate = await two()
    gate.start()
    await clock.untilSleeping(4)
    expect(gate.ready()).toMatchObject({ ready: false, problem: { code: 'jwks-fetch' } })
  })
})

describe('[[auth.issuers]]', () => {
  const problems = (auth: Record<string, unknown>): readonly string[] => {
    const parsed = authConfigSchema.safeParse({ type: 'oauth', ...auth })
    return parsed.success
      ? []
      : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
  }
  const one = { issuer: 'https://a.test' }

  test.each([
    [{}, ['issuer is required, unless [[auth.issuers]] names the issuers']],
    [{ issuers: [] }, ['issuers Too small: expected array to have >=1 items']],
    [{ issuers: [one, one] }, ['issuers.1.issuer is named twice']],
    [{ ...one, issuers: [one] }, ['issuers.0.issuer is named twice']],
    [
      { client_id: 'x', issuers: [one] },
      ['client_id belongs to one issuer: write it in its [[auth.issuers]]'],
    ],
    [
      { token_validation: 'both', issuers: [one] },
      [
        'issuers.0.client_id is required with token_validation = "both"',
        'issuers.0.client_secret is required with token_validation = "both"',
      ],
    ],
    [
      { ...one, issuers: [{ issuer: 'http://b.test' }] },
      [
        'issuers.0.issuer cannot be used: plain http is for loopback only (allow_http = true lifts this)',
      ],
    ],
  ])('%j', (auth, expected) => {
    expect(problems(auth)).toEqual(expected)
  })

  test('a secret of one is never taken over by another', () => {
    const auth = {
      ...one,
      ...client,
      token_validation: 'both',
      issuers: [{ issuer: 'https://b.test' }],
    }
    expect(problems(auth)).toEqual([
      'issuers.0.client_id is required with token_validation = "both"',
      'issuers.0.client_secret is required with token_validation = "both"',
    ])
  })

  test('introspect_jwts of [auth] holds where it has a meaning', () => {
    const auth = {
      ...one,
      ...client,
      token_validation: 'both',
      introspect_jwts: true,
      issuers: [{ issuer: 'https://b.test', token_validation: 'jwt' }],
    }
    expect(problems(auth)).toEqual([])
  })

  test('proofs of possession are asked for by the resource, not by an issuer', () => {
    expect(problems({ issuers: [{ ...one, sender_constraint: 'dpop' }] })).toHaveLength(1)
  })
})
