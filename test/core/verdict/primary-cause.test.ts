// Tokens at which several checks fail: the one that explains the others leads, with or without keys at hand.
import { describe, expect, test } from 'vitest'
import type { ProblemCode } from '../../../src/problems/problem.ts'
import { fail } from '../../../src/core/verdict/check.ts'
import { said } from '../../support/said.ts'
import { fallback } from '../../../src/core/validator/fallback.ts'
import { failedChecks, judge } from '../../../src/core/verdict/judge.ts'
import {
  createJwtValidator,
  type JwtValidatorOptions,
} from '../../../src/core/validator/jwt-validator.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { fixedKeys } from '../../support/fixed-keys.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { policyOf } from '../../support/policy.ts'
import {
  base64url,
  goodClaims,
  mintEncrypted,
  mintHmac,
  mintRaw,
  mintToken,
  mintUnsigned,
  newSigningKey,
  testIssuer,
  testKey,
  testNowSeconds,
  withForeignSignature,
  withPart,
  type Members,
} from '../../support/tokens.ts'

interface Scenario {
  readonly name: string
  readonly token: () => string | Promise<string>
  /** Everything that fails when the keys are at hand. */
  readonly failing: readonly ProblemCode[]
  readonly leads: ProblemCode
  readonly policy?: Parameters<typeof policyOf>[0]
  readonly algorithms?: JwtValidatorOptions['algorithms']
}

const minted =
  (claims: Members, header: Members = {}) =>
  async () =>
    mintToken(await testKey(), goodClaims(claims), header)

/** Signed by a key of its own under the kid of the good one, as a foreign issuer may. */
const foreign = async (claims: Members, header: Members = {}): Promise<string> =>
  mintToken(await newSigningKey('ES256', { kid: 'theirs' }), goodClaims(claims), {
    typ: 'JWT',
    ...header,
  })

const later = testNowSeconds + 7200
const earlier = testNowSeconds - 7200

const scenarios: readonly Scenario[] = [
  {
    name: 'an ID token for the client',
    token: minted({ aud: 'client-1', nonce: 'n', at_hash: 'h', scope: undefined }, { typ: 'JWT' }),
    failing: ['claim-token-kind', 'claim-aud'],
    leads: 'claim-token-kind',
  },
  {
    name: 'an ID token that ran out',
    token: minted({ aud: 'client-1', token_use: 'id', exp: earlier }),
    failing: ['claim-token-kind', 'claim-aud', 'time-exp'],
    leads: 'claim-token-kind',
  },
  {
    name: 'an ID token without an audience of ours that lacks a scope',
    token: minted({ aud: undefined, typ: 'ID', scope: undefined }),
    failing: ['claim-token-kind', 'claim-aud-missing', 'claim-scope'],
    leads: 'claim-token-kind',
    policy: { requiredScopes: ['mcp:call'] },
  },
  {
    name: 'a refresh token that is signed for its issuer alone',
    token: () => mintHmac('a secret', goodClaims({ typ: 'Refresh', aud: testIssuer })),
    failing: ['claim-token-kind', 'jose-alg-hmac', 'claim-aud'],
    leads: 'claim-token-kind',
  },
  {
    name: 'a refresh token that never expires',
    token: minted({ typ: 'Offline', exp: undefined, aud: testIssuer }),
    failing: ['claim-token-kind', 'claim-aud', 'time-exp-missing'],
    leads: 'claim-token-kind',
  },
  {
    name: 'a logout token',
    token: minted(
      { aud: 'client-1', exp: undefined, events: {}, scope: undefined },
      { typ: 'logout+jwt' },
    ),
    failing: ['claim-token-kind', 'claim-aud', 'time-exp-missing'],
    leads: 'claim-token-kind',
  },
  {
    name: 'a DPoP proof in place of the token',
    token: async () => {
      const key = await newSigningKey('ES256', { kid: undefined })
      const claims = {
        htm: 'POST',
        htu: 'https://mcp.acme.test/mcp',
        iat: testNowSeconds,
        jti: 'j',
      }
      return mintToken(key, claims, { typ: 'dpop+jwt', jwk: key.publicJwk })
    },
    failing: [
      'claim-token-kind',
      'claim-iss',
      'claim-aud-missing',
      'time-exp-missing',
      'sig-verify',
    ],
    leads: 'claim-token-kind',
  },
  {
    name: 'a signed introspection answer',
    token: minted(
      { aud: 'resource-server', exp: undefined, token_introspection: { active: true } },
      { typ: 'token-introspection+jwt' },
    ),
    failing: ['claim-token-kind', 'claim-aud', 'time-exp-missing'],
    leads: 'claim-token-kind',
  },
  {
    name: 'a token of another issuer',
    token: () => foreign({ iss: 'https://other.example', aud: 'https://other.example/api' }),
    failing: ['claim-iss', 'claim-aud', 'sig-kid-found'],
    leads: 'claim-iss',
  },
  {
    name: 'a token of another tenant under a kid that is not ours',
    token: () => foreign({ iss: `${testIssuer}/realms/b` }),
    failing: ['claim-iss', 'sig-kid-found'],
    leads: 'claim-iss',
  },
  {
    name: 'a token of another tenant that uses our kid',
    token: () => foreign({ iss: `${testIssuer}/realms/b` }, { kid: 'test-ES256' }),
    failing: ['claim-iss', 'sig-verify'],
    leads: 'claim-iss',
  },
  {
    name: 'a token of another environment that ran out',
    token: () => foreign({ iss: 'https://id.dev.acme.test', exp: earlier }),
    failing: ['claim-iss', 'time-exp', 'sig-kid-found'],
    leads: 'claim-iss',
  },
  {
    name: 'a token whose issuer differs by a slash',
    token: minted({ iss: `${testIssuer}/`, aud: 'https://mcp.acme.test' }),
    failing: ['claim-iss', 'claim-aud'],
    leads: 'claim-iss',
  },
  {
    name: 'a token of an issuer that signs by another algorithm',
    token: async () =>
      mintToken(await testKey('PS256'), goodClaims({ iss: 'https://other.example' })),
    failing: ['claim-iss', 'jose-alg-allowed'],
    leads: 'claim-iss',
    algorithms: ['ES256'],
  },
  {
    name: 'a good token by an algorithm that is switched off, for another audience',
    token: async () => mintToken(await testKey('PS256'), goodClaims({ aud: 'other' })),
    failing: ['jose-alg-allowed', 'claim-aud'],
    leads: 'jose-alg-allowed',
    algorithms: ['ES256'],
  },
  {
    name: 'milliseconds in every date',
    token: minted({
      exp: later * 1000,
      iat: testNowSeconds * 1000,
      nbf: testNowSeconds * 1000,
    }),
    failing: ['time-units', 'claim-scope'],
    leads: 'time-units',
    policy: { requiredScopes: ['mcp:call'] },
  },
  {
    name: 'milliseconds in exp and a longer life than allowed',
    token: minted({ exp: later * 1000, nbf: later }),
    failing: ['time-units', 'time-nbf'],
    leads: 'time-units',
    policy: { maxLifetimeSeconds: 600 },
  },
  {
    name: 'a signed token cut after its payload',
    token: async () => (await minted({})()).split('.').slice(0, 2).join('.'),
    failing: ['in-truncated', 'jose-shape'],
    leads: 'in-truncated',
  },
  {
    name: 'a token cut in its signature, for another audience',
    token: async () => (await minted({ aud: 'other' })()).slice(0, -22),
    failing: ['in-truncated', 'sig-format', 'claim-aud'],
    leads: 'in-truncated',
  },
  {
    name: 'a token cut at a place that is no base64url',
    token: async () => (await minted({})()).slice(0, -21),
    failing: ['in-truncated', 'jose-base64'],
    leads: 'in-truncated',
  },
  {
    name: 'a token that a terminal shortened',
    token: async () => {
      const token = await minted({})()
      return `${token.slice(0, 30)}\u2026${token.slice(-10)}`
    },
    failing: ['in-truncated', 'in-non-ascii'],
    leads: 'in-truncated',
  },
  {
    name: 'a template that nobody filled in',
    token: () => '{{ access_token }}',
    failing: ['in-unexpanded-variable', 'in-non-ascii'],
    leads: 'in-unexpanded-variable',
  },
  {
    name: 'HMAC with the published key, under our name',
    token: async () => {
      const { publicKey, kid } = await testKey()
      const pem = publicKey.export({ type: 'spki', format: 'pem' })
      return mintHmac(pem, goodClaims({ sub: 'admin', exp: earlier }), { kid })
    },
    failing: ['jose-alg-hmac', 'time-exp'],
    leads: 'jose-alg-hmac',
  },
  {
    name: 'an unsigned token that ran out',
    token: () => mintUnsigned(goodClaims({ exp: earlier, aud: 'other' })),
    failing: ['jose-alg-none', 'time-exp', 'claim-aud'],
    leads: 'jose-alg-none',
  },
  {
    name: 'an unsigned ID token',
    token: () => mintUnsigned(goodClaims({ token_use: 'id' })),
    failing: ['jose-alg-none', 'claim-token-kind'],
    leads: 'jose-alg-none',
  },
  {
    name: 'an encrypted token',
    token: () => mintEncrypted(),
    failing: ['jose-encrypted'],
    leads: 'jose-encrypted',
  },
  {
    name: 'a payload that is not JSON under an extension nobody knows',
    token: async () => mintRaw(await testKey(), { payload: 'x', header: { crit: ['x'], x: 1 } }),
    failing: ['jose-json', 'jose-crit'],
    leads: 'jose-json',
  },
  {
    name: 'two values of aud of which the last is ours, under an unknown key',
    token: async () =>
      mintRaw(await newSigningKey('ES256', { kid: 'theirs' }), {
        payload: `{"aud":"evil",${JSON.stringify(goodClaims()).slice(1)}`,
      }),
    failing: ['jose-duplicate-member', 'sig-kid-found'],
    leads: 'jose-duplicate-member',
  },
  {
    name: 'a compressed token with a critical extension',
    token: async () => mintRaw(await testKey(), { header: { zip: 'DEF', crit: ['zip'] } }),
    failing: ['jose-crit', 'jose-nested'],
    leads: 'jose-crit',
  },
  {
    name: 'an old token whose key was rotated away',
    token: async () => foreign({ exp: earlier }),
    failing: ['time-exp', 'sig-kid-found'],
    leads: 'time-exp',
  },
  {
    name: 'an expired token for another audience',
    token: minted({ exp: earlier, aud: 'https://other.example' }),
    failing: ['claim-aud', 'time-exp'],
    leads: 'claim-aud',
  },
  {
    name: 'an expired token that lacks a scope',
    token: minted({ exp: earlier }),
    failing: ['time-exp', 'claim-scope'],
    leads: 'time-exp',
    policy: { requiredScopes: ['mcp:call'] },
  },
  {
    name: 'a forged token that lacks a scope',
    token: async () => withPart(await minted({})(), 1, goodClaims({ sub: 'admin' })),
    failing: ['sig-verify', 'claim-scope'],
    leads: 'sig-verify',
    policy: { requiredScopes: ['mcp:call'] },
  },
  {
    name: 'a forged and expired token',
    token: async () =>
      withForeignSignature(await minted({ exp: earlier })(), await minted({ sub: 'x' })()),
    failing: ['time-exp', 'sig-verify'],
    leads: 'time-exp',
  },
  {
    name: 'a signature in DER on a token for another audience',
    token: async () =>
      mintRaw(await testKey(), { payload: goodClaims({ aud: 'other' }), dsaEncoding: 'der' }),
    failing: ['sig-format', 'claim-aud'],
    leads: 'sig-format',
  },
  {
    name: 'profile strict: a token of no type without jti',
    token: minted({ jti: undefined }, { typ: 'JWT' }),
    failing: ['jose-typ', 'claim-identity'],
    leads: 'jose-typ',
    policy: { profile: 'strict' },
  },
  {
    name: 'a bound token for another audience',
    token: minted({ aud: 'other', cnf: { jkt: 'thumb' } }),
    failing: ['claim-aud', 'pop-dpop'],
    leads: 'claim-aud',
  },
  {
    name: 'a clock that is an hour slow',
    token: minted({ iat: testNowSeconds + 3600, nbf: testNowSeconds + 3600, exp: later }),
    failing: ['time-nbf', 'time-iat-future'],
    leads: 'time-nbf',
    policy: { profile: 'strict' },
  },
]

const verdictOf = async (scenario: Scenario, cold: boolean): Promise<Verdict> => {
  const validator = createJwtValidator({
    keys: await fixedKeys([await testKey()], { cold }),
    policy: policyOf(scenario.policy),
    algorithms: scenario.algorithms,
    clock: createManualClock(),
  })
  return validator.validate(await scenario.token(), new AbortController().signal)
}

const failing = (verdict: Verdict) =>
  failedChecks(verdict.checks)
    .filter(({ status }) => status === 'fail')
    .map(({ id }) => id)

const leading = (verdict: Verdict) =>
  verdict.outcome === 'accepted' ? 'accepted' : verdict.problem.code

describe.each(scenarios)('$name', (scenario) => {
  test('is explained by the cause', async () => {
    const verdict = await verdictOf(scenario, false)
    expect(failing(verdict).toSorted()).toEqual([...scenario.failing].toSorted())
    expect(leading(verdict)).toBe(scenario.leads)
  })

  test('has the same cause before the keys were fetched', async () => {
    expect(leading(await verdictOf(scenario, true))).toBe(scenario.leads)
  })

  test('has the same cause however its checks are ordered', async () => {
    const verdict = await verdictOf(scenario, false)
    const turned = judge(verdict.checks.toReversed(), () => expect.unreachable(), undefined)
    expect(leading(turned)).toBe(scenario.leads)
  })
})

test('the answer of the authorization server leads where it was asked', async () => {
  const jwt = createJwtValidator({
    keys: await fixedKeys([await testKey()]),
    policy: policyOf(),
    algorithms: undefined,
    clock: createManualClock(),
  })
  const inactive = fail(said('intro-active', 'token is not active'))
  const asked = { validate: () => judge([inactive], () => expect.unreachable(), undefined) }
  const both = fallback(jwt, asked, { fallback: 'undecided', introspectJwts: false })
  for (const token of [await mintEncrypted(), 'opaque', mintHmac('x'), `${base64url('x')}.b.c`]) {
    const verdict = await both.validate(token, new AbortController().signal)
    expect(leading(verdict)).toBe('intro-active')
  }
})
