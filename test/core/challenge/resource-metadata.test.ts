import { describe, expect, test } from 'vitest'
import {
  challenge,
  resourceMetadata,
  resourceMetadataPaths,
  resourceMetadataUrl,
} from '../../../src/core/challenge/resource-metadata.ts'

const publicUrl = 'https://mcp.acme.test/mcp'

describe('the document', () => {
  test('names the resource, its authorization servers and its scopes', () => {
    const resource = { publicUrl, authorizationServers: ['https://id.acme.test'], scopes: ['a'] }
    expect(resourceMetadata(resource)).toEqual({
      resource: publicUrl,
      authorization_servers: ['https://id.acme.test'],
      scopes_supported: ['a'],
      bearer_methods_supported: ['header'],
    })
  })

  test('has no empty lists', () => {
    const bare = resourceMetadata({ publicUrl, authorizationServers: [], scopes: [] })
    expect(Object.keys(bare)).toEqual(['resource', 'bearer_methods_supported'])
  })
})

describe('where it is', () => {
  test('the well-known part goes between host and path', () => {
    expect(resourceMetadataUrl(publicUrl)).toBe(
      'https://mcp.acme.test/.well-known/oauth-protected-resource/mcp',
    )
    expect(resourceMetadataUrl('https://mcp.acme.test')).toBe(
      'https://mcp.acme.test/.well-known/oauth-protected-resource',
    )
  })

  test('it is served at the inserted path and at the root', () => {
    const root = '/.well-known/oauth-protected-resource'
    expect(resourceMetadataPaths(publicUrl)).toEqual([`${root}/mcp`, root])
    expect(resourceMetadataPaths('https://mcp.acme.test/')).toEqual([root])
  })
})

describe('the challenge', () => {
  test('no token: no error code', () => {
    expect(challenge(undefined, { resourceMetadata: 'https://a/b', scopes: ['x', 'y'] })).toBe(
      'Bearer scope="x y", resource_metadata="https://a/b"',
    )
    expect(challenge({ code: 'req-token-missing', detail: '' })).toBe('Bearer')
  })

  test('a refused token: the id and its title, not the evidence', () => {
    const value = challenge({ code: 'time-exp', detail: 'Expired at 12:00 for alice' })
    expect(value).toMatch(/^Bearer error="invalid_token", error_description="time-exp: [^"]+"$/)
    expect(value).not.toContain('alice')
  })

  test('a missing scope: insufficient_scope and what to ask for', () => {
    const value = challenge({ code: 'claim-scope', detail: '' }, { scopes: ['mcp:call'] })
    expect(value).toContain('error="insufficient_scope"')
    expect(value).toContain('scope="mcp:call"')
  })

  test('an undecided verdict has no error code, so that clients keep their token', () => {
    expect(challenge({ code: 'jwks-fetch', detail: '' })).toBe('Bearer')
  })

  test('quotes, backslashes and control characters cannot break out', () => {
    const value = challenge(undefined, { resourceMetadata: 'https://a/"\\\r\nX-Injected: é' })
    expect(value).toBe('Bearer resource_metadata="https://a/\\"\\\\  X-Injected:  "')
  })
})
