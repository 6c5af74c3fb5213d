// The backends of the matrix: one opener for each transport and era, behind one switchboard each.
import { startHttpServer, stdioServer, type HttpServer } from '../mcp-servers.ts'
import { openSwitchboard, type Switchboard } from './switchboard.ts'

export interface OpenBackend extends Switchboard {
  /** Of one [[backends]] entry, without its name. */
  readonly config: object
  /** Starts again what `crash` ended and nobody else starts. */
  restart(): Promise<void>
}

export type Opener = () => Promise<OpenBackend>

const overStdio =
  (era: 'legacy' | 'modern'): Opener =>
  async () => {
    const board = await openSwitchboard()
    return {
      ...board,
      config: { transport: 'stdio', ...stdioServer(era), env: board.env },
      // The proxy does.
      restart: async () => undefined,
    }
  }

const overHttp =
  (era: 'legacy' | 'modern', stateless = false): Opener =>
  async () => {
    const board = await openSwitchboard()
    const start = (port: number): Promise<HttpServer> =>
      startHttpServer(era, { port, stateless, env: board.env })
    let server = await start(0)
    return {
      ...board,
      config: { transport: 'http', url: server.url },
      restart: async () => {
        server = await start(server.port)
      },
      close: async () => {
        await server.close()
        await board.close()
      },
    }
  }

/** As docs/protocol.md names them. */
export const columns: Readonly<Record<string, Opener>> = {
  'session stdio': overStdio('legacy'),
  'modern stdio': overStdio('modern'),
  'session HTTP': overHttp('legacy'),
  'session HTTP without sessions': overHttp('legacy', true),
  'modern HTTP': overHttp('modern'),
}
