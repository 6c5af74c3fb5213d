// What is said about a string before anybody takes it for a token.
import { describe, expect, test } from 'vitest'
import type { ProblemCode } from '../../../src/problems/problem.ts'
import { checkInput } from '../../../src/core/token/token-input.ts'

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
  ['ory_rt_abc.def', [['in-wrong-kind', 'warn']]],
  ['4/0AX4XfWh', [['in-wrong-kind', 'warn']]],
  ['0.AXkAq7Zl3vN0fT1kS9uB7yRz5wLg.AgABAAEAAAD', [['in-wrong-kind', 'warn']]],
  ['undefined', [['in-unexpanded-variable', 'fail']]],
  ['null', [['in-unexpanded-variable', 'fail']]],
  [
    '[object Object]',
    [
      ['in-unexpanded-variable', 'fail'],
      ['in-non-ascii', 'fail'],
    ],
  ],
  ['nullable', []],
  // JSON, whole and cut: neither is a placeholder.
  ['{"access_token":"abc"}', [['in-non-ascii', 'fail']]],
  [
    '{"access_token":"abc',
    [
      ['in-truncated', 'fail'],
      ['in-non-ascii', 'fail'],
    ],
  ],
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

describe('the name of a character that no token may hold', () => {
  test.each([
    ['a b', 'a space'],
    ['abc\r\n', 'a line break'],
    ['abc\u00a0', 'a no-break space'],
    ['abc\u200b', 'a zero-width space'],
    ['\ufeffabc', 'a byte order mark'],
    ['\u201cabc\u201d', 'a smart quote'],
    ['ab\u2013c', 'a dash that is not a hyphen'],
    ['\u0435yJ', 'a letter that looks like another one'],
    ['a%2Eb', 'is it URL-encoded?'],
    ['{"a":1}', 'is it JSON?'],
    ['a=b', 'padding inside the token'],
    ['a\u0000b', 'a NUL'],
  ])('%j: %s', (token, note) => {
    const found = checkInput(token).find((check) => check.id === 'in-non-ascii')
    expect(found).toMatchObject({
      evidence: { note },
      message: expect.stringContaining(`(${note})`) as string,
    })
  })

  test('is left out where it says enough itself', () => {
    const found = checkInput('a\u{1f511}').find((check) => check.id === 'in-non-ascii')
    expect(found).toMatchObject({ message: expect.not.stringContaining('(') as string })
  })
})

test('each limit of size has its own words', () => {
  const said = (n: number) => checkInput('a'.repeat(n)).find((check) => check.id === 'in-size')
  expect(said(4096)).toEqual({ id: 'in-size', status: 'pass' })
  expect(said(4097)).toMatchObject({
    status: 'warn',
    message: '4097 bytes: many proxies stop at 8 KiB',
  })
  expect(said(8193)).toMatchObject({
    status: 'warn',
    message: '8193 bytes: more than the 8 KiB at which many proxies stop',
  })
  expect(said(16_385)).toMatchObject({
    status: 'fail',
    message: '16385 bytes: more than the 16 KiB that are accepted here',
  })
})
