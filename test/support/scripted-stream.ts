// A server of the HTTP+SSE transport of 2024-11-05 on loopback that says on its stream what a test tells it to.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Said {
  readonly id?: number
  readonly method?: string
}

export interface ScriptedStream {
  readonly origin: string
  /** The address of the stream. */
  readonly url: string
  /** `GET /sse`, `POST /messages`, in order. */
  readonly asked: readonly string[]
  readonly headers: readonly IncomingMessage['headers'][]
  /** The methods of the messages that came. */
  readonly said: readonly (string | undefined)[]
  close(): Promise<void>
}

export interface StreamScript {
  /** Written when the stream opens. Default: the endpoint event for /messages. */
  readonly opening?: (origin: string) => string
  /** Answers the GET in place of a stream. */
  readonly onStream?: (response: ServerResponse) => void
  /** Answers a POST in place of 202. */
  readonly onPost?: (message: Said, response: ServerResponse) => boolean
  /** The events for a message. Undefined: initialize is answered, nothing else is. */
  readonly onMessage?: (message: Said, stream: ServerResponse) => string | undefined
}

export const endpointEvent = (address: string): string => `event: endpoint\ndata: ${address}\n\n`

export const messageEvent = (message: object): string =>
  `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`

const initialized = {
  protocolVersion: '2024-11-05',
  capabilities: { tools: {} },
  serverInfo: { name: 'scripted', version: '0' },
}

const usual = ({ id, method }: Said): string =>
  method === 'initialize' ? messageEvent({ id, result: initialized }) : ''

const readAll = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

export const startScriptedStream = async (script: StreamScript = {}): Promise<ScriptedStream> => {
  const { opening = () => endpointEvent('/messages?id=1') } = script
  const asked: string[] = []
  const headers: IncomingMessage['headers'][] = []
  const said: (string | undefined)[] = []
  const sockets = new Set<Socket>()
  let stream: ServerResponse | undefined
  let origin = ''

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url = '' } = request
    asked.push(`${method} ${url}`)
    headers.push(request.headers)
    const body = await readAll(request)
    if (method === 'GET') {
      if (script.onStream !== undefined) {
        script.onStream(response)
        return
      }
      stream = response
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(opening(origin))
    } else if (url.startsWith('/sse')) response.writeHead(405).end()
    else {
      const message = JSON.parse(body) as Said
      said.push(message.method)
      if (script.onPost?.(message, response) === true) return
      response.writeHead(202).end('Accepted')
      if (stream === undefined) return
      const events = script.onMessage?.(message, stream) ?? usual(message)
      if (events !== '') stream.write(events)
    }
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    url: `${origin}/sse`,
    asked,
    headers,
    said,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
