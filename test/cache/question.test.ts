import { describe, expect, test } from 'vitest'
import { readJson } from '../../src/base/exact-json.ts'
import { canonical, ownerOf, questionOf } from '../../src/cache/question.ts'
import type { Call, SessionPeer } from '../../src/mcp/call.ts'
import { call, modernClient } from '../support/peer.ts'

test('the order of members does not count, that of elements does', () => {
  expect(canonical({ b: 1, a: { d: [1, 2], c: null } })).toBe('{"a":{"c":null,"d":[1,2]},"b":1}')
  expect(canonical({ a: { c: null, d: [1, 2] }, b: 1 })).toBe('{"a":{"c":null,"d":[1,2]},"b":1}')
  expect(canonical([2, 1])).not.toBe(canonical([1, 2]))
})

test('what looks alike and is not stays apart', () => {
  const texts = [
    '{"a":1}',
    '{"a":"1"}',
    '{"a":1.0}',
    '{"a":12345678901234567890}',
    '{"a":12345678901234567891}',
    '{"a":null}',
    '{"a":true}',
    '{"a":"true"}',
    '{"a":[]}',
    '{"a":{}}',
    '{"a":""}',
    '{}',
    '{"a,b":1}',
    '{"a":1,"b":1}',
    String.raw`{"a":"\""}`,
    String.raw`{"a\"":1}`,
  ]
  const keys = texts.map((text) => canonical(readJson(text)))
  expect(new Set(keys).size).toBe(texts.length)
})

const by = (key: string, scopes: readonly string[] = [], method: 'jwt' | 'none' = 'jwt'): Call => {
  const asked = call('tools/call', { name: 'read', arguments: { path: '/a' } })
  const principal = { ...asked.caller.principal, method, key, scopes }
  return { ...asked, caller: { ...asked.caller, principal } }
}

describe('whose answer it is', () => {
  test('that of the caller, with what its token allows in any order', () => {
    expect(ownerOf(by('a'))).not.toBe(ownerOf(by('b')))
    expect(ownerOf(by('a', ['x']))).not.toBe(ownerOf(by('a')))
    expect(ownerOf(by('a', ['x', 'y']))).toBe(ownerOf(by('a', ['y', 'x'])))
  })

  test('clients without a credential are distinguished by their sessions', () => {
    const session = (): SessionPeer => ({
      notify: () => undefined,
      ask: () => Promise.reject(new Error('not asked')),
      logLevel: undefined,
      ended: new AbortController().signal,
    })
    const within = (peer: SessionPeer): Call => {
      const asked = by('anonymous', [], 'none')
      return { ...asked, caller: { ...asked.caller, session: peer } }
    }
    const [first, second] = [session(), session()]
    expect(ownerOf(within(first))).toBe(ownerOf(within(first)))
    expect(ownerOf(within(first))).not.toBe(ownerOf(within(second)))
    expect(ownerOf(by('anonymous', [], 'none'))).toBe(ownerOf(by('anonymous', [], 'none')))
  })
})

test('what the request says of itself does not count, what it asks for does', () => {
  const ask = (params: object, client?: Call['caller']['client']): string => {
    const asked = call('tools/call', params as never)
    return questionOf(
      client === undefined ? asked : { ...asked, caller: { ...asked.caller, client } },
      {},
    ).id
  }
  const plain = ask({ name: 'x', arguments: { a: 1 } })
  expect(ask({ arguments: { a: 1 }, name: 'x', _meta: { progressToken: 1 } })).toBe(plain)
  expect(ask({ name: 'x', arguments: { a: 2 } })).not.toBe(plain)
  expect(ask({ name: 'y', arguments: { a: 1 } })).not.toBe(plain)
  expect(ask({ name: 'x', arguments: { a: 1 } }, modernClient)).not.toBe(plain)
  expect(ask({ name: 'x', arguments: { a: 'z'.repeat(5000) } }).length).toBeLessThan(100)
})
