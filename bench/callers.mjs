// Many callers with a token each: what a call costs the proxy, in CPU time and memory, and how many requests the backend
// gets for it. Kinds of proxies are interleaved in one run; the proxy has one core, load and backend have the other.
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { fork } from 'node:child_process'
import path from 'node:path'
import {
  here,
  memoryKiB,
  rounds,
  seconds,
  startNode,
  startProxy,
  table,
  treeCpuTicks,
  until,
} from './lab.mjs'

const callers = (process.env['CALLERS'] ?? '1,64,1000,10000').split(',').map(Number)
const connections = Number(process.env['CONNECTIONS'] ?? 32)
const only = process.env['ONLY'] ?? ''
/** The bin/run.cjs of another build, to be compared within one run. */
const other = process.env['OTHER']

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

let introspected = 0
const active = new Map()
const authority = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    response.setHeader('content-type', 'application/json')
    if (request.method === 'GET') return response.end(JSON.stringify({ keys: [jwk] }))
    introspected += 1
    const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('token')
    const exp = Math.floor(Date.now() / 1000) + 3600
    const sub = active.get(token)
    response.end(
      JSON.stringify(
        sub === undefined
          ? { active: false }
          : { active: true, sub, client_id: 'bench', aud: 'bench', iss: issuer, exp, scope: 'mcp' },
      ),
    )
  })
})
authority.listen(0, '127.0.0.1')
await once(authority, 'listening')
const issuer = `http://127.0.0.1:${authority.address().port}`

const jwtFor = (index) => {
  const now = Math.floor(Date.now() / 1000)
  const head = encoded({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
  const claims = encoded({
    iss: issuer,
    aud: 'bench',
    sub: `caller-${index}`,
    client_id: 'bench',
    iat: now,
    exp: now + 7200,
    scope: 'mcp',
  })
  const input = Buffer.from(`${head}.${claims}`)
  const signature = sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${head}.${claims}.${signature.toString('base64url')}`
}

const opaqueFor = (index) => {
  const token = createHash('sha256').update(`token ${index}`).digest('base64url')
  active.set(token, `caller-${index}`)
  return token
}

const most = Math.max(...callers)
const tokens = {
  jwt: Array.from({ length: most }, (_, index) => jwtFor(index)),
  opaque: Array.from({ length: most }, (_, index) => opaqueFor(index)),
}

const sessions = await startNode(1, 'session-backend.mjs')
const stateless = await startNode(1, 'backend.mjs')
const jwt = `[auth]\ntype = "jwt"\nissuer = "${issuer}"\naudience = "bench"\njwks_uri = "${issuer}/jwks"\n`
const introspection = `[auth]\ntype = "oauth"\ntoken_validation = "introspection"\nissuer = "${issuer}"\naudience = "bench"\nintrospection_endpoint = "${issuer}/introspect"\nclient_id = "bench"\nclient_secret = "a-secret-of-the-bench-0123456789"\ncache_ttl = 300\n`
const at = ({ url }, more = '') => `transport = "http"\nurl = "${url}/mcp"\n${more}`

/** @param {any} name of the kind */
const otherName = (name) => `${name} (other build)`

const kinds = new Map(
  [
    ['JWT, session-era backend', () => at(sessions), jwt, tokens.jwt, sessions],
    [
      'the same, session = "shared"',
      () => at(sessions, 'session = "shared"'),
      jwt,
      tokens.jwt,
      sessions,
    ],
    [
      'JWT, stateless backend',
      () => at(stateless, 'protocol = "modern"'),
      jwt,
      tokens.jwt,
      stateless,
    ],
    [
      'introspection, warm, stateless backend',
      () => at(stateless, 'protocol = "modern"'),
      introspection,
      tokens.opaque,
      stateless,
    ],
  ]
    .filter(([name]) => name.includes(only))
    .flatMap(([name, ...rest]) => [
      [name, rest],
      ...(other === undefined ? [] : [[otherName(name), [...rest, other]]]),
    ]),
)

const load = fork(path.join(here, 'callers-load.mjs'), {
  execPath: 'taskset',
  execArgv: ['-c', '1', process.execPath],
})
process.on('exit', () => load.kill('SIGKILL'))
/** Either every token once, or for some time. */
const drive = async (url, own, limit) => {
  load.send({ url, tokens: own, connections, ...limit })
  const [done] = await once(load, 'message')
  if (done.wrong > 0) throw new Error(`${done.wrong} wrong answers, such as ${done.example}`)
  return done
}
const counted = async ({ url }) => Number(await (await fetch(`${url}/count`)).text())

for (const count of callers) {
  const rows = []
  const targets = []
  for (const [name, [backend, auth, all, server, program]] of kinds) {
    const file = `${name.replace(/\W+/g, '-')}-${count}`
    const proxy = await startProxy(file, backend(), auth, program)
    const own = all.slice(0, count)
    const idle = memoryKiB(proxy.pid)
    await drive(proxy.url, own, { once: true })
    await drive(proxy.url, own, { ms: 1000 })
    targets.push({
      name,
      proxy,
      own,
      server,
      idle,
      cpu: [],
      rate: [],
      calls: 0,
      backend: 0,
      asked: 0,
    })
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets.toSorted(() => Math.random() - 0.5)) {
      const { proxy, own, server } = target
      const [before, asked, ticks] = [await counted(server), introspected, treeCpuTicks(proxy.pid)]
      const { calls, ms } = await drive(proxy.url, own, { ms: seconds * 1000 })
      target.cpu.push(((treeCpuTicks(proxy.pid) - ticks) * 10_000) / calls)
      target.rate.push((calls * 1000) / ms)
      target.calls += calls
      target.backend += (await counted(server)) - before
      target.asked += introspected - asked
    }
  }
  for (const { name, proxy, idle, cpu, rate, calls, backend, asked } of targets) {
    rows.push([
      name,
      Math.round(Math.max(...rate)),
      Math.min(...cpu).toFixed(0),
      (memoryKiB(proxy.pid) / 1024).toFixed(0),
      ((memoryKiB(proxy.pid) - idle) / 1024).toFixed(0),
      (backend / calls).toFixed(2),
      asked,
    ])
    process.kill(proxy.pid, 'SIGTERM')
    await until(async () => !existsSync(`/proc/${proxy.pid}/exe`), 'the end of a proxy')
  }
  process.stdout.write(`\n${count} callers (best of ${rounds} rounds of ${seconds} s)\n`)
  table(
    [
      'kind',
      'calls/s',
      'CPU us/call',
      'MiB',
      'MiB over idle',
      'backend requests/call',
      'introspections',
    ],
    rows,
  )
}
process.exit(0)
