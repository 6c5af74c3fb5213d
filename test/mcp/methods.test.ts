// The tables of methods and revisions.
import { describe, expect, test } from 'vitest'
import { isOffered, methodSpec, methods, targetName } from '../../src/mcp/methods.ts'
import {
  isModernVersion,
  isUpstreamLegacyVersion,
  metaOf,
  negotiateLegacy,
} from '../../src/mcp/revision.ts'

describe('methods', () => {
  test('what one era removed is not offered there', () => {
    for (const method of ['initialize', 'ping', 'logging/setLevel']) {
      expect([isOffered(method, 'legacy'), isOffered(method, 'modern')]).toEqual([true, false])
    }
    expect([
      isOffered('server/discover', 'legacy'),
      isOffered('server/discover', 'modern'),
    ]).toEqual([false, true])
    expect(isOffered('tools/call', 'modern')).toBe(true)
  })

  test('names from the prototype of objects are no methods', () => {
    expect(methodSpec('constructor')).toBeUndefined()
    expect(methodSpec('toString')).toBeUndefined()
  })

  test('what a tool or a task is told may not be repeated', () => {
    const once = Object.keys(methods).filter((method) => methodSpec(method)?.repeatable === false)
    expect(once).toEqual(['tools/call', 'tasks/update'])
  })

  test.each([
    ['tools/call', { name: 'a', uri: 'b' }, 'a'],
    ['prompts/get', { name: 'a' }, 'a'],
    ['resources/read', { name: 'a', uri: 'b' }, 'b'],
    ['tools/list', { name: 'a' }, undefined],
    ['tools/call', { name: 5 }, undefined],
    ['tools/call', undefined, undefined],
  ])('%s with %j has the target %s', (method, params, target) => {
    expect(targetName(method, params)).toBe(target)
  })
})

describe('revisions', () => {
  test.each([
    ['2026-07-28', true, false],
    ['2025-11-25', false, true],
    ['2024-11-05', false, true],
    ['2024-10-07', false, true],
    ['2024-06-01', false, false],
  ])(
    '%s is modern: %s; one that a backend may speak in sessions: %s',
    (version, modern, legacy) => {
      expect([isModernVersion(version), isUpstreamLegacyVersion(version)]).toEqual([modern, legacy])
    },
  )

  test.each([
    ['2025-03-26', '2025-03-26'],
    ['2025-11-25', '2025-11-25'],
    ['2024-11-05', '2025-11-25'],
    ['2026-07-28', '2025-11-25'],
    [undefined, '2025-11-25'],
    [7, '2025-11-25'],
  ])('a session client that asks for %s gets %s', (asked, given) => {
    expect(negotiateLegacy(asked)).toBe(given)
  })

  test('a _meta that is no object is none', () => {
    expect(metaOf({ _meta: [] })).toBeUndefined()
    expect(metaOf(undefined)).toBeUndefined()
    expect(metaOf({ _meta: { a: 1 } })).toEqual({ a: 1 })
  })
})
