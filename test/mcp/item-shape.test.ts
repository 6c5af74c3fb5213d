// Whatever is wrong with an item of a list, clients that check the whole list can read what the proxy makes of it.
import {
  ListPromptsResultSchema,
  ListResourcesResultSchema,
  ListResourceTemplatesResultSchema,
  ListToolsResultSchema,
} from '@modelcontextprotocol/sdk/types.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { fitItem, type ItemKind } from '../../src/mcp/item-shape.ts'

const whole: Readonly<Record<ItemKind, JsonObject>> = {
  tools: {
    name: 't',
    title: 'T',
    description: 'd',
    inputSchema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    outputSchema: { type: 'object', properties: { b: {} }, required: ['b'] },
    annotations: { title: 'T', readOnlyHint: true, destructiveHint: false },
    execution: { taskSupport: 'optional' },
    icons: [{ src: 'data:,', mimeType: 'image/png', sizes: ['48x48'], theme: 'light' }],
    _meta: { x: 1 },
  },
  prompts: {
    name: 'p',
    title: 'P',
    description: 'd',
    arguments: [{ name: 'a', description: 'd', required: true }],
    icons: [{ src: 'data:,' }],
    _meta: {},
  },
  resources: {
    uri: 'file:///a',
    name: 'r',
    title: 'R',
    description: 'd',
    mimeType: 'text/plain',
    size: 3,
    annotations: { audience: ['user'], priority: 0.5, lastModified: '2025-01-12T15:00:58Z' },
    icons: [{ src: 'data:,' }],
    _meta: {},
  },
  resourceTemplates: {
    uriTemplate: 'file:///{a}',
    name: 'r',
    title: 'R',
    description: 'd',
    mimeType: 'text/plain',
    annotations: { audience: ['user', 'assistant'] },
    _meta: {},
  },
}

const schemas = {
  tools: ListToolsResultSchema,
  prompts: ListPromptsResultSchema,
  resources: ListResourcesResultSchema,
  resourceTemplates: ListResourceTemplatesResultSchema,
} as const

const kinds = Object.keys(whole) as ItemKind[]

/** Every place in a value, as the members that lead to it. */
const placesIn = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
  typeof value !== 'object' || value === null
    ? [path]
    : [path, ...Object.entries(value).flatMap(([key, one]) => placesIn(one, [...path, key]))]

const replaced = (value: unknown, [first, ...rest]: readonly string[], by: unknown): unknown => {
  if (first === undefined) return by
  const copy = structuredClone(value) as Record<string, unknown>
  if (rest.length === 0 && by === undefined) delete copy[first]
  else copy[first] = replaced(copy[first], rest, by)
  return copy
}

const odd: readonly unknown[] = [
  undefined,
  null,
  [],
  {},
  '',
  'x',
  7,
  true,
  false,
  [null],
  { a: null },
]

const readable = (kind: ItemKind, item: unknown): boolean =>
  schemas[kind].safeParse({ [kind]: [item] }).success

describe.each(kinds)('an item of %s', (kind) => {
  const rows = placesIn(whole[kind]).filter((path) => path.length > 0)

  test('is the very one where nothing is wrong with it', () => {
    expect(fitItem(kind, whole[kind], 'legacy')).toEqual({ item: whole[kind], faults: [] })
    expect(fitItem(kind, whole[kind], 'legacy').item).toBe(whole[kind])
  })

  test.each(rows.map((path) => ({ at: path.join('.'), path })))(
    'with anything at $at can be read by the official client, or is left out with a reason',
    ({ path }) => {
      const wrong: string[] = []
      for (const by of odd) {
        const came = replaced(whole[kind], path, by) as JsonObject
        for (const era of ['legacy', 'modern'] as const) {
          const { item, faults } = fitItem(kind, came, era)
          const shown = item === undefined || readable(kind, item)
          const said = JSON.stringify(by)
          // A schema of any type is shown to sessions in another form: see structured.test.ts.
          const isOther = era === 'modern' && path[0] === 'outputSchema'
          if (!shown && !isOther) wrong.push(`unreadable with ${said} in ${era}`)
          if (faults.length === 0 && item !== came) wrong.push(`changed unsaid: ${said}`)
          if (faults.length === 0 && !isOther && !readable(kind, came))
            wrong.push(`unseen: ${said}`)
        }
      }
      expect(wrong).toEqual([])
    },
  )

  test('with several faults can be read, or is left out', () => {
    const place = fc.constantFrom(...rows)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, fc.constantFrom(...odd)), { maxLength: 6 }),
        (faults) => {
          let came: unknown = whole[kind]
          for (const [path, by] of faults) {
            try {
              came = replaced(came, path, by)
            } catch {
              // The place is gone by an earlier fault.
            }
          }
          const { item } = fitItem(kind, came as JsonObject, 'legacy')
          expect(item === undefined || readable(kind, item)).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('what is plainly meant', () => {
  const shown = (tool: object) => fitItem('tools', tool as JsonObject, 'legacy').item
  const bare = { name: 't', inputSchema: { type: 'object' } }

  test.each<[string, object, object]>([
    ['no inputSchema', { name: 't' }, bare],
    ['null for inputSchema', { name: 't', inputSchema: null }, bare],
    ['{} for inputSchema', { name: 't', inputSchema: {} }, bare],
    ['[] for inputSchema, as PHP writes {}', { name: 't', inputSchema: [] }, bare],
    ['true for inputSchema', { name: 't', inputSchema: true }, bare],
    [
      'properties without a type',
      { name: 't', inputSchema: { properties: { a: {} } } },
      { name: 't', inputSchema: { type: 'object', properties: { a: {} } } },
    ],
    [
      '[] for properties',
      { name: 't', inputSchema: { type: 'object', properties: [], required: null } },
      { name: 't', inputSchema: { type: 'object', properties: {} } },
    ],
    [
      'true and false as schemas of arguments',
      { name: 't', inputSchema: { type: 'object', properties: { a: true, b: false } } },
      { name: 't', inputSchema: { type: 'object', properties: { a: {}, b: { not: {} } } } },
    ],
    ['null members', { ...bare, title: null, annotations: null, outputSchema: null }, bare],
    ['a number for a text', { ...bare, description: 7 }, { ...bare, description: '7' }],
    [
      'hints in quotes',
      { ...bare, annotations: { readOnlyHint: 'true', destructiveHint: null } },
      { ...bare, annotations: { readOnlyHint: true } },
    ],
  ])('%s', (_what, came, expected) => {
    expect(shown(came)).toEqual(expected)
  })

  test.each<[string, unknown, string]>([
    ['no name', { inputSchema: { type: 'object' } }, 'it has no name'],
    ['an empty name', { ...bare, name: '' }, 'its name is empty'],
    ['a number for a name', { ...bare, name: 7 }, 'its name is a number'],
    [
      'a schema of texts',
      { ...bare, inputSchema: { type: 'string' } },
      'its inputSchema is not of type "object"',
    ],
    ['a text for a schema', { ...bare, inputSchema: 'x' }, 'its inputSchema is a string'],
    [
      'an argument that is described by a text',
      { ...bare, inputSchema: { type: 'object', properties: { a: 'text' } } },
      'its inputSchema has members of a wrong type',
    ],
    ['a text', 't', 'it is no object'],
  ])('is not known of %s: it is left out', (_what, came, fault) => {
    expect(fitItem('tools', came as JsonObject, 'legacy')).toEqual({
      item: undefined,
      faults: [fault],
    })
  })

  test('of a resource without a name is its URI', () => {
    const { item, faults } = fitItem('resources', { uri: 'file:///a' }, 'legacy')
    expect(item).toEqual({ uri: 'file:///a', name: 'file:///a' })
    expect(faults).toEqual(['it has no name'])
  })
})
