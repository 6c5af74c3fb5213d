// Real MCP servers as child processes: session era on SDK 1.x, both eras on SDK 2.x, over every transport.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** `legacy`: SDK 1.x, sessions. `dual`: SDK 2.x, both eras. `modern`: SDK 2.x, stateless alone. */
export type ServerEra = 'legacy' | 'dual' | 'modern'

/** The variable that names the folder of their bundles, which start faster than their sources. */
export const bundledServers = 'MCP_PROXY_TEST_SERVERS'

const fixture = (name: string) => {
  const folder = process.env[bundledServers]
  return folder === undefined
    ? fileURLToPath(new URL(`./fixtures/${name}.mjs`, import.meta.url))
    : path.join(folder, `${name}.mjs`)
}

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

const taskServer = (era: 'legacy' | 'modern') =>
  fixture(era === 'legacy' ? 'task-server-1' : 'task-server-2')

/** Its tools run as tasks, as the era means them. */
export const stdioTaskServer = (era: 'legacy' | 'modern'): StdioServer => ({
  command: process.execPath,
  args: [taskServer(era), 'stdio'],
})

export interface NetworkServer {
  /** The MCP endpoint. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** What it received so far: method, headers, and the body where the fixture keeps it. */
  log(): Promise<readonly LoggedRequest[]>
  /** Ends it at once, like a crash, and resolves when it is gone. */
  close(): Promise<void>
}

export interface HttpServer extends NetworkServer {
  /** Session era: drops all sessions, as a restart would. */
  forgetSessions(): Promise<void>
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
  /** Session era: a server for each request instead of sessions. */
  readonly stateless?: boolean
  /** Besides that of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/** The port that a fixture server says it listens on. */
export const readPort = async (stdout: NodeJS.ReadableStream): Promise<number> => {
  for await (const line of createInterface({ input: stdout })) {
    const port = /^listening (\d+)$/.exec(line)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error('the fixture server ended before it listened')
}

const start = async (
  file: string,
  mode: string,
  extra: readonly string[],
  { port = 0, env = {} }: Pick<HttpServerOptions, 'port' | 'env'> = {},
): Promise<Omit<NetworkServer, 'url'>> => {
  const child = spawn(process.execPath, [file, mode, String(port), ...extra], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const gone = once(child, 'exit')
  const bound = await readPort(child.stdout)
  return {
    port: bound,
    pid: child.pid ?? 0,
    log: async () =>
      (await (await fetch(controlOf(bound, 'log'))).json()) as readonly LoggedRequest[],
    close: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}

const controlOf = (port: number, path: string): string => `http://127.0.0.1:${port}/control/${path}`

const startHttp = async (
  file: string,
  extra: readonly string[],
  options?: HttpServerOptions,
): Promise<HttpServer> => {
  const server = await start(file, 'http', extra, options)
  return {
    ...server,
    url: `http://127.0.0.1:${server.port}/mcp`,
    forgetSessions: async () => {
      await fetch(controlOf(server.port, 'forget'))
    },
  }
}

/** Starts one on loopback and resolves when it listens. */
export const startHttpServer = (
  era: ServerEra,
  options: HttpServerOptions = {},
): Promise<HttpServer> => {
  const { json = false, stateless = false } = options
  const framing = stateless ? ['stateless'] : json ? ['json'] : []
  return startHttp(script(era), era === 'modern' ? ['modern'] : framing, options)
}

/** As `stdioTaskServer`. */
export const startTaskServer = (era: 'legacy' | 'modern'): Promise<HttpServer> =>
  startHttp(taskServer(era), [])

type PlaceOptions = Pick<HttpServerOptions, 'port' | 'env'>

/** The same over WebSocket. */
export const startWebSocketServer = async (
  era: ServerEra,
  options: PlaceOptions = {},
): Promise<NetworkServer> => {
  const server = await start(script(era), 'websocket', era === 'modern' ? ['modern'] : [], options)
  return { ...server, url: `ws://127.0.0.1:${server.port}/mcp` }
}

/** The session-era server over the HTTP+SSE transport of 2024-11-05. */
export const startEventStreamServer = async (
  options: PlaceOptions = {},
): Promise<NetworkServer> => {
  const server = await start(script('legacy'), 'sse', [], options)
  return { ...server, url: `http://127.0.0.1:${server.port}/sse` }
}
