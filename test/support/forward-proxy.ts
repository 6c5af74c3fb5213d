// A forward proxy on loopback: tunnels by CONNECT, and passes on plain requests whose target is a whole URL.
import { createServer, request as ask, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

export interface TestProxy {
  readonly url: string
  /** `CONNECT id.example.test:443`, `GET http://id.example.test/x`, in order. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

export interface TestProxyOptions {
  /** The port on loopback behind each host name; for others it answers 502. */
  readonly hosts: Readonly<Record<string, number>>
  /** `user:password`, without which it answers 407. */
  readonly credentials?: string
  /** Takes CONNECT and never answers. */
  readonly silent?: boolean
}

const hostOf = (target: string): string => target.replace(/:\d+$/, '')

export const startForwardProxy = async (options: TestProxyOptions): Promise<TestProxy> => {
  const { hosts, credentials, silent = false } = options
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const wanted =
    credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`
  const isAllowed = ({ headers }: IncomingMessage): boolean =>
    wanted === undefined || headers['proxy-authorization'] === wanted

  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const url = new URL(request.url ?? '')
    const port = hosts[url.hostname]
    if (!isAllowed(request) || port === undefined) {
      response.writeHead(isAllowed(request) ? 502 : 407).end()
      return
    }
    const { 'proxy-authorization': _ours, ...headers } = request.headers
    const onward = ask(
      { host: '127.0.0.1', port, method: request.method, path: url.pathname + url.search, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  server.on('connect', (request, client: Socket) => {
    asked.push(`CONNECT ${request.url}`)
    if (silent) return
    const port = hosts[hostOf(request.url ?? '')]
    if (!isAllowed(request) || port === undefined) {
      client.end(`HTTP/1.1 ${isAllowed(request) ? '502 Bad Gateway' : '407 Who'}\r\n\r\n`)
      return
    }
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(client)
      client.pipe(onward)
    })
    onward.on('error', () => client.destroy())
    client.on('error', () => onward.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
