// Structured content for sessions: what is wrapped means what it meant.
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { lazyFromBytes, lazyFromValue } from '../../src/mcp/lazy-object.ts'
import { inSessionForm, sessionForm } from '../../src/mcp/structured.ts'

const validates = (schema: unknown, value: unknown): boolean => {
  const ajv = new Ajv2020({ strict: false })
  return ajv.validate(schema as object, value)
}

const leaf = { name: 'leaf', below: [] }
const cases: readonly { what: string; schema: JsonObject; good: unknown; bad: unknown }[] = [
  { what: 'a list', schema: { type: 'array', items: { type: 'number' } }, good: [1], bad: ['1'] },
  { what: 'a schema without a type', schema: { enum: ['#', 1] }, good: '#', bad: '#/x' },
  {
    what: 'one that points at itself',
    schema: {
      type: 'array',
      items: {
        type: 'object',
        required: ['below'],
        properties: { below: { $ref: '#' }, name: { $ref: '#/$defs/name' } },
      },
      $defs: { name: { type: 'string' } },
    },
    good: [{ name: 'root', below: [leaf] }],
    bad: [{ name: 'root', below: [{ name: 1, below: [] }] }],
  },
  {
    what: 'one with a property of the name $ref and data that looks like a pointer',
    schema: {
      anyOf: [
        { type: 'object', properties: { $ref: { const: '#/a' } }, required: ['$ref'] },
        { const: { $ref: '#' } },
      ],
    },
    good: { $ref: '#' },
    bad: { $ref: '#/properties/result' },
  },
  {
    what: 'one with an address of its own',
    schema: {
      $id: 'https://example.com/list',
      type: 'array',
      items: { $ref: '#/$defs/one' },
      $defs: { one: { type: 'null' } },
    },
    good: [null],
    bad: [1],
  },
  {
    what: 'one with an anchor',
    schema: {
      type: 'array',
      items: { $ref: '#one' },
      $defs: { one: { $anchor: 'one', type: 'boolean' } },
    },
    good: [true],
    bad: [0],
  },
]

test.each(cases)('$what is wrapped, and allows what it allowed', ({ schema, good, bad }) => {
  const wrapped = sessionForm({ name: 'tool', outputSchema: schema })?.['outputSchema']
  expect(wrapped).toMatchObject({ type: 'object', required: ['result'] })
  expect([validates(schema, good), validates(wrapped, { result: good })]).toEqual([true, true])
  expect([validates(schema, bad), validates(wrapped, { result: bad })]).toEqual([false, false])
  expect(validates(wrapped, {})).toBe(false)
})

test('the dialect stands at the top', () => {
  const $schema = 'https://json-schema.org/draft/2020-12/schema'
  const form = sessionForm({ name: 'tool', outputSchema: { $schema, type: 'string' } })
  expect(form?.['outputSchema']).toMatchObject({ $schema })
})

test('a tool whose schema is one of objects, or that has none, is shown as it is', () => {
  expect(sessionForm({ name: 'tool', outputSchema: { type: 'object' } })).toBeUndefined()
  expect(sessionForm({ name: 'tool' })).toBeUndefined()
})

const replyOf = (result: JsonObject) => ({ kind: 'result' as const, result: lazyFromValue(result) })
const read = (reply: ReturnType<typeof inSessionForm>) =>
  reply.kind === 'result' ? reply.result.value() : reply

describe('a result', () => {
  test('is wrapped where its schema was, also if it is an object', () => {
    const reply = replyOf({ content: [{ type: 'text', text: 'x' }], structuredContent: { a: 1 } })
    expect(read(inSessionForm(reply, true))).toEqual({
      content: [{ type: 'text', text: 'x' }],
      structuredContent: { result: { a: 1 } },
    })
  })

  test.each([[1, 2], 'text', 7, false, null])(
    'that is %j is wrapped without a schema too, and said as text',
    (structuredContent) => {
      expect(read(inSessionForm(replyOf({ content: [], structuredContent }), false))).toEqual({
        content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
        structuredContent: { result: structuredContent },
      })
    },
  )

  test('of an object, or without structure, is handed on as the bytes that came', () => {
    for (const text of [
      '{"content":[{"type":"text","text":"\\"structuredContent\\":[1]"}]}',
      '{"structuredContent" : {"a":[1]},"content":[]}',
      '{"content":[],"_meta":{"structuredContent":[1]}}',
    ]) {
      const reply = { kind: 'result', result: lazyFromBytes(Buffer.from(text)) } as const
      expect(inSessionForm(reply, false)).toBe(reply)
    }
  })

  test('without structure is left alone whatever its schema: an error has none', () => {
    const reply = replyOf({ content: [], isError: true })
    expect(inSessionForm(reply, true)).toBe(reply)
  })
})
