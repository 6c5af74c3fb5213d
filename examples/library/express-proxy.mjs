// A proxy for MCP servers inside of an express application. PROXY_CONFIG (default: proxy.toml), PORT.
import { createProxyHandler } from '@mcp-proxy/cli'
import express from 'express'

const proxy = await createProxyHandler(process.env.PROXY_CONFIG ?? 'proxy.toml')

const app = express()
// In front of body parsers: the proxy reads the messages itself.
app.use(proxy)
app.use(express.json())
app.get('/hello', (request, response) => {
  response.json({ from: 'the application', ready: proxy.ready().ready })
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
process.on('SIGHUP', () => {
  proxy.reload().then(
    () => console.error('reloaded'),
    (error) => console.error(error.message),
  )
})
process.once('SIGTERM', () => {
  server.close()
  void proxy.close()
})
