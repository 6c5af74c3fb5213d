// What is kept between runs to start quickly is Node's own cache of compiled code: where it is damaged or cannot be, the
// program runs all the same.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import nodeModule from 'node:module'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTempFolder, runCommandLine, type TempFolder } from '../support/command-line.ts'

let folder: TempFolder
let cache: string

beforeEach(async () => {
  folder = await makeTempFolder()
  cache = path.join(folder.path, 'mcp-proxy')
})

afterEach(() => folder.remove())

const explain = async (env: Record<string, string> = {}) => {
  const { exitCode, stdout, stderr } = await runCommandLine(['explain', 'time-exp'], {
    env: { XDG_CACHE_HOME: folder.path, ...env },
  })
  return { exitCode, stderr, explains: stdout.includes('time-exp') }
}

const works = { exitCode: 0, stderr: '', explains: true }

const entries = async (): Promise<string[]> => {
  const names = await readdir(cache, { recursive: true }).catch(() => [])
  const files = names.map((name) => path.join(cache, name))
  const kinds = await Promise.all(files.map((file) => stat(file)))
  return files.filter((_, index) => kinds[index]?.isFile() === true)
}

const hasCompileCache = 'enableCompileCache' in nodeModule

test.runIf(hasCompileCache)(
  'compiled code is kept below the cache folder of the user',
  async () => {
    expect(await explain()).toEqual(works)
    expect(await entries()).not.toEqual([])
  },
)

test.runIf(!hasCompileCache)('where Node keeps no compiled code, nothing is written', async () => {
  expect(await explain()).toEqual(works)
  expect(await entries()).toEqual([])
})

test('a cache whose second half was lost is no obstacle, three times in a row', async () => {
  expect(await explain()).toEqual(works)
  for (const byte of [0, 0x41]) {
    for (const file of await entries()) {
      const bytes = await readFile(file)
      await writeFile(file, bytes.fill(byte, bytes.length >> 1))
    }
    for (const _ of [1, 2, 3]) expect(await explain()).toEqual(works)
  }
})

test('NODE_DISABLE_COMPILE_CACHE is honoured', async () => {
  expect(await explain({ NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual(works)
  expect(await entries()).toEqual([])
})

test('a cache folder that cannot be made is no obstacle', async () => {
  await writeFile(path.join(folder.path, 'file'), '')
  expect(await explain({ XDG_CACHE_HOME: path.join(folder.path, 'file') })).toEqual(works)
  expect(await explain({ XDG_CACHE_HOME: 'relative/path', HOME: folder.path })).toEqual(works)
})
