// Results as they are printed: text plainly and inert, data by name and size, and files that servers cannot choose.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { inertText, piecesOf, piecesText } from '../../../src/cli/call/content.ts'
import { savePieces } from '../../../src/cli/call/save-pieces.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'mcp-proxy-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const shown = (...content: object[]): string =>
  piecesText(piecesOf('tool', { content } as never), new Map())

test('lines and tabs of a text stay, and what could steer a terminal becomes visible', () => {
  expect(inertText('a\tb\r\nc\n')).toBe('a\tb\nc\n')
  expect(inertText('\u001b[2Jx\r\u0007\u009b\u202e')).toBe(
    String.raw`\u001b[2Jx\u000d\u0007\u009b\u202e`,
  )
})

test('each kind of content is printed or named', () => {
  expect(
    shown(
      { type: 'text', text: 'one' },
      { type: 'image', mimeType: 'image/png', data: 'AAAA' },
      { type: 'audio', mimeType: 'audio/wav', data: 'AA==' },
      { type: 'resource', resource: { uri: 'note://a', text: 'body' } },
      { type: 'resource', resource: { uri: 'note://b', mimeType: 'x/y', blob: 'AAA=' } },
      { type: 'resource_link', uri: 'note://c', name: 'c' },
      { type: 'hologram' },
      { type: 'image', data: 'not base64!' },
    ),
  ).toBe(
    [
      'one',
      '[image image/png, 3 bytes]',
      '[audio audio/wav, 1 byte]',
      '[note://a]',
      'body',
      '[resource x/y note://b, 2 bytes]',
      '[link  note://c  c]',
      '[content of the unknown type "hologram"]',
      '[an image whose data is not base64]',
    ].join('\n'),
  )
})

test('structured content is shown where there is no other', () => {
  expect(piecesOf('tool', { content: [], structuredContent: { even: true } })).toEqual([
    { kind: 'text', text: '{\n  "even": true\n}' },
  ])
  const both = { content: [{ type: 'text', text: 'x' }], structuredContent: { even: true } }
  expect(piecesOf('tool', both)).toEqual([{ kind: 'text', text: 'x' }])
})

test('a result of the wrong shape has no pieces and is no fault of ours', () => {
  for (const odd of [{}, { content: 5 }, { content: null }, { contents: 'x' }]) {
    for (const subject of ['tool', 'resource', 'prompt'] as const) {
      expect(piecesOf(subject, odd)).toEqual([])
    }
  }
  expect(piecesOf('prompt', { messages: [5, { role: 'user', content: 7 }] })).toHaveLength(2)
})

test('one piece goes to the named file, several get numbers, and a folder gets names of ours', () => {
  const image = (data: string) => ({ type: 'image', mimeType: 'image/png', data })
  const one = piecesOf('tool', { content: [{ type: 'text', text: 'about' }, image('AAAA')] })
  const file = path.join(folder, 'one.png')
  expect([...savePieces(file, one).values()]).toEqual([{ file, mime_type: 'image/png', bytes: 3 }])
  expect(readFileSync(file)).toEqual(Buffer.alloc(3))
  const two = piecesOf('tool', { content: [image('AAAA'), image('AA==')] })
  savePieces(path.join(folder, 'many.png'), two)
  const evil = { uri: '../../evil', mimeType: '../x', blob: 'AAAA' }
  savePieces(`${path.join(folder, 'inner')}/`, piecesOf('resource', { contents: [evil] }))
  expect(readdirSync(folder).sort()).toEqual(['inner', 'many-2.png', 'many.png', 'one.png'])
  expect(readdirSync(path.join(folder, 'inner'))).toEqual(['1.bin'])
})

test('text is written as it came where there is no data', () => {
  const file = path.join(folder, 'text.txt')
  const pieces = piecesOf('tool', { content: [{ type: 'text', text: 'a\u001bb\r\n' }] })
  expect(savePieces(file, pieces).size).toBe(1)
  expect(readFileSync(file, 'utf8')).toBe('a\u001bb\r\n')
})
