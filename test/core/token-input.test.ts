// What is said about a string before anybody takes it for a token.
import { describe, expect, test } from 'vitest'
import type { ProblemCode } from '../../src/base/problem.ts'
import { checkInput } from '../../src/core/token-input.ts'

const findings = (token: string): [ProblemCode, string][] =>
  checkInput(token)
    .filter((check) => check.status !== 'pass')
    .map((check) => [check.id, check.status])

test.each(['abc', 'a.b.c', 'a-._~+/b==', 'A'.repeat(4096)])(
  '%# is nothing to speak of',
  (token) => {
    expect(findings(token)).toEqual([])
  },
)

test.each<[string, [ProblemCode, string][]]>([
  ['', [['in-empty', 'fail']]],
  [' \n', [['in-empty', 'fail']]],
  ['a'.repeat(4097), [['in-size', 'warn']]],
  ['a'.repeat(16_384), [['in-size', 'warn']]],
  ['a'.repeat(16_385), [['in-size', 'fail']]],
  ['\u00e9'.repeat(8193), [['in-size', 'fail']]],
  ['ghr_abc', [['in-wrong-kind', 'warn']]],
  ['github_pat_abc', [['in-wrong-kind', 'warn']]],
  ['1//0abc', [['in-wrong-kind', 'warn']]],
  ['xoxb-1', [['in-wrong-kind', 'warn']]],
  [
    'abc***',
    [
      ['in-truncated', 'fail'],
      ['in-non-ascii', 'fail'],
    ],
  ],
  ['abc...def', [['in-truncated', 'fail']]],
  ['a b', [['in-non-ascii', 'fail']]],
  [
    '%TOKEN%',
    [
      ['in-unexpanded-variable', 'fail'],
      ['in-non-ascii', 'fail'],
    ],
  ],
])('%# is found', (token, expected) => {
  expect(findings(token)).toEqual(expected)
})

describe('the place of a character that no token may hold', () => {
  test.each([
    ['ab"c', 'U+0022 at position 2'],
    ['abc\n', 'U+000A at position 3'],
    ['\u200babc', 'U+200B at position 0'],
    ['\ufeffabc', 'U+FEFF at position 0'],
    ['ab\u0441', 'U+0441 at position 2'],
    ['a\u{1f511}', 'U+1F511 at position 1'],
    ['a=b', 'U+003D at position 1'],
    ['=', 'U+003D at position 0'],
  ])('%j is named: %s', (token, place) => {
    const found = checkInput(token).find((check) => check.id === 'in-non-ascii')
    expect(found).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(place) as string,
    })
  })
})
