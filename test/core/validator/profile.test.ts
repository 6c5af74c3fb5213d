// How much of RFC 9068 each profile demands, with tokens as providers really make them.
import { beforeAll, describe, expect, test } from 'vitest'
import { createJwtValidator } from '../../../src/core/validator/jwt-validator.ts'
import type { ClaimPolicy } from '../../../src/core/token/claim-policy.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { fixedKeys } from '../../support/fixed-keys.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { policyOf } from '../../support/policy.ts'
import {
  goodClaims,
  mintRaw,
  testKey,
  testNowSeconds,
  type Members,
  type SigningKey,
} from '../../support/tokens.ts'

type Profile = ClaimPolicy['profile']
const profiles = ['strict', 'lenient', 'off'] as const
const signal = new AbortController().signal

let key: SigningKey
beforeAll(async () => {
  key = await testKey()
})

const judged = async (profile: Profile, claims: Members, header: Members): Promise<Verdict> =>
  createJwtValidator({
    keys: await fixedKeys([key]),
    policy: policyOf({ profile }),
    algorithms: undefined,
    clock: createManualClock(),
  }).validate(mintRaw(key, { header, payload: goodClaims(claims) }), signal)

/** What strict, lenient and off say, in this order. */
const verdicts = (claims: Members = {}, header: Members = {}): Promise<readonly string[]> =>
  Promise.all(
    profiles.map(async (profile) => {
      const verdict = await judged(profile, claims, header)
      return verdict.outcome === 'accepted' ? 'accepted' : verdict.problem.code
    }),
  )

const everywhere = (id: string): readonly string[] => [id, id, id]
const strictOnly = (id: string): readonly string[] => [id, 'accepted', 'accepted']
const notWhenOff = (id: string, strict = id): readonly string[] => [strict, id, 'accepted']

test('a token with all of RFC 9068 section 2.2 passes everywhere', async () => {
  expect(await verdicts()).toEqual(everywhere('accepted'))
})

describe('typ (RFC 9068 section 2.1)', () => {
  test.each(['at+jwt', 'application/at+jwt', 'AT+JWT', 'Application/AT+JWT'])(
    '%s is an access token',
    async (typ) => {
      expect(await verdicts({}, { typ })).toEqual(everywhere('accepted'))
    },
  )

  test.each([undefined, 'JWT', 'jwt', 'application/jwt', 'at-jwt', 'text/at+jwt', '', 7, null])(
    '%j is enough for all but strict',
    async (typ) => {
      expect(await verdicts({}, { typ })).toEqual(strictOnly('jose-typ'))
    },
  )

  test.each([
    'dpop+jwt',
    'logout+jwt',
    'secevent+jwt',
    'token-introspection+jwt',
    'application/token-introspection+jwt',
    'rt+jwt',
  ])('%s is positively something else', async (typ) => {
    expect(await verdicts({}, { typ })).toEqual(notWhenOff('claim-token-kind'))
  })
})

describe('claims that every access token has (RFC 9068 section 2.2)', () => {
  test.each([
    ['iss', everywhere('claim-iss')],
    ['exp', everywhere('time-exp-missing')],
    ['aud', everywhere('claim-aud-missing')],
    ['sub', strictOnly('claim-identity')],
    ['client_id', strictOnly('claim-identity')],
    ['iat', strictOnly('claim-identity')],
    ['jti', strictOnly('claim-identity')],
  ])('%s', async (name, expected) => {
    expect(await verdicts({ [name]: undefined })).toEqual(expected)
  })

  test.each(['sub', 'client_id', 'jti'])(
    '%s may be neither empty nor of another type',
    async (name) => {
      for (const value of ['', 7, null, ['x']]) {
        expect(await verdicts({ [name]: value })).toEqual(strictOnly('claim-identity'))
      }
    },
  )

  test('what is missing is named, all of it', async () => {
    const verdict = await judged('strict', { sub: undefined, jti: undefined }, {})
    expect(verdict).toMatchObject({
      problem: { detail: 'No sub, jti: the profile strict requires it' },
    })
  })

  test('the names that providers use instead of client_id do for all but strict', async () => {
    for (const name of ['azp', 'appid', 'cid']) {
      expect(await verdicts({ client_id: undefined, [name]: 'client-1' })).toEqual(
        strictOnly('claim-identity'),
      )
    }
  })
})

describe('tokens that are positively no access tokens', () => {
  const untyped = { typ: 'JWT' }
  test.each<[string, Members]>([
    ['an ID token by its access token hash', { at_hash: 'x' }],
    ['an ID token by its code hash', { c_hash: 'x' }],
    ['an ID token by its nonce', { nonce: 'x', scope: undefined }],
    ['an ID token by token_use', { token_use: 'id' }],
    ['an ID token by its claim typ', { typ: 'ID' }],
    ['a refresh token by its claim typ', { typ: 'Refresh' }],
    ['a refresh token by token_use', { token_use: 'refresh' }],
    ['a logout token', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
    ['a DPoP proof', { htm: 'POST', htu: 'https://mcp.acme.test/mcp' }],
    ['an introspection response', { token_introspection: { active: true } }],
  ])('%s', async (_, claims) => {
    expect(await verdicts(claims, untyped)).toEqual(notWhenOff('claim-token-kind'))
  })
})

test('no profile takes away what is not about the kind of token', async () => {
  expect(await verdicts({ exp: testNowSeconds - 600 })).toEqual(everywhere('time-exp'))
  expect(await verdicts({ aud: 'https://other.test' })).toEqual(everywhere('claim-aud'))
  expect(await verdicts({ cnf: { jkt: 'x' } })).toEqual(everywhere('pop-dpop'))
  expect(await verdicts({}, { alg: 'none' })).toEqual(everywhere('jose-alg-none'))
})
