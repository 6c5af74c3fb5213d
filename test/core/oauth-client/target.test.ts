// What a login is for: the resource that may be named, and the scopes that are chosen.
import { describe, expect, test } from 'vitest'
import type { UsageError } from '../../../src/problems/usage-error.ts'
import type { Investigation } from '../../../src/core/investigation/investigation.ts'
import {
  chooseScopes,
  loginTarget,
  type LoginTarget,
} from '../../../src/core/oauth-client/target.ts'

const address = 'https://mcp.test/team/mcp'

interface Published {
  readonly resource?: unknown
  readonly scopes?: readonly string[]
  readonly challenge?: string
  readonly serverScopes?: readonly string[]
}

const found = ({ resource, scopes, challenge, serverScopes = [] }: Published = {}): Investigation =>
  ({
    as: 'mcp',
    keys: undefined,
    resource: {
      url: address,
      challenge: challenge === undefined ? undefined : { params: { scope: challenge } },
      metadata: { resource, ...(scopes === undefined ? {} : { scopes_supported: scopes }) },
      authorizationServers: ['https://id.test'],
    },
    server: { metadata: { issuer: 'https://id.test', scopes_supported: serverScopes } },
  }) as unknown as Investigation

const target = (published?: Published, resourceNamed = false): LoginTarget =>
  loginTarget(address, found(published), { resourceNamed })

describe('the resource', () => {
  test.each([
    [address],
    ['https://mcp.test/team/'],
    ['https://mcp.test/team'],
    ['https://mcp.test/'],
    ['https://mcp.test'],
  ])('%s stands for the address', (resource) => {
    expect(target({ resource }).resource).toBe(resource)
  })

  test('without metadata it is the address', () => {
    expect(target().resource).toBe(address)
    expect(target({ resource: 7 }).resource).toBe(address)
  })

  test.each([
    ['https://bank.test/mcp'],
    ['https://mcp.test/other/mcp'],
    ['https://mcp.test/te'],
    ['http://mcp.test/team/mcp'],
    ['https://mcp.test:8443/team/mcp'],
    ['nonsense'],
  ])('%s is another one: a token for it would be handed to this server', (resource) => {
    let problem: string | undefined
    try {
      target({ resource })
    } catch (error) {
      problem = (error as UsageError).problems[0]?.code
    }
    expect(problem).toBe('prm-resource')
    expect(target({ resource }, true).resource).toBe(address)
  })
})

describe('the scopes', () => {
  const chosen = (published: Published, keeps = false, named?: readonly string[]) =>
    chooseScopes({ named, target: target(published), keeps })

  test('are those of the challenge, else those that exist, else none', () => {
    expect(chosen({ challenge: 'a b', scopes: ['a', 'b', 'c'] })).toEqual(['a', 'b'])
    expect(chosen({ scopes: ['a', 'b', 'c'] })).toEqual(['a', 'b', 'c'])
    expect(chosen({})).toEqual([])
  })

  test('are those that the person names, also none', () => {
    expect(chosen({ challenge: 'a' }, true, ['x'])).toEqual(['x'])
    expect(chosen({ challenge: 'a', serverScopes: ['offline_access'] }, true, [])).toEqual([])
  })

  test('gain offline_access where the server knows it and the login is kept', () => {
    const published = { challenge: 'a', serverScopes: ['offline_access'] }
    expect(chosen(published, true)).toEqual(['a', 'offline_access'])
    expect(chosen(published, false)).toEqual(['a'])
    expect(chosen({ challenge: 'a' }, true)).toEqual(['a'])
    expect(chosen({ serverScopes: ['offline_access'] }, true)).toEqual([])
    expect(chosen({ ...published, challenge: 'offline_access a' }, true)).toHaveLength(2)
  })
})
