// 3. What is left of child processes when sessions are dropped and when anybody in the chain is killed with -9.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { stringify } from 'smol-toml'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  binary,
  commandEnvironment,
  eventually,
  makeTempFolder,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { stdioServer } from '../support/mcp-servers.ts'
import { groupRuns } from '../support/process-group.ts'
import { sendTo } from '../support/proxy.ts'

const tokens = [0, 1, 2].map((n) => `token-of-caller-${n}-0123456789`)

let folder: TempFolder
let config: string
const proxies: RunningProxy[] = []

beforeEach(async () => {
  folder = await makeTempFolder()
  config = await folder.write(
    'proxy.toml',
    stringify({
      proxy: { name: 'faults', listen: { port: 0 }, shutdown_timeout_seconds: 2 },
      auth: { type: 'bearer', tokens },
      backends: [{ name: 'one', transport: 'stdio', ...stdioServer('legacy') }],
    }),
  )
})

afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.stop()
  await folder.remove()
})

const start = async (): Promise<RunningProxy> => {
  const proxy = await startProxy(config)
  proxies.push(proxy)
  return proxy
}

let lastId = 0

/** Opens a session and calls a tool in it; nobody ends it. */
const inSession = async (url: string, token: string, tool: string): Promise<string> => {
  const { origin } = new URL(url)
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: { elicitation: {} },
    clientInfo: { name: 'dropped', version: '1' },
  }
  const say = (method: string, more: object, headers = {}) =>
    sendTo(origin, {
      token,
      headers,
      body: { jsonrpc: '2.0', id: ++lastId, method, params: more },
    })
  const opened = await say('initialize', params)
  const answer = await say(
    'tools/call',
    { name: `one__${tool}`, arguments: {} },
    { 'mcp-session-id': opened.headers['mcp-session-id'] as string },
  )
  const messages = answer.text.startsWith('{') ? [answer.json()] : answer.events()
  const result = messages.find((message) => message.result !== undefined)?.result
  if (result === undefined) throw new Error(answer.text)
  return result.content[0].text as string
}

const pidOf = async (url: string, token: string): Promise<number> =>
  (JSON.parse(await inSession(url, token, 'process')) as { pid: number }).pid

const gone = (what: string, ...groups: readonly number[]) =>
  eventually(`${what}: nothing is left`, () => !groups.some(groupRuns) || undefined)

const kill = (pid: number) => process.kill(pid, 'SIGKILL')

test('200 sessions that are opened and dropped take one process for each caller, and the end takes them all', async () => {
  const proxy = await start()
  const pids = new Set<number>()
  for (let round = 0; round < 10; round += 1) {
    const opened = Array.from({ length: 20 }, (_, n) =>
      pidOf(proxy.url, tokens[n % tokens.length]!),
    )
    for (const pid of await Promise.all(opened)) pids.add(pid)
  }
  expect(pids.size).toBe(tokens.length)
  const offspring = await Promise.all(
    tokens.map((token) => inSession(proxy.url, token, 'offspring')),
  )
  expect(offspring.map(Number).every((pid) => process.kill(pid, 0))).toBe(true)
  expect(await proxy.stop()).toBe(0)
  await gone('the proxy has ended', ...pids)
})

test('kill -9 of a child takes what it had started, and its caller gets a new one', async () => {
  const proxy = await start()
  const [token = ''] = tokens
  const first = await pidOf(proxy.url, token)
  await inSession(proxy.url, token, 'offspring')
  kill(first)
  await gone('the child is killed', first)
  const second = await eventually('there is a new one', () => pidOf(proxy.url, token))
  expect(second).not.toBe(first)
  await proxy.stop()
  await gone('the proxy has ended', second)
})

test('kill -9 of a client leaves the proxy and the others as they are, and nothing after its end', async () => {
  const proxy = await start()
  const [token = '', other = ''] = tokens
  const pids = await Promise.all([pidOf(proxy.url, token), pidOf(proxy.url, other)])
  const call = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name: 'one__slow',
      arguments: { tag: 'lost' },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
      },
    },
  })
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'one__slow',
  }
  const program = `fetch(${JSON.stringify(proxy.url)}, { method: 'POST', headers: ${JSON.stringify(headers)}, body: ${JSON.stringify(call)} })`
  const client = spawn(process.execPath, ['-e', program], { stdio: 'ignore' })
  const waiting = (tool: string) => inSession(proxy.url, token, tool)
  await eventually('the call waits', async () => (await waiting('waiting')) === '["lost"]')
  const ended = once(client, 'exit')
  client.kill('SIGKILL')
  await ended
  await eventually('the call is cancelled', async () => (await waiting('aborted')) === '["lost"]')
  expect(await pidOf(proxy.url, other)).toBe(pids[1])
  await proxy.stop()
  await gone('the proxy has ended', ...pids)
})

test('kill -9 of what started the proxy leaves it serving, and its own end takes everything', async () => {
  const program = `
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ${JSON.stringify([binary, 'serve', '--config', config])}, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    console.log('pid ' + child.pid)
    child.stdout.pipe(process.stdout)
    child.stderr.pipe(process.stdout)`
  const parent = spawn(process.execPath, ['-e', program], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: commandEnvironment({}),
  })
  let said = ''
  createInterface({ input: parent.stdout }).on('line', (line) => {
    said += `${line}\n`
  })
  const proxyPid = Number(await eventually('it started', () => /^pid (\d+)$/m.exec(said)?.[1]))
  try {
    const url = await eventually(
      'it listens',
      () => /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(said)?.[0],
    )
    const [token = ''] = tokens
    const pid = await pidOf(url, token)
    const ended = once(parent, 'exit')
    parent.kill('SIGKILL')
    await ended
    expect(await pidOf(url, token)).toBe(pid)
    process.kill(proxyPid, 'SIGTERM')
    await gone('the proxy was asked to end', proxyPid, pid)
  } finally {
    if (groupRuns(proxyPid)) kill(proxyPid)
  }
})

test('kill -9 of the proxy itself takes the children along that read their input', async () => {
  const proxy = await start()
  const pids = await Promise.all(tokens.map((token) => pidOf(proxy.url, token)))
  kill(proxy.pid)
  await gone('the proxy is killed', ...pids)
  expect(pids.some(groupRuns)).toBe(false)
})
