// Text from elsewhere must not steer the terminal that shows it.
import { expect, test } from 'vitest'
import { printable, shortened } from '../../src/cli/escape.ts'

test('control characters become visible escapes', () => {
  expect(printable('a\u001b[2Jb\u0007c\u009bd')).toBe('a\\u001b[2Jb\\u0007c\\u009bd')
  expect(printable('one\ntwo\tthree\r')).toBe('one\\ntwo\\tthree\\u000d')
})

test('characters that reorder or hide text become visible', () => {
  expect(printable('x\u202etxt.exe')).toBe('x\\u202etxt.exe')
  expect(printable('a\u200bb\u2066c\ufeffd')).toBe('a\\u200bb\\u2066c\\ufeffd')
})

test('plain text of any script stays as it is', () => {
  expect(printable('größe 日本語 🙂 "x"')).toBe('größe 日本語 🙂 "x"')
})

test('a long text is cut with an ellipsis', () => {
  expect(shortened('abcdefgh', 8)).toBe('abcdefgh')
  expect(shortened('abcdefghi', 8)).toBe('abcdefg…')
})
