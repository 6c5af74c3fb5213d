// Whatever is sent: an answer comes, never a crash, and never an acceptance of what nobody signed.
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { createJwtValidator } from '../../src/core/validator/jwt-validator.ts'
import type { TokenValidator, Verdict } from '../../src/core/verdict/verdict.ts'
import { fixedKeys } from '../support/fixed-keys.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { policyOf } from '../support/policy.ts'
import {
  base64url,
  goodClaims,
  mintRaw,
  mintToken,
  testKey,
  withPart,
  type SigningKey,
} from '../support/tokens.ts'

const signal = new AbortController().signal

let key: SigningKey
let good: string
let validator: TokenValidator

beforeAll(async () => {
  key = await testKey('ES256')
  good = await mintToken(key)
  validator = createJwtValidator({
    keys: await fixedKeys([key, await testKey('Ed25519')]),
    policy: policyOf({}),
    algorithms: undefined,
    clock: createManualClock(),
  })
})

const judged = async (token: string): Promise<Verdict> => validator.validate(token, signal)

/** Those that were not refused: none. */
const notRefused = async (...tokens: readonly string[]): Promise<readonly string[]> => {
  const odd: string[] = []
  for (const token of tokens) {
    if ((await judged(token)).outcome !== 'rejected') odd.push(token)
  }
  return odd
}

test('the good token is good', async () => {
  expect((await judged(good)).outcome).toBe('accepted')
})

describe('a good token that was damaged is refused', () => {
  test('cut at every character', async () => {
    const cut = Array.from(good, (_, length) => good.slice(0, length))
    expect(await notRefused(...cut)).toEqual([])
  })

  test('without its beginning, from every character on', async () => {
    const rests = Array.from(good, (_, start) => good.slice(start + 1))
    expect(await notRefused(...rests)).toEqual([])
  })

  test('with any one character left out, doubled or exchanged with the next', async () => {
    const damaged = Array.from(good, (char, at) => {
      const [before, after] = [good.slice(0, at), good.slice(at + 1)]
      return [
        before + after,
        before + char + char + after,
        before + after.charAt(0) + char + after.slice(1),
      ]
    }).flat()
    expect(await notRefused(...damaged.filter((token) => token !== good))).toEqual([])
  })

  test('with anything put in anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length),
        fc.oneof(
          fc.constantFrom(
            '\0',
            '\n',
            '\r\n',
            '\t',
            '\u200b',
            '\ufeff',
            '.',
            '=',
            '%2E',
            '…',
            '\ud800',
          ),
          fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }),
        ),
        async (at, piece) => {
          const longer = good.slice(0, at) + piece + good.slice(at)
          expect(await notRefused(longer)).toEqual([])
        },
      ),
      { numRuns: 700 },
    )
  })

  test('with parts of several good tokens put together', async () => {
    const others = await Promise.all(
      ['user-2', 'user-3'].map((sub) => mintToken(key, goodClaims({ sub, jti: sub }))),
    )
    const tokens = [good, ...others, mintRaw(await testKey('Ed25519'))]
    const parts = tokens.map((token) => token.split('.'))
    const mixed = parts.flatMap(([a]) =>
      parts.flatMap(([, b]) => parts.map(([, , c]) => [a, b, c].join('.'))),
    )
    const wrong = mixed.filter((token) => !tokens.includes(token))
    expect(wrong.length).toBeGreaterThan(40)
    expect(await notRefused(...wrong)).toEqual([])
  })
})

describe('monsters', () => {
  const deep = (open: string, close: string, depth: number): string =>
    open.repeat(depth) + close.repeat(depth)

  const payloads: readonly (readonly [string, string | Uint8Array])[] = [
    ['lists 5,000 deep', deep('[', ']', 5000)],
    ['objects 2,000 deep', `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`],
    ['an unclosed list 8,000 deep', '['.repeat(8000)],
    ['a claim that is 2,000 deep', `{"iss":${deep('[', ']', 2000)}}`],
    ['a number of 9,000 digits', `{"exp":${'9'.repeat(9000)}}`],
    ['NUL in a name', '{"a\0b":1}'],
    ['NUL alone', '\0'],
    ['__proto__', '{"__proto__":{"iss":"https://id.acme.test"},"constructor":{"prototype":{}}}'],
    ['lone surrogates', '{"iss":"\\ud800","\\udfff":1}'],
    ['bytes that are no UTF-8', Buffer.from('7b2261223a22c328a0a1ff227d', 'hex')],
    ['an overlong slash', Buffer.from('7b2269737322c0af7d', 'hex')],
    ['a byte order mark', '\ufeff{"iss":"x"}'],
    ['nothing', ''],
    [
      '500 members',
      JSON.stringify(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`m${i}`, i]))),
    ],
  ]

  test.each(payloads)('a signed payload: %s', async (_, payload) => {
    expect(await notRefused(mintRaw(key, { payload }))).toEqual([])
  })

  test.each(payloads)('a header: %s', async (_, header) => {
    const tokens = [mintRaw(key, { header }), withPart(good, 0, base64url(header))]
    expect(await notRefused(...tokens)).toEqual([])
  })

  test.each([
    ['one part', 'a'.repeat(100_000)],
    ['dots', '.'.repeat(100_000)],
    ['three parts', `${'a'.repeat(33_000)}.${'b'.repeat(33_000)}.${'c'.repeat(33_000)}`],
    ['equals signs', '='.repeat(100_000)],
    ['blanks', ' '.repeat(100_000)],
    ['braces', '{'.repeat(100_000)],
    ['dollars', '$'.repeat(100_000)],
    ['a list of open placeholders', '{{'.repeat(50_000)],
    ['characters beyond the first plane', '\u{1f600}'.repeat(50_000)],
    ['NUL', '\0'.repeat(100_000)],
  ])('100 KB of %s', async (_, token) => {
    expect(await notRefused(token)).toEqual([])
  })

  test('a good token that is merely too large', async () => {
    const large = await mintToken(key, goodClaims({ filler: 'x'.repeat(75_000) }))
    expect(await judged(large)).toMatchObject({ outcome: 'rejected', problem: { code: 'in-size' } })
  })
})

test('any header and any payload, rightly signed: an answer, and it never repeats the token', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 }),
      fc.jsonValue({ maxDepth: 4 }),
      async (header, payload) => {
        const token = mintRaw(key, {
          header: { ...header, alg: key.alg, kid: key.kid },
          payload: JSON.stringify(payload),
        })
        const verdict = await judged(token)
        expect(verdict.outcome).toBe('rejected')
        expect(verdict.checks.length).toBeGreaterThan(0)
        expect(JSON.stringify(verdict)).not.toContain(token)
      },
    ),
    { numRuns: 600 },
  )
})

test('any text at all: an answer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
      expect(await notRefused(text)).toEqual([])
    }),
    { numRuns: 2000 },
  )
})
