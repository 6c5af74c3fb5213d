// Decoded documents are shown without the credentials in them.
import { expect, test } from 'vitest'
import { redact } from '../../src/cli/redact.ts'

test('members that are credentials lose their values, at any depth', () => {
  const shown = redact({
    sub: 'someone',
    client_secret: 'canary',
    list: [{ refresh_token: 'canary' }],
    act: { access_token: 'canary', sub: 'other' },
    key: { kty: 'oct', k: 'canary' },
  })
  expect(JSON.stringify(shown)).not.toContain('canary')
  expect(shown).toMatchObject({ sub: 'someone', act: { sub: 'other' }, key: { kty: 'oct' } })
})

test('a token inside a claim appears as its fingerprint', () => {
  const inner = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'
  expect(redact({ extra: inner, more: [inner] })).toEqual({
    extra: expect.stringMatching(/^\[token [0-9a-f]{8}\]$/),
    more: [expect.stringMatching(/^\[token [0-9a-f]{8}\]$/)],
  })
})

test('everything else is as it came', () => {
  const claims = { iss: 'https://id', aud: ['a', 'b'], exp: 1, ok: true, none: null, scope: 'a b' }
  expect(redact(claims)).toEqual(claims)
})
