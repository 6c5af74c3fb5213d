// A server of node:http that wants a token of an issuer. ISSUER, RESOURCE (default: its own address), PORT.
import { createServer } from 'node:http'
import { protectResource } from '@mcp-proxy/cli'

const port = Number(process.env.PORT ?? 3000)
const guard = await protectResource({
  auth: { type: 'oauth', issuer: process.env.ISSUER ?? 'http://127.0.0.1:4000' },
  resource: process.env.RESOURCE ?? `http://127.0.0.1:${port}/`,
  name: 'A server of node:http',
  onRefusal: ({ problem }) => console.error(problem.code, problem.detail),
})

const server = createServer((request, response) =>
  guard(request, response, (error) => {
    if (error !== undefined) {
      response.writeHead(500).end()
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ subject: request.verdict.principal.sub }))
  }),
)
server.listen(port, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
process.once('SIGTERM', () => {
  guard.close()
  server.close()
})
