// A proxy for MCP servers inside of a fastify application. PROXY_CONFIG (default: proxy.toml), PORT.
import { createProxyHandler } from '@mcp-proxy/cli'
import fastify from 'fastify'

const proxy = await createProxyHandler(process.env.PROXY_CONFIG ?? 'proxy.toml')

const app = fastify()
// The first hook: the proxy reads the messages itself.
app.addHook('onRequest', (request, reply, done) => {
  if (!proxy.serves(request.raw.url)) {
    done()
    return
  }
  reply.hijack()
  proxy(request.raw, reply.raw)
})
app.get('/hello', (request, reply) => {
  reply.send({ from: 'the application', ready: proxy.ready().ready })
})

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' }))
process.on('SIGHUP', () => {
  proxy.reload().then(
    () => console.error('reloaded'),
    (error) => console.error(error.message),
  )
})
process.once('SIGTERM', () => {
  void proxy.close()
  void app.close()
})
