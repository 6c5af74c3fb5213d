// A client on stdio, a server over HTTP: `serve --stdio` beside mcp-remote and a bare bridge, interleaved in one run.
// Session-era tool calls, a new id for each, with 1 and with 32 of them outstanding.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import {
  bin,
  fileOf,
  here,
  rounds,
  seconds,
  spawnPiped,
  startNode,
  table,
  treeCpuTicks,
} from './lab.mjs'

const outstanding = (process.env['OUTSTANDING'] ?? '1,32').split(',').map(Number)
const peers = path.join(here, 'peers')
const remote = path.join(peers, 'node_modules', 'mcp-remote', 'dist', 'proxy.js')
if (!existsSync(remote)) {
  process.stderr.write('Installing the other proxies\n')
  const flags = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund']
  spawnSync('npm', ['install', ...flags], { cwd: peers, stdio: ['ignore', 'ignore', 'inherit'] })
}

const text = 'x'.repeat(32)
const version = '2025-06-18'

/** A bridge as a child, and calls over its pipes. */
const open = async (args) => {
  const child = spawnPiped(0, process.execPath, args)
  const waiting = new Map()
  let count = 0
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id } = JSON.parse(line)
    waiting.get(id)?.()
    waiting.delete(id)
  })
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const ask = (method, params) => {
    count += 1
    send({ id: count, method, params })
    const id = count
    return new Promise((resolve) => waiting.set(id, resolve))
  }
  const clientInfo = { name: 'bench', version: '1.0.0' }
  await ask('initialize', { protocolVersion: version, capabilities: {}, clientInfo })
  send({ method: 'notifications/initialized' })
  return { pid: child.pid, call: () => ask('tools/call', { name: 'echo', arguments: { text } }) }
}

const slice = async ({ pid, call }, width) => {
  const ends = Date.now() + seconds * 1000
  const before = treeCpuTicks(pid)
  let done = 0
  const lane = async () => {
    while (Date.now() < ends) {
      await call()
      done += 1
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  return { perSecond: done / seconds, cpu: ((treeCpuTicks(pid) - before) / 100 / done) * 1e6 }
}

const kinds = { 'session-era server': 'session-backend.mjs', 'stateless server': 'backend.mjs' }
for (const [kind, file] of Object.entries(kinds)) {
  const backend = await startNode(1, file)
  const url = `${backend.url}/mcp`
  const config = fileOf(
    `${file}.toml`,
    `[proxy]
name = "bench"
[[backends]]
name = "bench"
prefix = ""
transport = "http"
url = "${url}"
[observability]
log_level = "error"
audit = false
`,
  )
  const targets = new Map([
    ['mcp-remote', await open([remote, url, '--allow-http', '--transport', 'http-only'])],
    ['bare bridge', await open([path.join(here, 'raw-bridge.mjs'), url])],
    ['mcp-proxy', await open([bin, 'serve', '--stdio', '--config', config])],
  ])
  for (const width of outstanding) {
    const seen = new Map([...targets.keys()].map((name) => [name, []]))
    for (const target of targets.values()) await slice(target, width)
    for (let round = 0; round < rounds; round++) {
      const order = [...targets].sort(() => Math.random() - 0.5)
      for (const [name, target] of order) seen.get(name).push(await slice(target, width))
    }
    const best = (name) => Math.max(...seen.get(name).map(({ perSecond }) => perSecond))
    const cpu = (name) => Math.min(...seen.get(name).map((one) => one.cpu))
    process.stdout.write(
      `\nstdio to a ${kind}, ${width} outstanding (best of ${rounds} x ${seconds} s)\n`,
    )
    table(
      ['target', 'calls/s', 'x mcp-remote', 'CPU us/call'],
      [...targets.keys()].map((name) => [
        name,
        Math.round(best(name)),
        (best(name) / best('mcp-remote')).toFixed(1),
        cpu(name).toFixed(0),
      ]),
    )
  }
}
process.exit(0)
