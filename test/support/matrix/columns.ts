// The backends of the matrix: one opener for each transport and era, behind one switchboard each.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  startEventStreamServer,
  startHttpServer,
  startWebSocketServer,
  stdioServer,
  type HttpServerOptions,
  type ServerEra,
} from '../mcp-servers.ts'
import { openSwitchboard, type Switchboard } from './switchboard.ts'

export interface OpenBackend extends Switchboard {
  /** Of one [[backends]] entry, without its name. */
  readonly config: object
  /** Starts again, or lets the proxy start, what `crash` ended. */
  restart(): Promise<void>
}

export type Opener = () => Promise<OpenBackend>

const overStdio =
  (era: ServerEra): Opener =>
  async () => {
    const board = await openSwitchboard()
    const folder = await mkdtemp(path.join(tmpdir(), 'matrix-'))
    const down = path.join(folder, 'down')
    return {
      ...board,
      config: {
        transport: 'stdio',
        ...stdioServer(era),
        env: { ...board.env, FIXTURE_DOWN: down },
      },
      crash: async () => {
        await writeFile(down, '')
        await board.crash()
      },
      // The proxy starts it; the file has prevented that.
      restart: () => rm(down),
      close: async () => {
        await board.close()
        await rm(folder, { recursive: true })
      },
    }
  }

interface Listening {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

type Start = (options: Pick<HttpServerOptions, 'port' | 'env'>) => Promise<Listening>

const overNetwork =
  (transport: string, start: Start): Opener =>
  async () => {
    const board = await openSwitchboard()
    const { env } = board
    let server = await start({ env })
    return {
      ...board,
      config: { transport, url: server.url },
      restart: async () => {
        server = await start({ env, port: server.port })
      },
      close: async () => {
        await server.close()
        await board.close()
      },
    }
  }

const overHttp = (era: ServerEra, options: HttpServerOptions = {}): Opener =>
  overNetwork('http', (more) => startHttpServer(era, { ...options, ...more }))

const overWebSocket = (era: ServerEra): Opener =>
  overNetwork('websocket', (options) => startWebSocketServer(era, options))

/** The server keeps sessions beside its stateless era. Over HTTP that SDK has a server for each request in both. */
export const bothEras: ReadonlySet<string> = new Set([
  'stdio of both eras',
  'WebSocket of both eras',
])

/** As docs/protocol.md names them. */
export const columns: Readonly<Record<string, Opener>> = {
  'session stdio': overStdio('legacy'),
  'modern stdio': overStdio('modern'),
  'session HTTP': overHttp('legacy'),
  'session HTTP without sessions': overHttp('legacy', { stateless: true }),
  'modern HTTP': overHttp('modern'),
  'session WebSocket': overWebSocket('legacy'),
  'modern WebSocket': overWebSocket('modern'),
  'session HTTP+SSE': overNetwork('sse', startEventStreamServer),
  'stdio of both eras': overStdio('dual'),
  'HTTP of both eras': overHttp('dual'),
  'WebSocket of both eras': overWebSocket('dual'),
}
