// What pasting does to a token is mended, and each mend is said.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mendToken, withRepairs } from '../../../src/cli/token/token-repairs.ts'
import { fail, pass } from '../../../src/core/verdict/check.ts'
import { said } from '../../support/said.ts'
import { pasted } from '../../support/pasted-tokens.ts'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'

test.each(pasted(jwt))('$name', ({ text, ids }) => {
  const { token, repairs } = mendToken(text)
  expect(token).toBe(jwt)
  expect(repairs.map(({ id }) => id).toSorted()).toEqual([...ids].toSorted())
  expect(repairs.every(({ status }) => status === 'warn')).toBe(true)
})

test('a bare token and the line end of a pipe are no repair', () => {
  for (const raw of [jwt, `${jwt}\n`, `${jwt}\r\n`]) {
    expect(mendToken(raw)).toEqual({ token: jwt, repairs: [] })
  }
})

test('what cannot be mended stays for the checks to name', () => {
  for (const raw of [
    'Bearer',
    '{"error":"x"}',
    '{not json',
    '{"access_token": 1}',
    'two words',
    '100%',
    '%zz%2E',
    '${TOKEN}',
    '"',
    'curl https://mcp.acme.test/mcp',
    `a: ${jwt}, b: ${jwt.slice(0, -4)}AAAA`,
    `Cookie: sid=${jwt}; Path=/`,
    `https://app.acme.test/#access_token=${jwt}`,
    `a ${jwt}~WyJzIl0~`,
    `${jwt}=`,
    `${jwt}==`,
  ]) {
    expect(mendToken(raw)).toEqual({ token: raw, repairs: [] })
  }
  for (const raw of ['', '  \n', '\ufeff', '\u200b\u00a0']) {
    expect(mendToken(raw)).toEqual({ token: '', repairs: [] })
  }
})

test('a response names what was ignored in it, without its value', () => {
  const response = JSON.stringify({ access_token: jwt, refresh_token: 'canary', expires_in: 60 })
  const [repair] = mendToken(response).repairs
  expect(repair).toMatchObject({
    id: 'in-json-envelope',
    message: expect.stringContaining('its refresh_token was ignored') as string,
  })
  expect(JSON.stringify(repair)).not.toContain('canary')
})

test('no repair repeats the token', () => {
  for (const { text } of pasted(jwt)) {
    expect(JSON.stringify(mendToken(text).repairs)).not.toContain(jwt.slice(0, 20))
  }
})

test('a check that passed only because of a repair is not told as passed', () => {
  const mended = mendToken(`\ufeff${jwt}`)
  const ids = withRepairs(mended, [
    pass('in-non-ascii'),
    pass('in-size'),
    fail(said('time-exp', 'x')),
  ])
  expect(ids.map(({ id, status }) => `${status} ${id}`)).toEqual([
    'warn in-non-ascii',
    'pass in-size',
    'fail time-exp',
  ])
})

test('whatever comes in, nothing is added to it; what is a token already stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200, unit: 'binary' }), (raw) => {
      expect(mendToken(raw).token.length).toBeLessThanOrEqual(raw.length)
    }),
  )
  fc.assert(
    fc.property(fc.stringMatching(/^[\w.~+/-]{1,60}=*$/), (raw) => {
      expect(mendToken(raw).token).toBe(raw)
    }),
  )
})

test('a hundred kilobytes of anything take no noticeable time to look at', () => {
  for (const piece of ['%2E', '"', 'Bearer ', '\n', 'a b', '\\n', '{"a":', '\u200b', '. ']) {
    expect(() => mendToken(piece.repeat(30_000))).not.toThrow()
  }
})
