// Line and column of keys and values, in each format and in each way to write a table.
import { describe, expect, it } from 'vitest'
import type { Format } from '../../src/config/document.ts'
import type { KeyPath } from '../../src/config/key-path.ts'
import { locator } from '../../src/config/locate.ts'

const toml = `a = 1
b.c = "x"

[d]
e = { f = [1, { g = 2 }] }
"h i" = 3

[d.j]
k = """
two
lines"""
l = 4

[[m]]
n = 5
[[m]]
n = 6
[m.o]
p = 7
`

const yaml = `a: 1
b:
  c: x
d:
  e: {f: [1, {g: 2}]}
  h i: 3
m:
  - n: 5
  - n: 6
    o:
      p: 7
`

const json = `{
  "a": 1,
  "d": { "e": [ { "f": 2 } ] }
}`

type Case = readonly [path: KeyPath, at: 'key' | 'value', line: number, column: number]

const check = (text: string, format: Format, cases: readonly Case[]) =>
  it.each(cases)(`${format} %j, its %s`, async (path, at, line, column) => {
    const locate = await locator(text, format)
    expect(locate(path, at)).toEqual({ line, column })
  })

describe('what is there', () => {
  check(toml, 'toml', [
    [['a'], 'key', 1, 1],
    [['a'], 'value', 1, 5],
    [['b', 'c'], 'key', 2, 3],
    [['b', 'c'], 'value', 2, 7],
    [['d'], 'key', 4, 2],
    [['d', 'e', 'f'], 'key', 5, 7],
    [['d', 'e', 'f', 1], 'value', 5, 15],
    [['d', 'e', 'f', 1, 'g'], 'value', 5, 21],
    [['d', 'h i'], 'key', 6, 1],
    [['d', 'j'], 'key', 8, 2],
    [['d', 'j', 'l'], 'value', 12, 5],
    [['m', 0, 'n'], 'value', 15, 5],
    [['m', 1], 'key', 16, 3],
    [['m', 1, 'n'], 'key', 17, 1],
    [['m', 1, 'o', 'p'], 'value', 19, 5],
  ])
  check(yaml, 'yaml', [
    [['a'], 'value', 1, 4],
    [['b', 'c'], 'key', 3, 3],
    [['d', 'e', 'f', 1, 'g'], 'value', 5, 18],
    [['d', 'h i'], 'key', 6, 3],
    [['m', 1], 'value', 9, 5],
    [['m', 1, 'o', 'p'], 'value', 11, 10],
  ])
  check(json, 'json', [
    [['a'], 'key', 2, 3],
    [['d', 'e', 0, 'f'], 'value', 3, 24],
  ])
})

describe('what is not there is sought in its nearest ancestor', () => {
  check(toml, 'toml', [
    [['d', 'j', 'missing'], 'value', 8, 2],
    [['m', 1, 'missing', 'deeper'], 'key', 16, 3],
    [['missing'], 'key', 1, 1],
    [[], 'value', 1, 1],
  ])
  check(yaml, 'yaml', [[['m', 1, 'missing'], 'key', 9, 5]])
})

it('text that cannot be read has no places, and that is no error', async () => {
  expect((await locator('a = = 1', 'toml'))(['a'], 'key')).toBeUndefined()
})
