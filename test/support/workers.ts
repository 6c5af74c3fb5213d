// Servers on SDK 2.x that tests slow down, break, end and start again, with a ledger of what each of them carried out.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readPort, type StdioServer } from './mcp-servers.ts'

const fixture = fileURLToPath(new URL('./fixtures/worker.mjs', import.meta.url))

/** What to write into a stdio backend's `command` and `args`. */
export const workerCommand = (id: string, ledger: string): StdioServer => ({
  command: process.execPath,
  args: [fixture, id, ledger, 'stdio'],
})

export interface WorkerState {
  /** Most calls at one time. */
  readonly most: number
  /** Calls that were cancelled. */
  readonly aborted: number
  readonly running: number
}

export interface Worker {
  readonly id: string
  readonly url: string
  /** What it carries out is appended there, a line each: "<id> <tool> <key>". */
  readonly ledger: string
  /** One of the controls of the fixture; resolves with its state. */
  control(path: string): Promise<WorkerState>
  /** Ends it as a crash does. */
  kill(): Promise<void>
  /** Starts it again on the same port. */
  restart(): Promise<void>
  /** Stops it as an overloaded machine does: connections stay open, and nothing is answered. */
  freeze(): void
  thaw(): void
}

export const startWorker = async (id: string, ledger: string): Promise<Worker> => {
  const launch = async (port: number): Promise<[ChildProcess, number]> => {
    const child = spawn(process.execPath, [fixture, id, ledger, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const orphaned = (): void => void child.kill('SIGKILL')
    process.once('exit', orphaned)
    child.once('close', () => process.off('exit', orphaned))
    return [child, await readPort(child.stdout)]
  }
  let [child, port] = await launch(0)
  const origin = `http://127.0.0.1:${port}`
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }
  return {
    id,
    url: `${origin}/mcp`,
    ledger,
    control: async (path) =>
      (await (await fetch(`${origin}/control/${path}`)).json()) as WorkerState,
    kill,
    restart: async () => {
      await kill()
      ;[child, port] = await launch(port)
    },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  }
}

/** What was carried out, in order: "<id> <tool> <key>". */
export const readLedger = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, 'utf8')).trim().split('\n').filter(Boolean)
