// A whole decision about a signed token: what is checked, in what order it is blamed, what is remembered.
import { describe, expect, test } from 'vitest'
import type { ProblemCode } from '../../../src/problems/problem.ts'
import { checkInput } from '../../../src/core/token/token-input.ts'
import {
  createJwtValidator,
  locallyUndecidable,
  type JwtValidatorOptions,
} from '../../../src/core/validator/jwt-validator.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { fixedKeys } from '../../support/fixed-keys.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { policyOf } from '../../support/policy.ts'
import * as tokens from '../../support/tokens.ts'

const { goodClaims, mintRaw, mintToken, testKey, testNowSeconds } = tokens
const signal = new AbortController().signal

interface Setup extends Partial<JwtValidatorOptions> {
  readonly down?: boolean
  readonly cold?: boolean
  readonly published?: readonly tokens.SigningKey[]
}

const setUp = async ({ down, cold, published, ...options }: Setup = {}) => {
  const clock = createManualClock()
  const keys = await fixedKeys(published ?? [await testKey()], {
    down: down === true,
    cold: cold === true,
  })
  const validator = createJwtValidator({
    keys,
    clock,
    policy: policyOf(),
    algorithms: undefined,
    ...options,
  })
  return {
    clock,
    keys,
    validator,
    validate: async (token: string) => validator.validate(token, signal),
  }
}

const cause = (verdict: Verdict): ProblemCode | 'accepted' =>
  verdict.outcome === 'accepted' ? 'accepted' : verdict.problem.code

const statusOf = (verdict: Verdict, id: ProblemCode): string | undefined =>
  verdict.checks.find((check) => check.id === id)?.status

describe('a good token', () => {
  test.each(tokens.signingAlgorithms)('is accepted when signed with %s', async (alg) => {
    const key = await testKey(alg)
    const { validate } = await setUp({ published: [key] })
    const verdict = await validate(await mintToken(key))
    expect(verdict).toMatchObject({
      outcome: 'accepted',
      expiresAt: (testNowSeconds + 3600 + 60) * 1000,
      principal: {
        method: 'jwt',
        iss: tokens.testIssuer,
        sub: 'user-1',
        clientId: 'client-1',
        scopes: ['mcp:read', 'mcp:write'],
        audience: [tokens.testAudience],
      },
    })
    expect(statusOf(verdict, 'sig-verify')).toBe('pass')
  })

  test('is judged without leaking itself into any check', async () => {
    const key = await testKey()
    const { validate } = await setUp()
    for (const claims of [goodClaims(), goodClaims({ aud: 'x', exp: 1, iss: 'y' })]) {
      const token = await mintToken(key, claims)
      const text = JSON.stringify(await validate(token))
      for (const part of token.split('.')) expect(text).not.toContain(part)
    }
  })
})

interface Case {
  readonly name: string
  readonly mint: () => Promise<string> | string
  readonly expected: ProblemCode
  readonly setup?: () => Promise<Setup> | Setup
  /** Failing checks that are not the cause but must be reported beside it. */
  readonly beside?: readonly ProblemCode[]
}

const es = () => testKey('ES256')
const minted =
  (claims: tokens.Members, header: tokens.Members = {}) =>
  async () =>
    mintToken(await es(), goodClaims(claims), header)
const raw = (parts: tokens.RawParts) => async () => mintRaw(await es(), parts)
const part = (value: unknown) => tokens.base64url(JSON.stringify(value))

const refusals: readonly Case[] = [
  { name: 'nothing', mint: () => '', expected: 'in-empty' },
  { name: 'blanks', mint: () => '  \t', expected: 'in-empty' },
  { name: 'a shell variable', mint: () => '${TOKEN}', expected: 'in-unexpanded-variable' },
  { name: 'a template', mint: () => '{{token}}', expected: 'in-unexpanded-variable' },
  { name: 'angle brackets', mint: () => '<your-token>', expected: 'in-unexpanded-variable' },
  { name: 'a logged token', mint: () => 'eyJhbGciOi...Xyz', expected: 'in-truncated' },
  { name: 'an ellipsis character', mint: () => 'eyJhbGciOi\u2026', expected: 'in-truncated' },
  {
    name: 'a token in quotes',
    mint: async () => `"${await minted({})()}"`,
    expected: 'in-non-ascii',
  },
  {
    name: 'a zero-width space',
    mint: async () => `${await minted({})()}\u200b`,
    expected: 'in-non-ascii',
  },
  { name: 'an inner equals sign', mint: () => 'abc=def', expected: 'in-non-ascii' },
  { name: 'a giant', mint: () => 'a'.repeat(16 * 1024 + 1), expected: 'in-size' },
  { name: 'a giant of 100 KB', mint: minted({ pad: 'x'.repeat(100_000) }), expected: 'in-size' },
  {
    name: 'a token without its last part',
    mint: async () => (await minted({})()).split('.').slice(0, 2).join('.'),
    expected: 'in-truncated',
    beside: ['jose-shape'],
  },
  {
    name: 'a token that ends within its header',
    mint: () => part({ alg: 'ES256', kid: 'x' }).slice(0, -4),
    expected: 'in-truncated',
  },
  {
    name: 'a token that lost the end of its signature',
    mint: async () => (await minted({})()).slice(0, -20),
    expected: 'in-truncated',
  },
  {
    name: 'an RSA token that lost the end of its signature',
    mint: async () => (await mintToken(await testKey('RS256'))).slice(0, -8),
    setup: async () => ({ published: [await testKey('RS256')] }),
    expected: 'in-truncated',
  },
  {
    name: 'an RSA token of a large key that was cut to the length of a small one',
    mint: async () => {
      const token = mintRaw(await bigKey(), {})
      return token.slice(0, token.lastIndexOf('.') + 1 + 344)
    },
    setup: async () => ({ published: [await bigKey()] }),
    expected: 'in-truncated',
    beside: ['sig-verify'],
  },
  {
    name: 'an opaque token',
    mint: () => 'gho_16C7e42F292c6912E7710c838347Ae178B4a',
    expected: 'jose-shape',
  },
  { name: 'dots that are no JWT', mint: () => '1.2.3', expected: 'jose-shape' },
  { name: 'a JWT without alg', mint: raw({ header: '{"typ":"JWT"}' }), expected: 'jose-shape' },
  { name: 'seven parts', mint: () => 'a.b.c.d.e.f.g', expected: 'jose-shape' },
  { name: 'a JWE', mint: () => tokens.mintEncrypted(), expected: 'jose-encrypted' },
  {
    name: 'padding in the payload',
    mint: async () => {
      const [a, , c] = (await minted({})()).split('.')
      return `${a}.${part({ a: 1 })}=.${c}`
    },
    expected: 'in-non-ascii',
    beside: [],
  },
  {
    name: 'plain base64 in the signature',
    mint: async () => tokens.withPart(await minted({})(), 2, `${'a'.repeat(84)}+/`),
    expected: 'jose-base64',
  },
  {
    name: 'a signature of an impossible length',
    mint: async () => tokens.withPart(await minted({})(), 2, 'a'.repeat(89)),
    expected: 'jose-base64',
  },
  {
    name: 'the same signature in another spelling',
    mint: async () => {
      const token = await minted({})()
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const last = alphabet[alphabet.indexOf(token.at(-1)!) + 1]!
      const other = token.slice(0, -1) + last
      const bytes = (text: string) => Buffer.from(text.split('.')[2]!, 'base64url')
      expect(bytes(other)).toEqual(bytes(token))
      return other
    },
    expected: 'jose-base64',
  },
  { name: 'a payload that is no JSON', mint: raw({ payload: 'not json' }), expected: 'jose-json' },
  { name: 'a payload that is an array', mint: raw({ payload: '[1]' }), expected: 'jose-json' },
  { name: 'a payload that is null', mint: raw({ payload: 'null' }), expected: 'jose-json' },
  {
    name: 'a payload in Latin-1',
    mint: raw({ payload: Uint8Array.from([0x7b, 0xe9, 0x7d]) }),
    expected: 'jose-json',
  },
  { name: 'a payload with NUL', mint: raw({ payload: '{"iss":"\u0000"}' }), expected: 'jose-json' },
  {
    name: 'a deep payload',
    mint: raw({ payload: `{"a":${'['.repeat(90)}${']'.repeat(90)}}` }),
    expected: 'jose-json',
  },
  {
    name: 'two values of aud',
    mint: raw({ payload: `{"aud":"evil","aud":${JSON.stringify(tokens.testAudience)}}` }),
    expected: 'jose-duplicate-member',
  },
  {
    name: 'two values of alg, one in escapes',
    mint: raw({ header: '{"alg":"none","\\u0061lg":"ES256","kid":"test-ES256"}' }),
    expected: 'jose-duplicate-member',
  },
  { name: 'no signature at all', mint: () => tokens.mintUnsigned(), expected: 'jose-alg-none' },
  {
    name: 'nOnE',
    mint: () => tokens.mintUnsigned(goodClaims(), 'nOnE'),
    expected: 'jose-alg-none',
  },
  {
    name: 'none over a good signature',
    mint: async () => tokens.withPart(await minted({})(), 0, { alg: 'none', kid: 'test-ES256' }),
    expected: 'jose-alg-none',
  },
  {
    name: 'HMAC keyed with the public key',
    mint: async () => {
      const key = await testKey('RS256')
      const pem = key.publicKey.export({ type: 'spki', format: 'pem' })
      return tokens.mintHmac(pem, goodClaims(), { kid: key.kid })
    },
    setup: async () => ({ published: [await testKey('RS256')] }),
    expected: 'jose-alg-hmac',
  },
  {
    name: 'an algorithm that is switched off',
    mint: minted({}),
    setup: () => ({ algorithms: ['RS256'] as const }),
    expected: 'jose-alg-allowed',
  },
  {
    name: 'an algorithm nobody knows',
    mint: raw({ header: { alg: 'ES256K' } }),
    expected: 'jose-alg-allowed',
  },
  { name: 'alg as a number', mint: raw({ header: { alg: 7 } }), expected: 'jose-alg-allowed' },
  {
    name: 'typ JWT with profile strict',
    mint: minted({}, { typ: 'JWT' }),
    setup: () => ({ policy: policyOf({ profile: 'strict' }) }),
    expected: 'jose-typ',
  },
  {
    name: 'an unknown critical extension',
    mint: raw({ header: { crit: ['x'], x: 1 } }),
    expected: 'jose-crit',
  },
  {
    name: 'an unknown critical extension beside a known one',
    mint: raw({ header: { crit: ['b64', 'x'], b64: true, x: 1 } }),
    expected: 'jose-crit',
  },
  { name: 'an empty crit', mint: raw({ header: { crit: [] } }), expected: 'jose-crit' },
  {
    name: 'a crit that names alg',
    mint: raw({ header: { crit: ['alg'] } }),
    expected: 'jose-crit',
  },
  {
    name: 'a crit that names what is absent',
    mint: raw({ header: { crit: ['b64'] } }),
    expected: 'jose-crit',
  },
  {
    name: 'a doubled crit',
    mint: raw({ header: { crit: ['b64', 'b64'], b64: true } }),
    expected: 'jose-crit',
  },
  {
    name: 'a crit that is a string',
    mint: raw({ header: { crit: 'b64', b64: true } }),
    expected: 'jose-crit',
  },
  {
    name: 'b64 false',
    mint: raw({ header: { crit: ['b64'], b64: false } }),
    expected: 'jose-nested',
  },
  {
    name: 'b64 false without crit',
    mint: raw({ header: { b64: false } }),
    expected: 'jose-nested',
  },
  { name: 'cty JWT', mint: raw({ header: { cty: 'application/JWT' } }), expected: 'jose-nested' },
  { name: 'zip', mint: raw({ header: { zip: 'DEF' } }), expected: 'jose-nested' },
  { name: 'an unknown kid', mint: minted({}, { kid: 'other' }), expected: 'sig-kid-found' },
  {
    name: 'a kid of another algorithm',
    mint: minted({}, { kid: 'test-RS256' }),
    setup: async () => ({ published: [await testKey('RS256')] }),
    expected: 'sig-key-fit',
  },
  {
    name: 'the signature of another token',
    mint: async () => tokens.withForeignSignature(await minted({})(), await minted({ sub: 'x' })()),
    expected: 'sig-verify',
  },
  {
    name: 'a changed payload',
    mint: async () => tokens.withPart(await minted({})(), 1, goodClaims({ sub: 'admin' })),
    expected: 'sig-verify',
  },
  { name: 'r = s = 0', mint: raw({ signature: new Uint8Array(64) }), expected: 'sig-verify' },
  { name: 'ECDSA in DER', mint: raw({ dsaEncoding: 'der' }), expected: 'sig-format' },
  {
    name: 'an overlong signature',
    mint: raw({ signature: new Uint8Array(65) }),
    expected: 'sig-format',
  },
  {
    name: 'a key that the header brings along',
    mint: async () => {
      const own = await tokens.newSigningKey('ES256', { kid: 'test-ES256' })
      return mintToken(own, goodClaims(), { jwk: own.publicJwk, jku: 'https://evil.test/jwks' })
    },
    expected: 'sig-verify',
  },
  { name: 'a foreign issuer', mint: minted({ iss: 'https://evil.test' }), expected: 'claim-iss' },
  { name: 'no issuer', mint: minted({ iss: undefined }), expected: 'claim-iss' },
  {
    name: 'a foreign issuer, kid, audience and scope',
    mint: minted({ iss: 'https://evil.test', aud: 'other' }, { kid: 'other' }),
    expected: 'claim-iss',
    beside: ['claim-aud', 'sig-kid-found'],
  },
  { name: 'another audience', mint: minted({ aud: 'https://other.test' }), expected: 'claim-aud' },
  { name: 'no audience', mint: minted({ aud: undefined }), expected: 'claim-aud-missing' },
  {
    name: 'an ID token',
    mint: minted({ nonce: 'n', aud: 'client-1', scope: undefined }, { typ: 'JWT' }),
    expected: 'claim-token-kind',
    beside: ['claim-aud'],
  },
  { name: 'a logout token', mint: minted({}, { typ: 'logout+jwt' }), expected: 'claim-token-kind' },
  {
    name: 'a missing scope',
    mint: minted({}),
    setup: () => ({ policy: policyOf({ requiredScopes: ['mcp:admin'] }) }),
    expected: 'claim-scope',
  },
  {
    name: 'a missing scope on a forged token',
    mint: async () => tokens.withPart(await minted({})(), 1, goodClaims({ sub: 'admin' })),
    setup: () => ({ policy: policyOf({ requiredScopes: ['mcp:admin'] }) }),
    expected: 'sig-verify',
    beside: ['claim-scope'],
  },
  {
    name: 'no jti with profile strict',
    mint: minted({ jti: undefined }),
    setup: () => ({ policy: policyOf({ profile: 'strict' }) }),
    expected: 'claim-identity',
  },
  { name: 'yesterday', mint: minted({ exp: testNowSeconds - 86_400 }), expected: 'time-exp' },
  {
    name: 'an expired token with a bad signature: both are reported',
    mint: async () => tokens.withPart(await minted({})(), 1, goodClaims({ exp: 1 })),
    expected: 'time-exp',
    beside: ['sig-verify'],
  },
  { name: 'no expiry', mint: minted({ exp: undefined }), expected: 'time-exp-missing' },
  { name: 'milliseconds', mint: minted({ exp: testNowSeconds * 1000 }), expected: 'time-units' },
  {
    name: 'exp as a string',
    mint: raw({ payload: { ...goodClaims(), exp: '9999999999' } }),
    expected: 'time-units',
  },
  { name: 'not yet', mint: minted({ nbf: testNowSeconds + 600 }), expected: 'time-nbf' },
  {
    name: 'issued in the future with profile strict',
    mint: minted({ iat: testNowSeconds + 600 }),
    setup: () => ({ policy: policyOf({ profile: 'strict' }) }),
    expected: 'time-iat-future',
  },
  {
    name: 'a long life',
    mint: minted({ exp: testNowSeconds + 86_400 }),
    setup: () => ({ policy: policyOf({ maxLifetimeSeconds: 3600 }) }),
    expected: 'time-lifetime',
  },
  { name: 'a DPoP-bound token', mint: minted({ cnf: { jkt: 'thumb' } }), expected: 'pop-dpop' },
  {
    name: 'a certificate-bound token',
    mint: minted({ cnf: { 'x5t#S256': 'thumb' } }),
    expected: 'pop-mtls',
  },
  { name: 'an unknown binding', mint: minted({ cnf: { kid: 'x' } }), expected: 'pop-mtls' },
]

let big: Promise<tokens.SigningKey> | undefined
const bigKey = () => (big ??= tokens.newSigningKey('RS256', { kid: 'big', modulusLength: 3072 }))

describe('a refusal', () => {
  test.each(refusals)('of $name names $expected', async ({ mint, expected, setup, beside }) => {
    const { validate } = await setUp(await setup?.())
    const verdict = await validate(await mint())
    expect(verdict.outcome).toBe('rejected')
    expect(cause(verdict)).toBe(expected)
    for (const id of beside ?? []) expect([id, statusOf(verdict, id)]).toEqual([id, 'fail'])
  })
})

describe('a thorough validator, after a refusal', () => {
  test.each(refusals)('of $name still names $expected', async ({ mint, expected, setup }) => {
    const made = await setup?.()
    const token = await mint()
    for (const cold of [false, true]) {
      const { validate } = await setUp({ ...made, cold, thorough: true })
      const verdict = await validate(token)
      expect([verdict.outcome, cause(verdict)]).toEqual(['rejected', expected])
    }
  })

  test.each([
    ['another issuer', { iss: 'https://other.test' }, {}],
    ['another audience', { aud: 'other' }, {}],
    ['no audience', { aud: undefined }, {}],
    ['an expiry that has passed', { exp: 1 }, {}],
    ['no expiry', { exp: undefined }, {}],
    ['a start to come', { nbf: testNowSeconds + 600 }, {}],
    ['dates in milliseconds', { exp: (testNowSeconds + 3600) * 1000 }, {}],
    ['the kind of an ID token', { nonce: 'n', scope: undefined }, {}],
    ['a binding that is not taken', { cnf: { jkt: 'x' } }, {}],
    ['an algorithm that is not configured', {}, { algorithms: ['RS256'] }],
    ['a type that the profile refuses', {}, { policy: policyOf({ profile: 'strict' }) }],
  ] as const)('for %s says whether the signature is good', async (_, claims, options) => {
    const good = await mintToken(await es(), goodClaims(claims), { typ: 'JWT' })
    const forged = tokens.withPart(good, 1, goodClaims({ ...claims, sub: 'somebody else' }))
    for (const [token, status] of [
      [good, 'pass'],
      [forged, 'fail'],
    ] as const) {
      const { validate, keys } = await setUp({ ...options, cold: true, thorough: true })
      const verdict = await validate(token)
      expect(verdict.outcome).toBe('rejected')
      expect(cause(verdict)).not.toBe('sig-verify')
      expect(statusOf(verdict, 'sig-verify')).toBe(status)
      expect(keys.finds).toBe(1)
    }
  })

  test('stays a refusal when the keys cannot be had', async () => {
    const { validate } = await setUp({ down: true, thorough: true })
    const verdict = await validate(await mintToken(await es(), goodClaims({ exp: 1 })))
    expect([verdict.outcome, cause(verdict)]).toEqual(['rejected', 'time-exp'])
    expect(statusOf(verdict, 'jwks-fetch')).toBe('fail')
  })

  test('never accepts what verifies and is refused for its algorithm', async () => {
    const { validate } = await setUp({ algorithms: ['RS256'], thorough: true })
    const verdict = await validate(await mintToken(await es()))
    expect(cause(verdict)).toBe('jose-alg-allowed')
    expect(statusOf(verdict, 'sig-verify')).toBe('pass')
  })

  test('asks no key set where introspection decides all the same', async () => {
    const { validate, keys } = await setUp({ cold: true, thorough: true })
    const [head = '', , signature = ''] = (await mintToken(await es())).split('.')
    const verdict = await validate(`${head}.${tokens.base64url('no JSON')}.${signature}`)
    expect([cause(verdict), locallyUndecidable(verdict)]).toEqual(['jose-json', true])
    expect(keys.finds).toBe(0)
  })
})

describe('keys', () => {
  test('that cannot be had leave a good token undecided', async () => {
    const { validate } = await setUp({ down: true })
    const verdict = await validate(await mintToken(await es()))
    expect(verdict.outcome).toBe('undecided')
    expect(cause(verdict)).toBe('jwks-fetch')
  })

  test('that cannot be had do not keep a bad token from being refused', async () => {
    const { validate } = await setUp({ down: true })
    const verdict = await validate(await mintToken(await es(), goodClaims({ exp: 1 })))
    expect(cause(verdict)).toBe('time-exp')
  })

  test('are not fetched for a token that is refused already, and the report says so', async () => {
    const { validate, keys } = await setUp({ cold: true })
    const verdict = await validate(await mintToken(await es(), goodClaims({ aud: 'other' })))
    expect(cause(verdict)).toBe('claim-aud')
    expect(keys.finds).toBe(0)
    expect(statusOf(verdict, 'sig-verify')).toBe('skip')
  })

  test('are fetched before a missing scope is blamed: 403 says the token is good', async () => {
    const { validate, keys } = await setUp({
      cold: true,
      policy: policyOf({ requiredScopes: ['mcp:admin'] }),
    })
    expect(cause(await validate(await mintToken(await es())))).toBe('claim-scope')
    expect(keys.finds).toBe(1)
  })

  test('at hand check the signature of a refused token too', async () => {
    const { validate, keys } = await setUp()
    const verdict = await validate(await mintToken(await es(), goodClaims({ aud: 'other' })))
    expect(cause(verdict)).toBe('claim-aud')
    expect(statusOf(verdict, 'sig-verify')).toBe('pass')
    expect(keys.finds).toBe(0)
  })

  test('without names are tried in turn', async () => {
    const one = await tokens.newSigningKey('ES256', { kid: undefined })
    const two = await tokens.newSigningKey('ES256', { kid: undefined })
    const { validate } = await setUp({ published: [one, two] })
    expect(cause(await validate(await mintToken(two)))).toBe('accepted')
  })
})

describe('a token seen before', () => {
  test('is decided at once and without keys', async () => {
    const { validator, validate, keys } = await setUp()
    const token = await mintToken(await es())
    const first = await validate(token)
    const second = validator.validate(token, signal)
    expect(second).toBe(first)
    expect(keys.finds).toBe(1)
  })

  test('is refused the moment its tolerance ends, from memory', async () => {
    const { validator, validate, clock, keys } = await setUp()
    const exp = testNowSeconds - 50
    const token = await mintToken(await es(), goodClaims({ exp }))
    expect(cause(await validate(token))).toBe('accepted')
    clock.set((exp + 59) * 1000)
    expect(validator.validate(token, signal)).toMatchObject({ outcome: 'accepted' })
    expect(keys.finds).toBe(1)
    clock.set((exp + 60) * 1000)
    expect(validator.validate(token, signal)).toMatchObject({
      outcome: 'rejected',
      problem: { code: 'time-exp' },
    })
    expect(keys.finds).toBe(1)
  })

  test('is verified anew when the keys change', async () => {
    const { validate, keys } = await setUp()
    const token = await mintToken(await es())
    expect(cause(await validate(token))).toBe('accepted')
    await keys.rotate(await tokens.newSigningKey('ES256', { kid: 'new' }))
    expect(cause(await validate(token))).toBe('sig-kid-found')
  })

  test('is verified anew after a minute, and when the clock went back', async () => {
    const { validate, keys, clock } = await setUp()
    const token = await mintToken(await es())
    await validate(token)
    await clock.advance(60_000)
    await validate(token)
    expect(keys.finds).toBe(1)
    await clock.advance(1)
    await validate(token)
    expect(keys.finds).toBe(2)
    clock.set(clock.now() - 1)
    await validate(token)
    expect(keys.finds).toBe(3)
  })

  test('is refused before its nbf when the clock was set back', async () => {
    const { validate, clock } = await setUp()
    const token = await mintToken(await es(), goodClaims({ nbf: testNowSeconds }))
    expect(cause(await validate(token))).toBe('accepted')
    clock.set((testNowSeconds - 600) * 1000)
    expect(cause(await validate(token))).toBe('time-nbf')
  })

  test('is not remembered when it was refused', async () => {
    const { validate, keys } = await setUp({ maxRemembered: 1 })
    const good = await mintToken(await es())
    await validate(good)
    for (const sub of ['a', 'b', 'c']) {
      await validate(tokens.withPart(good, 1, goodClaims({ sub })))
    }
    await validate(good)
    expect(keys.finds).toBe(4)
  })

  test('is forgotten first when the memory is full', async () => {
    const { validate, keys } = await setUp({ maxRemembered: 2 })
    const list = await Promise.all(
      ['a', 'b', 'c'].map(async (sub) => mintToken(await es(), goodClaims({ sub }))),
    )
    for (const token of list) await validate(token)
    await validate(list[2]!)
    expect(keys.finds).toBe(3)
    await validate(list[0]!)
    expect(keys.finds).toBe(4)
  })

  test('under another policy is judged anew', async () => {
    const keys = await fixedKeys([await es()])
    const shared = { keys, clock: createManualClock(), algorithms: undefined }
    const token = await mintToken(await es())
    const policies = [
      policyOf(),
      policyOf({ audiences: ['other'] }),
      policyOf({ requiredScopes: ['x'] }),
    ]
    const causes: string[] = []
    for (const policy of policies) {
      causes.push(cause(await createJwtValidator({ ...shared, policy }).validate(token, signal)))
    }
    expect(causes).toEqual(['accepted', 'claim-aud', 'claim-scope'])
  })
})

describe('locallyUndecidable', () => {
  type Row = [name: string, mint: () => Promise<string> | string, setup?: Setup]
  const open: Row[] = [
    ['an opaque token', () => 'opaque-token'],
    ['a JWE', () => tokens.mintEncrypted()],
    ['dots that are no JWT', () => '1.2.3'],
    ['an unknown kid', minted({}, { kid: 'other' })],
    ['keys that cannot be had', minted({}), { down: true }],
    ['HMAC', () => tokens.mintHmac('a shared secret of the issuer')],
    ['an algorithm that only the issuer verifies', raw({ header: { alg: 'ES256K' } })],
    [
      'an unknown kid and a scope that the issuer may know of',
      minted({}, { kid: 'other' }),
      { policy: policyOf({ requiredScopes: ['x'] }) },
    ],
  ]
  test.each(open.map(([name, mint, setup]) => ({ name, mint, setup })))(
    'leaves $name to the authorization server',
    async ({ mint, setup }) => {
      const { validate } = await setUp(setup)
      expect(locallyUndecidable(await validate(await mint()))).toBe(true)
    },
  )

  const settled: Row[] = [
    ['an accepted token', minted({})],
    ['an expired token', minted({ exp: 1 })],
    [
      'a foreign issuer with an unknown kid',
      minted({ iss: 'https://evil.test' }, { kid: 'other' }),
    ],
    ['another audience while the keys are away', minted({ aud: 'x' }), { down: true }],
    ['alg none', () => tokens.mintUnsigned()],
    ['a bad signature', raw({ signature: new Uint8Array(64) })],
    ['an unknown critical extension', raw({ header: { crit: ['x'], x: 1 } })],
    ['a bound token', minted({ cnf: { jkt: 'x' } })],
    ['a missing scope', minted({}), { policy: policyOf({ requiredScopes: ['x'] }) }],
    ['an algorithm that the operator switched off', minted({}), { algorithms: ['RS256'] }],
    ['a cut token', () => 'eyJhbGciOi...'],
    ['an expired token signed with HMAC', () => tokens.mintHmac('secret', goodClaims({ exp: 1 }))],
  ]
  test.each(settled.map(([name, mint, setup]) => ({ name, mint, setup })))(
    'keeps $name here',
    async ({ mint, setup }) => {
      const { validate } = await setUp(setup)
      expect(locallyUndecidable(await validate(await mint()))).toBe(false)
    },
  )
})

describe('any accident with a good token', () => {
  test('a change of any one character is never accepted and never crashes', async () => {
    const key = await testKey('Ed25519')
    const { validate } = await setUp({ published: [key] })
    const good = await mintToken(key, goodClaims({ jti: undefined, nbf: undefined }))
    expect(cause(await validate(good))).toBe('accepted')
    for (let index = 0; index < good.length; index += 1) {
      for (const char of ['A', 'B', 'Q', 'g', '.', '=', '\u0000', '\u200b', ' ']) {
        if (good[index] === char) continue
        const verdict = await validate(`${good.slice(0, index)}${char}${good.slice(index + 1)}`)
        expect([index, char, verdict.outcome]).toEqual([index, char, 'rejected'])
      }
    }
  })

  test('a cut at any place, a doubled part or a dropped part is never accepted', async () => {
    const { validate } = await setUp()
    const good = await mintToken(await es())
    for (let length = 0; length < good.length; length += 1) {
      expect((await validate(good.slice(0, length))).outcome).toBe('rejected')
      expect((await validate(good.slice(good.length - length))).outcome).toBe('rejected')
    }
    const [a, b, c] = good.split('.')
    for (const parts of [
      [a, a, c],
      [b, b, c],
      [a, b, b],
      [b, c],
      [a, c],
      [c, b, a],
      [a, b, c, ''],
      [a, b, '', c],
    ]) {
      expect((await validate(parts.join('.'))).outcome).toBe('rejected')
    }
  })
})

test('checkInput repeats nothing that could be a token', () => {
  for (const token of [
    '<Zx9Kq81mmWop02>',
    '{Zx9Kq81mmWop02}',
    '"Zx9Kq81mmWop02"',
    '$Zx9Kq81mmWop02',
  ]) {
    expect(JSON.stringify(checkInput(token))).not.toContain('Zx9Kq81mmWop02')
  }
  expect(JSON.stringify(checkInput('${MCP_TOKEN}'))).toContain('${MCP_TOKEN}')
})
