// The form of API keys: what is made can be read, and what was mistyped or cut is distinguished from what is unknown.
import { expect, test } from 'vitest'
import {
  idInKey,
  keyDigest,
  keyLength,
  makeKey,
  readKey,
} from '../../../src/core/api-keys/key-form.ts'
import { isApiKey } from '../../../src/core/token/api-key-prefix.ts'
import { fingerprint } from '../../../src/base/secret.ts'

test('a key is one word of the alphabet of bearer tokens, has its length, and says its id', () => {
  for (let n = 0; n < 200; n += 1) {
    const { id, text } = makeKey()
    expect(text).toMatch(/^mcpk_[a-z2-7]{10}_[0-9A-Za-z]{49}$/)
    expect(text).toHaveLength(keyLength)
    expect(readKey(text)).toEqual({ id })
    expect(isApiKey(text)).toBe(true)
    expect(idInKey(text)).toBe(id)
  }
})

test('no two keys share an id or a secret', () => {
  const keys = Array.from({ length: 500 }, makeKey)
  expect(new Set(keys.map(({ id }) => id)).size).toBe(500)
  expect(new Set(keys.map(({ text }) => text.slice(16, 59))).size).toBe(500)
})

test('one wrong letter at any place is noticed without the key file', () => {
  const { text } = makeKey()
  for (let at = 'mcpk_'.length; at < text.length; at += 1) {
    if (text[at] === '_') continue
    const other = text[at] === 'a' ? 'b' : 'a'
    expect(readKey(`${text.slice(0, at)}${other}${text.slice(at + 1)}`)).toEqual({
      fault: 'checksum',
    })
  }
})

test('two letters that changed places are noticed', () => {
  const { text } = makeKey()
  for (let at = 16; at < text.length - 1; at += 1) {
    const [a = '', b = ''] = [text[at], text[at + 1]]
    if (a === b) continue
    const swapped = `${text.slice(0, at)}${b}${a}${text.slice(at + 2)}`
    expect(readKey(swapped)).toEqual({ fault: 'checksum' })
  }
})

test.each([
  ['a key that was cut', (text: string) => text.slice(0, -4), 'length'],
  ['a key with something after it', (text: string) => `${text}x`, 'length'],
  [
    'a letter that no key has',
    (text: string) => `${text.slice(0, 30)}-${text.slice(31)}`,
    'letters',
  ],
  [
    'an id in capitals',
    (text: string) => `mcpk_${text.slice(5, 15).toUpperCase()}${text.slice(15)}`,
    'letters',
  ],
  ['another prefix', (text: string) => `mcpx_${text.slice(5)}`, 'letters'],
])('%s is no whole key', (_, change, fault) => {
  let { text } = makeKey()
  // An id of digits alone has no capitals.
  while (!/[a-z]/.test(text.slice(5, 15))) ({ text } = makeKey())
  expect(readKey(change(text))).toEqual({ fault })
})

test('the digest that is kept begins with the fingerprint under which logs know the key', () => {
  const { text } = makeKey()
  expect(keyDigest(text).slice(0, 8)).toBe(fingerprint(text))
})

test.each(['mcpk_', 'mcpk_short', 'something', 'mcpk_UPPERCASE0_x'])('%j has no id', (text) => {
  expect(idInKey(text)).toBeUndefined()
})
