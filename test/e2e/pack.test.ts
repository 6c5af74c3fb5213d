// The packed tarball, installed into an empty folder: the binary runs and the library imports.
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommandLine, type TempFolder } from '../support/command-line.ts'
import { installPackage, type InstalledPackage } from '../support/installed-package.ts'

const run = promisify(execFile)

let installed: InstalledPackage
let folder: TempFolder

beforeAll(async () => {
  installed = await installPackage()
  folder = installed.folder
}, 180_000)

afterAll(async () => {
  await folder?.remove()
})

test('the installation brings what the library needs, and nothing that is bundled', async () => {
  expect(await installed.packages()).toEqual([
    '@mcp-proxy/cli',
    'jose',
    'lru-cache',
    'undici',
    'zod',
  ])
})

test('mcp-proxy --help names the four commands', async () => {
  const { stdout } = await run(
    path.join(folder.path, 'node_modules', '.bin', 'mcp-proxy'),
    ['--help'],
    { cwd: folder.path },
  )
  for (const command of ['discover', 'introspect', 'validate', 'serve']) {
    expect(stdout).toContain(command)
  }
})

test('a configuration is read and checked by the installed binary alone', async () => {
  const file = await folder.write(
    'proxy.toml',
    '[proxy]\nname = "x"\n[[backends]]\nname = "one"\ntransport = "stdio"\ncommand = "true"\n',
  )
  const { exitCode, stdout } = await runCommandLine(['serve', '--check', '--config', file], {
    program: path.join(folder.path, 'node_modules/@mcp-proxy/cli/bin/run.cjs'),
    cwd: folder.path,
  })
  expect(exitCode).toBe(0)
  expect(stdout).toContain('one')
})

test('the library gives its names', async () => {
  const script =
    "import * as api from '@mcp-proxy/cli'; console.log(JSON.stringify(Object.keys(api)))"
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: folder.path,
  })
  expect(JSON.parse(stdout)).toEqual(
    expect.arrayContaining([
      'discoverAuthServer',
      'IntrospectionValidator',
      'FallbackValidator',
      'OAuthError',
      'audienceMatches',
      'createValidator',
    ]),
  )
})
