// The key file: what is read from it, and what is refused instead of read by halves.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isKeyFile, keyFileText, readKeyFile } from '../../../src/core/api-keys/key-file.ts'
import { newKey, writeKeys } from '../../support/keys.ts'

const { entry } = newKey({
  owner: 'build@example.com',
  expires: '2027-01-01T00:00:00Z',
  scopes: ['mcp:read'],
  roles: ['reader'],
})

const caseOf = (file: string) => {
  const read = readKeyFile(file)
  return isKeyFile(read) ? 'read' : [read.code, read.case, read.detail].join(' ')
}

const textWith = (change: object) => JSON.stringify({ version: 1, keys: [{ ...entry, ...change }] })

test('what is written is read again, and the text has the digest of the key and never the key', () => {
  const key = newKey({ name: 'nightly' })
  const { file } = writeKeys([key])
  expect(readKeyFile(file)).toEqual({ keys: [key.entry], mode: expect.any(Number) as number })
  expect(keyFileText([key.entry])).not.toContain(key.text.slice(16))
})

test.each([
  ['no JSON', '{', 'it is no JSON: unexpected end'],
  ['a list', '[]', 'its content'],
  ['a version of later', '{"version":2,"keys":[]}', 'version'],
  ['a member twice', '{"version":1,"keys":[],"keys":[]}', 'a member is there twice'],
  ['an unknown member, which may forbid something', textWith({ not_before: 'x' }), 'keys[0]'],
  ['a digest that is none', textWith({ sha256: 'abc' }), 'keys[0].sha256'],
  ['a time that is none', textWith({ expires: 'tomorrow' }), 'keys[0].expires'],
  ['a time without a zone', textWith({ expires: '2027-01-01T00:00:00' }), 'keys[0].expires'],
  ['a scope of two words', textWith({ scopes: ['a b'] }), 'keys[0].scopes[0]'],
  ['an id that is none', textWith({ id: '../../etc' }), 'keys[0].id'],
  ['no roles', textWith({ roles: undefined }), 'keys[0].roles'],
  [
    'an id twice',
    JSON.stringify({ version: 1, keys: [entry, { ...entry, name: 'other' }] }),
    `the id ${entry.id} is there twice`,
  ],
])('a file with %s is refused as a whole, with its place', (_, text, why) => {
  const { file, write } = writeKeys([])
  write(text)
  expect(caseOf(file)).toContain(`key-file form The key file ${file} cannot be used: ${why}`)
})

test('what is refused repeats nothing of the file', () => {
  const { file, write } = writeKeys([])
  write(textWith({ sha256: 'mcpk_pasted-by-mistake', name: 'mcpk_pasted by mistake' }))
  expect(caseOf(file)).not.toContain('pasted')
})

test('a file that is not there, a folder, and one that others may write are distinguished', () => {
  const { file } = writeKeys([])
  chmodSync(file, 0o620)
  expect(caseOf(file)).toContain('key-file writable')
  expect(caseOf(file)).toContain('(mode 620)')
  chmodSync(file, 0o644)
  expect(caseOf(file)).toBe('read')
  rmSync(file)
  expect(caseOf(file)).toContain('key-file absent')
  mkdirSync(file)
  expect(caseOf(file)).toContain('key-file unreadable')
})

test('a file without an end is not read to it', () => {
  const { file } = writeKeys([])
  writeFileSync(file, ' '.repeat(8 * 1_048_576 + 1))
  expect(caseOf(file)).toContain('it is larger than')
})
