// The data plane, interleaved in one run: direct, nginx where installed, a bare node pass-through, and us.
// CPU per call is user + system time of the target's process tree over the calls it completed.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import { createServer } from 'node:http'

const here = path.dirname(fileURLToPath(import.meta.url))
const bin = path.join(here, '..', 'bin', 'run.cjs')
const work = mkdtempSync(path.join(tmpdir(), 'mcp-proxy-bench-'))
const rounds = Number(process.env['ROUNDS'] ?? 5)
const seconds = Number(process.env['SECONDS_PER_SLICE'] ?? 2)
const connections = (process.env['CONNECTIONS'] ?? '1,8,32').split(',').map(Number)
const ticksPerSecond = 100

if (spawnSync('wrk', ['-v']).error !== undefined) {
  process.stderr.write('wrk is not installed (Debian package wrk)\n')
  process.exit(2)
}

const children = []
const stopAll = () => {
  for (const child of children) {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // gone already
    }
  }
  rmSync(work, { recursive: true, force: true })
}
process.on('exit', stopAll)
process.on('SIGINT', () => process.exit(130))

const start = (cpu, command, args, options = {}) => {
  const child = spawn('taskset', ['-c', String(cpu), command, ...args], {
    stdio: ['ignore', 'pipe', options.quiet === false ? 'inherit' : 'ignore'],
    detached: true,
    env: { ...process.env, ...options.env },
  })
  children.push(child)
  return child
}

const startNode = async (cpu, file, args = []) => {
  const child = start(cpu, process.execPath, [file, ...args], { quiet: false })
  const [line] = await once(child.stdout, 'data')
  return { pid: child.pid, url: `http://127.0.0.1:${JSON.parse(line).port}` }
}

const freePort = async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

const until = async (question, what) => {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await question().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what} did not come up`)
}

const startProxy = async (name, auth) => {
  const port = await freePort()
  const file = path.join(work, `${name}.toml`)
  writeFileSync(
    file,
    `[proxy]
name = "bench"
[proxy.listen]
port = ${port}
[[backends]]
name = "bench"
transport = "http"
protocol = "modern"
prefix = ""
url = "${backend.url}/mcp"
[observability]
log_level = "error"
audit = false
${auth}`,
  )
  const child = start(0, process.execPath, [bin, 'serve', '--config', file], { quiet: false })
  const url = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${url}/ready`)).ok, name)
  return { pid: child.pid, url }
}

const startNginx = async () => {
  if (spawnSync('nginx', ['-v']).error !== undefined) return undefined
  const port = await freePort()
  const file = path.join(work, 'nginx.conf')
  writeFileSync(
    file,
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
  const file = path.join(work, `${name}.lua`)
  const lines = Object.entries(post(token).headers).map(
    ([key, value]) => `wrk.headers["${key}"] = "${value}"`,
  )
  writeFileSync(file, `wrk.method = "POST"\nwrk.body = '${body}'\n${lines.join('\n')}\n`)
  return file
}

/** User + system ticks of a process and its descendants. */
const cpuTicks = (root) => {
  const stats = new Map()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const text = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
      stats.set(Number(entry), {
        parent: Number(fields[1]),
        ticks: Number(fields[11]) + Number(fields[12]),
      })
    } catch {
      // gone meanwhile
    }
  }
  const within = (pid) => pid === root || (stats.has(pid) && within(stats.get(pid).parent))
  let total = 0
  for (const [pid, { ticks }] of stats) if (within(pid)) total += ticks
  return total
}

const slice = (target, count) => {
  const before = target.pid === undefined ? 0 : cpuTicks(target.pid)
  const run = spawnSync(
    'taskset',
    [
      '-c',
      '1',
      'wrk',
      '-t1',
      `-c${count}`,
      `-d${seconds}s`,
      '--latency',
      '-s',
      target.script,
      `${target.url}/mcp`,
    ],
    { encoding: 'utf8' },
  )
  const after = target.pid === undefined ? 0 : cpuTicks(target.pid)
  const requests = Number(/(\d+) requests in/.exec(run.stdout)?.[1] ?? 0)
  const errors = Number(/Non-2xx or 3xx responses: (\d+)/.exec(run.stdout)?.[1] ?? 0)
  const latency = (mark) => {
    const [, value, unit] = new RegExp(`${mark}%\\s+([\\d.]+)(us|ms|s)`).exec(run.stdout) ?? []
    return Number(value) * (unit === 'us' ? 1 : unit === 'ms' ? 1000 : 1_000_000)
  }
  return {
    perSecond: requests / seconds,
    errors,
    cpu: ((after - before) / ticksPerSecond / requests) * 1e6,
    p50: latency(50),
    p99: latency(99),
  }
}

const backend = await startNode(1, path.join(here, 'backend.mjs'))

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
targets.set('pass-through', await startNode(0, path.join(here, 'passthrough.mjs'), [backend.url]))
targets.set('mcp-proxy', await startProxy('open', '[auth]\ntype = "none"\n'))
targets.set('mcp-proxy, JWT', {
  ...(await startProxy(
    'jwt',
    `[auth]\ntype = "jwt"\nissuer = "${issuer}"\naudience = "bench"\njwks_uri = "${issuer}/jwks"\n`,
  )),
  token,
})
for (const [name, target] of targets) {
  target.script = script(name.replace(/\W+/g, '-'), target.token)
  const answer = await fetch(`${target.url}/mcp`, post(target.token))
  const text = await answer.text()
  if (!text.includes('x'.repeat(64))) throw new Error(`${name}: ${answer.status} ${text}`)
}

for (const count of connections) {
  const seen = new Map([...targets.keys()].map((name) => [name, []]))
  for (const target of targets.values()) slice(target, count)
  for (let round = 0; round < rounds; round++) {
    const order = [...targets].sort(() => Math.random() - 0.5)
    for (const [name, target] of order) seen.get(name).push(slice(target, count))
  }
  const best = (name) => Math.max(...seen.get(name).map(({ perSecond }) => perSecond))
  const least = (name, field) => Math.min(...seen.get(name).map((result) => result[field]))
  const limit = 'pass-through'
  process.stdout.write(`\n${count} connections (best of ${rounds} rounds of ${seconds} s)\n`)
  process.stdout.write(
    '| target | req/s | x nginx | x pass-through | CPU us/call | x CPU of pass-through | p50 us | p99 us | errors |\n',
  )
  process.stdout.write('|---|---:|---:|---:|---:|---:|---:|---:|---:|\n')
  for (const name of targets.keys()) {
    const cpu = least(name, 'cpu')
    const cells = [
      name,
      Math.round(best(name)),
      nginx === undefined ? '' : (best(name) / best('nginx')).toFixed(2),
      (best(name) / best(limit)).toFixed(2),
      name === 'direct' ? '' : cpu.toFixed(1),
      name === 'direct' ? '' : (cpu / least(limit, 'cpu')).toFixed(2),
      Math.round(least(name, 'p50')),
      Math.round(least(name, 'p99')),
      seen.get(name).reduce((sum, { errors }) => sum + errors, 0),
    ]
    process.stdout.write(`| ${cells.join(' | ')} |\n`)
  }
}
keys.close()
process.exit(0)
