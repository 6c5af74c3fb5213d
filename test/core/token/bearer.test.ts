// One Authorization header, one scheme, one token.
import { expect, test } from 'vitest'
import { parseAuthorization } from '../../../src/core/token/bearer.ts'

test.each([
  ['Bearer abc', 'abc'],
  ['bearer abc', 'abc'],
  ['BEARER   abc', 'abc'],
  ['Bearer\tabc ', 'abc'],
  ['Bearer a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
  // What the token holds is the validators' to say, so that every door says the same.
  ['Bearer', ''],
  ['Bearer ', ''],
  ['Bearer ${TOKEN}', '${TOKEN}'],
  ['Bearer "abc"', '"abc"'],
  ['Bearer abc\u00e9', 'abc\u00e9'],
])('%j carries %j', (value, token) => {
  expect(parseAuthorization([value])).toEqual({ token })
})

test.each([
  [undefined, 'req-token-missing'],
  [[], 'req-token-missing'],
  [[''], 'req-token-missing'],
  [['   '], 'req-token-missing'],
  [['Bearer a', 'Bearer b'], 'req-authorization-malformed'],
  [['Bearer a', ''], 'req-authorization-malformed'],
  [['Basic dXNlcjpwYXNz'], 'req-authorization-malformed'],
  [['DPoP abc'], 'req-authorization-malformed'],
  [['eyJhbGciOiJFUzI1NiJ9.e30.c2ln'], 'req-authorization-malformed'],
  [['Bearer Bearer abc'], 'req-authorization-malformed'],
  [['Bearer bearer'], 'req-authorization-malformed'],
  [['Bearer a b'], 'req-authorization-malformed'],
  [['Bearer a, Bearer b'], 'req-authorization-malformed'],
  [['Bearer a\nb'], 'req-authorization-malformed'],
  [[`Bearer ${'a'.repeat(16 * 1024 + 1)}`], 'in-size'],
])('%j is answered with %s', (values, code) => {
  expect(parseAuthorization(values)).toMatchObject({ code })
})

test('a token of exactly 16 KiB is taken', () => {
  const token = 'a'.repeat(16 * 1024)
  expect(parseAuthorization([`Bearer ${token}`])).toEqual({ token })
})

test('no answer repeats what was sent, except the name of a known scheme', () => {
  const secret = 'Zx9Kq81mmWop02'
  for (const value of [secret, `Token ${secret}`, `${secret} x`, `Bearer x ${secret}`]) {
    expect(JSON.stringify(parseAuthorization([value]))).not.toContain(secret)
  }
  expect(parseAuthorization([`Basic ${secret}`])).toMatchObject({
    detail: expect.stringContaining('the scheme is Basic') as string,
  })
})
