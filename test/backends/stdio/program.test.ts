// Whether the program of a stdio backend can be found: what is wrong, on each platform.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { programFault } from '../../../src/backends/stdio/program.ts'

let root: string
const at = (...names: readonly string[]) => path.join(root, ...names)

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'mcp-proxy-program-'))
  await mkdir(at('bin'))
  await mkdir(at('other'))
  await writeFile(at('bin', 'server'), '')
  await chmod(at('bin', 'server'), 0o755)
  await writeFile(at('bin', 'script.py'), '', { mode: 0o644 })
  await writeFile(at('bin', 'tool.CMD'), '')
  await chmod(at('bin', 'tool.CMD'), 0o755)
})

afterAll(() => rm(root, { recursive: true, force: true }))

const fault = (command: string, cwd?: string, platform: NodeJS.Platform = 'linux') => {
  const env = { PATH: ['', at('other'), at('bin')].join(path.delimiter) }
  return programFault({ command, cwd: cwd === undefined ? undefined : at(cwd), env }, platform)
}

test.each([
  ['in a folder of PATH', 'server', undefined],
  ['by a path from its working folder', './server', 'bin'],
  ['by a path through its working folder', 'bin/server', '.'],
])('found %s', (_, command, cwd) => {
  expect(fault(command, cwd)).toBeUndefined()
})

test('found by its full path', () => {
  expect(fault(at('bin', 'server'))).toBeUndefined()
})

test('found on Windows without its extension', () => {
  expect(fault('tool', undefined, 'win32')).toBeUndefined()
  expect(fault('tool', undefined, 'linux')).toEqual({ kind: 'no-program', command: 'tool' })
})

test.each([
  ['in no folder of PATH', 'uvx', undefined, { kind: 'no-program', command: 'uvx' }],
  ['a path that leads nowhere', './absent', 'bin', { kind: 'no-file', file: './absent' }],
  ['a folder', './bin', '.', { kind: 'no-file', file: './bin' }],
])('%s', (_, command, cwd, expected) => {
  expect(fault(command, cwd)).toEqual(expected)
})

test('a working folder that is none counts first', () => {
  expect(fault('uvx', 'gone')).toEqual({ kind: 'no-folder', folder: at('gone') })
  expect(fault('uvx', 'bin/server')).toEqual({ kind: 'no-folder', folder: at('bin', 'server') })
})

// An administrator may execute what has any execute bit, and what has none nobody.
test('a file without the permission to execute it', () => {
  expect(fault('script.py')).toEqual({ kind: 'not-executable', file: at('bin', 'script.py') })
})
