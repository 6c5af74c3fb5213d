// A minimal modern MCP server on node:http: fixed answers, so that the measured cost is the proxy's.
import { createServer } from 'node:http'

const version = '2026-07-28'
const meta = { 'io.modelcontextprotocol/serverInfo': { name: 'bench', version: '1.0.0' } }
const results = {
  'server/discover': {
    resultType: 'complete',
    supportedVersions: [version],
    capabilities: { tools: {} },
    ttlMs: 0,
    cacheScope: 'public',
    _meta: meta,
  },
  'tools/list': {
    resultType: 'complete',
    tools: [{ name: 'echo', description: 'Echo', inputSchema: { type: 'object' } }],
    ttlMs: 60_000,
    cacheScope: 'public',
  },
  'tools/call': { resultType: 'complete', content: [{ type: 'text', text: 'x'.repeat(64) }] },
}

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const message = JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
    const result = results[message.method]
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
