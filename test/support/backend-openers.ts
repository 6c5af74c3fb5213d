// Every transport by which a backend can be reached, with a real server behind each: the columns of tables of tests.
import {
  startEventStreamServer,
  startHttpServer,
  startWebSocketServer,
  stdioServer,
  type NetworkServer,
  type ServerEra,
} from './mcp-servers.ts'

export interface OpenedServer {
  /** What the configuration of a backend says beside its name. */
  readonly config: {
    readonly transport: 'stdio' | 'http' | 'sse' | 'websocket'
    readonly url?: string
    readonly command?: string
    readonly args?: readonly string[]
  }
  /** Undefined for stdio, where the proxy starts the server. */
  readonly server: NetworkServer | undefined
  /** Ends the server at once, like a crash: that of stdio dies by its tool `crash`. */
  kill(): Promise<void>
  /** The same server again at the same address after `kill`. */
  restart(): Promise<void>
  close(): Promise<void>
}

export interface Opener {
  readonly name: string
  /** The eras of servers that can be reached so. */
  readonly eras: readonly ServerEra[]
  start(era: ServerEra): Promise<OpenedServer>
}

const opened = async (
  transport: 'http' | 'sse' | 'websocket',
  start: (port?: number) => Promise<NetworkServer>,
): Promise<OpenedServer> => {
  let server = await start()
  const { url, port } = server
  return {
    config: { transport, url },
    get server() {
      return server
    },
    kill: () => server.close(),
    restart: async () => {
      server = await start(port)
    },
    close: () => server.close(),
  }
}

const every = ['legacy', 'dual', 'modern'] as const
const nothing = async (): Promise<void> => undefined

export const openers: readonly Opener[] = [
  {
    name: 'stdio',
    eras: every,
    start: async (era) => ({
      config: { transport: 'stdio', ...stdioServer(era) },
      server: undefined,
      kill: nothing,
      restart: nothing,
      close: nothing,
    }),
  },
  {
    name: 'Streamable HTTP',
    eras: every,
    start: (era) => opened('http', (port = 0) => startHttpServer(era, { port })),
  },
  {
    name: 'WebSocket',
    eras: every,
    start: (era) => opened('websocket', (port = 0) => startWebSocketServer(era, { port })),
  },
  {
    name: 'HTTP+SSE',
    eras: ['legacy'],
    start: () => opened('sse', (port = 0) => startEventStreamServer({ port })),
  },
  {
    name: 'HTTP+SSE, found by itself',
    eras: ['legacy'],
    start: () => opened('http', (port = 0) => startEventStreamServer({ port })),
  },
]

/** Such a reply has room for nothing but the answer. */
export const jsonReplies: Opener = {
  name: 'Streamable HTTP with JSON replies',
  eras: ['legacy'],
  start: (era) => opened('http', (port = 0) => startHttpServer(era, { port, json: true })),
}
