// The built command line as child processes: run to its end, or serving until stopped. Nothing is left behind.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../..', import.meta.url))
export const binary = path.join(repository, 'bin', 'run.cjs')

export interface Invocation {
  readonly cwd?: string
  /** Put over a clean environment: only PATH and HOME come from the test's own. */
  readonly env?: Readonly<Record<string, string>>
  /** What the child reads; default: nothing. */
  readonly stdin?: string
  /** Its standard input stays open for `write`. */
  readonly keepsStdin?: boolean
  /** Another program than the built one of this repository. */
  readonly program?: string
}

export interface Finished {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** What a child of a test gets. */
export const commandEnvironment = (env: Invocation['env']): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  XDG_CACHE_HOME: path.join(repository, 'node_modules', '.cache', 'test-xdg'),
  NO_COLOR: '1',
  ...env,
})

const collect = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

export interface Started {
  /** All that it has written to stdout so far. */
  stdout(): string
  /** All that it has written to stderr so far. */
  stderr(): string
  /** Resolves when both streams are closed. */
  readonly finished: Promise<Finished>
  write(text: string): void
  kill(): void
}

/** Starts `mcp-proxy <args>`, for what has to be watched while it runs. */
export const startCommandLine = (
  args: readonly string[],
  { cwd, env, stdin = '', keepsStdin = false, program = binary }: Invocation = {},
): Started => {
  const child = spawn(process.execPath, [program, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: commandEnvironment(env),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // A child that does not read its input may end before it is written.
  child.stdin.on('error', () => undefined)
  if (keepsStdin) child.stdin.write(stdin)
  else child.stdin.end(stdin)
  let narration = ''
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    narration += chunk.toString('utf8')
  })
  const end = async (): Promise<Finished> => {
    const [stdout, [code]] = await Promise.all([
      collect(child.stdout),
      once(child, 'close') as Promise<[number | null]>,
    ])
    return { exitCode: code ?? -1, stdout, stderr: narration }
  }
  return {
    stdout: () => said,
    stderr: () => narration,
    finished: end(),
    write: (text) => {
      child.stdin.write(text)
    },
    kill: () => child.kill('SIGKILL'),
  }
}

/** Runs `mcp-proxy <args>` to its end. */
export const runCommandLine = (
  args: readonly string[],
  invocation?: Invocation,
): Promise<Finished> => startCommandLine(args, invocation).finished

/** Asks again and again, at most for `limitMs`. The last answer or failure is told. */
export const eventually = async <T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  limitMs = 15_000,
): Promise<T> => {
  const deadline = Date.now() + limitMs
  let trouble = 'never true'
  while (Date.now() < deadline) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      trouble = String(error)
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`${what}: ${trouble}`)
}

export interface RunningProxy {
  /** The endpoint, with its port; of a proxy without backends the door for gateways. */
  readonly url: string
  readonly pid: number
  /** All that it has written so far. */
  log(): string
  /** Ends it as an operator would; resolves with its exit code. */
  stop(): Promise<number>
}

const ending = async (child: ChildProcess): Promise<number> => {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    const insist = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await closed
    clearTimeout(insist)
  }
  return child.exitCode ?? -1
}

/** Starts `mcp-proxy serve` on a free port and resolves when it listens. */
export const startProxy = async (
  configFile: string,
  { cwd, env }: Invocation = {},
  more: readonly string[] = [],
): Promise<RunningProxy> => {
  const child = spawn(process.execPath, [binary, 'serve', '--config', configFile, ...more], {
    ...(cwd === undefined ? {} : { cwd }),
    env: commandEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const append = (chunk: Buffer): void => {
    text += chunk.toString('utf8')
  }
  child.stdout.on('data', append)
  child.stderr.on('data', append)
  try {
    const url = await eventually('the proxy listens', () => {
      if (child.exitCode !== null) throw new Error(`exit ${child.exitCode}: ${text}`)
      return /https?:\/\/127\.0\.0\.1:\d+\/(?:mcp|verify)\b/.exec(text)?.[0]
    })
    return { url, pid: child.pid!, log: () => text, stop: () => ending(child) }
  } catch (error) {
    await ending(child)
    throw error
  }
}

export interface TempFolder {
  readonly path: string
  /** Writes an owner-only file and returns its path. */
  write(name: string, text: string): Promise<string>
  remove(): Promise<void>
}

export const makeTempFolder = async (): Promise<TempFolder> => {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'mcp-proxy-test-')))
  return {
    path: folder,
    write: async (name, text) => {
      const file = path.join(folder, name)
      await writeFile(file, text, { mode: 0o600 })
      return file
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
