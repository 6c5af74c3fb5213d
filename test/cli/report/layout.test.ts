// Columns line up, text wraps under itself, and times read as a person says them.
import { expect, test } from 'vitest'
import { absolute, relative } from '../../../src/cli/terminal/duration.ts'
import { hanging, padded } from '../../../src/cli/report/layout.ts'

test('text goes on under itself', () => {
  expect(hanging('  id  ', 'one two three four five six', 26)).toBe(
    '  id  one two three four\n      five six',
  )
})

test('a pipe gets one line', () => {
  const text = 'word '.repeat(60).trim()
  expect(hanging('  id  ', text, undefined)).toBe(`  id  ${text}`)
})

test('a long word that fits on a line of its own gets one', () => {
  const url = `https://id.example/${'a'.repeat(12)}`
  expect(hanging('  introspection_endpoint  ', `at ${url} now`, 40)).toBe(
    `  introspection_endpoint\n    at ${url}\n    now`,
  )
})

test('a word longer than the line is not broken', () => {
  const url = `https://id.example/${'a'.repeat(60)}`
  expect(hanging('x  ', url, 30)).toBe(`x  ${url}`)
})

test('colours do not count as width', () => {
  expect(padded('\u001b[31mab\u001b[39m', 4)).toBe('\u001b[31mab\u001b[39m  ')
})

test('moments are relative and absolute', () => {
  const now = 1_790_000_000
  expect(relative(now - 312, now)).toBe('5m 12s ago')
  expect(relative(now + 2470, now)).toBe('in 41m 10s')
  expect(relative(now, now)).toBe('now')
  expect(absolute(0)).toBe('1970-01-01 00:00:00 UTC')
  expect(absolute(1e300)).toBeUndefined()
})
