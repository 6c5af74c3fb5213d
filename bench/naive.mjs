// The proxy that one writes in an afternoon: an SDK server and an SDK client for each session, JSON answers.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  isInitializeRequest,
} from '@modelcontextprotocol/sdk/types.js'

const upstream = new URL(`${process.argv[2]}/mcp`)
const sessions = new Map()

const openSession = async () => {
  const client = new Client({ name: 'naive', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(upstream))
  const server = new Server({ name: 'naive', version: '1.0.0' }, { capabilities: { tools: {} } })
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => client.listTools(params))
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => client.callTool(params))
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => sessions.set(id, transport),
  })
  await server.connect(transport)
  return transport
}

const serve = async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const message = chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString())
  const known = sessions.get(request.headers['mcp-session-id'])
  const transport = known ?? (isInitializeRequest(message) ? await openSession() : undefined)
  if (transport === undefined) response.writeHead(404).end()
  else await transport.handleRequest(request, response, message)
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy())
})
server.keepAliveTimeout = 65_000
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`)
})
