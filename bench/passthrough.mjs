// The physical limit of our kind: node:http in, undici dispatch out, nothing looked at.
import { createServer } from 'node:http'
import { Pool } from 'undici'

const pool = new Pool(process.argv[2], { connections: 256 })
const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    let status = 502
    let type = 'application/json'
    const parts = []
    pool.dispatch(
      {
        path: '/mcp',
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': request.headers['mcp-protocol-version'],
          'mcp-method': request.headers['mcp-method'],
          'mcp-name': 'echo',
        },
        body,
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode, headers) {
          status = statusCode
          type = headers['content-type'] ?? type
        },
        onResponseData(_controller, chunk) {
          parts.push(chunk)
        },
        onResponseEnd() {
          const answer = parts.length === 1 ? parts[0] : Buffer.concat(parts)
          response.writeHead(status, { 'content-type': type, 'content-length': answer.length })
          response.end(answer)
        },
        onResponseError() {
          response.writeHead(502)
          response.end()
        },
      },
    )
  })
})
server.keepAliveTimeout = 65_000
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`)
})
