// An express application whose routes want a token of an issuer. ISSUER, RESOURCE (default: its own address), PORT.
import { protectResource } from '@mcp-proxy/cli'
import express from 'express'

const port = Number(process.env.PORT ?? 3000)
const guard = await protectResource({
  auth: { type: 'oauth', issuer: process.env.ISSUER ?? 'http://127.0.0.1:4000' },
  resource: process.env.RESOURCE ?? `http://127.0.0.1:${port}/`,
  name: 'An express application',
  onRefusal: ({ problem }) => console.error(problem.code, problem.detail),
})

const app = express()
app.use(guard)
app.get('/whoami', (request, response) => {
  response.json({ subject: request.verdict.principal.sub })
})

const server = app.listen(port, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
process.once('SIGTERM', () => {
  guard.close()
  server.close()
})
