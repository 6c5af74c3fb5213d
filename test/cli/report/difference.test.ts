// Carets stand under what differs, whatever the strings hold and however narrow the terminal is.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { difference } from '../../../src/cli/report/difference.ts'

const drawn = (actual: string, expected: string, width?: number): string => {
  const found = difference(actual, expected, width)
  return found === undefined ? '' : `${found.found}\n${found.wanted}\n${found.carets}`
}

test.each([
  ['nothing', 'https://a.example', 'https://a.example', ''],
  [
    'a slash at the end',
    'https://a.example',
    'https://a.example/',
    'https://a.example\nhttps://a.example/\n                 ^',
  ],
  [
    'a letter',
    'https://a.example/Mcp',
    'https://a.example/mcp',
    'https://a.example/Mcp\nhttps://a.example/mcp\n                  ^',
  ],
  [
    'something in the middle',
    'https://a.example/mcp',
    'https://a.example:8443/mcp',
    'https://a.example/mcp\nhttps://a.example:8443/mcp\n                 ^^^^^',
  ],
  ['a space that nobody sees', 'api ', 'api', '"api "\n"api"\n    ^'],
])('%s', (_, actual, expected, picture) => {
  expect(drawn(actual, expected)).toBe(picture)
})

test('what could steer the terminal is escaped before the columns are counted', () => {
  expect(drawn('a\u001b[31mb', 'ab')).toBe('a\\u001b[31mb\nab\n ^^^^^^^^^^')
})

test('a narrow terminal shows the part around the difference', () => {
  const issuer = `https://id.acme.test/a/very/long/path/${'x'.repeat(60)}/realms`
  expect(drawn(`${issuer}/dev`, `${issuer}/prod`, 30)).toBe(
    '…xxx/realms/dev\n…xxx/realms/prod\n            ^^^^',
  )
})

test('no line is wider than the terminal, and the carets begin where the lines part', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 120, unit: 'binary' }),
      fc.string({ maxLength: 120, unit: 'binary' }),
      fc.integer({ min: 20, max: 100 }),
      (actual, expected, width) => {
        const found = difference(actual, expected, width)
        if (found === undefined) return actual === expected
        const lines = [found.found, found.wanted, found.carets]
        const at = found.carets.indexOf('^')
        return (
          lines.every((line) => line.length <= width) &&
          found.found.slice(0, at) === found.wanted.slice(0, at)
        )
      },
    ),
  )
  expect(difference('a', 'a', 20)).toBeUndefined()
})
