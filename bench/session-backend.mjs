// A minimal MCP server of the session era on node:http: it gives out sessions and knows no others; fixed answers.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { legacyResult } from './fixed-answers.mjs'

const sessions = new Set()
let count = 0

const answer = (response, status, headers, text = '') => {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text)
}

const server = createServer((request, response) => {
  if (request.url === '/count') return answer(response, 200, {}, String(count))
  count += 1
  const id = request.headers['mcp-session-id']
  if (request.method === 'DELETE') {
    sessions.delete(id)
    return answer(response, 204, {})
  }
  if (request.method !== 'POST') return answer(response, 405, {})
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const message = JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
    const isNew = message.method === 'initialize'
    if (!isNew && !sessions.has(id))
      return answer(response, message.method === 'server/discover' ? 400 : 404, {})
    if (message.id === undefined) return answer(response, 202, {})
    const own = isNew ? randomUUID() : id
    sessions.add(own)
    const result = legacyResult(message.method)
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: message.id,
      ...(result === undefined
        ? { error: { code: -32601, message: 'Method not found' } }
        : { result }),
    })
    answer(response, 200, { 'content-type': 'application/json', 'mcp-session-id': own }, body)
  })
})
server.keepAliveTimeout = 65_000
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`)
})
