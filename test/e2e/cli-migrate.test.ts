// mcp-proxy migrate as a person and a script run it: stdout is the new file, stderr what changed, the exit code whether serve takes it.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  makeTempFolder,
  repository,
  runCommandLine,
  type TempFolder,
} from '../support/command-line.ts'
import { expectSchema } from '../support/reports.ts'

const published = (name: string) => path.join(repository, 'test', 'fixtures', 'original', name)

let folder: TempFolder

beforeAll(async () => {
  folder = await makeTempFolder()
})

afterAll(() => folder?.remove())

const run = (...args: readonly string[]) =>
  runCommandLine(['migrate', ...args], { cwd: folder.path, env: {} })

test('what it writes is what serve takes', async () => {
  const { exitCode, stdout, stderr } = await run(published('developer-local.toml'))
  expect(exitCode).toBe(0)
  expect(stdout).toContain('# mcp-proxy migrate: ')
  expect(stderr).toContain('serve takes the new file')
  const file = await folder.write('new.toml', stdout)
  const env = {
    HOME: '/home/desk',
    GITHUB_TOKEN: 'a-token-of-github',
    DATABASE_URL: 'postgres://db',
  }
  const checked = await runCommandLine(['serve', '--check', '--config', file], { env })
  expect(checked.exitCode).toBe(0)
})

test('a listener that is open to everyone is left to its owner', async () => {
  const { exitCode, stderr } = await run(published('docker-compose.toml'), '--output', 'open.toml')
  expect(exitCode).toBe(1)
  expect(stderr).toBe('')
  const again = await run(published('docker-compose.toml'), '--output', 'open.toml')
  expect(again.exitCode).toBe(2)
  expect(again.stderr).toContain('open.toml exists already')
  const text = await readFile(path.join(folder.path, 'open.toml'), 'utf8')
  expect(text).toContain('# mcp-proxy migrate: Refused beyond this machine')
})

test('a script gets the changes, the problems and the text', async () => {
  const { exitCode, stdout, stderr } = await run(published('gateway-filter.toml'), '--json')
  const report = JSON.parse(stdout) as { text: string; changes: object[] }
  await expectSchema('migrate', report)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(report.text).toContain('[proxy]')
  expect(report.changes.length).toBeGreaterThan(0)
})

test('a file that is not there is said to be missing', async () => {
  const { exitCode, stderr, stdout } = await run('none.toml')
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toContain('none.toml')
})
