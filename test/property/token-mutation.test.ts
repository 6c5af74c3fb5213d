// No change to a good token makes another good token: every byte, every family of algorithms.
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { createJwtValidator } from '../../src/core/validator/jwt-validator.ts'
import { localKeySource } from '../../src/core/keys/keys.ts'
import type { TokenValidator, Verdict } from '../../src/core/verdict/verdict.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { policyOf } from '../support/policy.ts'
import { goodClaims, jwksOf, mintToken, testKey, type SigningAlgorithm } from '../support/tokens.ts'

const signal = new AbortController().signal
const families: readonly SigningAlgorithm[] = ['RS256', 'PS256', 'ES256', 'ES512', 'EdDSA']

/** Few claims: every byte is tried. */
const claims = goodClaims({
  jti: undefined,
  nbf: undefined,
  scope: undefined,
  client_id: undefined,
})

describe.each(families)('%s', (alg) => {
  let good: string
  let validator: TokenValidator
  const judge = async (token: string): Promise<Verdict['outcome']> =>
    (await validator.validate(token, signal)).outcome

  beforeAll(async () => {
    const key = await testKey(alg)
    good = await mintToken(key, claims)
    validator = createJwtValidator({
      keys: localKeySource(jwksOf(key), 'keys.json'),
      policy: policyOf(),
      algorithms: undefined,
      clock: createManualClock(),
    })
  })

  test('every byte of every part, bit by bit', async () => {
    expect(await judge(good)).toBe('accepted')
    const parts = good.split('.')
    const survivors: string[] = []
    // P-521 is slow: one bit of each byte there.
    const bits = alg === 'ES512' ? [0] : [0, 1, 2, 3, 4, 5, 6, 7]
    for (const [index, part] of parts.entries()) {
      const bytes = Buffer.from(part, 'base64url')
      for (let at = 0; at < bytes.length; at += 1) {
        for (const bit of bits) {
          const changed = Buffer.from(bytes)
          changed[at] = (changed[at] ?? 0) ^ (1 << bit)
          const token = parts.with(index, changed.toString('base64url')).join('.')
          if ((await judge(token)) !== 'rejected') survivors.push(`${index}:${at}:${bit}`)
        }
      }
    }
    expect(survivors).toEqual([])
  })

  test('characters put in, taken out or exchanged anywhere', async () => {
    const place = fc.nat({ max: good.length })
    const edit = fc.record({
      at: place,
      remove: fc.nat({ max: 3 }),
      insert: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('.', '=', '..', 'A', 'AA')),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        const changed = edits.reduce(
          (text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove),
          good,
        )
        fc.pre(changed !== good)
        expect(await judge(changed)).toBe('rejected')
      }),
      { numRuns: 400 },
    )
  })

  test('a cut at either end, at every place', async () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(await judge(good.slice(0, length))).toBe('rejected')
      expect(await judge(good.slice(good.length - length))).toBe('rejected')
    }
  })
})

test('tokens of two algorithms share no parts', async () => {
  const tokens = await Promise.all(
    families.map(async (alg) => mintToken(await testKey(alg), claims)),
  )
  const keys = localKeySource(
    jwksOf(...(await Promise.all(families.map((alg) => testKey(alg))))),
    'keys.json',
  )
  const validator = createJwtValidator({
    keys,
    policy: policyOf(),
    algorithms: undefined,
    clock: createManualClock(),
  })
  const parts = tokens.map((token) => token.split('.'))
  for (const [a, one] of parts.entries()) {
    for (const [b, two] of parts.entries()) {
      const mixed = [one[0], one[1], two[2]].join('.')
      const { outcome } = await validator.validate(mixed, signal)
      expect([a, b, outcome]).toEqual([a, b, a === b ? 'accepted' : 'rejected'])
    }
  }
})
