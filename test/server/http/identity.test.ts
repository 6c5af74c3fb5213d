// Whatever a claim says: what goes into a header is visible ASCII, leads back to the claim, and is that of no other claim.
import { assert, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Principal } from '../../../src/base/principal.ts'
import { headerText, identityOf } from '../../../src/server/http/identity.ts'

/** Lone surrogates included. */
const anyText = string({ unit: 'binary' })

describe('a value in a header', () => {
  test('has visible ASCII alone, and neither a comma nor a space', () => {
    assert(property(anyText, (text) => /^[\x21-\x2b\x2d-\x7e]*$/.test(headerText(text))))
  })

  test('leads back to the text by the usual decoding', () => {
    const wellFormed = string({ unit: 'grapheme' })
    assert(property(wellFormed, (text) => decodeURIComponent(headerText(text)) === text))
  })

  test('is that of no other text', () => {
    const near = [
      'a',
      '%61',
      'A',
      'a ',
      'a\u0000',
      'a%20',
      '\ud800',
      '\udc00',
      '\ufffd',
      'é',
      'e\u0301',
    ]
    expect(new Set(near.map(headerText)).size).toBe(near.length)
    assert(
      property(anyText, anyText, (one, other) =>
        one === other ? true : headerText(one) !== headerText(other),
      ),
    )
  })
})

const principal = (more: Partial<Principal>): Principal => ({
  method: 'jwt',
  key: 'k',
  scopes: [],
  audience: [],
  claims: {},
  ...more,
})

describe('the headers of an identity', () => {
  const wanted = [
    ['subject', 'X-Auth-Subject'],
    ['scopes', 'X-Auth-Scopes'],
    ['roles', 'X-Auth-Roles'],
  ] as const

  test('are all there, empty where nothing is known', () => {
    expect(identityOf(wanted, principal({}), () => [])).toEqual({
      headers: { 'x-auth-subject': '', 'x-auth-scopes': '', 'x-auth-roles': '' },
    })
  })

  test('separate the entries of a list by what no entry has', () => {
    const found = identityOf(wanted, principal({ scopes: ['a b', 'c'] }), () => ['x,y', 'z'])
    expect(found).toMatchObject({
      headers: { 'x-auth-scopes': 'a%20b c', 'x-auth-roles': 'x%2Cy,z' },
    })
  })

  test('have 8,192 bytes at most, with their names', () => {
    const sizeOf = (length: number) =>
      identityOf([['subject', 'X']], principal({ sub: 'a'.repeat(length) }), () => [])
    expect(sizeOf(8192 - 5)).toHaveProperty('headers')
    expect(sizeOf(8192 - 4)).toMatchObject({ code: 'verify-identity' })
  })
})
