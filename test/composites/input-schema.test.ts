// The schema of a composite tool, and the arguments that its steps send: valid, and never stricter than its tools.
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import {
  compositeKeys,
  stepsOf,
  type CompositeConfig,
} from '../../src/composites/composite-config.ts'
import { annotationsOf, inputSchemaOf } from '../../src/composites/input-schema.ts'
import { argumentsOf } from '../../src/composites/step-arguments.ts'

const composite = (keys: object): CompositeConfig => {
  const all = compositeKeys.composite_tools.parse([{ name: 'all', description: '', ...keys }])
  const [one] = all
  if (one === undefined) throw new Error('no composite tool')
  return one
}

const schemaFor = (keys: object, ...schemas: readonly JsonObject[]): JsonObject => {
  const config = composite(keys)
  return inputSchemaOf(
    config,
    stepsOf(config).flatMap((step, index) => {
      const inputSchema = schemas[index]
      return inputSchema === undefined ? [] : [{ step, tool: { name: step.name, inputSchema } }]
    }),
  )
}

const ajv = new Ajv2020({ strict: false })
const accepts = (schema: JsonObject, value: unknown): boolean => ajv.compile(schema)(value)

const query: JsonObject = {
  type: 'object',
  properties: { q: { type: 'string', description: 'What' }, limit: { type: 'integer' } },
  required: ['q'],
}

describe('the schema', () => {
  test('has each argument once, as long as all tools mean the same by it', () => {
    expect(schemaFor({ tools: ['a/x', 'b/y'] }, query, query)).toEqual(query)
  })

  test('leaves the choice where they do not', () => {
    const other = { type: 'object', properties: { q: { type: 'array' } } }
    const schema = schemaFor({ tools: ['a/x', 'b/y'] }, query, other)
    expect(schema).toMatchObject({
      properties: {
        q: { description: 'What', anyOf: [{ type: 'string' }, { type: 'array' }] },
        limit: { type: 'integer' },
      },
      required: ['q'],
    })
    expect(accepts(schema, { q: ['a'] })).toBe(true)
    expect(accepts(schema, { q: 1 })).toBe(false)
  })

  test('asks with `first` only for what every tool needs', () => {
    const keys = { tools: ['a/x', 'b/y'], strategy: 'first' }
    const other = { type: 'object', properties: { id: {} }, required: ['id'] }
    expect(schemaFor(keys, query, other)).not.toHaveProperty('required')
    expect(schemaFor(keys, query, query)).toMatchObject({ required: ['q'] })
  })

  test('has no argument that a constant fills or an earlier step gives', () => {
    const steps = [
      { tool: 'a/x', arguments: { limit: 1 } },
      { tool: 'b/y', arguments_from: { q: '/steps/x/json/q', limit: '/input/most' } },
    ]
    expect(schemaFor({ strategy: 'sequential', steps }, query, query)).toEqual({
      type: 'object',
      properties: {
        q: { type: 'string', description: 'What' },
        most: { type: 'integer' },
      },
      required: ['q'],
    })
  })

  test('says nothing of what is inside of an argument that steps take apart', () => {
    const steps = [{ tool: 'a/x', arguments_from: { q: '/input/question/text' } }]
    expect(schemaFor({ steps }, query)).toEqual({ type: 'object', properties: { question: {} } })
  })

  test('keeps what references lead to, and each of them leads to its own', () => {
    const referring = (type: string): JsonObject => ({
      type: 'object',
      properties: { at: { $ref: '#/$defs/place' }, all: { type: 'array', items: { $ref: '#' } } },
      $defs: { place: { type } },
    })
    const steps = [
      { name: 'one/1', tool: 'a/x' },
      { name: 'two', tool: 'b/y' },
    ].map((one) => ({ ...one, name: one.name.replace('/', '.') }))
    const schema = schemaFor({ steps }, referring('string'), referring('integer'))
    expect(accepts(schema, { at: 'x' })).toBe(true)
    expect(accepts(schema, { at: 1 })).toBe(true)
    expect(accepts(schema, { at: true })).toBe(false)
    expect(accepts(schema, { all: [{ at: 'x' }] })).toBe(true)
    expect(accepts(schema, { all: [{ at: true }] })).toBe(false)
  })

  test('is the one of the configuration where that has one', () => {
    const input_schema = { properties: { x: { type: 'string' } }, required: ['x'] }
    expect(schemaFor({ tools: ['a/x'], input_schema }, query)).toEqual({
      type: 'object',
      ...input_schema,
    })
  })

  const property = fc.constantFrom<JsonObject>(
    { type: 'string' },
    { type: 'integer', minimum: 3 },
    { enum: ['a', 1] },
    { $ref: '#/$defs/d' },
    { type: 'array', items: { $ref: '#/$defs/d' } },
  )
  const anySchema = fc
    .record({
      properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), property),
      required: fc.subarray(['a', 'b', 'c']),
      d: fc.constantFrom<JsonObject>({ type: 'boolean' }, { type: 'string' }),
    })
    .map(({ properties, required, d }): JsonObject => ({
      type: 'object',
      properties,
      required: required.filter((name) => Object.hasOwn(properties, name)),
      $defs: { d },
    }))
  const anyValue = fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.oneof(fc.constantFrom('a', 1, 5, true), fc.array(fc.constantFrom('a', true))),
  )

  test('accepts whatever all of its tools accept, and compiles', () => {
    fc.assert(
      fc.property(
        fc.array(anySchema, { minLength: 1, maxLength: 3 }),
        anyValue,
        fc.constantFrom('parallel', 'sequential', 'first'),
        (schemas, value, strategy) => {
          const tools = schemas.map((_, index) => `backend/tool${String(index)}`)
          const whole = schemaFor({ tools, strategy }, ...schemas)
          const fits = schemas.every((schema) => accepts(schema, value))
          expect(accepts(whole, value) || !fits).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('annotations', () => {
  const of = (...annotations: readonly JsonObject[]) =>
    annotationsOf(
      annotations.map((one, index) => ({
        step: { name: String(index), tool: 'a/x', constants: {}, from: undefined },
        tool: { name: 'x', annotations: one },
      })),
    )

  test('are the worst of all tools', () => {
    const reads = { readOnlyHint: true, openWorldHint: false }
    expect(of(reads, reads)).toEqual(reads)
    expect(of(reads, {})).toMatchObject({ readOnlyHint: false, destructiveHint: true })
    const adds = { destructiveHint: false, idempotentHint: true }
    expect(of(reads, adds)).toMatchObject({ destructiveHint: false, idempotentHint: true })
    expect(of(reads, adds, {})).toMatchObject({ destructiveHint: true, idempotentHint: false })
  })
})

describe('arguments', () => {
  const [plain, mapped] = stepsOf(
    composite({
      strategy: 'sequential',
      steps: [
        { tool: 'a/x', arguments: { limit: 1 } },
        {
          tool: 'a/y',
          arguments_from: {
            'from input': '/input/a~1b/0',
            text: '/steps/x/content/0/text',
            json: '/steps/x/json/list/1',
          },
        },
      ],
    }),
  )
  if (plain === undefined || mapped === undefined) throw new Error('no steps')
  const steps = new Map([
    ['x', { content: [{ type: 'image' }, { type: 'text', text: '{"list":[1,{"deep":2}]}' }] }],
  ])

  test('are those of the caller, but for what the tool rules out, and constants win', () => {
    const closed = { type: 'object', properties: { q: {}, limit: {} }, additionalProperties: false }
    const known = { input: { q: 'a', limit: 5, other: 1 }, steps: new Map() }
    expect(argumentsOf(plain, known, closed)).toEqual({
      kind: 'arguments',
      args: { q: 'a', limit: 1 },
    })
    expect(argumentsOf(plain, known, undefined)).toMatchObject({ args: { other: 1 } })
  })

  test('are found by JSON Pointers; what the caller left out is left out', () => {
    const result = { content: [{ type: 'text', text: '{"list":[1,{"deep":2}]}' }] }
    const known = { input: { 'a/b': ['first'] }, steps: new Map([['x', result]]) }
    expect(argumentsOf(mapped, known, undefined)).toEqual({
      kind: 'arguments',
      args: { 'from input': 'first', text: result.content[0]?.text, json: { deep: 2 } },
    })
    expect(argumentsOf(mapped, { input: {}, steps: new Map([['x', result]]) }, undefined)).toEqual({
      kind: 'arguments',
      args: { text: result.content[0]?.text, json: { deep: 2 } },
    })
  })

  test('are missing where a result has no such part', () => {
    expect(argumentsOf(mapped, { input: {}, steps }, undefined)).toEqual({
      kind: 'missing',
      pointer: '/steps/x/content/0/text',
    })
    expect(argumentsOf(mapped, { input: {}, steps: new Map() }, undefined)).toMatchObject({
      kind: 'missing',
    })
  })
})
