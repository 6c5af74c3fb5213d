import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import {
  contradicted,
  mirroringOf,
  mostMirrored,
  paramHeaders,
  type Mirrored,
} from '../../src/mcp/param-headers.ts'

const schema = (properties: JsonObject): JsonObject => ({ type: 'object', properties })
const region = { type: 'string', 'x-mcp-header': 'Region' }
const read = (inputSchema: JsonObject): readonly Mirrored[] => {
  const mirroring = mirroringOf(inputSchema)
  if (!mirroring.valid) throw new Error(mirroring.why)
  return mirroring.mirrored
}

describe('what a schema says of headers', () => {
  test('is read at any depth that properties alone lead to', () => {
    const inner = schema({ limit: { type: 'integer', 'x-mcp-header': 'Limit' } })
    expect(read(schema({ region, options: inner, rest: { type: 'string' } }))).toEqual([
      { header: 'mcp-param-region', path: ['region'], type: 'string' },
      { header: 'mcp-param-limit', path: ['options', 'limit'], type: 'integer' },
    ])
    expect(read(schema({ rest: { type: 'string' } }))).toEqual([])
    expect(mirroringOf(undefined)).toEqual({ valid: true, mirrored: [] })
  })

  test('is refused where it is more than any request can carry, after so much of it', () => {
    let looked = 0
    const annotated = (count: number) =>
      schema(
        Object.fromEntries(
          Array.from({ length: count }, (_, index) => [
            `p${index}`,
            {
              get type() {
                looked += 1
                return 'string'
              },
              'x-mcp-header': `p${index}`,
            },
          ]),
        ),
      )
    expect(read(annotated(mostMirrored))).toHaveLength(mostMirrored)
    const many = annotated(mostMirrored * 3)
    looked = 0
    expect(mirroringOf(many)).toEqual({ valid: false, why: `more than ${mostMirrored} headers` })
    // The whole is written out once, and each that is looked at is read twice.
    expect(looked - mostMirrored * 3).toBeLessThan(mostMirrored * 3)
  })

  test('may be said of a property that has the name of the annotation', () => {
    const named = schema({ 'x-mcp-header': { type: 'string', 'x-mcp-header': 'Odd' } })
    expect(read(named)).toEqual([
      { header: 'mcp-param-odd', path: ['x-mcp-header'], type: 'string' },
    ])
  })

  test.each<[string, JsonObject]>([
    ['a name with a blank', schema({ a: { type: 'string', 'x-mcp-header': 'A B' } })],
    ['an empty name', schema({ a: { type: 'string', 'x-mcp-header': '' } })],
    ['a name that is none', schema({ a: { type: 'string', 'x-mcp-header': 7 } })],
    [
      'a name twice, but for its case',
      schema({ a: region, b: { ...region, 'x-mcp-header': 'REGION' } }),
    ],
    ['an object', schema({ a: { type: 'object', 'x-mcp-header': 'A' } })],
    ['the root', { ...schema({}), 'x-mcp-header': 'A' }],
    ['an item of a list', schema({ a: { type: 'array', items: region } })],
    ['one of several forms', { type: 'object', anyOf: [schema({ a: region })] }],
  ])('is wrong with %s', (_name, wrong) => {
    expect(mirroringOf(wrong).valid).toBe(false)
  })
})

describe('headers and arguments', () => {
  const mirrored = read(
    schema({
      region,
      count: { type: 'integer', 'x-mcp-header': 'Count' },
      deep: schema({ on: { type: 'boolean', 'x-mcp-header': 'On' } }),
    }),
  )

  test('are written for what is there, and encoded where they must be', () => {
    expect(paramHeaders(mirrored, { region: 'Österreich', count: 3, deep: { on: false } })).toEqual(
      {
        'mcp-param-region': '=?base64?w5ZzdGVycmVpY2g=?=',
        'mcp-param-count': '3',
        'mcp-param-on': 'false',
      },
    )
    expect(paramHeaders(mirrored, { region: null, deep: 'no object' })).toEqual({})
    expect(paramHeaders(mirrored, undefined)).toEqual({})
  })

  test('agree when they mean the same', () => {
    const args = { region: 'eu', count: 42, deep: { on: true } }
    const headers = {
      'mcp-param-region': ' eu ',
      'mcp-param-count': '42.0',
      'mcp-param-on': 'true',
    }
    expect(contradicted(mirrored, args, headers)).toBeUndefined()
    expect(
      contradicted(mirrored, { region: null }, { 'mcp-param-region': 'ignored' }),
    ).toBeUndefined()
  })

  test.each<[string, string | undefined]>([
    ['missing', undefined],
    ['another', 'us'],
    ['in another case', 'EU'],
    ['badly encoded', '=?base64?!!?='],
    ['said twice', 'eu, eu'],
  ])('a header that is %s contradicts', (_name, value) => {
    expect(contradicted(mirrored, { region: 'eu' }, { 'mcp-param-region': value })).toBe(
      'mcp-param-region',
    )
  })
})
