// What a string is taken for before anybody believes it: signed, encrypted, opaque, or one of these cut short.
import { describe, expect, test } from 'vitest'
import type { Check } from '../../../src/core/verdict/check.ts'
import { readToken } from '../../../src/core/token/token-shape.ts'
import { base64url, mintEncrypted, mintRaw, mintToken, testKey } from '../../support/tokens.ts'

const failing = (token: string): string[] =>
  readToken(token)
    .checks.filter(({ status }) => status === 'fail')
    .map(({ id }) => id)

const messageOf = (token: string, id: string): string | undefined => {
  const found = readToken(token).checks.find((check: Check) => check.id === id)
  return found !== undefined && 'message' in found ? found.message : undefined
}

const part = (value: unknown): string => base64url(JSON.stringify(value))

describe('an encrypted token', () => {
  test('has five parts, and a cut one is told to be cut wherever that was', async () => {
    const parts = (await mintEncrypted()).split('.')
    expect(failing(parts.join('.'))).toEqual(['jose-encrypted'])
    for (const kept of [1, 2, 3, 4]) {
      const token = parts.slice(0, kept).join('.')
      expect([kept, failing(token)]).toEqual([kept, ['in-truncated', 'jose-shape']])
      expect(messageOf(token, 'in-truncated')).toContain(`${kept} of 5 parts`)
    }
  })

  test('is not what a signed token with a member enc is', () => {
    const token = `${part({ alg: 'RS256', enc: 'A256GCM' })}.${part({})}.${base64url('x')}`
    expect(readToken(token).shape).toBe('jws')
  })
})

describe('a signed token', () => {
  test('cut after one or two parts is told to be cut', async () => {
    const parts = (await mintToken(await testKey())).split('.')
    for (const kept of [1, 2]) {
      const token = parts.slice(0, kept).join('.')
      expect(failing(token)).toEqual(['in-truncated', 'jose-shape'])
      expect(messageOf(token, 'in-truncated')).toContain(`${kept} of 3 parts`)
    }
  })

  test('whose payload is a token is nested, whether or not it says so', async () => {
    const key = await testKey()
    const inner = await mintToken(key)
    for (const payload of [inner, await mintEncrypted()]) {
      expect(failing(mintRaw(key, { payload }))).toEqual(['jose-json', 'jose-nested'])
    }
    expect(failing(mintRaw(key, { payload: 'plain text' }))).toEqual(['jose-json'])
  })

  test.each([
    ['at the top', '{"aud":"a","aud":"b"}'],
    ['in an object', '{"realm_access":{"roles":[],"roles":["admin"]}}'],
    ['in a list', '{"authorization_details":[{"type":"a","type":"b"}]}'],
    ['in escapes', '{"sub":"a","\\u0073ub":"b"}'],
    ['under the binding', '{"cnf":{"jkt":"a","jkt":"b"}}'],
    ['deep down', `${'{"a":'.repeat(20)}{"x":1,"x":2}${'}'.repeat(20)}`],
  ])('may name a member once: twice %s is refused', async (_, payload) => {
    expect(failing(mintRaw(await testKey(), { payload }))).toEqual(['jose-duplicate-member'])
  })

  test('may use a name again in another object', async () => {
    const payload = '{"a":{"x":1},"b":{"x":1},"x":[{"x":1},{"x":2}]}'
    expect(failing(mintRaw(await testKey(), { payload }))).toEqual([])
  })

  test('of a header with doubled members is refused', async () => {
    const header = '{"alg":"ES256","jwk":{"kty":"EC","kty":"oct"}}'
    expect(failing(mintRaw(await testKey(), { header }))).toEqual(['jose-duplicate-member'])
  })
})

describe('anything else is opaque', () => {
  test.each([
    ['kX8f2N0bQ1', 'opaque token'],
    ['gho_16C7e42F292c6912E7710c838347Ae178B4a', 'opaque token'],
    ['ghr_16C7e42F292c6912', 'opaque token that looks like a GitHub refresh token (ghr_)'],
    ['a.b.c.d', '4 parts: opaque token'],
    ['ory_rt_a.b', '2 parts: opaque token that looks like an Ory refresh token (ory_rt_)'],
  ])('%s: %s', (token, shape) => {
    expect(readToken(token).shape).toBe('opaque')
    expect(messageOf(token, 'jose-shape')).toBe(
      `${shape}: only introspection can tell whether it is valid`,
    )
  })

  test('an opaque token with two dots is no JWT that was copied badly', () => {
    for (const token of ['v1.k_X8f2N0bQ1.Zm9vYmFy', '1.2.3', 'a~b.c+d.e/f=']) {
      expect(failing(token)).toEqual(['jose-shape'])
      expect(messageOf(token, 'jose-shape')).toBe(
        'Three parts, none of them JSON: it looks like an opaque token, and only introspection can judge it',
      )
    }
  })

  test('a JWT whose header was damaged is still one to copy again', async () => {
    const token = await mintToken(await testKey())
    for (const damaged of [token.slice(1), `${token.slice(0, 9)}+${token.slice(9)}`]) {
      expect(readToken(damaged).shape).toBe('opaque')
      expect(failing(damaged).at(0)).toMatch(/^jose-(?:base64|json)$/)
    }
  })
})
