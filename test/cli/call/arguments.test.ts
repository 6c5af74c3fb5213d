// Words of a command line become the arguments that the schema of a tool wants, or say what is wrong before anything is sent.
import { describe, expect, test } from 'vitest'
import { writeJson } from '../../../src/base/exact-json.ts'
import type { Json } from '../../../src/base/json.ts'
import { hintOf } from '../../../src/problems/problem.ts'
import { checkObject, readArguments } from '../../../src/cli/call/arguments.ts'
import { parametersOf, shapeOf, shapeText } from '../../../src/cli/call/schema-types.ts'

const schema = {
  type: 'object',
  required: ['query'],
  properties: {
    query: { type: 'string', description: 'what to look for' },
    limit: { type: 'integer' },
    ratio: { type: 'number' },
    open: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    counts: { type: 'array', items: { type: 'integer' } },
    sort: { enum: ['newest', 'oldest'] },
    level: { type: 'integer', enum: [1, 2, 3] },
    until: { type: ['string', 'null'] },
    since: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
    filter: { $ref: '#/$defs/Filter' },
    any: {},
  },
  $defs: { Filter: { type: 'object', properties: { a: { type: 'string' } } } },
} as const

const parameters = parametersOf(schema)
const read = (...words: string[]) => readArguments(['query=x', ...words], parameters)
const valueOf = (name: string, ...words: string[]): Json | undefined => {
  const { args, faults } = read(...words)
  expect(faults).toEqual([])
  // As it goes to the server.
  return (JSON.parse(writeJson(args)) as Record<string, Json>)[name]
}
const faultOf = (...words: string[]): string => {
  const { faults } = read(...words)
  expect(faults).toHaveLength(1)
  const [fault] = faults
  return fault === undefined ? '' : `${fault.detail} / ${hintOf(fault)}`
}

describe('a word is converted to the type that the schema names', () => {
  test.each<[string, string[], Json]>([
    ['query', ['limit=1'], 'x'],
    ['limit', ['limit=5'], 5],
    ['limit', ['limit=-007'], -7],
    ['limit', ['limit=+3'], 3],
    ['ratio', ['ratio=.5'], 0.5],
    ['ratio', ['ratio=2.'], 2],
    ['ratio', ['ratio=-1.25e2'], -125],
    ['open', ['open=true'], true],
    ['open', ['open=false'], false],
    ['tags', ['tags=a'], ['a']],
    ['tags', ['tags=a', 'tags=b=c', 'tags='], ['a', 'b=c', '']],
    ['counts', ['counts=1', 'counts=2'], [1, 2]],
    ['sort', ['sort=oldest'], 'oldest'],
    ['level', ['level=2'], 2],
    ['until', ['until=null'], null],
    ['until', ['until=5'], '5'],
    ['since', ['since=null'], null],
    ['since', ['since=10'], 10],
    ['either', ['either=5'], 5],
    ['either', ['either=5a'], '5a'],
    ['filter', ['filter={"a":"b"}'], { a: 'b' }],
    ['filter', ['filter:={"a":1}'], { a: 1 }],
    ['any', ['any=5'], '5'],
    ['any', ['any:=5'], 5],
    ['limit', ['limit:="five"'], 'five'],
    ['tags', ['tags:=["x"]'], ['x']],
  ])('%s from %j', (name, words, value) => {
    expect(valueOf(name, ...words)).toEqual(value)
  })

  test('an integer beyond 2^53 is sent digit by digit', () => {
    const { args } = read('limit=9007199254740993')
    expect(writeJson(args)).toBe('{"query":"x","limit":9007199254740993}')
  })

  test('a text that looks like a number stays a text where the schema wants one', () => {
    expect(readArguments(['query=007'], parameters).args).toEqual({ query: '007' })
  })

  test('a name of our objects is a name like any other', () => {
    const { args } = readArguments(['__proto__=x'], parametersOf({ type: 'object' }))
    expect(Object.keys(args)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})

describe('what is wrong is said before anything is sent', () => {
  test.each<[string, RegExp]>([
    ['limit=five', /^limit must be integer/],
    ['limit=1.5', /^limit must be integer/],
    ['limit=0x10', /^limit must be integer/],
    ['ratio=1e', /^ratio must be number/],
    ['open=yes', /^open must be boolean/],
    ['counts=a', /^counts each item must be integer/],
    ['sort=newst', /^sort must be one of newest, oldest: did you mean newest\?/],
    ['level=4', /^level must be one of 1, 2, 3/],
    ['filter=a', /^filter must be object \(as JSON: name:=\.\.\.\)/],
    ['any:={', /^any is not JSON behind :=/],
    ['limt=5', /^Unknown argument limt \/ did you mean limit\?/],
    ['colour=red', /^Unknown argument colour \/ it takes query, limit, /],
    ['=5', /^An argument has no name/],
    ['hello', /^An argument has no name/],
  ])('%s', (word, said) => {
    expect(faultOf(word)).toMatch(said)
  })

  test('an argument that is no list is given once', () => {
    expect(faultOf('limit=1', 'limit=2')).toMatch(/^limit is given more than once/)
    expect(faultOf('tags:=["a"]', 'tags=b')).toMatch(/^tags is given more than once/)
  })

  test('what is missing is named with its type and its description', () => {
    const { faults } = readArguments([], parameters)
    expect(faults).toEqual([
      {
        code: 'usage-missing',
        case: 'argument',
        detail: 'The argument query is missing (string: what to look for)',
        hint: 'add query=<value>',
      },
    ])
  })

  test('a misspelt argument is not missing as well, and all faults come at once', () => {
    const { faults } = readArguments(['qurey=x', 'limit=a', 'open=b'], parameters)
    expect(faults.map(({ detail }) => detail.split(' ').slice(0, 5).join(' '))).toEqual([
      'Unknown argument qurey',
      'limit must be integer',
      'open must be boolean',
    ])
  })

  test('a word that could be a token is not repeated', () => {
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl'
    const { faults } = readArguments([`${token}=`, token], parameters)
    expect(JSON.stringify(faults)).not.toContain('eyJ')
  })
})

test('names of one object are checked as those of words are, its values are not', () => {
  expect(checkObject({ query: 5 }, parameters)).toEqual([])
  expect(checkObject({ querry: 'x' }, parameters).map(({ hint }) => hint)).toEqual([
    'did you mean query?',
  ])
})

test('a schema that allows other names takes them as texts', () => {
  for (const more of [{ additionalProperties: true }, { patternProperties: { '^x': {} } }]) {
    const open = parametersOf({ type: 'object', properties: { a: { type: 'integer' } }, ...more })
    expect(readArguments(['a=1', 'xb=2'], open)).toEqual({ args: { a: 1, xb: '2' }, faults: [] })
  }
})

test('schemas that say nothing, or nothing that could be read, take every word as a text', () => {
  for (const odd of [undefined, null, {}, { type: 'object' }, { properties: 5 }]) {
    const { args } = readArguments(['a=1'], parametersOf(odd))
    expect(args).toEqual({ a: '1' })
  }
})

test('references that lead in a circle, or out of the schema, end', () => {
  const circle = { $defs: { a: { $ref: '#/$defs/a' } }, properties: { x: { $ref: '#/$defs/a' } } }
  expect(readArguments(['x=1'], parametersOf(circle)).args).toEqual({ x: '1' })
  const outside = { properties: { x: { $ref: 'https://example.com/schema' } } }
  expect(readArguments(['x=1'], parametersOf(outside)).args).toEqual({ x: '1' })
})

test.each<[Json, string]>([
  [{ type: 'array', items: { type: 'integer' } }, 'list of integer'],
  [{ type: ['string', 'null'] }, 'string or null'],
  [{ enum: ['a', 1] }, '"a" or 1'],
  [{ const: true }, 'true'],
  [{ oneOf: [{ const: 'x' }, { const: 'y' }] }, '"x" or "y"'],
  [{ allOf: [{ type: 'boolean' }] }, 'boolean'],
  [{}, 'anything'],
])('%j is %s', (given, text) => {
  expect(shapeText(shapeOf(given, {}))).toBe(text)
})
