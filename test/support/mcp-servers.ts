// Real MCP servers as child processes: session era on SDK 1.x, both eras on SDK 2.x, over stdio and HTTP.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** `legacy`: SDK 1.x, sessions. `dual`: SDK 2.x, both eras. `modern`: SDK 2.x, stateless alone. */
export type ServerEra = 'legacy' | 'dual' | 'modern'

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.mjs`, import.meta.url))

const script = (era: ServerEra) => fixture(era === 'legacy' ? 'mcp-server-1' : 'mcp-server-2')

export interface StdioServer {
  readonly command: string
  readonly args: readonly string[]
}

/** What to write into a stdio backend's `command` and `args`. */
export const stdioServer = (era: ServerEra): StdioServer => ({
  command: process.execPath,
  args: [script(era), 'stdio', ...(era === 'modern' ? ['modern'] : [])],
})

/** Its tools run as tasks, as the era means them. */
export const stdioTaskServer = (era: 'legacy' | 'modern'): StdioServer => ({
  command: process.execPath,
  args: [fixture(era === 'legacy' ? 'task-server-1' : 'task-server-2'), 'stdio'],
})

export interface HttpServer {
  /** The MCP endpoint. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** What it received so far: method, headers, and the body where the fixture keeps it. */
  log(): Promise<readonly LoggedRequest[]>
  /** Session era: drops all sessions, as a restart would. */
  forgetSessions(): Promise<void>
  /** Ends it at once, like a crash, and resolves when it is gone. */
  close(): Promise<void>
}

export interface LoggedRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body?: { readonly method?: string; readonly params?: Record<string, unknown> }
}

export interface HttpServerOptions {
  /** 0 or absent: any free one. */
  readonly port?: number
  /** Session era: JSON replies instead of event streams. */
  readonly json?: boolean
}

/** The port that a fixture server says it listens on. */
export const readPort = async (stdout: NodeJS.ReadableStream): Promise<number> => {
  for await (const line of createInterface({ input: stdout })) {
    const port = /^listening (\d+)$/.exec(line)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error('the fixture server ended before it listened')
}

/** Starts one on loopback and resolves when it listens. */
export const startHttpServer = (
  era: ServerEra,
  { port = 0, json = false }: HttpServerOptions = {},
): Promise<HttpServer> =>
  start(script(era), port, era === 'modern' ? ['modern'] : json ? ['json'] : [])

/** As `stdioTaskServer`. */
export const startTaskServer = (era: 'legacy' | 'modern'): Promise<HttpServer> =>
  start(fixture(era === 'legacy' ? 'task-server-1' : 'task-server-2'), 0, [])

const start = async (file: string, port: number, extra: readonly string[]): Promise<HttpServer> => {
  const child = spawn(process.execPath, [file, 'http', String(port), ...extra], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const bound = await readPort(child.stdout)
  const control = async (path: string) => fetch(`http://127.0.0.1:${bound}/control/${path}`)
  return {
    url: `http://127.0.0.1:${bound}/mcp`,
    port: bound,
    pid: child.pid ?? 0,
    log: async () => (await (await control('log')).json()) as readonly LoggedRequest[],
    forgetSessions: async () => {
      await control('forget')
    },
    close: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}
