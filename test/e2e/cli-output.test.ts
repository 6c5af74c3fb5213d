// What is printed arrives whole: past the buffer of a pipe, at a reader that is not ready, and quietly where there is none.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { binary, makeTempFolder, runCommandLine, type TempFolder } from '../support/command-line.ts'

const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2ln'
const count = 2000
const args = ['validate', '--decode-only', '--json', '--lines', '@tokens']

let folder: TempFolder

beforeEach(async () => {
  folder = await makeTempFolder()
  await writeFile(path.join(folder.path, 'tokens'), `${token}\n`.repeat(count), { mode: 0o600 })
})

afterEach(() => folder.remove())

const expectWhole = (stdout: string) => {
  expect(stdout.length).toBeGreaterThan(1_000_000)
  expect((JSON.parse(stdout) as { results: unknown[] }).results).toHaveLength(count)
}

/** Runs a script in which `mcp_proxy` is the command under test. */
const inShell = async (script: string) => {
  const command = `mcp_proxy() { "$node" "$binary" ${args.join(' ')}; }; ${script}`
  const child = spawn('sh', ['-c', command], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path, node: process.execPath, binary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { stdout, stderr, exitCode }
}

test('a report that no pipe holds at once', async () => {
  const { stdout, stderr, exitCode } = await runCommandLine(args, { cwd: folder.path })
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  expectWhole(stdout)
})

// Another program that shares the pipe may have told the system not to wait for its reader. This reader takes
// so little at a time that the pipe is full again and again.
test('a pipe that takes no more for now, and says so', async () => {
  const neighbour =
    'process.stdout; require("fs").writeFileSync("ready", "\\n"); setInterval(() => 0, 1e6)'
  const { stdout, stderr } = await inShell(
    `mkfifo ready
     { "$node" -e '${neighbour}' & read line < ready; mcp_proxy; echo "ended with $?" >&2; kill $!
     } | dd bs=1000 2>/dev/null`,
  )
  expect(stderr).toBe('ended with 0\n')
  expectWhole(stdout)
})

test('a reader that leaves early', async () => {
  const { stdout, stderr, exitCode } = await inShell(
    '{ mcp_proxy; echo "ended with $?" >&2; } | head -c 1',
  )
  expect({ stdout, stderr, exitCode }).toEqual({
    stdout: '{',
    stderr: 'ended with 0\n',
    exitCode: 0,
  })
})

test('a file', async () => {
  const { stdout, exitCode } = await inShell('mcp_proxy > report && cat report')
  expect(exitCode).toBe(0)
  expectWhole(stdout)
})
