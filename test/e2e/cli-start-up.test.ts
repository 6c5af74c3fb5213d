// The code cache is code: it is used only where nobody else could have written it, and never needed.
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTempFolder, runCommandLine, type TempFolder } from '../support/command-line.ts'

let folder: TempFolder
let cache: string

beforeEach(async () => {
  folder = await makeTempFolder()
  cache = path.join(folder.path, 'mcp-proxy', 'code')
})

afterEach(() => folder.remove())

const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2ln'

const run = (env: Record<string, string> = {}) =>
  runCommandLine(['validate', '--decode-only', '-'], {
    stdin: token,
    env: { XDG_CACHE_HOME: folder.path, ...env },
  })

const entries = () => readdir(cache).catch(() => [])

const expectWorks = async (env?: Record<string, string>) => {
  const { exitCode, stdout, stderr } = await run(env)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toContain('somebody')
}

test('the first run writes one entry for its owner alone, the next leaves it', async () => {
  await expectWorks()
  const [name, ...others] = await entries()
  expect(others).toEqual([])
  const file = path.join(cache, name!)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(cache)).mode & 0o777).toBe(0o700)
  const before = (await stat(file)).mtimeMs
  await expectWorks()
  expect((await stat(file)).mtimeMs).toBe(before)
})

test('wrong usage is no model for later runs', async () => {
  const { exitCode } = await runCommandLine(['validate', '--nope'], {
    env: { XDG_CACHE_HOME: folder.path },
  })
  expect(exitCode).toBe(2)
  expect(await entries()).toEqual([])
})

test('a damaged entry is replaced', async () => {
  await expectWorks()
  const [name] = await entries()
  const file = path.join(cache, name!)
  await writeFile(file, 'not a cache')
  await expectWorks()
  expect((await readFile(file)).length).toBeGreaterThan(1000)
})

test('a folder that others may enter is not used', async () => {
  await mkdir(cache, { recursive: true })
  await chmod(cache, 0o755)
  await expectWorks()
  expect(await entries()).toEqual([])
})

test('an entry that others may read or write is not read', async () => {
  await expectWorks()
  const [name] = await entries()
  const file = path.join(cache, name!)
  await writeFile(file, 'not a cache')
  await chmod(file, 0o666)
  await expectWorks()
  expect(await entries()).toEqual([name])
})

test('it can be turned off, and a folder that cannot be made is no obstacle', async () => {
  await expectWorks({ MCP_PROXY_NO_CODE_CACHE: '1' })
  expect(await entries()).toEqual([])
  await writeFile(path.join(folder.path, 'file'), '')
  await expectWorks({ XDG_CACHE_HOME: path.join(folder.path, 'file') })
  await expectWorks({ XDG_CACHE_HOME: 'relative/path', HOME: folder.path })
})
