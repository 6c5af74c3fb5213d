import { assert, constantFrom, nat, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backendNames } from '../../../src/proxy/names/names.ts'
import { couldMatch } from '../../../src/proxy/names/uri-template.ts'

describe('names of one backend', () => {
  test('tools and prompts carry the prefix, resources a scheme', () => {
    const names = backendNames('files', '__', undefined)
    expect(names.exposeName('read')).toBe('files__read')
    expect(names.localName('files__read')).toBe('read')
    expect(names.localName('other__read')).toBeUndefined()
    expect(names.exposeUri('file:///a')).toBe('files+file:///a')
    expect(names.localUri('files+file:///a')).toBe('file:///a')
    expect(names.localUri('file:///a')).toBeUndefined()
  })

  test('what clients may fetch themselves keeps its URI', () => {
    const names = backendNames('web', '__', undefined)
    expect(names.exposeUri('https://acme.test/a')).toBe('https://acme.test/a')
    expect(names.exposeUri('HTTP://acme.test/a')).toBe('HTTP://acme.test/a')
  })

  test('the view of a tool keeps its scheme, by which hosts know it', () => {
    const names = backendNames('files', '__', undefined)
    expect(names.exposeUri('ui://weather/view.html')).toBe('ui://files+weather/view.html')
    expect(names.localUri('ui://files+weather/view.html')).toBe('ui://weather/view.html')
    expect(names.localUri('ui://weather/view.html')).toBeUndefined()
    expect(names.exposeUri('ui://{city}/view.html')).toBe('ui://files+{city}/view.html')
    expect(backendNames('files', '__', '').exposeUri('ui://weather/a')).toBe('ui://weather/a')
  })

  test('an empty prefix leaves everything as it is; another prefix keeps the namespace of URIs', () => {
    const bare = backendNames('files', '__', '')
    expect(bare.exposeName('read')).toBe('read')
    expect(bare.exposeUri('file:///a')).toBe('file:///a')
    expect(bare.rewritesUris).toBe(false)
    const other = backendNames('files', '__', 'fs_')
    expect(other.exposeName('read')).toBe('fs_read')
    expect(other.exposeUri('file:///a')).toBe('files+file:///a')
  })

  test('every name and every URI comes back as it was', () => {
    const names = backendNames('files', '__', undefined)
    assert(
      property(string(), (local) => {
        expect(names.localName(names.exposeName(local))).toBe(local)
        const exposed = names.exposeUri(local)
        expect(names.localUri(exposed) ?? exposed).toBe(local)
      }),
    )
  })
})

describe('URI templates', () => {
  test.each([
    ['note:///{id}', 'note:///7', true],
    ['note:///{id}', 'note:/7', false],
    ['test://template/{id}/data', 'test://template/9/data', true],
    ['test://template/{id}/data', 'test://template/9/other', false],
    ['a{x}b{y}c', 'aXbYc', true],
    ['a{x}b{y}c', 'abc', true],
    ['a{x}b{y}c', 'aXYc', false],
    ['ab{x}ba', 'aba', false],
    ['plain:///one', 'plain:///one', true],
    ['plain:///one', 'plain:///one/two', false],
    ['{+any}', 'whatever', true],
  ])('%s could give %s: %s', (template, uri, expected) => {
    expect(couldMatch(template, uri)).toBe(expected)
  })

  test('a long literal is found where a plain search finds it', () => {
    const word = string({ unit: constantFrom('a', 'b'), maxLength: 6 })
    assert(
      property(word, word, word, nat(40), (before, unit, after, times) => {
        const literal = unit.repeat(times) + after
        const uri = before + unit.repeat(times + 1) + after + before
        const shorter = uri.slice(0, -before.length - 1)
        for (const one of [uri, shorter]) {
          expect(couldMatch(`{x}${literal}{y}`, one)).toBe(one.includes(literal))
        }
      }),
    )
  })
})
