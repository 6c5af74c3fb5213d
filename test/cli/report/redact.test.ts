// Decoded documents are shown without the credentials in them.
import { expect, test } from 'vitest'
import { redact, redactText } from '../../../src/cli/report/redact.ts'

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

test.each([
  ['Authorization', 'accessToken', 'client-secret', 'x_refresh_token', 'codeVerifier', 'oth'],
])('members are credentials however their names are written', (...names) => {
  const shown = redact(Object.fromEntries(names.map((name) => [name, 'canary'])))
  expect(JSON.stringify(shown)).not.toContain('canary')
})

test('names that only sound like credentials keep their values', () => {
  const metadata = { token_endpoint: 'https://id', code_challenge_methods_supported: ['S256'] }
  expect(redact(metadata)).toEqual(metadata)
})

test.each([
  'Bearer canary-canary',
  'got Basic Y2FuYXJ5OmNhbmFyeQ== canary'.replace(' canary', ''),
  'token=canary&x=1',
  'https://id/cb?code=canary&state=1',
  'https://user:canary@id/',
  '{"client_secret": "canary"',
  'access_token%3Dcanary',
  'see eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.canary here',
])('free text loses what looks like a credential: %s', (text) => {
  expect(redactText(text)).not.toMatch(/canary|Y2FuYXJ5/)
})

test('a challenge is no credential', () => {
  const challenge = 'Bearer resource_metadata="https://mcp.example/x", scope="mcp:read"'
  expect(redactText(challenge)).toBe(challenge)
})

test.each(['a', 'eyJ', 'bearer ', '://', 'token', 'eyJaaaaaaaa.', '=', 'a://a@'])(
  'a hostile text costs no more than its length: %s',
  (part) => {
    const text = part.repeat(Math.ceil(262_144 / part.length))
    expect(redactText(text).length).toBeGreaterThan(0)
  },
)
