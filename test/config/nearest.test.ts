// Suggestions for words that were mistyped.
import { expect, test } from 'vitest'
import { nearest } from '../../src/config/nearest.ts'

const flags = ['--now', '--issuer', '--json', '--audience', '-q']

test.each([
  ['--foo', undefined],
  ['--nwo', '--now'],
  ['--no', '--now'],
  ['--isuer', '--issuer'],
  ['issuer', '--issuer'],
  ['--jsno', '--json'],
  ['--', undefined],
  ['--zzz', undefined],
])('%s is taken for %s', (word, expected) => {
  expect(nearest(word, flags)).toBe(expected)
})
