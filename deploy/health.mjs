// Whether the proxy in this container is alive: exit 0 if /health answers 200, else 1. No token and no other program is
// needed. MCP_PROXY_HEALTH_URL: another address, such as https://127.0.0.1:8443/ready.
import http from 'node:http'
import https from 'node:https'

const url = new URL(process.env.MCP_PROXY_HEALTH_URL ?? 'http://127.0.0.1:8080/health')

const fail = (why) => {
  process.stderr.write(`${url.href}: ${why}\n`)
  process.exit(1)
}

// It asks its own container: the certificate names the address that callers know.
const options = {
  timeout: 3000,
  ...(url.protocol === 'https:' ? { rejectUnauthorized: false } : {}),
}
const request = (url.protocol === 'https:' ? https : http).get(url, options, (response) => {
  response.resume()
  if (response.statusCode === 200) process.exit(0)
  fail(`HTTP ${response.statusCode}`)
})
request.on('timeout', () => fail('no answer in 3 s'))
request.on('error', (error) => fail(error.code ?? error.message))
