// Text from elsewhere must not steer the terminal that shows it.
import { assert, boolean, jsonValue, property } from 'fast-check'
import { expect, test } from 'vitest'
import { jsonText, printable, printableLines, shortened } from '../../src/base/escape.ts'

test('control characters become visible escapes', () => {
  expect(printable('a\u001b[2Jb\u0007c\u009bd')).toBe('a\\u001b[2Jb\\u0007c\\u009bd')
  expect(printable('one\ntwo\tthree\r')).toBe('one\\ntwo\\tthree\\u000d')
})

test('characters that reorder or hide text become visible', () => {
  expect(printable('x\u202etxt.exe')).toBe('x\\u202etxt.exe')
  expect(printable('a\u200bb\u2066c\ufeffd')).toBe('a\\u200bb\\u2066c\\ufeffd')
})

test('what cannot be seen becomes visible, also beyond the first plane', () => {
  expect(printable('a\u00adb\u061cc\u3164d')).toBe('a\\u00adb\\u061cc\\u3164d')
  expect(printable('x\u{e0041}y')).toBe('x\\udb40\\udc41y')
})

test('a text of several lines keeps its line breaks and nothing else', () => {
  expect(printableLines('{\n "a": "\u009b"\r\n}')).toBe('{\n "a": "\\u009b"\\u000d\n}')
})

test('JSON says the same after escaping', () => {
  const poison = 'a\u0000\u001b\u007f\u009b\u202e\u200b\ufeff\u{e0041}\n"\\'
  const text = jsonText({ [poison]: [poison] }, 2)
  expect(JSON.parse(text)).toEqual({ [poison]: [poison] })
  // oxlint-disable-next-line no-control-regex -- finding them is the point
  expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b\u202e\ufeff]/)
})

test('any JSON says the same after escaping', () => {
  assert(
    property(jsonValue(), boolean(), (value, indented) => {
      expect(JSON.parse(jsonText(value, indented ? 2 : undefined))).toEqual(
        JSON.parse(JSON.stringify(value)),
      )
    }),
  )
})

test('plain text of any script stays as it is', () => {
  expect(printable('größe 日本語 🙂 "x"')).toBe('größe 日本語 🙂 "x"')
})

test('a long text is cut with an ellipsis', () => {
  expect(shortened('abcdefgh', 8)).toBe('abcdefgh')
  expect(shortened('abcdefghi', 8)).toBe('abcdefg…')
})
