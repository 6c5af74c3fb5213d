// Children of `doctor` end with it, whether it comes to its end, is interrupted, or is asked to end by the system.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  binary,
  eventually,
  makeTempFolder,
  runCommandLine,
  type TempFolder,
} from '../support/command-line.ts'
import { writeConfig } from '../support/doctor-lab.ts'
import { stdioServer } from '../support/mcp-servers.ts'
import { groupRuns } from '../support/process-group.ts'

let folder: TempFolder
let opened = 0

beforeAll(async () => {
  folder = await makeTempFolder()
})
afterAll(() => folder?.remove())

/** The children of one test. */
const openNursery = () => {
  const name = `nursery-${++opened}`
  const pids = path.join(folder.path, name)
  const seen = async (): Promise<readonly number[]> =>
    (await readFile(pids, 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .map(Number)
  return {
    seen,
    /** Notes the process, then goes on as `script` does. */
    noted: (child: string, script: string, args: readonly string[] = []) => ({
      name: child,
      transport: 'stdio',
      command: process.execPath,
      args: [
        '-e',
        `require('fs').appendFileSync(${JSON.stringify(pids)}, process.pid + '\\n');${script}`,
        ...args,
      ],
    }),
    configure: (...backends: Record<string, unknown>[]) =>
      folder.write(`${name}.toml`, writeConfig({ backends })),
    noneRuns: async (): Promise<void> => {
      const all = await seen()
      expect(all.length).toBeGreaterThan(0)
      await eventually('no child runs', () => !all.some(groupRuns))
    },
  }
}

/** Ends only when it is killed, and has a child of its own. */
const stubborn = `
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
  require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit' })
  setInterval(() => undefined, 1000)`

/** They wait for the same seconds, which `doctor` gives its children. */
describe.concurrent('no child runs', () => {
  test('after an ordinary end', async () => {
    const { noted, configure, noneRuns } = openNursery()
    const [file] = stdioServer('dual').args
    const server = noted(
      'files',
      `process.argv.splice(1, 0, 'file'); import(${JSON.stringify(file)})`,
      ['stdio'],
    )
    const config = await configure(server)
    const { exitCode, stdout } = await runCommandLine(['doctor', '--config', config])
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 })
    expect(stdout).toMatch(/files {2}2026-07-28/)
    await noneRuns()
  })

  test('after time is over, although it ignores every signal but the last', async () => {
    const { noted, configure, noneRuns } = openNursery()
    const config = await configure(noted('deaf', stubborn))
    const { exitCode, stderr } = await runCommandLine([
      'doctor',
      '--timeout',
      '1',
      '--config',
      config,
    ])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('gave up after 1 s')
    await noneRuns()
  })

  test.each([
    ['doctor', 'SIGINT'],
    ['doctor', 'SIGTERM'],
    ['doctor', 'SIGHUP'],
    ['serve --dry-run', 'SIGINT'],
  ] as const)('%s ended by %s: exit 130, nothing on stdout', async (command, signal) => {
    const { noted, configure, seen, noneRuns } = openNursery()
    const config = await configure(noted('deaf', stubborn), noted('other', stubborn))
    const child = spawn(process.execPath, [binary, ...command.split(' '), '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let written = ''
    child.stdout.on('data', (chunk: Buffer) => (written += chunk.toString()))
    const closed = once(child, 'close') as Promise<[number | null]>
    await eventually('both children run', async () => (await seen()).length >= 2)
    child.kill(signal)
    expect(await closed).toEqual([130, null])
    expect(written).toBe('')
    await noneRuns()
  })

  test('a second signal does not wait', async () => {
    const { noted, configure, seen, noneRuns } = openNursery()
    const config = await configure(noted('deaf', stubborn))
    const child = spawn(process.execPath, [binary, 'doctor', '--config', config], {
      stdio: 'ignore',
    })
    const closed = once(child, 'close') as Promise<[number | null]>
    await eventually('the child runs', async () => (await seen()).length >= 1)
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect(await closed).toEqual([130, null])
    await noneRuns()
  })
})
