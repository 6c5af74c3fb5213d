// The configuration of `serve` changes again and again while 64 callers of both eras call: no call is lost, nothing is left.
// MCP_PROXY_RELOADS=200 makes as many changes; the usual run makes six, two for each way in which a file changes.
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, stdioServer, type HttpServer } from '../support/mcp-servers.ts'
import { processRuns } from '../support/process-group.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'

const reloads = Number(process.env['MCP_PROXY_RELOADS'] ?? 6)
const callersOfEachEra = 32
const isLong = reloads > 50
/** What the long run may leave behind, in MiB of resident memory, after a garbage collector that hurries nowhere. */
const mostGrowth = 96

let folder: TempFolder
let server: HttpServer
let proxy: RunningProxy
beforeAll(async () => {
  folder = await makeTempFolder()
  server = await startHttpServer('modern')
})
afterAll(async () => {
  await proxy?.stop()
  await server.close()
  await folder.remove()
})

const child = stdioServer('dual')

/** The http backend stays as it is; the program is another section, so another process, each time. */
const written = (round: number) => `[proxy]
name = "load"
instructions = "round ${round}"
hot_reload = true
[proxy.listen]
port = 0
[observability]
json_logs = true
audit = false
[[backends]]
name = "steady"
transport = "http"
url = "${server.url}"
[[backends]]
name = "changing"
transport = "stdio"
command = ${JSON.stringify(child.command)}
args = ${JSON.stringify(child.args)}
[backends.env]
ROUND = "${round}"
`

const at = (...names: readonly string[]) => join(folder.path, ...names)

/** A version of a ConfigMap: a folder, and the link to it, swapped. */
const swap = async (round: number): Promise<void> => {
  await mkdir(at(`..${round}`))
  await writeFile(at(`..${round}`, 'proxy.toml'), written(round), { mode: 0o600 })
  await symlink(`..${round}`, at('..next'))
  await rename(at('..next'), at('..data'))
}

const ways = [
  // Behind the link there is a file that is overwritten, too.
  async (round: number) => writeFile(at('..data', 'proxy.toml'), written(round)),
  async (round: number) => {
    await writeFile(at('..data', 'next'), written(round), { mode: 0o600 })
    await rename(at('..data', 'next'), at('..data', 'proxy.toml'))
  },
  swap,
] as const

const childrenOf = async (pid: number): Promise<readonly number[]> => {
  const threads = await readdir(`/proc/${pid}/task`)
  const lists = await Promise.all(
    threads.map((id) => readFile(`/proc/${pid}/task/${id}/children`, 'utf8').catch(() => '')),
  )
  return lists.join(' ').split(/\s+/).filter(Boolean).map(Number)
}

const handlesOf = async (pid: number): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length

const residentOf = async (pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const metric = async (name: string): Promise<number> => {
  const { origin } = new URL(proxy.url)
  const { text } = await sendTo(origin, { path: '/admin/metrics', method: 'GET' })
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const applied = () => metric('mcp_proxy_config_reloads_total{outcome="applied"}')

const call = (name: string, more: object = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: { text: 'hello' }, ...more },
})

interface Tally {
  done: number
  readonly lost: string[]
}

/** What is not the answer of the tool is lost. */
const note = (tally: Tally, answer: { readonly status: number; readonly text: string }): void => {
  tally.done += 1
  const isAnswer = answer.status === 200 && answer.text.includes('hello')
  if (!isAnswer) tally.lost.push(`${answer.status} ${answer.text.slice(0, 300)}`)
}

const modernCaller = async (tool: string, tally: Tally, ended: AbortSignal): Promise<void> => {
  const { origin } = new URL(proxy.url)
  while (!ended.aborted) {
    const headers = {
      'mcp-protocol-version': modernVersion,
      'mcp-method': 'tools/call',
      'mcp-name': tool,
    }
    note(tally, await sendTo(origin, { body: call(tool, { _meta: modernMeta() }), headers }))
  }
}

const sessionCaller = async (tool: string, tally: Tally, ended: AbortSignal): Promise<void> => {
  const { origin } = new URL(proxy.url)
  const opened = await sendTo(origin, {
    body: {
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'load', version: '1' },
      },
    },
  })
  const headers = {
    'mcp-session-id': opened.headers['mcp-session-id'],
    'mcp-protocol-version': '2025-11-25',
  }
  while (!ended.aborted) note(tally, await sendTo(origin, { body: call(tool), headers }))
}

test(
  `${reloads} reloads under ${2 * callersOfEachEra} callers lose no call, and leave no process, handle or memory behind`,
  async () => {
    await swap(0)
    await symlink(join('..data', 'proxy.toml'), at('proxy.toml'))
    proxy = await startProxy(at('proxy.toml'))
    const { pid } = proxy
    const tally: Tally = { done: 0, lost: [] }
    const ended = new AbortController()
    const tools = ['steady__echo', 'changing__echo']
    const callers = Array.from({ length: callersOfEachEra }, (_, index) => {
      const tool = tools[index % 2]!
      return [modernCaller(tool, tally, ended.signal), sessionCaller(tool, tally, ended.signal)]
    }).flat()
    const seen = new Set<number>()
    const remember = async () => {
      for (const one of await childrenOf(pid)) seen.add(one)
    }
    const doing = Promise.all(callers)
    await eventually('calls are answered', () => tally.done > callers.length)
    let early = { handles: 0, resident: 0 }
    for (let round = 1; round <= reloads; round += 1) {
      await remember()
      await ways[round % ways.length]!(round)
      await expect.poll(applied, { timeout: 20_000, interval: 50 }).toBe(round)
      if (round === Math.ceil(reloads / 5)) {
        early = { handles: await handlesOf(pid), resident: await residentOf(pid) }
      }
    }
    await remember()
    const late = { handles: await handlesOf(pid), resident: await residentOf(pid) }
    ended.abort()
    await doing
    expect(tally.lost).toEqual([])
    expect(tally.done).toBeGreaterThan(callers.length * 2)
    // Each change was seen once: none twice, and none that was read half.
    expect(await metric('mcp_proxy_config_reloads_total{outcome="unchanged"}')).toBe(0)
    expect(await metric('mcp_proxy_config_reloads_total{outcome="refused"}')).toBe(0)
    const isOld = (one: number) => processRuns(one)
    await expect
      .poll(
        async () => {
          const now = new Set(await childrenOf(pid))
          return [...seen].filter((one) => !now.has(one) && isOld(one))
        },
        { timeout: 20_000 },
      )
      .toEqual([])
    // As many as one configuration has: one program for all, and one for each session at it.
    await expect
      .poll(async () => (await childrenOf(pid)).length, { timeout: 40_000, interval: 200 })
      .toBeLessThanOrEqual(1 + callersOfEachEra / 2 + 1)
    expect(seen.size).toBeGreaterThan(reloads / 2)
    expect(late.handles).toBeLessThanOrEqual(early.handles + 3 * callers.length)
    if (isLong) {
      process.stdout.write(
        `${JSON.stringify({ reloads, calls: tally.done, early, late, children: seen.size })}\n`,
      )
    }
    expect(late.resident - early.resident).toBeLessThan(isLong ? mostGrowth : Infinity)
    await rm(at('..data'))
  },
  isLong ? 1_800_000 : 120_000,
)
