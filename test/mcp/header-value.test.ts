// Names in headers, and back.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeHeaderValue, encodeHeaderValue } from '../../src/mcp/header-value.ts'

const encoded = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`

test.each(['read_file', 'file:///a b?c=%20', 'a\tb', '=?base64?'])(
  '%j travels as it is',
  (name) => {
    expect(encodeHeaderValue(name)).toBe(name)
  },
)

test.each(['', ' a', 'a ', '\ta', 'æ', 'a\nb', 'a\u0000', '=?base64?YQ==?='])(
  '%j has to be encoded',
  (name) => {
    expect(encodeHeaderValue(name)).toBe(encoded(name))
  },
)

test('every string comes back, in characters that a header may hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const header = encodeHeaderValue(name)
      expect(header).toMatch(/^[\t\x20-\x7e]+$/)
      expect(decodeHeaderValue(header)).toBe(name)
    }),
  )
})

describe('decoding', () => {
  test('takes blanks off the ends', () => {
    expect(decodeHeaderValue(' \tname ')).toBe('name')
  })
  test.each([
    ['no padding', '=?base64?YQ?='],
    ['a foreign alphabet', '=?base64?_-==?='],
    ['left-over bits', '=?base64?YR==?='],
    ['bytes that are no UTF-8', '=?base64?/w==?='],
    ['raw bytes beyond ASCII', 'n\u00e6me'],
    ['a control character', 'a\u0001'],
  ])('refuses %s', (_title, header) => {
    expect(decodeHeaderValue(header)).toBeUndefined()
  })
})
