// A minimal MCP server of both eras, without sessions, on node:http: fixed answers, so that the measured cost is the proxy's.
import { createServer } from 'node:http'
import { legacyResult, modernResult } from './fixed-answers.mjs'

let count = 0

const server = createServer((request, response) => {
  if (request.url === '/count') {
    response.end(String(count))
    return
  }
  count += 1
  if (request.method !== 'POST') {
    response.writeHead(405).end()
    return
  }
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const message = JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
    if (message.id === undefined) {
      response.writeHead(202).end()
      return
    }
    const isModern = request.headers['mcp-protocol-version'] === '2026-07-28'
    const result = (isModern ? modernResult : legacyResult)(message.method)
    const body = JSON.stringify(
      result === undefined
        ? { jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'Method not found' } }
        : { jsonrpc: '2.0', id: message.id, result },
    )
    response.writeHead(result === undefined ? 404 : 200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    response.end(body)
  })
})
server.keepAliveTimeout = 65_000
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`)
})
