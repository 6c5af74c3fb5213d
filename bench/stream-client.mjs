// Opens event streams and keeps them open. Each line on stdin is how many there shall be; each on stdout, how many there are.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const [, , kind, url] = process.argv
const { hostname, port, host } = new URL(url)
const atOnce = 50

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

const request = (line, headers, message) => {
  const body = message === undefined ? '' : JSON.stringify({ jsonrpc: '2.0', ...message })
  const all = [`host: ${host}`, 'accept: application/json, text/event-stream', ...headers]
  if (body !== '') all.push('content-type: application/json', `content-length: ${body.length}`)
  return `${line} /mcp HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n${body}`
}

/** Resolves with what came until `pattern` did. */
const exchange = async (socket, text, pattern) => {
  socket.write(text)
  let seen = ''
  while (!pattern.test(seen)) {
    const [chunk] = await once(socket, 'data')
    seen += chunk.toString('latin1')
  }
  return seen
}

const listen = (socket, id) =>
  exchange(
    socket,
    request('POST', ['mcp-protocol-version: 2026-07-28', 'mcp-method: subscriptions/listen'], {
      id,
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true }, _meta: meta },
    }),
    /subscriptions\/acknowledged/,
  )

const stream = async (socket) => {
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1.0.0' },
  }
  const opened = await exchange(
    socket,
    request('POST', [], { id: 0, method: 'initialize', params }),
    /"serverInfo"/,
  )
  const [, session] = /mcp-session-id: (\S+)/i.exec(opened)
  const about = [`mcp-session-id: ${session}`, 'mcp-protocol-version: 2025-06-18']
  await exchange(socket, request('GET', about), /text\/event-stream[\s\S]*\r\n\r\n/)
}

const sockets = []
const open = async (id) => {
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  await (kind === 'listen' ? listen(socket, id) : stream(socket))
  socket.on('data', () => undefined)
  socket.on('close', () => process.exit(1))
  sockets.push(socket)
}

for await (const line of createInterface({ input: process.stdin })) {
  const wanted = Number(line)
  while (sockets.length < wanted) {
    const count = Math.min(atOnce, wanted - sockets.length)
    await Promise.all(Array.from({ length: count }, (_, index) => open(sockets.length + index)))
  }
  process.stdout.write(`${sockets.length}\n`)
}
