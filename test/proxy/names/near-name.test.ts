// Which listed name a caller is pointed to that used another.
import { expect, test } from 'vitest'
import { nearName } from '../../../src/proxy/names/near-name.ts'

const names = [
  'files__read_text_file',
  'files__write_file',
  'github__create_issue',
  'b__search',
  'c__search',
]

test.each([
  ['read_text_file', 'files__read_text_file'],
  ['files_read_text_file', 'files__read_text_file'],
  ['files.read_text_file', 'files__read_text_file'],
  ['Files__Read_Text_File', 'files__read_text_file'],
  ['readTextFile', 'files__read_text_file'],
  ['files__read_txt_file', 'files__read_text_file'],
  ['read_txt_file', 'files__read_text_file'],
  ['mcp__files__read_text_file', 'files__read_text_file'],
  ['github__create_isue', 'github__create_issue'],
  ['create-issue', 'github__create_issue'],
])('%s was probably %s', (given, meant) => {
  expect(nearName(given, names)).toBe(meant)
})

test.each(['', 'x', '__', 'search', 'weather__today', 'file', 'y'.repeat(5000)])(
  '%j could be any of them or none: nothing is suggested',
  (given) => {
    expect(nearName(given, names)).toBeUndefined()
  },
)

test('among more names than are compared nothing is suggested', () => {
  const many = Array.from({ length: 2001 }, (_, n) => `files__tool_${n}`)
  expect(nearName('tool_7', many)).toBeUndefined()
})
