// The built program before backends over WebSocket and HTTP+SSE: checked, examined, served.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTempFolder, startProxy, type TempFolder } from '../support/command-line.ts'
import {
  startEventStreamServer,
  startWebSocketServer,
  type NetworkServer,
} from '../support/mcp-servers.ts'
import { createRecorder } from '../support/reports.ts'

const recorder = createRecorder()
let folder: TempFolder
let socket: NetworkServer
let stream: NetworkServer
let good: string

const backend = (name: string, transport: string, url: string) =>
  `[[backends]]\nname = "${name}"\ntransport = "${transport}"\nurl = "${url}"\n`
const head = '[proxy]\nname = "desk"\n[proxy.listen]\nport = 0\n'

beforeAll(async () => {
  ;[folder, socket, stream] = await Promise.all([
    makeTempFolder(),
    startWebSocketServer('dual'),
    startEventStreamServer(),
  ])
  good = await folder.write(
    'good.toml',
    head +
      backend('socket', 'websocket', socket.url) +
      backend('stream', 'sse', stream.url) +
      backend('found', 'http', stream.url),
  )
})
afterAll(async () => {
  await Promise.all([socket.close(), stream.close(), folder.remove()])
})

test('--check names each transport and opens nothing', async () => {
  const before = (await socket.log()).length
  const { exitCode, stdout } = await recorder.run(['serve', '--check', '--config', good])
  expect({ exitCode, lines: stdout.match(/^ {2}\w+ +(?:websocket|sse|http) .*$/gm) }).toEqual({
    exitCode: 0,
    lines: [
      `  socket  websocket  auto    ws://127.0.0.1:${socket.port}`,
      `  stream  sse        auto    http://127.0.0.1:${stream.port}`,
      `  found   http       auto    http://127.0.0.1:${stream.port}`,
    ],
  })
  expect(await socket.log()).toHaveLength(before)
})

test('doctor reaches each and says which one is older than its configuration says', async () => {
  const { exitCode, stdout } = await recorder.run(['doctor', '--config', good])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/network +ok +2 servers on this machine/)
  expect(stdout).toMatch(/socket +2026-07-28 \(stateless\)/)
  expect(stdout).toMatch(/stream +2025-11-25 \(sessions\)/)
  expect(stdout).toMatch(/found +2025-11-25 \(sessions, HTTP\+SSE\)/)
})

test('doctor says what to write in place of an address that is none', async () => {
  const file = await folder.write(
    'bad.toml',
    head +
      backend('no-socket', 'websocket', stream.url.replace('http', 'ws')) +
      backend('no-stream', 'sse', stream.url.replace('/sse', '/mcp')),
  )
  const { exitCode, stdout } = await recorder.run(['doctor', '--config', file])
  expect(exitCode).toBe(1)
  expect(stdout).toContain('HTTP 200 in answer to the handshake')
  expect(stdout).toContain('where an MCP server takes WebSocket connections')
  expect(stdout).toContain('the address of the event stream, which often ends in /sse')
})

test('serve carries a call to each', async () => {
  const proxy = await startProxy(good)
  const client = new Client({ name: 'someone', version: '1' })
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(proxy.url)))
    for (const name of ['socket', 'stream', 'found']) {
      const { content } = await client.callTool({
        name: `${name}__echo`,
        arguments: { text: name },
      })
      expect(content).toEqual([{ type: 'text', text: name }])
    }
  } finally {
    await client.close()
    await proxy.stop()
  }
})
