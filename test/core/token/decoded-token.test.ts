// What a decoder shows is no token: it is named, with what it says of itself.
import { describe, expect, test } from 'vitest'
import { decodedToken, decodedWords } from '../../../src/core/token/decoded-token.ts'
import { credentialSign } from '../../../src/core/token/credential-signs.ts'

const header = { alg: 'RS256', typ: 'JWT', kid: 'k1' }
const claims = { iss: 'https://id.acme.test', aud: 'https://mcp.acme.test/mcp', exp: 1_767_225_600 }
const json = (value: unknown) => JSON.stringify(value, null, 2)

describe('a decoded token is recognised', () => {
  test.each([
    ['the payload', json(claims), 'the decoded payload of a JWT (iss'],
    ['the payload on one line', JSON.stringify(claims), 'the decoded payload of a JWT (iss'],
    ['the header', json(header), 'the decoded header of a JWT (alg "RS256")'],
    [
      'both, one after the other',
      `${json(header)}\n${json(claims)}`,
      'the decoded header and payload',
    ],
    [
      'both, with titles',
      `Token header\n---\n${json(header)}\n\nToken claims\n---\n${json(claims)}`,
      'the decoded header and payload',
    ],
    [
      'both, as members',
      json({ header, payload: claims, signature: 'c2ln' }),
      'the decoded header and payload',
    ],
    ['braces inside of strings', json({ ...claims, sub: 'a}"{b' }), 'the decoded payload'],
  ])('%s', (_, text, words) => {
    const decoded = decodedToken(text)
    if (decoded === undefined) throw new Error('not recognised')
    expect(decodedWords(decoded)).toContain(words)
    expect(credentialSign(text)).toMatchObject({ class: 'decoded', decisive: true })
  })

  test('says from whom, for whom and until when', () => {
    expect(decodedWords({ header: undefined, claims })).toBe(
      'the decoded payload of a JWT (iss "https://id.acme.test", aud "https://mcp.acme.test/mcp", expires 2026-01-01T00:00:00Z)',
    )
  })

  test.each([
    ['a token response', json({ access_token: 'x', scope: 'a', iss: 'b' })],
    ['an introspection answer', json({ active: true, iss: 'a', sub: 'b', exp: 1 })],
    ['metadata', json({ issuer: 'https://id.acme.test', scope: 'a', sub: 'b' })],
    ['a key', json({ kty: 'RSA', alg: 'RS256', n: 'a', e: 'AQAB' })],
    ['an error', json({ error: 'invalid_token', iss: 'a', sub: 'b' })],
    ['one claim', json({ sub: 'a' })],
    ['cut JSON', json(claims).slice(0, 40)],
    ['a token', 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln'],
    [
      'a JWS in the JSON serialization',
      json({ payload: 'eyJpc3MiOiJhIn0', protected: 'eyJ9', header, signature: 'c2ln' }),
    ],
    [
      'a JWE in the JSON serialization',
      json({ protected: 'eyJ9', header, ciphertext: 'YQ', iv: 'YQ', tag: 'YQ' }),
    ],
    ['nothing', ''],
    ['much', json({ ...claims, sub: 'a'.repeat(20_000) })],
  ])('%s is none', (_, text) => {
    expect(decodedToken(text)).toBeUndefined()
  })
})
