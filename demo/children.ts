// The child processes of the tour: started, read, and ended by their handles, whatever happens.
import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'

export interface Finished {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface Launch {
  readonly script: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

export interface Running {
  /** Whether it still runs. */
  readonly alive: () => boolean
  /** The first line of its stdout; rejects when it ends without one. */
  readonly firstLine: Promise<string>
  readonly ended: Promise<void>
  /** Asks it to end, and insists after `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

/** Runs a script of Node to its end. */
export const run = async ({ script, args, cwd, env }: Launch): Promise<Finished> => {
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const read = async (stream: AsyncIterable<Buffer>): Promise<string> => {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    return Buffer.concat(chunks).toString('utf8')
  }
  const [stdout, stderr, [code]] = await Promise.all([
    read(child.stdout),
    read(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { exitCode: code ?? 70, stdout, stderr }
}

const readFirstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
    })
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`ended with ${code ?? 'a signal'}`)))
  })

/** Starts a script of Node that goes on running; its stderr goes to a file. */
export const start = ({ script, args, cwd, env }: Launch, logFile: string): Running => {
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stderr.pipe(createWriteStream(logFile, { mode: 0o600 }))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const firstLine = readFirstLine(child)
  firstLine.catch(() => undefined)
  const alive = (): boolean => child.exitCode === null && child.signalCode === null
  return {
    alive,
    firstLine,
    ended,
    stop: async (graceMs = 10_000) => {
      if (alive()) {
        child.kill('SIGTERM')
        const insist = setTimeout(() => child.kill('SIGKILL'), graceMs)
        await ended
        clearTimeout(insist)
      }
    },
  }
}
