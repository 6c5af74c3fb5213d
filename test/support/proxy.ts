// A real server on loopback before scripted backends, and a client that can send what no library would.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { Ports } from '../../src/base/ports.ts'
import { systemPorts } from '../../src/net/system-ports.ts'
import { configSchema, type Config } from '../../src/config/schema.ts'
import { createValidator } from '../../src/core/validator/create-validator.ts'
import { startServer, type RunningServer, type ServeOptions } from '../../src/server/http/serve.ts'
import type { ScriptedBackend } from './scripted-backend.ts'

export interface TestProxy extends RunningServer {
  readonly origin: string
  /** Everything that was logged, one JSON object each. */
  logged(): readonly Record<string, unknown>[]
  send(options?: SendOptions): Promise<Received>
  /** One JSON-RPC message as a stateless client would send it. */
  modern(method: string, params?: object, options?: SendOptions): Promise<Received>
  /** Opens a session and gives a sender that stays inside it. */
  session(options?: SessionOptions): Promise<TestSession>
}

export interface SendOptions {
  readonly path?: string
  readonly method?: string
  /** A list sends the header once for each value; undefined leaves a default out. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** A string or bytes go out as they are, anything else as JSON. */
  readonly body?: unknown
  readonly token?: string
  readonly signal?: AbortSignal
  /** For https: whom the client trusts, and the certificate that it shows. */
  readonly tls?: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'agent'>
  /** Called with the head of the answer, before its body. */
  readonly onHead?: (message: IncomingMessage) => void
}

export interface Received {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** The body as JSON; throws when it is none. */
  json(): any // oxlint-disable-line typescript/no-explicit-any -- bodies are looked into member by member
  /** The messages of an event stream. */
  events(): any[] // oxlint-disable-line typescript/no-explicit-any -- as above
}

export interface SessionOptions {
  readonly token?: string
  readonly version?: string
}

export interface TestSession {
  readonly id: string
  call(method: string, params?: object, options?: SendOptions): Promise<Received>
  send(body: unknown, options?: SendOptions): Promise<Received>
}

const readAll = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

const eventsOf = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as unknown)

const bodyOf = (body: unknown): string | Buffer | undefined =>
  body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
    ? body
    : JSON.stringify(body)

export const sendTo = (
  origin: string,
  { path = '/mcp', method = 'POST', headers = {}, body, token, signal, tls, onHead }: SendOptions,
): Promise<Received> =>
  new Promise((resolve, reject) => {
    const sent = bodyOf(body)
    const newRequest = origin.startsWith('https:') ? httpsRequest : httpRequest
    const req = newRequest(`${origin}${path}`, {
      method,
      agent: false,
      ...tls,
      ...(signal === undefined ? {} : { signal }),
    })
    const all = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(sent === undefined ? {} : { 'content-length': String(Buffer.byteLength(sent)) }),
      ...headers,
    }
    for (const [name, value] of Object.entries(all)) {
      if (value !== undefined) req.setHeader(name, value)
    }
    req.on('error', reject)
    req.on('response', (message) => {
      onHead?.(message)
      readAll(message).then(
        (text) =>
          resolve({
            status: message.statusCode ?? 0,
            headers: message.headers,
            text,
            json: () => JSON.parse(text) as unknown,
            events: () => eventsOf(text),
          }),
        reject,
      )
    })
    req.end(sent)
  })

export const modernVersion = '2026-07-28'

export const modernMeta = (meta: object = {}) => ({
  'io.modelcontextprotocol/protocolVersion': modernVersion,
  'io.modelcontextprotocol/clientCapabilities': {},
  ...meta,
})

const nameOf = (params: object): string | undefined => {
  const { name, uri } = params as { name?: string; uri?: string }
  return name ?? uri
}

export interface TestProxyOptions {
  readonly config?: { readonly [Section in keyof Config]?: object }
  /** A key set for [auth] of type jwt. */
  readonly localKeys?: unknown
  readonly sessions?: ServeOptions['sessions']
  readonly limits?: ServeOptions['limits']
  readonly prefixes?: Readonly<Record<string, string>>
  /** Names of backends. */
  readonly required?: readonly string[]
  /** Default: those of the process. */
  readonly ports?: Ports
  /** Backends that a later configuration names. */
  readonly later?: readonly ScriptedBackend[]
  readonly page?: ServeOptions['page']
  /** How requests are sent, where they do not say it themselves. */
  readonly tls?: SendOptions['tls']
}

export const configOf = (
  names: readonly string[],
  sections: TestProxyOptions['config'] = {},
  prefixes: Readonly<Record<string, string>> = {},
  required: readonly string[] = [],
): Config =>
  configSchema.parse({
    backends: names.map((name) => ({
      name,
      transport: 'stdio',
      command: 'unused',
      required: required.includes(name),
      ...(prefixes[name] === undefined ? {} : { prefix: prefixes[name] }),
    })),
    ...sections,
    proxy: { name: 'test-proxy', ...sections.proxy, listen: { port: 0 } },
    observability: { json_logs: true, ...sections.observability },
  })

export const startTestProxy = async (
  backends: readonly ScriptedBackend[],
  {
    config,
    localKeys,
    sessions,
    limits,
    prefixes,
    required,
    ports = systemPorts(),
    later = [],
    tls,
    page,
  }: TestProxyOptions = {},
): Promise<TestProxy> => {
  const lines: string[] = []
  const byName = new Map([...backends, ...later].map((backend) => [backend.name, backend]))
  const running = await startServer(
    configOf(
      backends.map(({ name }) => name),
      config,
      prefixes,
      required,
    ),
    ports,
    {
      logTo: { write: (line) => lines.push(line) },
      ...(sessions === undefined ? {} : { sessions }),
      ...(limits === undefined ? {} : { limits }),
      ...(page === undefined ? {} : { page }),
      parts: {
        openBackend: ({ name }) => byName.get(name)!,
        createValidator: (auth, ports, options) =>
          createValidator(
            auth,
            ports,
            localKeys === undefined ? options : { ...options, localKeys },
          ),
      },
    },
  )
  const { origin } = new URL(running.url)
  const send = (options: SendOptions = {}) =>
    sendTo(origin, { ...(tls === undefined ? {} : { tls }), ...options })
  let nextId = 1
  return {
    ...running,
    origin,
    logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    send,
    modern: (method, params = {}, options = {}) => {
      const name = nameOf(params)
      const body = {
        jsonrpc: '2.0',
        id: nextId++,
        method,
        params: { _meta: modernMeta(), ...params },
      }
      return send({
        body,
        ...options,
        headers: {
          'mcp-protocol-version': modernVersion,
          'mcp-method': method,
          ...(name === undefined ? {} : { 'mcp-name': name }),
          ...options.headers,
        },
      })
    },
    session: async ({ token, version = '2025-11-25' } = {}) => {
      const credential = token === undefined ? {} : { token }
      const opened = await send({
        ...credential,
        body: {
          jsonrpc: '2.0',
          id: nextId++,
          method: 'initialize',
          params: {
            protocolVersion: version,
            capabilities: {},
            clientInfo: { name: 'test', version: '1' },
          },
        },
      })
      const id = opened.headers['mcp-session-id'] as string
      const inside: TestSession['send'] = (body, options = {}) =>
        send({
          ...credential,
          body,
          ...options,
          headers: {
            'mcp-session-id': id,
            'mcp-protocol-version': version,
            ...options.headers,
          },
        })
      return {
        id,
        send: inside,
        call: (method, params = {}, options = {}) =>
          inside({ jsonrpc: '2.0', id: nextId++, method, params }, options),
      }
    },
  }
}
