// The schema of a tool whose parameters are hidden, renamed or filled in: valid, and never stricter than the backend.
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { readJson, writeJson } from '../../src/base/exact-json.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { compileParameters, ownArguments } from '../../src/shaping/parameters.ts'
import { shapeSchema } from '../../src/shaping/schema-shape.ts'
import { shapingSchema } from '../../src/shaping/shaping-config.ts'

const parametersOf = (override: object, more: object = {}) => {
  const config = { param_overrides: [{ tool: 't', ...override }], ...more }
  const parameters = compileParameters(shapingSchema.parse(config))?.('t')
  if (parameters === undefined) throw new Error('nothing is shaped')
  return parameters
}

const shaped = (schema: JsonObject, override: object, more: object = {}) =>
  shapeSchema(schema, parametersOf(override, more))

const text = { type: 'string' }

const keywords = ['if', 'then', 'else'] as const
const conditional = <Part>(...parts: readonly [Part, Part, Part]): Record<string, Part> =>
  Object.fromEntries(parts.map((part, at) => [keywords[at] ?? '', part]))

describe('members that name parameters', () => {
  it.each<[string, JsonObject, object, JsonObject]>([
    [
      'a hidden one is gone, also from what is required',
      { type: 'object', properties: { a: text, b: text }, required: ['a', 'b'] },
      { hide: ['a'], defaults: { a: 'x' } },
      { type: 'object', properties: { b: text }, required: ['b'] },
    ],
    [
      'a renamed one has its name everywhere',
      {
        type: 'object',
        properties: { a: text, b: text },
        required: ['a'],
        dependentRequired: { a: ['b'], b: ['a'] },
        examples: [{ a: '1', b: '2' }],
      },
      { rename: { a: 'c' } },
      {
        type: 'object',
        properties: { c: text, b: text },
        required: ['c'],
        dependentRequired: { c: ['b'], b: ['c'] },
        examples: [{ c: '1', b: '2' }],
      },
    ],
    [
      'one that is filled in is not required, and its own default has no effect',
      {
        type: 'object',
        properties: { a: { ...text, default: 'own' }, b: { ...text, default: 'own' } },
        required: ['a', 'b'],
      },
      { defaults: { a: 'x' } },
      {
        type: 'object',
        properties: { a: text, b: { ...text, default: 'own' } },
        required: ['b'],
      },
    ],
    [
      'names that change places',
      { type: 'object', properties: { a: text, b: { type: 'number' } }, required: ['a'] },
      { rename: { a: 'b', b: 'a' } },
      { type: 'object', properties: { b: text, a: { type: 'number' } }, required: ['b'] },
    ],
    [
      'a name that another one takes',
      { type: 'object', properties: { a: text, b: { type: 'number' } }, required: ['a', 'b'] },
      { rename: { a: 'b' } },
      { type: 'object', properties: { b: text }, required: ['b'] },
    ],
    [
      'what depends on one that is always sent is required',
      {
        type: 'object',
        properties: { a: text, b: text, c: text },
        dependentRequired: { a: ['b'] },
        dependentSchemas: { a: { required: ['c'] }, b: { required: ['a', 'c'] } },
      },
      { hide: ['a'], defaults: { a: 1 } },
      {
        type: 'object',
        properties: { b: text, c: text },
        required: ['b'],
        dependentSchemas: { b: { required: ['c'] } },
        allOf: [{ required: ['c'] }],
      },
    ],
    [
      'what depends on one that is never sent does not apply',
      {
        type: 'object',
        properties: { a: text, b: text },
        dependencies: { a: ['b'], b: { required: ['a'] } },
      },
      { hide: ['a'] },
      { type: 'object', properties: { b: text }, dependencies: { b: false } },
    ],
  ])('%s', (_, schema, override, expected) => {
    expect(shaped(schema, override)).toEqual(expected)
  })

  test('a parameter that is replaced anyhow is not shown', () => {
    const schema = {
      type: 'object',
      properties: { n: { type: 'number' }, q: text },
      required: ['n'],
    }
    const inject_args = [{ tool: 't', args: { n: 5 }, overwrite: true }]
    expect(shaped(schema, {}, { inject_args })).toEqual({ type: 'object', properties: { q: text } })
  })

  test('numbers of the schema keep their digits', () => {
    const source =
      '{"type":"object","properties":{"b":{"maximum":9007199254740993},"a":{"const":1.0}},"required":["a"]}'
    const schema = readJson(source) as JsonObject
    expect(writeJson(shaped(schema, { rename: { a: 'c' } }))).toBe(
      '{"type":"object","properties":{"b":{"maximum":9007199254740993},"c":{"const":1.0}},"required":["c"]}',
    )
  })
})

describe('schemas for the whole of the arguments', () => {
  const modes = {
    type: 'object',
    properties: { mode: { enum: ['a', 'b'] }, x: text, y: text },
    oneOf: [
      { properties: { mode: { const: 'a' } }, required: ['mode', 'x'] },
      { properties: { mode: { const: 'b' } }, required: ['mode', 'x', 'y'] },
    ],
  }

  test('of variants that a hidden value chooses, that one is left', () => {
    expect(shaped(modes, { hide: ['mode'], defaults: { mode: 'b' } })).toEqual({
      type: 'object',
      properties: { x: text, y: text },
      allOf: [{ anyOf: [{ properties: {}, required: ['x', 'y'] }] }],
    })
  })

  test('a condition on a hidden value is decided', () => {
    const schema = {
      type: 'object',
      properties: { mode: text, x: text, y: text },
      ...conditional(
        { properties: { mode: { const: 'a' } }, required: ['mode'] },
        { required: ['x'] },
        { required: ['y'] },
      ),
    }
    const of = (mode: string) => shaped(schema, { hide: ['mode'], defaults: { mode } })
    const properties = { x: text, y: text }
    expect(of('a')).toEqual({ type: 'object', properties, allOf: [{ required: ['x'] }] })
    expect(of('b')).toEqual({ type: 'object', properties, allOf: [{ required: ['y'] }] })
  })

  test('what a keyword that cannot be kept would have evaluated is not forbidden', () => {
    const schema = {
      type: 'object',
      properties: { a: text },
      not: { properties: { a: { const: 'x' } }, required: ['a', 'b'] },
      unevaluatedProperties: false,
    }
    expect(shaped(schema, { hide: ['a'], defaults: { a: 'x' } })).toEqual({
      type: 'object',
      properties: {},
    })
    expect(shaped(schema, { rename: { a: 'c' } })).toEqual({
      type: 'object',
      properties: { c: text },
      not: { properties: { c: { const: 'x' } }, required: ['c', 'b'] },
      unevaluatedProperties: false,
    })
  })

  test('an alternative that needs a parameter that is never sent is none', () => {
    const schema = {
      type: 'object',
      properties: { path: text, url: text },
      anyOf: [{ required: ['path'] }, { required: ['url'] }],
    }
    expect(shaped(schema, { hide: ['path'] })).toEqual({
      type: 'object',
      properties: { url: text },
      anyOf: [{ required: ['url'] }],
    })
  })

  test('definitions that name the parameter are copied, those that are left over are gone', () => {
    const schema = {
      type: 'object',
      $ref: '#/$defs/Args',
      properties: { inner: { $ref: '#/$defs/Args' }, tag: { $ref: '#/$defs/Tag' } },
      $defs: {
        Args: { properties: { a: { $ref: '#/$defs/Secret' }, b: text }, required: ['a'] },
        Secret: text,
        Tag: text,
        Unused: text,
      },
    }
    const result = shaped(schema, { hide: ['a', 'inner'], defaults: { a: 1 } })
    expect(result).toEqual({
      type: 'object',
      $ref: '#/$defs/Args-2',
      properties: { tag: { $ref: '#/$defs/Tag' } },
      $defs: { 'Args-2': { properties: { b: text } }, Tag: text },
    })
    // Where the original is referred to from within, it stays as it is: there it is another object.
    expect(shaped(schema, { hide: ['a'], defaults: { a: 1 } })).toMatchObject({
      properties: { inner: { $ref: '#/$defs/Args' } },
      $defs: { Args: { required: ['a'] }, 'Args-2': { properties: { b: text } } },
    })
  })

  test('a schema that refers to itself keeps what it referred to', () => {
    const schema = {
      type: 'object',
      properties: { name: text, key: text, children: { type: 'array', items: { $ref: '#' } } },
      required: ['name', 'key'],
    }
    const result = shaped(schema, { hide: ['key'], defaults: { key: 'k' } })
    expect(result['required']).toEqual(['name'])
    const validate = new Ajv2020({ strict: false }).compile(result)
    expect(validate({ name: 'a', children: [{ name: 'b', key: 'c', children: [] }] })).toBe(true)
    expect(validate({ name: 'a', children: [{ name: 'b' }] })).toBe(false)
  })
})

const names = ['a', 'b', 'c', 'd'] as const
const name = fc.constantFrom(...names)
const value = fc.constantFrom<unknown>('x', 'y', 1, 2, true, null)
const leaf = fc.oneof(
  fc.constantFrom<JsonObject>(
    {},
    { type: 'string' },
    { type: 'number' },
    { type: ['string', 'null'] },
  ),
  value.map((one) => ({ const: one }) as JsonObject),
  fc
    .uniqueArray(value, { minLength: 1, maxLength: 3 })
    .map((list) => ({ enum: list }) as JsonObject),
  fc.constantFrom<JsonObject>({ $ref: '#/$defs/Leaf' }),
)
const required = fc.uniqueArray(name, { maxLength: 2 })
/** One of five is there. */
const optional = <Value>(of: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: of })
const plainMembers = {
  properties: optional(fc.dictionary(name, leaf, { maxKeys: 3 })),
  required: optional(required),
  dependentRequired: optional(fc.dictionary(name, required, { maxKeys: 2 })),
  additionalProperties: optional(fc.constantFrom<unknown>(false, { type: 'string' })),
  minProperties: optional(fc.constantFrom(0, 1, 2)),
  maxProperties: optional(fc.constantFrom(1, 2, 3)),
}
/** By names that are not listed one by one: what a renamed parameter falls under is not known then. */
const byPattern = {
  patternProperties: optional(fc.constantFrom<unknown>({ '^[ab]$': { type: 'string' } })),
  propertyNames: optional(fc.constantFrom<unknown>({ enum: ['a', 'b', 'c'] })),
}
type Members = typeof plainMembers

const schemaOf = (members: Members, inner: fc.Arbitrary<unknown>) =>
  fc.record({
    ...members,
    dependentSchemas: optional(fc.dictionary(name, inner, { maxKeys: 1 })),
    allOf: optional(fc.array(inner, { minLength: 1, maxLength: 2 })),
    anyOf: optional(fc.array(inner, { minLength: 1, maxLength: 2 })),
    oneOf: optional(fc.array(inner, { minLength: 1, maxLength: 2 })),
    not: optional(inner),
    ...conditional(optional(inner), optional(inner), optional(inner)),
    $ref: optional(fc.constantFrom('#/$defs/Some', '#/$defs/Other')),
  })
/** Members that are undefined are none. */
const plain = (schema: unknown): JsonObject => JSON.parse(JSON.stringify(schema)) as JsonObject

const rootsOf = (members: Members) => {
  const flat = fc.record({ ...members, properties: fc.dictionary(name, leaf, { maxKeys: 3 }) })
  return fc
    .record({ root: schemaOf(members, schemaOf(members, flat)), some: flat, other: flat })
    .map(({ root, some, other }) =>
      plain({
        ...root,
        type: 'object',
        $defs: { Some: some, Other: other, Leaf: { type: 'string' } },
      }),
    )
}

const overrides = fc
  .record({
    hide: fc.uniqueArray(name, { maxLength: 2 }),
    defaults: fc.dictionary(name, value, { maxKeys: 2 }),
    rename: fc
      .uniqueArray(fc.tuple(name, fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')), {
        maxLength: 2,
        comparator: (one, two) => one[0] === two[0] || one[1] === two[1],
      })
      .map((pairs) => Object.fromEntries(pairs)),
    fixed: fc.dictionary(name, value, { maxKeys: 1 }),
  })
  .map(({ hide, defaults, rename, fixed }) => ({
    override: { hide: hide.filter((one) => rename[one] === undefined), defaults, rename },
    more: { inject_args: [{ tool: 't', args: fixed, overwrite: true }] },
  }))

const options = { strict: false, logger: false } as const

const argsList = fc.array(
  fc.dictionary(fc.constantFrom(...names, 'e', 'f'), value, { maxKeys: 4 }),
  {
    minLength: 5,
    maxLength: 12,
  },
)

/** As the older draft spells it. */
const older = (schema: JsonObject): JsonObject =>
  JSON.parse(
    JSON.stringify(schema).replaceAll(/"dependent(?:Required|Schemas)"/g, '"dependencies"'),
  ) as JsonObject
const newer = (schema: JsonObject): JsonObject => schema

/** Undefined: the validator breaks, which that for 2020-12 does over some combinations of keywords. */
const judgeOf =
  (validate: (value: unknown) => unknown) =>
  (value: unknown): boolean | undefined => {
    try {
      return validate(value) === true
    } catch {
      return undefined
    }
  }

// Ajv for 2020-12 cannot follow patterns of names, so that those are tried in the older draft.
test.each([
  ['2020-12', Ajv2020, plainMembers, newer],
  ['draft-07', Ajv, { ...plainMembers, ...byPattern }, older],
] as const)(
  'whatever the schema of %s: it is valid, and accepts all that callers can send and the backend accepts',
  (_, Compiler, members, spelled) => {
    let accepted = 0
    fc.assert(
      fc.property(rootsOf(members), overrides, argsList, (natural, { override, more }, all) => {
        const schema = spelled(natural)
        const parameters = parametersOf(override, more)
        const result = shapeSchema(schema, parameters)
        const backend = judgeOf(new Compiler(options).compile(schema))
        const shown = judgeOf(new Compiler(options).compile(result))
        for (const given of all) {
          const sent = ownArguments(parameters, given as JsonObject)
          // What is replaced anyhow may be sent, and is not shown.
          const isReplaced = Object.keys(given).some((one) =>
            parameters.fixed.has(parameters.own.get(one) ?? one),
          )
          if ('fault' in sent || isReplaced || backend(sent.args) !== true) continue
          accepted += 1
          expect([given, shown(given) ?? true]).toEqual([given, true])
        }
        const said = JSON.stringify({ ...result, $defs: undefined })
        for (const hidden of override.hide) {
          if (Object.values(override.rename).includes(hidden)) continue
          expect(said).not.toMatch(new RegExp(`"required":\\[[^\\]]*"${hidden}"`))
        }
      }),
      { numRuns: 150 },
    )
    expect(accepted).toBeGreaterThan(50)
  },
  60_000,
)

test('where parameters only have other names the schema says exactly the same', () => {
  fc.assert(
    fc.property(
      rootsOf(plainMembers),
      overrides,
      argsList,
      (schema, { override: { rename } }, all) => {
        const swapped = Object.fromEntries(
          // A name is only taken from one that has another.
          Object.entries(rename).filter(([, to]) => to === 'e' || to === 'f'),
        )
        const parameters = parametersOf({ rename: swapped })
        const backend = judgeOf(new Ajv2020(options).compile(schema))
        const shown = judgeOf(new Ajv2020(options).compile(shapeSchema(schema, parameters)))
        const differing = all.filter((given) => {
          const sent = ownArguments(parameters, given as JsonObject)
          if ('fault' in sent) return false
          const [told, wanted] = [shown(given), backend(sent.args)]
          return told !== undefined && wanted !== undefined && told !== wanted
        })
        expect(differing).toEqual([])
      },
    ),
    { numRuns: 100 },
  )
}, 60_000)
