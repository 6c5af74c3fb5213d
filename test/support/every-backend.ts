// A backend of each era on each transport, all real: what a proxy carries, it carries for every one of them.
import {
  startEventStreamServer,
  startHttpServer,
  startWebSocketServer,
  stdioServer,
} from './mcp-servers.ts'

export interface EveryBackend {
  /** As a configuration says them. */
  readonly configs: readonly object[]
  close(): Promise<void>
}

/** Of the session era, by name. */
export const sessionBackends = ['old-near', 'old-far', 'old-socket', 'old-stream'] as const
/** Stateless. */
export const modernBackends = ['new-near', 'new-far', 'new-socket'] as const

export const startEveryBackend = async (): Promise<EveryBackend> => {
  const [old, modern, oldSocket, modernSocket, oldStream] = await Promise.all([
    startHttpServer('legacy'),
    startHttpServer('modern'),
    startWebSocketServer('legacy'),
    startWebSocketServer('modern'),
    startEventStreamServer(),
  ])
  return {
    configs: [
      { name: 'old-near', transport: 'stdio', ...stdioServer('legacy') },
      { name: 'old-far', transport: 'http', url: old.url },
      { name: 'new-near', transport: 'stdio', ...stdioServer('modern') },
      { name: 'new-far', transport: 'http', url: modern.url },
      { name: 'old-socket', transport: 'websocket', url: oldSocket.url },
      { name: 'new-socket', transport: 'websocket', url: modernSocket.url },
      { name: 'old-stream', transport: 'sse', url: oldStream.url },
    ],
    close: async () => {
      await Promise.all(
        [old, modern, oldSocket, modernSocket, oldStream].map((server) => server.close()),
      )
    },
  }
}
