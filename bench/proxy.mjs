// The data plane, interleaved in one run: direct, nginx where installed, a bare node pass-through, and us.
// CPU per call is user + system time of the target's process tree over the calls it completed.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import {
  fileOf,
  freePort,
  interleave,
  needWrk,
  rounds,
  seconds,
  start,
  startNode,
  startProxy,
  table,
  until,
  work,
} from './lab.mjs'

const connections = (process.env['CONNECTIONS'] ?? '1,8,32').split(',').map(Number)
needWrk()

const startNginx = async () => {
  if (spawnSync('nginx', ['-v']).error !== undefined) return undefined
  const port = await freePort()
  const file = fileOf(
    'nginx.conf',
    `daemon off; worker_processes 1; pid ${work}/nginx.pid; error_log /dev/null;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path ${work}/b; proxy_temp_path ${work}/p; fastcgi_temp_path ${work}/f; uwsgi_temp_path ${work}/u; scgi_temp_path ${work}/s;
upstream backend { server ${backend.url.slice(7)}; keepalive 256; keepalive_requests 100000000; }
server { listen 127.0.0.1:${port}; keepalive_requests 100000000;
location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`,
  )
  const child = start(0, 'nginx', ['-c', file])
  const url = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(url, post())).ok, 'nginx')
  return { pid: child.pid, url }
}

/** Beside the backend, where a proxy would find it on another machine. */
const startRedis = async () => {
  if (spawnSync('redis-server', ['--version']).error !== undefined) return undefined
  const port = await freePort()
  start(1, 'redis-server', ['--bind', '127.0.0.1', '--port', String(port), '--save', ''])
  await until(
    async () => spawnSync('redis-cli', ['-p', String(port), 'ping']).stdout.includes('PONG'),
    'redis',
  )
  return { port }
}

const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'echo',
    arguments: { text: 'x'.repeat(32) },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
})
const headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'echo',
}
const post = (token) => ({
  method: 'POST',
  headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
  body,
})

const script = (name, token) => {
  const lines = Object.entries(post(token).headers).map(
    ([key, value]) => `wrk.headers["${key}"] = "${value}"`,
  )
  return fileOf(`${name}.lua`, `wrk.method = "POST"\nwrk.body = '${body}'\n${lines.join('\n')}\n`)
}

const backend = await startNode(1, 'backend.mjs')

const { publicKey, privateKey } = await generateKeyPair('RS256')
const keys = createServer((_request, response) => {
  void exportJWK(publicKey).then((jwk) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: [{ ...jwk, kid: 'bench', alg: 'RS256', use: 'sig' }] }))
  })
})
keys.listen(0, '127.0.0.1')
await once(keys, 'listening')
const issuer = `http://127.0.0.1:${keys.address().port}`
const token = await new SignJWT({ scope: 'mcp' })
  .setProtectedHeader({ alg: 'RS256', kid: 'bench', typ: 'at+jwt' })
  .setIssuer(issuer)
  .setAudience('bench')
  .setSubject('bench')
  .setIssuedAt()
  .setExpirationTime('1h')
  .sign(privateKey)

const targets = new Map([['direct', { ...backend, pid: undefined }]])
const nginx = await startNginx()
if (nginx !== undefined) targets.set('nginx', nginx)
targets.set('pass-through', await startNode(0, 'passthrough.mjs', [backend.url]))
const modern = `transport = "http"\nprotocol = "modern"\nurl = "${backend.url}/mcp"`
targets.set('mcp-proxy', await startProxy('open', modern))
targets.set('mcp-proxy, JWT', {
  ...(await startProxy(
    'jwt',
    modern,
    `[auth]\ntype = "jwt"\nissuer = "${issuer}"\naudience = "bench"\njwks_uri = "${issuer}/jwks"\n`,
  )),
  token,
})
const limits = `[[limits.rules]]
name = "per-address"
by = ["address"]
requests = 1000000000
[[limits.rules]]
name = "at-once"
by = ["address"]
max_concurrent = 1000000
`
targets.set('mcp-proxy, limits', await startProxy('limits', modern, limits))
// The load is one call again and again: all but the first are answered from there.
const cached = `${modern}\ncache = { tool_ttl_seconds = 3600, tools = ["echo"] }\n`
targets.set('mcp-proxy, from the cache', await startProxy('cache', cached))
const redis = await startRedis()
if (redis !== undefined) {
  const kept = `[cache]\nbackend = "redis"\nurl = "redis://127.0.0.1:${redis.port}"\n`
  targets.set('mcp-proxy, from Redis', await startProxy('cache-redis', cached, kept))
  const store = `[limits.redis]\nurl = "redis://127.0.0.1:${redis.port}"\n`
  targets.set('mcp-proxy, limits in Redis', await startProxy('redis', modern, store + limits))
}
for (const [name, target] of targets) {
  target.script = script(name.replace(/\W+/g, '-'), target.token)
  const answer = await fetch(`${target.url}/mcp`, post(target.token))
  const text = await answer.text()
  if (!text.includes('x'.repeat(64))) throw new Error(`${name}: ${answer.status} ${text}`)
}

const limit = 'pass-through'
for (const count of connections) {
  const { best, least, errors } = interleave(targets, count)
  process.stdout.write(`\n${count} connections (best of ${rounds} rounds of ${seconds} s)\n`)
  table(
    [
      'target',
      'req/s',
      'x nginx',
      'x pass-through',
      'CPU us/call',
      'x CPU of pass-through',
      'p50 us',
      'p90 us',
      'p99 us',
      'errors',
    ],
    [...targets.keys()].map((name) => {
      const cpu = least(name, 'cpu')
      return [
        name,
        Math.round(best(name)),
        nginx === undefined ? '' : (best(name) / best('nginx')).toFixed(2),
        (best(name) / best(limit)).toFixed(2),
        name === 'direct' ? '' : cpu.toFixed(1),
        name === 'direct' ? '' : (cpu / least(limit, 'cpu')).toFixed(2),
        ...['p50', 'p90', 'p99'].map((mark) => Math.round(least(name, mark))),
        errors(name),
      ]
    }),
  )
}
keys.close()
process.exit(0)
