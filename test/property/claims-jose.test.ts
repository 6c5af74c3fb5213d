// Our decision against jose's jwtVerify as oracle, over random headers and claims, rightly signed.
import * as fc from 'fast-check'
import { jwtVerify } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ProblemCode } from '../../src/problems/problem.ts'
import { createJwtValidator } from '../../src/core/validator/jwt-validator.ts'
import { localKeySource } from '../../src/core/keys/keys.ts'
import type { TokenValidator, Verdict } from '../../src/core/verdict/verdict.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { policyOf } from '../support/policy.ts'
import {
  jwksOf,
  mintRaw,
  testAudience,
  testIssuer,
  signingAlgorithms,
  testKey,
  testNowSeconds,
  type Members,
  type SigningAlgorithm,
  type SigningKey,
} from '../support/tokens.ts'

const now = testNowSeconds
const tolerance = 60
const signal = new AbortController().signal

interface Contestant {
  readonly key: SigningKey
  readonly validator: TokenValidator
}

const contestant = async (alg: SigningAlgorithm): Promise<Contestant> => {
  const published = await testKey(alg)
  return {
    key: published,
    validator: createJwtValidator({
      keys: localKeySource(jwksOf(published), 'keys.json'),
      policy: policyOf({ profile: 'off', senderConstraint: 'ignore' }),
      algorithms: undefined,
      clock: createManualClock(),
    }),
  }
}

let key: SigningKey
let validator: TokenValidator
const contestants = new Map<SigningAlgorithm, Contestant>()
beforeAll(async () => {
  for (const alg of signingAlgorithms) contestants.set(alg, await contestant(alg))
  ;({ key, validator } = contestants.get('Ed25519')!)
})

/** RFC 9864: two names for one algorithm. */
const namesOf = (alg: SigningAlgorithm): SigningAlgorithm[] =>
  alg === 'EdDSA' || alg === 'Ed25519' ? ['EdDSA', 'Ed25519'] : [alg]

const oracle = async (token: string, by = key): Promise<boolean> => {
  try {
    await jwtVerify(token, by.publicKey, {
      issuer: testIssuer,
      audience: testAudience,
      algorithms: namesOf(by.alg),
      clockTolerance: tolerance,
      currentDate: new Date(now * 1000),
      requiredClaims: ['exp'],
    })
    return true
  } catch {
    return false
  }
}

/** Where we refuse on purpose what jose lets pass: the reason must be one of these. */
const stricter: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'time-units',
  'jose-nested',
  'jose-crit',
  'jose-duplicate-member',
  'claim-aud-missing',
])

const failed = (verdict: Verdict): ProblemCode[] =>
  verdict.checks.filter((check) => check.status === 'fail').map((check) => check.id)

const agree = async (token: string, by: Contestant = { key, validator }): Promise<boolean> => {
  const verdict = await by.validator.validate(token, signal)
  const accepted = await oracle(token, by.key)
  const ours = verdict.outcome === 'accepted'
  if (ours === accepted) return accepted
  // A disagreement is allowed in one direction only, and for a stated reason only.
  expect({ ours, accepted, failed: failed(verdict) }).toMatchObject({ ours: false, accepted: true })
  expect(failed(verdict).every((id) => stricter.has(id))).toBe(true)
  return accepted
}

const date = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: now - 2 * tolerance, max: now + 2 * tolerance }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(now - 61, now - 60, now - 59, now + 59, now + 60, now + 61),
  },
  fc.double({ min: now - 70, max: now + 70, noNaN: true }),
  fc.constantFrom<unknown>(now * 1000, 1e300, -1, 0, null, 'soon', String(now), true, [now], {}),
)
const audience = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>(testAudience, [testAudience], ['x', testAudience]),
  },
  fc.constantFrom<unknown>('x', [], [''], null, 7, {}, [[testAudience]], `${testAudience}/`),
  fc.array(fc.constantFrom<unknown>(testAudience, 'x', 7, null), { maxLength: 4 }),
)
const issuer = fc.oneof(
  { weight: 4, arbitrary: fc.constant<unknown>(testIssuer) },
  fc.constantFrom<unknown>(`${testIssuer}/`, 'x', '', null, 7, [testIssuer], {}),
)
const claims: fc.Arbitrary<Members> = fc.record(
  {
    iss: issuer,
    aud: audience,
    exp: fc.oneof({ weight: 3, arbitrary: fc.constant<unknown>(now + 600) }, date),
    nbf: date,
    iat: date,
    sub: fc.constantFrom<unknown>('user', '', 7, null),
    jti: fc.string(),
  },
  { requiredKeys: ['iss', 'aud', 'exp'] },
)
const sometimesAbsent = fc
  .tuple(claims, fc.subarray(['iss', 'aud', 'exp'], { maxLength: 1 }))
  .map(([members, absent]) => ({
    ...members,
    ...Object.fromEntries(absent.map((name) => [name, undefined])),
  }))
const header: fc.Arbitrary<Members> = fc.record(
  {
    typ: fc.constantFrom<unknown>('JWT', 'at+jwt', 'application/at+jwt', 'x', 7),
    crit: fc.constantFrom<unknown>(
      ['b64'],
      [],
      ['x'],
      ['alg'],
      ['b64', 'b64'],
      'b64',
      null,
      [7],
      [''],
      ['exp'],
      ['toString'],
    ),
    b64: fc.constantFrom<unknown>(true, false, 'true', null),
    x: fc.constant(1),
    exp: fc.constant(1),
    cty: fc.constantFrom('JWT', 'json'),
    jwk: fc.constant({ kty: 'oct', k: 'AAAA' }),
    jku: fc.constant('https://evil.test/jwks'),
  },
  { requiredKeys: [] },
)

describe('jose jwtVerify and we', () => {
  test('agree about any claims', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(sometimesAbsent, async (payload) => {
        const token = mintRaw(key, { payload })
        await agree(token)
        if (await oracle(token)) accepted += 1
      }),
      { numRuns: 1500 },
    )
    // A property that never sees an acceptance would prove nothing.
    expect(accepted).toBeGreaterThan(50)
  })

  test('agree about any header, b64 and crit included', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(header, async (members) => {
        const payload = { iss: testIssuer, aud: testAudience, exp: now + 600 }
        const token = mintRaw(key, { header: members, payload })
        await agree(token)
        if (await oracle(token)) accepted += 1
      }),
      { numRuns: 1000 },
    )
    expect(accepted).toBeGreaterThan(20)
  })

  test('agree about any header over any claims, by every algorithm', async () => {
    let accepted = 0
    const members = fc.record(
      {
        typ: fc.constantFrom<unknown>('JWT', 'at+jwt', 'dpop+jwt', 7, null),
        crit: fc.constantFrom<unknown>(['b64'], ['exp'], [], undefined),
        b64: fc.constantFrom<unknown>(true, false, undefined),
        alg: fc.oneof(
          { weight: 8, arbitrary: fc.constant<unknown>(undefined) },
          fc.constantFrom<unknown>(...signingAlgorithms, 'none', 'HS256', 'ES256K', 7, null),
        ),
        zip: fc.constantFrom<unknown>('DEF', undefined),
        x5c: fc.constantFrom<unknown>(['AAAA'], undefined),
        ['x5t#S256']: fc.constant('AAAA'),
        extra: fc.jsonValue({ maxDepth: 2 }),
      },
      { requiredKeys: [] },
    )
    const surplus = fc.dictionary(
      fc.stringMatching(/^[a-z_:]{1,12}$/),
      fc.jsonValue({ maxDepth: 3 }),
      {
        maxKeys: 4,
      },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...signingAlgorithms),
        members,
        claims,
        surplus,
        async (alg, header, payload, more) => {
          const by = contestants.get(alg)!
          const { alg: said = alg, ...rest } = header
          const token = mintRaw(by.key, {
            header: { ...rest, alg: said },
            payload: { ...more, ...payload },
          })
          if (await agree(token, by)) accepted += 1
        },
      ),
      { numRuns: 1500 },
    )
    expect(accepted).toBeGreaterThan(20)
  })

  test('agree about text that only resembles a token', async () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.json({ maxDepth: 2 }).map((text) => Buffer.from(text).toString('base64url')),
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
        const verdict = await validator.validate(pieces.join('.'), signal)
        expect(verdict.outcome).toBe('rejected')
      }),
      { numRuns: 1000 },
    )
  })
})
