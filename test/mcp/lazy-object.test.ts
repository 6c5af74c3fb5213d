// Objects that are bytes until somebody asks.
import { expect, test } from 'vitest'
import { lazyFromBytes, lazyFromValue, valueIfObject } from '../../src/mcp/lazy-object.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

test('from a value: the value itself, and its JSON', () => {
  const value = { a: 'æ' }
  const lazy = lazyFromValue(value)
  expect(lazy.value()).toBe(value)
  expect(lazy.bytes()).toEqual(bytesOf('{"a":"æ"}'))
  expect(lazy.bytes()).toBe(lazy.bytes())
})

test('from bytes: the bytes themselves, parsed once', () => {
  const bytes = bytesOf('{ "a": "æ" }')
  const lazy = lazyFromBytes(bytes)
  expect(lazy.bytes()).toBe(bytes)
  expect(lazy.value()).toEqual({ a: 'æ' })
  expect(lazy.value()).toBe(lazy.value())
})

test.each(['[]', 'null', '{', ''])('bytes like %j are no object', (text) => {
  const lazy = lazyFromBytes(bytesOf(text))
  expect(() => lazy.value()).toThrow(/JSON/)
  expect(valueIfObject(lazy)).toBeUndefined()
})
