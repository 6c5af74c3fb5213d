// A fastify application whose routes want a token of an issuer. ISSUER, RESOURCE (default: its own address), PORT.
import { protectResource } from '@mcp-proxy/cli'
import fastify from 'fastify'

const port = Number(process.env.PORT ?? 3000)
const guard = await protectResource({
  auth: { type: 'oauth', issuer: process.env.ISSUER ?? 'http://127.0.0.1:4000' },
  resource: process.env.RESOURCE ?? `http://127.0.0.1:${port}/`,
  name: 'A fastify application',
  onRefusal: ({ problem }) => console.error(problem.code, problem.detail),
})

const app = fastify()
app.decorateRequest('verdict', null)
app.addHook('onRequest', async (request, reply) => {
  const decision = await guard.decide(request.raw)
  if (decision.pass) {
    request.verdict = decision.verdict
    return
  }
  const { status, headers, body } = decision.answer
  return reply.code(status).headers(headers).send(body)
})
app.get('/whoami', (request, reply) => {
  reply.send({ subject: request.verdict.principal.sub })
})

console.log(await app.listen({ port, host: '127.0.0.1' }))
process.once('SIGTERM', () => {
  guard.close()
  void app.close()
})
