// Random damage to what both doors take: answers come, nothing stays stuck, memory does not grow, and who stands beside is served.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, test } from 'vitest'
import { modernMeta, modernVersion, startTestProxy, type TestProxy } from '../support/proxy.ts'
import { openSocket, sendRaw } from '../support/raw-http.ts'
import { scriptedBackend, type ScriptedBackend } from '../support/scripted-backend.ts'
import { randomOf, type Random } from '../support/seeded.ts'
import { startStdioProxy, type StdioProxy } from '../support/stdio-proxy.ts'

const rounds = Number(process.env['MCP_PROXY_FUZZ'] ?? 1500)
const seed = Number(process.env['MCP_PROXY_FUZZ_SEED'] ?? 20_260_728)
/** For a hundred thousand; the usual number takes seconds. */
const patience = 20_000 + rounds * 30

const words = [
  '\r\n', '\n', '\r', '\u0000', '\u007f', '\u009b', '"', '\\', '{', '}', '[', ']', ',', ':', ' ', '\t',
  '\\u0000', '\\ud800', '\u00ff\u00fe', '__proto__', 'constructor', 'null', 'true', '-0', '1e999',
  '99999999999999999999', '""', '[]', '{}', '"id":', '"method":', '"params":', '"_meta":', '"jsonrpc":"2.0"',
  '"progressToken":', 'tools/call', 'initialize', 'notifications/cancelled', 'subscriptions/listen',
  'Transfer-Encoding: chunked\r\n', 'Content-Length: 5\r\n', 'Content-Length: -1\r\n', 'Host: evil.test\r\n',
  'Origin: null\r\n', 'Expect: 100-continue\r\n', 'Connection: upgrade\r\nUpgrade: websocket\r\n',
  'Mcp-Session-Id: x\r\n', 'Mcp-Name: =?base64?====?=\r\n', 'Authorization: Bearer\r\n',
  'MCP-Protocol-Version: 2026-07-28\r\n', 'Last-Event-ID: 1:1\r\n', 'Accept: */*\r\n', 'X: 1\r\n 2\r\n',
  '0\r\n\r\n', 'ffffffff\r\n', 'HTTP/1.0', 'HTTP/2.0', 'PRI * HTTP/2.0\r\n\r\n', 'CONNECT a:1 ', 'TRACE ',
  'a:b\r\n'.repeat(400), '['.repeat(300), ' '.repeat(2000), '\t'.repeat(500), ','.repeat(500), 'x'.repeat(3000),
] // prettier-ignore

/** Latin-1 text, one character a byte. */
const damage = (random: Random, text: string, foreign: readonly string[]): string => {
  let made = text
  for (let times = 1 + random.below(4); times > 0; times -= 1) {
    const at = random.below(made.length + 1)
    const length = random.below(random.one([2, 8, 64]))
    const before = made.slice(0, at)
    const rest = made.slice(at + length)
    switch (random.below(7)) {
      case 0:
        made = before + rest
        break
      case 1:
        made = before + random.one(words) + made.slice(at)
        break
      case 2:
        made = before + random.one(words) + rest
        break
      case 3:
        made = before + String.fromCharCode(random.below(256)) + made.slice(at + 1)
        break
      case 4:
        made = before + made.slice(at, at + length).repeat(1 + random.below(8)) + made.slice(at)
        break
      case 5:
        made = before
        break
      default: {
        const other = random.one(foreign)
        made = before + other.slice(random.below(other.length))
      }
    }
  }
  return made.slice(0, 60_000)
}

const tool = { name: 't', inputSchema: { type: 'object' } }
const backendOf = () =>
  scriptedBackend('a', { 'tools/list': { tools: [tool] }, 'tools/call': { content: [] } })

/** Refusals are expected, and only what is broken is of interest. */
const quiet = { observability: { log_level: 'error' } }

const clientInfo = { name: 'fuzz', version: '1' }
const initialize = {
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo },
}
const call = { method: 'tools/call', params: { name: 'a__t', arguments: { é: ['\u2028', 1] } } }
const modern = (params: object) => ({ ...params, _meta: modernMeta({ progressToken: 1 }) })

const messages: readonly object[] = [
  initialize,
  call,
  { method: 'tools/list', params: {} },
  { method: 'ping' },
  { method: 'resources/read', params: { uri: 'a:b' } },
  { method: 'resources/subscribe', params: { uri: 'a:b' } },
  { method: 'logging/setLevel', params: { level: 'debug' } },
  { method: 'tasks/get', params: { taskId: 'x' } },
  { method: 'tools/call', params: modern(call.params) },
  { method: 'server/discover', params: modern({}) },
].map((message, id) => ({ jsonrpc: '2.0', id, ...message }))
const others: readonly object[] = [
  { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 1, result: {} },
  { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } },
]

const latin1 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('latin1')
const texts = [...messages, ...others, [messages[3], others[1]]].map(latin1)

const post = (body: string, headers = ''): string =>
  `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`

const requestsOf = (session: string): readonly string[] => {
  const inside = `Mcp-Session-Id: ${session}\r\nMCP-Protocol-Version: 2025-11-25\r\n`
  const stateless = `MCP-Protocol-Version: ${modernVersion}\r\nMcp-Method: tools/call\r\nMcp-Name: a__t\r\n`
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${inside}\r\n`
  const body = texts[1] ?? ''
  return [
    ...texts.map((text) => post(text, inside)),
    post(texts[0] ?? ''),
    post(texts[8] ?? '', stateless),
    `POST /mcp HTTP/1.1\r\nHost: localhost\r\n${inside}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\nOrigin: x\r\n\r\n`,
    get('/mcp'),
    get('/health'),
    get('/ready'),
    get('/admin/metrics'),
    get('/admin/backends'),
    get('/.well-known/oauth-protected-resource'),
    'OPTIONS /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n',
    `DELETE /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: other\r\n\r\n`,
  ]
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What is still needed. The notes that the scripted backend takes are not the proxy's. */
const heapBeside = ({ calls }: ScriptedBackend): number => {
  ;(calls as unknown[]).length = 0
  collect()
  return process.memoryUsage().heapUsed
}

/** More than sessions may keep for their clients and what code warms up to, less than a leak in each request. */
const mostKept = 16 * 1024 * 1024

let close: (() => Promise<void>) | undefined

afterEach(() => close?.())

/** Sends, and leaves once an answer began or the peer said nothing: for a request that is not whole none comes. */
const throwAt = async (origin: string, text: string): Promise<string> => {
  const socket = await openSocket(origin)
  const answered = new Promise<string>((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')))
    socket.once('close', () => resolve(''))
    // Nothing more comes, so what is not whole never will be: the peer ends the connection.
    socket.end(Buffer.from(text, 'latin1'))
  })
  try {
    return await answered
  } finally {
    socket.destroy()
  }
}

const isAnswer = (text: string): boolean => text === '' || /^HTTP\/1\.1 [1-5]\d\d /.test(text)

test(
  'the HTTP door answers or ends whatever comes, and serves who stands beside',
  async () => {
    const random = randomOf(seed)
    const backend = backendOf()
    const proxy: TestProxy = await startTestProxy([backend], { config: quiet })
    close = () => proxy.close({ force: true })
    const { id } = await proxy.session()
    const requests = requestsOf(id)
    const health = 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    const batch = 25
    const warm = Math.min(500, rounds / 3)
    let before = 0
    for (let done = 0; done < rounds; done += batch) {
      if (before === 0 && done >= warm) before = heapBeside(backend)
      const thrown = Array.from({ length: batch }, () =>
        damage(random, random.one(requests), requests),
      )
      const [beside, ...answers] = await Promise.all([
        sendRaw(proxy.origin, health),
        ...thrown.map((text) => throwAt(proxy.origin, text)),
      ])
      expect(beside.status).toBe(200)
      const odd = thrown.filter((_, index) => !isAnswer(answers[index] ?? '!'))
      expect(odd).toEqual([])
    }
    const broken = proxy.logged().filter(({ msg }) => msg === 'internal error')
    expect(broken.slice(0, 3)).toEqual([])
    expect(heapBeside(backend) - before).toBeLessThan(mostKept)
    expect((await sendRaw(proxy.origin, health)).status).toBe(200)
  },
  patience,
)

test(
  'the stdio door answers whatever line comes, and goes on',
  async () => {
    const random = randomOf(seed + 1)
    const backend = backendOf()
    const proxy: StdioProxy = await startStdioProxy([backend], { config: quiet })
    close = () => proxy.close({ force: true })
    const batch = 50
    const warm = Math.min(500, rounds / 3)
    let before = 0
    for (let done = 0; done < rounds; done += batch) {
      if (before === 0 && done >= warm) before = heapBeside(backend)
      for (let line = 0; line < batch; line += 1) {
        proxy.input.write(Buffer.from(`${damage(random, random.one(texts), texts)}\n`, 'latin1'))
      }
      const id = `beside-${done}`
      proxy.write({ jsonrpc: '2.0', id, method: 'server/discover', params: modern({}) })
      expect(await proxy.answer(id)).toMatchObject({ result: {} })
      ;(proxy.lines as unknown[]).length = 0
    }
    expect(proxy.logged()).not.toContain('internal error')
    expect(heapBeside(backend) - before).toBeLessThan(mostKept)
  },
  patience,
)
