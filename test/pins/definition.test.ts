import { describe, expect, test } from 'vitest'
import { readJson } from '../../src/base/exact-json.ts'
import type { JsonObject } from '../../src/base/json.ts'
import {
  changedPaths,
  definitionOf,
  differences,
  isSameDefinition,
} from '../../src/pins/definition.ts'

const tool: JsonObject = {
  name: 'read',
  description: 'Reads',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
}

describe('what is pinned', () => {
  test.each([
    ['a description', { ...tool, description: 'Reads.' }],
    ['a title', { ...tool, title: 'Read' }],
    ['a schema', { ...tool, inputSchema: { type: 'object' } }],
    ['what comes back', { ...tool, outputSchema: { type: 'object' } }],
    ['an annotation', { ...tool, annotations: { readOnlyHint: true } }],
    ['a member that nobody knows yet', { ...tool, future: 1 }],
    ['the view of a host', { ...tool, _meta: { ui: { resourceUri: 'ui://x' } } }],
  ])('%s is a part of it', (_what, other) => {
    expect(isSameDefinition(definitionOf(tool), definitionOf(other))).toBe(false)
  })

  test.each([
    ['pictures', { ...tool, icons: [{ src: 'https://example.com/a.png' }] }],
    ['other members of _meta', { ...tool, _meta: { stamp: 17 } }],
    ['the order of members', Object.fromEntries(Object.entries(tool).toReversed())],
  ])('%s are not', (_what, other) => {
    expect(isSameDefinition(definitionOf(tool), definitionOf(other))).toBe(true)
  })

  test('a definition is the same after a file, whatever its numbers and names', () => {
    const odd = readJson(
      '{"name":"__proto__","inputSchema":{"maximum":12345678901234567890,"__proto__":{"a":1}}}',
    ) as JsonObject
    const pinned = definitionOf(odd)
    expect(isSameDefinition(JSON.parse(JSON.stringify(pinned)) as JsonObject, pinned)).toBe(true)
  })
})

test('differences have the path of what changed, to the member', () => {
  const after = {
    ...tool,
    title: 'Read',
    inputSchema: {
      type: 'object',
      properties: { path: { type: 'string', description: 'x' }, 'odd name': true },
      required: [],
    },
  }
  expect(differences(tool, after)).toEqual([
    { path: 'inputSchema.properties."odd name"', before: undefined, after: true },
    { path: 'inputSchema.properties.path.description', before: undefined, after: 'x' },
    { path: 'inputSchema.required[0]', before: 'path', after: undefined },
    { path: 'title', before: undefined, after: 'Read' },
  ])
  expect(differences(tool, { ...tool })).toEqual([])
})

test('one line names a few paths and counts the rest', () => {
  const many = Array.from({ length: 7 }, (_, n) => ({ path: `a${n}`, before: 1, after: 2 }))
  expect(changedPaths(many)).toBe('a0, a1, a2, a3, a4 and 2 more')
})
