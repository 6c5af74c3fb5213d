// Untrusted JSON: strict, bounded, and honest about duplicate members.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isJsonObject, parseJson } from '../../src/base/json.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('parseJson', () => {
  test('reads what JSON.parse reads, for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        const expected = { ok: true, value: JSON.parse(text) as unknown, duplicates: [] }
        expect(parseJson(text)).toEqual(expected)
        expect(parseJson(Buffer.from(text))).toEqual(expected)
      }),
    )
  })

  test('agrees with JSON.parse about what is JSON, for text that almost is', () => {
    const pieces = ['{', '}', '[', ']', ',', ':', '"a"', '"\\u0041"', '1', '-0.5e3', '01', 'true']
    const scraps = ['nul', ' ', '\n', '"', '\\', '"\u0001"', '"\u007f"', '"\ud800"', '1.', "'a'"]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces, ...scraps), { maxLength: 9 }), (list) => {
        const text = list.join('')
        let native = true
        try {
          JSON.parse(text)
        } catch {
          native = false
        }
        expect(parseJson(text).ok).toBe(native)
      }),
      { numRuns: 3000 },
    )
  })

  test('says where the text stops being JSON and never quotes it', () => {
    expect(parseJson('{"secret":tru}')).toEqual({
      ok: false,
      reason: 'unexpected character',
      position: 10,
    })
    expect(parseJson('{"a":1')).toEqual({ ok: false, reason: 'unexpected end', position: 6 })
    expect(parseJson('')).toEqual({ ok: false, reason: 'empty', position: 0 })
    expect(parseJson('{} x')).toMatchObject({ ok: false, position: 3 })
  })

  test('refuses invalid UTF-8, overlong forms and a byte order mark', () => {
    expect(parseJson(bytes(0x22, 0xff, 0x22))).toEqual({ ok: false, reason: 'invalid UTF-8' })
    expect(parseJson(bytes(0x22, 0xc0, 0xaf, 0x22))).toEqual({ ok: false, reason: 'invalid UTF-8' })
    expect(parseJson(bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d))).toMatchObject({ ok: false, position: 0 })
  })

  test.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"x":{"b":1,"c":2,"b":3}}', ['b']],
    ['[{"a":1},{"a":2}]', []],
    ['{"a":{"a":{"a":1}}}', []],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
  ])('names the repeated members of %s', (text, duplicates) => {
    expect(parseJson(text)).toMatchObject({ ok: true, duplicates })
  })

  test('keeps to its limits, and deep or long input does not overflow the stack', () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(parseJson(deep(64)).ok).toBe(true)
    expect(parseJson(deep(65))).toMatchObject({ ok: false, reason: 'nested deeper than 64 levels' })
    expect(parseJson(deep(400_000)).ok).toBe(false)
    expect(parseJson('"12345"', { maxBytes: 6 })).toMatchObject({ ok: false })
    expect(parseJson('"12345"', { maxBytes: 7 }).ok).toBe(true)
    expect(parseJson(`"${'\\n'.repeat(200_000)}${'x'.repeat(500_000)}"`).ok).toBe(true)
  })
})

test('isJsonObject takes objects alone', () => {
  expect([{}, [], null, 'x', 1, undefined].map(isJsonObject)).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ])
})
