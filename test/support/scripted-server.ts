// A loopback HTTP server that answers as a test tells it to, and counts what it was asked.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface SeenRequest {
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string or bytes go out as they are; anything else as JSON with its content type. */
  readonly body?: unknown
  /** The answer waits until this settles. */
  readonly until?: Promise<unknown>
  /** The connection is reset instead of an answer. */
  readonly reset?: boolean
  /** The connection is reset after the head and the body, of which more was promised. */
  readonly cut?: boolean
  /** That many bytes of body, streamed without a Content-Length. */
  readonly flood?: number
}

export type Script =
  ScriptedAnswer | ((request: SeenRequest) => ScriptedAnswer | Promise<ScriptedAnswer>)

export interface ScriptedServer {
  /** `http://127.0.0.1:<port>`, the same after a restart. */
  readonly origin: string
  readonly port: number
  /** Every request seen, in order. */
  readonly requests: readonly SeenRequest[]
  /** Sets what a path answers from now on; a path without a script answers 404. */
  on(path: string, script: Script): void
  /** How many requests came for the path (for all, without one). */
  count(path?: string): number
  /** Resolves when the path has been asked at least `n` times. */
  asked(path: string, n?: number): Promise<void>
  /** Refuses connections until `restart`. */
  stop(): Promise<void>
  restart(): Promise<void>
  close(): Promise<void>
}

/** A promise that a test settles by hand. */
export const gate = (): { readonly opened: Promise<void>; open(): void } => {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** That many bytes, no faster than the other side takes them. */
export const writeFlood = (response: ServerResponse, bytes: number): void => {
  const chunk = Buffer.alloc(16_384, 0x20)
  let left = bytes
  const more = (): void => {
    while (left > 0) {
      left -= chunk.length
      if (!response.write(chunk)) {
        response.once('drain', more)
        return
      }
    }
    response.end()
  }
  more()
}

const bodyOf = (body: unknown): { readonly bytes: string | Uint8Array; readonly json: boolean } =>
  typeof body === 'string' || body instanceof Uint8Array
    ? { bytes: body, json: false }
    : { bytes: body === undefined ? '' : JSON.stringify(body), json: body !== undefined }

const write = (response: ServerResponse, socket: Socket, answer: ScriptedAnswer): void => {
  if (answer.reset === true) {
    socket.resetAndDestroy()
    return
  }
  const { bytes, json } = bodyOf(answer.body)
  const type: Record<string, string> = json ? { 'content-type': 'application/json' } : {}
  const head = { ...type, ...answer.headers }
  if (answer.cut === true) {
    const promised = String(Buffer.byteLength(bytes) + 1000)
    response.writeHead(answer.status ?? 200, { ...head, 'content-length': promised })
    response.write(bytes, () => socket.resetAndDestroy())
    return
  }
  response.writeHead(answer.status ?? 200, head)
  if (answer.flood === undefined) response.end(bytes)
  else writeFlood(response, answer.flood)
}

const readAll = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

export const startScriptedServer = async (
  scripts: Readonly<Record<string, Script>> = {},
): Promise<ScriptedServer> => {
  const answers = new Map<string, Script>(Object.entries(scripts))
  const requests: SeenRequest[] = []
  const watchers = new Set<() => void>()
  const sockets = new Set<Socket>()
  const count = (path?: string): number =>
    path === undefined ? requests.length : requests.filter((seen) => seen.path === path).length

  const server = createServer((request, response) => {
    const answerIt = async (): Promise<void> => {
      const url = request.url ?? '/'
      const body = await readAll(request)
      const path = url.split('?')[0] ?? '/'
      const seen = { method: request.method ?? '', url, path, headers: request.headers, body }
      requests.push(seen)
      for (const watcher of watchers) watcher()
      const script = answers.get(path) ?? { status: 404, body: 'not found' }
      const answer = typeof script === 'function' ? await script(seen) : script
      await answer.until
      if (!request.socket.destroyed) write(response, request.socket, answer)
    }
    answerIt().catch(() => request.socket.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })

  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    on: (path, script) => {
      answers.set(path, script)
    },
    count,
    asked: (path, n = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (count(path) < n) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
    stop,
    restart: () => listen(port),
    close: stop,
  }
}
