// Beside other MCP proxies, interleaved in one run: the naive SDK proxy over HTTP, npm's mcp-proxy in front of a child.
// Session-era traffic, 16 sessions, a new id for each call.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import {
  fileOf,
  freePort,
  here,
  interleave,
  needWrk,
  rounds,
  seconds,
  start,
  startNode,
  startProxy,
  table,
  until,
} from './lab.mjs'

const connections = (process.env['CONNECTIONS'] ?? '8,32').split(',').map(Number)
const sessionCount = 16
const version = '2025-06-18'
needWrk()

const peers = path.join(here, 'peers')
const peer = path.join(peers, 'node_modules', 'mcp-proxy', 'dist', 'bin', 'mcp-proxy.mjs')
if (!existsSync(peer)) {
  process.stderr.write('Installing the other proxies\n')
  const flags = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund']
  spawnSync('npm', ['install', ...flags], { cwd: peers, stdio: ['ignore', 'ignore', 'inherit'] })
}

const base = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': version,
}

const post = (url, message, id) =>
  fetch(`${url}/mcp`, {
    method: 'POST',
    headers: id === undefined ? base : { ...base, 'mcp-session-id': id },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  })

const openSession = async (url) => {
  const clientInfo = { name: 'bench', version: '1.0.0' }
  const params = { protocolVersion: version, capabilities: {}, clientInfo }
  const answer = await post(url, { id: 0, method: 'initialize', params })
  await answer.text()
  const id = answer.headers.get('mcp-session-id')
  if (id === null) throw new Error(`no session at ${url}: ${answer.status}`)
  await (await post(url, { method: 'notifications/initialized' }, id)).text()
  return id
}

const text = 'x'.repeat(32)

const stateless = {
  ...base,
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'echo',
}
const statelessMeta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

const statelessScript = (name) => {
  const headers = Object.entries(stateless).map(([key, value]) => `["${key}"] = "${value}"`)
  const params = JSON.stringify({ name: 'echo', arguments: { text }, _meta: statelessMeta })
  return fileOf(
    `${name.replaceAll(/\W+/g, '-')}.lua`,
    `local headers = { ${headers.join(', ')} }
local count = 0
request = function()
  count = count + 1
  return wrk.format("POST", nil, headers, '{"jsonrpc":"2.0","id":' .. count ..
    ',"method":"tools/call","params":${params}}')
end
`,
  )
}

/** Takes the sessions in turn, and never the same id twice. */
const script = async (name, url) => {
  const ids = []
  for (let index = 0; index < sessionCount; index++) ids.push(await openSession(url))
  const params = { name: 'echo', arguments: { text } }
  const answer = await post(url, { id: 'first', method: 'tools/call', params }, ids[0])
  const said = await answer.text()
  if (!said.includes('x'.repeat(64))) throw new Error(`${name}: ${answer.status} ${said}`)
  const headers = Object.entries(base).map(([key, value]) => `["${key}"] = "${value}"`)
  return fileOf(
    `${name.replaceAll(/\W+/g, '-')}.lua`,
    `local sessions = { ${ids.map((id) => `"${id}"`).join(', ')} }
local headers = { ${headers.join(', ')} }
local count = 0
request = function()
  count = count + 1
  headers["mcp-session-id"] = sessions[count % ${sessionCount} + 1]
  return wrk.format("POST", nil, headers, '{"jsonrpc":"2.0","id":' .. count ..
    ',"method":"tools/call","params":{"name":"echo","arguments":{"text":"${text}"}}}')
end
`,
  )
}

const startPeer = async () => {
  const port = await freePort()
  const child = start(0, process.execPath, [
    peer,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--server',
    'stream',
    '--',
    process.execPath,
    path.join(here, 'stdio-backend.mjs'),
  ])
  const url = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${url}/ping`)).ok, 'mcp-proxy from npm')
  return { pid: child.pid, url }
}

const measure = async (title, targets, beside) => {
  for (const [name, target] of targets) {
    target.script = target.stateless ? statelessScript(name) : await script(name, target.url)
  }
  for (const count of connections) {
    const { best, least, errors } = interleave(targets, count)
    process.stdout.write(`\n${title}, ${count} connections (best of ${rounds} x ${seconds} s)\n`)
    table(
      ['target', 'req/s', `x ${beside}`, 'CPU us/call', 'p50 us', 'p99 us', 'errors'],
      [...targets.keys()].map((name) => [
        name,
        Math.round(best(name)),
        (best(name) / best(beside)).toFixed(1),
        least(name, 'cpu').toFixed(0),
        Math.round(least(name, 'p50')),
        Math.round(least(name, 'p99')),
        errors(name),
      ]),
    )
  }
}

const backend = await startNode(1, 'backend.mjs')
const http = (protocol) =>
  `transport = "http"\nprotocol = "${protocol}"\nurl = "${backend.url}/mcp"\n`
await measure(
  'HTTP to HTTP',
  new Map([
    ['naive SDK proxy', await startNode(0, 'naive.mjs', [backend.url])],
    ['mcp-proxy, session to session', await startProxy('legacy', http('legacy'))],
    ['mcp-proxy, session to stateless', await startProxy('bridged', http('modern'))],
    [
      'mcp-proxy, stateless',
      { ...(await startProxy('stateless', http('modern'))), stateless: true },
    ],
  ]),
  'naive SDK proxy',
)

const child = JSON.stringify([path.join(here, 'stdio-backend.mjs')])
const stdio = `transport = "stdio"\nprotocol = "legacy"\ncommand = "${process.execPath}"\nargs = ${child}\n`
await measure(
  'HTTP to stdio',
  new Map([
    ['npm mcp-proxy', await startPeer()],
    ['mcp-proxy', await startProxy('stdio', stdio)],
  ]),
  'npm mcp-proxy',
)
process.exit(0)
