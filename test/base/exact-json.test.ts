// Numbers that another language tells apart are written as they came.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digitsOf, numberOf, readJson, writeJson } from '../../src/base/exact-json.ts'
import { isJsonObject } from '../../src/base/json.ts'

const member = (text: string): unknown => (readJson(`{"n":${text}}`) as { n: unknown }).n

describe('numbers of JSON', () => {
  it.each([
    '9007199254740993',
    '-9223372036854775808',
    '18446744073709551615',
    '1e400',
    '1E+2',
    '1.0',
    '0.10',
    '-0',
    '-0.0',
    '3.141592653589793238462643383279',
    '123456789012345678901234567890',
  ])('writes %s as it came', (text) => {
    expect(writeJson(readJson(`{"a":[{"n":${text}},"s"],"b":null}`))).toBe(
      `{"a":[{"n":${text}},"s"],"b":null}`,
    )
  })

  it('reads a number that every program writes alike as a plain number', () => {
    expect(member('42')).toBe(42)
    expect(member('-0.5')).toBe(-0.5)
    expect(member('9007199254740991')).toBe(9007199254740991)
  })

  it('knows the value and the digits of a number that it keeps', () => {
    expect(numberOf(member('1e3'))).toBe(1000)
    expect(digitsOf(member('9007199254740993'))).toBe('9007199254740993')
    expect(numberOf('1')).toBeUndefined()
    expect(digitsOf(7)).toBe('7')
  })

  it('does not take a kept number for an object', () => {
    expect(isJsonObject(member('1.0'))).toBe(false)
  })

  it('is nothing but the nearest number to who writes JSON in another way', () => {
    expect(JSON.stringify({ n: member('9007199254740993') })).toBe('{"n":9007199254740992}')
  })

  it('leaves digits in strings and names alone', () => {
    const text = String.raw`{"9007199254740993":"9007199254740993 \"1.0\\","\u0031e5":[1.50,"a\n-0"]}`
    expect(writeJson(readJson(text))).toBe(
      String.raw`{"9007199254740993":"9007199254740993 \"1.0\\","1e5":[1.50,"a\n-0"]}`,
    )
  })

  it('keeps the last of two members of one name, and a member named __proto__', () => {
    const value = readJson('{"a":1.0,"a":2.0,"__proto__":{"b":3.0}}')
    expect(writeJson(value)).toBe('{"a":2.0,"__proto__":{"b":3.0}}')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it.each(['{"a":1.0', '{1.0:2}', '[01.0]', '[1.]', '1.0 2.0', '', '[1.0,]'])(
    'refuses %s as JSON.parse does',
    (text) => {
      expect(() => readJson(text)).toThrow(SyntaxError)
    },
  )

  it('reads what JSON.parse reads, and writes what JSON.stringify writes, for every value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
        // A number among the others that has to be kept, so that the slow way is taken.
        const text = JSON.stringify([1.5, value], undefined, indent).replace('1.5', '1.50')
        const read = readJson(text) as readonly unknown[]
        expect(writeJson(read[1])).toBe(JSON.stringify(JSON.parse(JSON.stringify(value))))
        expect(writeJson(read)).toBe(`[1.50,${JSON.stringify(value)}]`)
      }),
    )
  })

  it('leaves out what is undefined, as JSON.stringify does', () => {
    const kept = member('1.0')
    expect(writeJson({ a: undefined, b: [undefined, kept], c: kept })).toBe(
      '{"b":[null,1.0],"c":1.0}',
    )
  })
})
