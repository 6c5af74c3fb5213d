// The file of a client is replaced as a whole or not at all, with a backup that can be put back.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  newestBackup,
  readClientFile,
  replaceClientFile,
  restoreBackup,
} from '../../../src/cli/init/client-file.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'client-file-')))
  file = path.join(folder, 'mcp.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

const caseOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof UsageError) return error.problems.map((one) => one.case).join()
    throw error
  }
  return 'done'
}

const put = (text: string, mode = 0o640): void => {
  writeFileSync(file, text)
  chmodSync(file, mode)
}

const backupOf = (name = file) => {
  const backup = newestBackup([name])
  if (backup === undefined) throw new Error('there is no backup')
  return backup
}

test('the file and its backup have the mode that the file had, and nothing else is left beside them', () => {
  put('old')
  const backup = replaceClientFile(readClientFile(file), 'new')
  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(readFileSync(backup, 'utf8')).toBe('old')
  expect([file, backup].map((one) => statSync(one).mode & 0o777)).toEqual([0o640, 0o640])
  expect(readdirSync(folder).toSorted()).toEqual(['mcp.json', path.basename(backup)])
})

test('two changes are taken back one after the other, the newest first', () => {
  put('one')
  replaceClientFile(readClientFile(file), 'two')
  replaceClientFile(readClientFile(file), 'three')
  for (const text of ['two', 'one']) {
    const backup = backupOf()
    expect(backup.isChanged).toBe(false)
    restoreBackup(backup)
    expect(readFileSync(file, 'utf8')).toBe(text)
  }
  expect(newestBackup([file])).toBeUndefined()
  expect(readdirSync(folder)).toEqual(['mcp.json'])
})

test('a file that was not there is removed again, and an empty one is empty again', () => {
  replaceClientFile(readClientFile(file), 'new')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  restoreBackup(backupOf())
  expect(readdirSync(folder)).toEqual([])
  put('')
  replaceClientFile(readClientFile(file), 'new')
  restoreBackup(backupOf())
  expect(readFileSync(file, 'utf8')).toBe('')
})

test('a backup says whether the file was changed since', () => {
  put('old')
  replaceClientFile(readClientFile(file), 'new')
  put('newer')
  expect(backupOf().isChanged).toBe(true)
})

test('a symbolic link stays a link: the file that it leads to is replaced, with the backup beside it', () => {
  mkdirSync(path.join(folder, 'dotfiles'))
  const real = path.join(folder, 'dotfiles', 'cursor.json')
  writeFileSync(real, 'old')
  symlinkSync(path.join('dotfiles', 'cursor.json'), file)
  replaceClientFile(readClientFile(file), 'new')
  expect(lstatSync(file).isSymbolicLink()).toBe(true)
  expect(readFileSync(real, 'utf8')).toBe('new')
  expect(readdirSync(folder).toSorted()).toEqual(['dotfiles', 'mcp.json'])
  restoreBackup(backupOf())
  expect(readFileSync(file, 'utf8')).toBe('old')
})

test('a file that was changed after it was read is left alone', () => {
  put('old')
  const state = readClientFile(file)
  put('of another program')
  expect(caseOf(() => replaceClientFile(state, 'new'))).toBe('changed')
  expect(readFileSync(file, 'utf8')).toBe('of another program')
  expect(readdirSync(folder)).toEqual(['mcp.json'])
})

test('while another program has the lock nothing is written; a lock that was left behind is taken over', () => {
  put('old')
  const lock = `${file}.lock`
  mkdirSync(lock)
  expect(caseOf(() => replaceClientFile(readClientFile(file), 'new'))).toBe('busy')
  expect(readdirSync(folder).toSorted()).toEqual(['mcp.json', 'mcp.json.lock'])
  utimesSync(lock, new Date(0), new Date(0))
  replaceClientFile(readClientFile(file), 'new')
  expect(readFileSync(file, 'utf8')).toBe('new')
})

test('a read-only file is not replaced, not even by an administrator', () => {
  put('old', 0o400)
  expect(caseOf(() => replaceClientFile(readClientFile(file), 'new'))).toBe('unwritable')
  expect(readdirSync(folder)).toEqual(['mcp.json'])
})

test('a folder in place of the file is refused in words', () => {
  mkdirSync(file)
  expect(caseOf(() => readClientFile(file))).toBe('unreadable')
})

test('what has the name of a backup of another file is none of this one', () => {
  put('old')
  writeFileSync(`${file}x.mcp-proxy-20260101000000000-0123456789abcdef.bak`, 'other')
  writeFileSync(`${file}.mcp-proxy-2026-0123456789abcdef.bak`, 'other')
  expect(newestBackup([file])).toBeUndefined()
})
