// What is named as a file on the command line and is none: a pipe of the shell, a device, a socket, a folder.
import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  binary,
  commandEnvironment,
  makeTempFolder,
  runCommandLine,
  type Finished,
  type TempFolder,
} from '../support/command-line.ts'

let folder: TempFolder
let socket: Server

beforeAll(async () => {
  folder = await makeTempFolder()
  socket = createServer()
  await new Promise<void>((done) => socket.listen(path.join(folder.path, 'socket'), done))
})

afterAll(async () => {
  socket.close()
  await folder.remove()
})

const shell = (script: string): Promise<Finished> =>
  new Promise((done) => {
    const words = ['-c', script, 'bash', process.execPath, binary]
    const options = { cwd: folder.path, env: commandEnvironment({}) }
    const child = execFile('bash', words, options, (error, stdout, stderr) => {
      done({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr })
    })
    child.stdin?.end()
  })

const expectation = ['--issuer', 'http://127.0.0.1:9', '--audience', 'x']

describe.skipIf(process.platform === 'win32')('a pipe of the shell', () => {
  test('gives the token, the key set and the configuration', async () => {
    const { exitCode, stdout, stderr } = await shell(
      `exec "$1" "$2" validate @<(echo 'opaque-token') --jwks-file <(echo '{"keys": []}') ${expectation.join(' ')}`,
    )
    expect(stderr).toBe('')
    expect(stdout).toContain('REJECTED  jose-shape')
    expect(exitCode).toBe(1)
    const checked = await shell(
      `exec "$1" "$2" serve --check --config <(printf '[proxy]\\nname = "p"\\n[[backends]]\\nname = "a"\\ntransport = "stdio"\\ncommand = "node"\\n')`,
    )
    expect(checked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('can be served') })
  })

  test('without end is read no further than its limit', async () => {
    expect(await shell(`exec "$1" "$2" validate @<(yes) ${expectation.join(' ')}`)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('larger than 1048576 bytes'),
    })
  })

  test('is no report to compare with', async () => {
    expect(
      await shell('exec "$1" "$2" discover http://127.0.0.1:9 --diff <(echo {})'),
    ).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('it is a pipe, not a file'),
    })
  })
})

const readers: readonly (readonly [string, (file: string) => readonly string[]])[] = [
  ['a token', (file) => ['validate', `@${file}`, ...expectation]],
  [
    'a client secret',
    (file) => ['introspect', 'x', '--client-id', 'c', '--client-secret-file', file, ...expectation],
  ],
  [
    'a client key',
    (file) => ['introspect', 'x', '--client-id', 'c', '--client-key-file', file, ...expectation],
  ],
  ['a key set', (file) => ['validate', 'x', '--jwks-file', file, ...expectation]],
  ['authorities', (file) => ['validate', 'x', '--ca-file', file, ...expectation]],
  ['a certificate', (file) => ['validate', 'x', '--certificate', file, ...expectation]],
  [
    'a DPoP proof',
    (file) => [
      'validate',
      'x',
      '--dpop-proof',
      `@${file}`,
      '--url',
      'https://x.example/',
      ...expectation,
    ],
  ],
  ['a configuration', (file) => ['serve', '--check', '--config', file]],
  ['a report', (file) => ['discover', 'http://127.0.0.1:9', '--diff', file]],
]

describe.skipIf(process.platform === 'win32').each(readers)('%s', (_, argumentsFor) => {
  test.each([
    ['a device', () => '/dev/zero', 'it is a device, not a file'],
    ['a socket', () => path.join(folder.path, 'socket'), 'it is a socket, not a file'],
  ])('is not read from %s', async (_name, file, why) => {
    expect(await runCommandLine(argumentsFor(file()))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(why),
    })
  })
})

test('more lines than anybody has tokens are refused at once', async () => {
  const stdin = 'a\n'.repeat(500_000)
  expect(
    await runCommandLine(['validate', '--lines', '-', ...expectation], { stdin }),
  ).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('500000 tokens are more than one run accepts (10000)'),
  })
})
