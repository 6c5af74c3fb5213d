// Operation of the original gateway, flaw by flaw (D17 to D23 of the comparison), with the built program: what was seen there,
// and that it is not so here. The others are in test/matrix/flaws.test.ts.
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  repository,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'
import { startHttpServer, stdioServer, type NetworkServer } from '../support/mcp-servers.ts'
import { processRuns } from '../support/process-group.ts'
import { modernMeta, modernVersion, sendTo, type Received } from '../support/proxy.ts'

const token = 'token-of-a-caller-0001'
const canary = 'canary-of-a-variable-91c2'

let folder: TempFolder
const open: { close(): Promise<unknown> }[] = []
beforeEach(async () => {
  folder = await makeTempFolder()
})
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
  await folder.remove()
})

const head = `[proxy]
name = "desk"
[proxy.listen]
port = 0
[observability]
json_logs = true
`

const auth = `[auth]
type = "bearer"
tokens = ["\${TOKEN}"]
`

const child = stdioServer('dual')
const near = (more = '') => `[[backends]]
name = "near"
transport = "stdio"
command = ${JSON.stringify(child.command)}
args = ${JSON.stringify(child.args)}
${more}`

const far = (name: string, url: string, more = '') => `[[backends]]
name = "${name}"
transport = "http"
url = "${url}"
${more}`

const started = async (text: string, env: Record<string, string> = {}): Promise<RunningProxy> => {
  const file = await folder.write('proxy.toml', text)
  const proxy = await startProxy(file, { env: { TOKEN: token, ...env } })
  open.push({ close: () => proxy.stop() })
  return proxy
}

const server = async (port = 0): Promise<NetworkServer> => {
  const one = await startHttpServer('modern', { port })
  open.push(one)
  return one
}

const reloaded = async (proxy: RunningProxy, text: string): Promise<void> => {
  const count = () => proxy.log().split('configuration reloaded').length
  const before = count()
  await folder.write('proxy.toml', text)
  process.kill(proxy.pid, 'SIGHUP')
  await eventually('it is reloaded', () => count() > before || undefined)
}

const ask = (
  proxy: RunningProxy,
  method: string,
  params: { readonly name?: string; readonly arguments?: object } = {},
  by?: string,
): Promise<Received> =>
  sendTo(new URL(proxy.url).origin, {
    ...(by === undefined ? {} : { token: by }),
    body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: modernMeta() } },
    headers: {
      'mcp-protocol-version': modernVersion,
      'mcp-method': method,
      ...(params.name === undefined ? {} : { 'mcp-name': params.name }),
    },
  })

const echo = (proxy: RunningProxy, backend: string) =>
  ask(proxy, 'tools/call', { name: `${backend}__echo`, arguments: { text: 'hello' } })

const answers = (proxy: RunningProxy, backend: string) =>
  eventually(
    `${backend} answers`,
    async () => (await echo(proxy, backend)).text.includes('hello') || undefined,
  )

const childrenOf = async (pid: number): Promise<readonly number[]> => {
  const threads = await readdir(`/proc/${pid}/task`)
  const lists = await Promise.all(
    threads.map((id) => readFile(`/proc/${pid}/task/${id}/children`, 'utf8').catch(() => '')),
  )
  return lists.join(' ').split(/\s+/).filter(Boolean).map(Number)
}

const get = (proxy: RunningProxy, at: string, by?: string) =>
  sendTo(new URL(proxy.url).origin, {
    method: 'GET',
    path: at,
    ...(by === undefined ? {} : { token: by }),
  })

test('D17 there the log never shows audit and access lines; here it does, without a filter', async () => {
  const { url } = await server()
  const proxy = await started(`${head}[observability.access_log]\nenabled = true\n${far('a', url)}`)
  await answers(proxy, 'a')
  const lines = () =>
    proxy
      .log()
      .split('\n')
      .filter((line) => line.includes('a__echo'))
  const kinds = () => lines().map((line) => (JSON.parse(line) as { event?: string }).event)
  await expect.poll(kinds).toEqual(expect.arrayContaining(['access', 'audit']))
})

test('D18 there a reload forgets filters and keeps removed tokens; here both count from the next request on', async () => {
  const { url } = await server()
  const text = `${head}${auth}${far('a', url)}`
  const proxy = await started(text, { OTHER: 'another-token-00002' })
  await reloaded(proxy, `${text}${far('b', url, 'hide_tools = ["echo"]\n')}`)
  const listed = await eventually('both list', async () => {
    const answer = await ask(proxy, 'tools/list', {}, token)
    return answer.text.includes('b__') ? answer.text : undefined
  })
  expect(listed).toContain('a__echo')
  expect(listed).not.toContain('b__echo')
  const hidden = { name: 'b__echo', arguments: { text: 'hello' } }
  expect((await ask(proxy, 'tools/call', hidden, token)).text).not.toContain('hello"')
  await reloaded(proxy, text.replace('${TOKEN}', '${OTHER}'))
  expect((await ask(proxy, 'tools/list', {}, token)).status).toBe(401)
})

test('D19 there a reload restarts what uses a variable, and trades a working backend for one that is gone; here neither', async () => {
  const { url } = await server()
  const withVariable = near('[backends.env]\nSEEN = "${SEEN}"\n')
  const proxy = await started(`${head}${withVariable}`, { SEEN: canary })
  await answers(proxy, 'near')
  const before = await childrenOf(proxy.pid)
  await reloaded(proxy, `${head}${withVariable}${far('a', url)}`)
  await answers(proxy, 'a')
  expect(await childrenOf(proxy.pid)).toEqual(before)
  // A replacement by the admin API has to come up first; by the file a broken one changes nothing.
  await folder.write('proxy.toml', `${head}${withVariable}${far('a', 'no address')}`)
  process.kill(proxy.pid, 'SIGHUP')
  await eventually(
    'it is refused',
    () => proxy.log().includes('configuration not reloaded') || undefined,
  )
  await answers(proxy, 'a')
})

test('D20 there an unset variable is a valid token and dumps show secrets; here it stops the start, and no dump has one', async () => {
  const file = await folder.write(
    'proxy.toml',
    `${head}${auth}${far('a', 'http://127.0.0.1:9/mcp')}`,
  )
  const unset = await runCommandLine(['serve', '--config', file])
  expect(unset.exitCode).not.toBe(0)
  expect(unset.stdout + unset.stderr).toContain('TOKEN')
  const shown = await runCommandLine(['config', 'show', '--config', file], {
    env: { TOKEN: canary },
  })
  expect(shown.exitCode).toBe(0)
  expect(shown.stdout + shown.stderr).not.toContain(canary)
})

test('D21 there an open event stream keeps the process for ever; here it ends while one is open', async () => {
  const { url } = await server()
  const proxy = await started(`${head}${far('a', url)}`)
  await answers(proxy, 'a')
  const { origin } = new URL(proxy.url)
  const initialize = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'waits', version: '1' },
    },
  }
  const { headers } = await sendTo(origin, { body: initialize })
  const sessionHeaders = {
    'mcp-session-id': headers['mcp-session-id'],
    'mcp-protocol-version': '2025-11-25',
    accept: 'text/event-stream',
  }
  const stream = new Promise<void>((resolve, reject) => {
    sendTo(origin, { method: 'GET', headers: sessionHeaders, onHead: () => resolve() }).catch(
      reject,
    )
  })
  await stream
  open.pop()
  expect(await proxy.stop()).toBe(0)
  expect(processRuns(proxy.pid)).toBe(false)
})

test('D22 there health checks need a token that the image does not send; here they need none, and everything else does', async () => {
  const { url } = await server()
  const proxy = await started(
    `${head}${auth}[security]\nadmin_token = "\${ADMIN}"\n${far('a', url, 'required = true\n')}`,
    { ADMIN: 'token-of-an-admin-0001' },
  )
  await eventually(
    'it is ready',
    async () => (await get(proxy, '/ready')).status === 200 || undefined,
  )
  expect((await get(proxy, '/health')).status).toBe(200)
  expect((await get(proxy, '/admin/health')).status).toBe(401)
  expect((await get(proxy, '/admin/health', token)).status).toBe(401)
  const probe = spawnSync(process.execPath, [path.join(repository, 'deploy', 'health.mjs')], {
    env: {
      PATH: process.env['PATH'],
      MCP_PROXY_HEALTH_URL: `${new URL(proxy.url).origin}/health`,
    },
    encoding: 'utf8',
  })
  expect([probe.status, probe.stderr]).toEqual([0, ''])
})

test('D23 there a backend that is away at the start stays away or stops the start, and a dead program stays dead; here all come back', async () => {
  const port = await freePort()
  const proxy = await started(
    `${head}${far('late', `http://127.0.0.1:${port}/mcp`)}${near()}[[backends]]
name = "missing"
transport = "stdio"
command = "/no/such/program"
[[backends]]
name = "refused"
transport = "websocket"
url = "ws://127.0.0.1:9/mcp"
`,
  )
  await answers(proxy, 'near')
  // A program that dies is started again.
  const [program] = await childrenOf(proxy.pid)
  process.kill(program!, 'SIGKILL')
  await answers(proxy, 'near')
  expect(await childrenOf(proxy.pid)).not.toContain(program)
  // A server that comes late is found.
  await server(port)
  await eventually(
    'the late one answers',
    async () => (await echo(proxy, 'late')).text.includes('hello') || undefined,
    40_000,
  )
}, 60_000)
