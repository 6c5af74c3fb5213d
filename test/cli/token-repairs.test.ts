// What pasting does to a token is mended, and each mend is said.
import { expect, test } from 'vitest'
import { mendToken } from '../../src/cli/token-repairs.ts'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ['a bare token', jwt, []],
  ['the line end of a pipe', `${jwt}\n`, []],
  ['a pasted prefix', `Bearer ${jwt}`, ['in-bearer-prefix']],
  ['a pasted header', `Authorization: Bearer ${jwt}`, ['in-bearer-prefix']],
  ['another scheme', `DPoP ${jwt}`, ['in-bearer-prefix']],
  ['quotes', `"${jwt}"`, ['in-quotes']],
  ['smart quotes', `\u201c${jwt}\u201d`, ['in-quotes']],
  ['a quoted header', `"Bearer ${jwt}"`, ['in-quotes', 'in-bearer-prefix']],
  ['wrapped lines', `${jwt.slice(0, 20)}\n  ${jwt.slice(20)}`, ['in-whitespace']],
  ['percent signs', jwt.replaceAll('.', '%2E'), ['in-url-encoded']],
  [
    'the whole response',
    JSON.stringify({ access_token: jwt, refresh_token: 'r' }),
    ['in-json-envelope'],
  ],
]

test.each(cases)('%s', (_, raw, ids) => {
  const { token, repairs } = mendToken(raw)
  expect(token).toBe(jwt)
  expect(repairs.map(({ id }) => id)).toEqual(ids)
  expect(repairs.every(({ status }) => status === 'warn')).toBe(true)
})

test('what cannot be mended stays for the checks to name', () => {
  for (const raw of ['', 'Bearer', '{"error":"x"}', '{not json', 'two words', '100%', '${TOKEN}']) {
    expect(mendToken(raw)).toEqual({ token: raw, repairs: [] })
  }
})

test('no repair repeats the token', () => {
  for (const [, raw] of cases) {
    expect(JSON.stringify(mendToken(raw).repairs)).not.toContain(jwt.slice(0, 20))
  }
})
