// The official suite in two versions, installed beside this file: what runs it, and how to ask it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readOutcome, type Outcome } from './outcome.ts'

const folder = path.join(import.meta.dirname, 'suite')
const modules = path.join(folder, 'node_modules')

/** Both versions import what `fs` has since Node 22. */
const isNewEnough = Number(process.versions.node.split('.')[0]) >= 22

const platformNodes = ['linux-x64', 'linux-arm64', 'darwin-x64', 'bin-darwin-arm64']

/** The Node that runs the suite; the proxy and its backends run on the one of this process. */
const suiteNode = (): string => {
  if (isNewEnough) return process.execPath
  const found = platformNodes
    .map((platform) => path.join(modules, `node-${platform}`, 'bin', 'node'))
    .find((file) => existsSync(file))
  if (found === undefined) throw new Error('the suite needs Node 22 or newer on this platform')
  return found
}

interface Finished {
  readonly exitCode: number
  readonly output: string
}

/** What has not ended by then is ended; a run takes seconds. */
const limitMs = 300_000

const finish = async (command: string, args: readonly string[]): Promise<Finished> => {
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')))
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { exitCode: code ?? 70, output }
}

/** Installs what the lock file says, unless that was done before. */
export const installSuite = async (): Promise<void> => {
  const lock = await readFile(path.join(folder, 'package-lock.json'))
  const wanted = createHash('sha256').update(lock).update(String(isNewEnough)).digest('hex')
  const stamp = path.join(modules, '.installed')
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return
  process.stderr.write('Installing the suite\n')
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const omit = isNewEnough ? ['--omit=optional'] : []
  const { exitCode, output } = await finish('npm', ['ci', ...flags, ...omit])
  if (exitCode !== 0) throw new Error(`npm ci failed in conformance/suite:\n${output}`)
  await writeFile(stamp, wanted)
}

export type SuiteVersion = '0.1' | '0.2'

/** Runs the suite once, and gives what it found. `args` say the side and the scenarios. */
export const runSuite = async (
  version: SuiteVersion,
  args: readonly string[],
): Promise<Outcome> => {
  const program = path.join(modules, `conformance-${version}`, 'dist', 'index.js')
  const results = await mkdtemp(path.join(tmpdir(), 'mcp-proxy-conformance-'))
  try {
    const all = [program, ...args, '-o', results]
    const { output } = await finish(suiteNode(), all)
    const outcome = await readOutcome(results)
    if (outcome.size === 0) throw new Error(`the suite ran no scenario:\n${output}`)
    return outcome
  } finally {
    await rm(results, { recursive: true, force: true })
  }
}
