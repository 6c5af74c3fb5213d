// Challenges as servers write them (RFC 9110 section 11.6.1), also badly.
import { expect, test } from 'vitest'
import { readChallenges } from '../../src/net/www-authenticate.ts'

const one = (header: string) => readChallenges(header)[0]

test('parameters, quoted and plain, in any case', () => {
  expect(one('Bearer realm="a b", ERROR=invalid_token')).toEqual({
    scheme: 'bearer',
    params: { realm: 'a b', error: 'invalid_token' },
    broken: false,
  })
})

test('a quoted string keeps commas and escaped quotes', () => {
  expect(
    one(String.raw`Bearer error_description="say \"no\", please", scope="a b"`)?.params,
  ).toEqual({
    error_description: 'say "no", please',
    scope: 'a b',
  })
})

test('several challenges in one header', () => {
  const header = 'Basic realm="x", Negotiate, Bearer resource_metadata="https://m.example/x"'
  expect(readChallenges(header).map(({ scheme }) => scheme)).toEqual([
    'basic',
    'negotiate',
    'bearer',
  ])
  expect(readChallenges(header)[2]?.params['resource_metadata']).toBe('https://m.example/x')
})

test('a scheme alone, and a scheme with one word', () => {
  expect(one('Bearer')).toEqual({ scheme: 'bearer', params: {}, broken: false })
  expect(readChallenges('Negotiate YWJj==, Bearer scope=x')).toEqual([
    { scheme: 'negotiate', params: {}, broken: false },
    { scheme: 'bearer', params: { scope: 'x' }, broken: false },
  ])
})

test('of a repeated parameter the first counts', () => {
  expect(one('Bearer scope="a", scope="b"')?.params['scope']).toBe('a')
})

test('an open quote ends the reading and is said', () => {
  expect(one('Bearer realm="ok", resource_metadata="https://m.example')).toEqual({
    scheme: 'bearer',
    params: { realm: 'ok' },
    broken: true,
  })
})

test('no input takes long or throws', () => {
  for (const header of [
    '',
    ',,,',
    '"',
    '=',
    'Bearer '.repeat(5000),
    'a="'.repeat(5000),
    '\u0000',
  ]) {
    expect(Array.isArray(readChallenges(header))).toBe(true)
  }
})
