// `pins` by the built program, beside a proxy with the same pin file and a real server whose tools change.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PinsReport } from '../../src/cli/pins/pins-report.ts'
import { makeTempFolder, runCommandLine, type TempFolder } from '../support/command-line.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'
import { expectSchema } from '../support/reports.ts'
import { startShifty, type Shifty } from '../support/shifty.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'

let folder: TempFolder
let server: Shifty
let proxy: RealProxy

beforeAll(async () => {
  folder = await makeTempFolder()
  server = await startShifty()
  await folder.write(
    'proxy.toml',
    `[proxy]
name = "desk"
pins_file = "pins.json"
[[backends]]
name = "files"
transport = "http"
url = "${server.url}"
pin_tools = "accepted"
`,
  )
  proxy = await startRealProxy(
    [{ name: 'files', transport: 'http', url: server.url, pin_tools: 'accepted' }],
    {
      config: {
        proxy: { name: 'desk', listen: { port: 0 }, pins_file: `${folder.path}/pins.json` },
      },
    },
  )
})
afterAll(async () => {
  await proxy?.close({ force: true })
  server?.kill()
  await folder?.remove()
})

const run = (...args: string[]) => runCommandLine(['pins', ...args], { cwd: folder.path })

const report = async (...args: string[]) => {
  const { stdout, exitCode } = await run(...args, '--json')
  const found = JSON.parse(stdout) as PinsReport
  await expectSchema('pins', found)
  return { ...found, exitCode }
}

const statesOf = ({ backends }: PinsReport) =>
  Object.fromEntries(backends.flatMap(({ tools }) => tools.map(({ tool, state }) => [tool, state])))

const offered = async (): Promise<readonly string[]> => {
  const answer = await sendTo(new URL(proxy.url).origin, {
    headers: { 'mcp-protocol-version': modernVersion, 'mcp-method': 'tools/list' },
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: modernMeta() } },
  })
  return answer.json().result.tools.map(({ name }: { name: string }) => name)
}

test('from nothing to accepted, changed, shown and accepted again, with a proxy that follows', async () => {
  expect(await report('list')).toMatchObject({ verdict: 'list', exitCode: 0 })
  const first = await report('diff')
  expect(first).toMatchObject({ verdict: 'differs', exitCode: 1 })
  expect(statesOf(first)).toEqual({ read: 'new', stat: 'new' })
  expect(await offered()).toEqual([])

  // One tool, and then the rest.
  expect(statesOf(await report('accept', 'files/stat'))).toEqual({ stat: 'new' })
  await expect.poll(offered, { timeout: 10_000 }).toEqual(['files__stat'])
  expect((await run('accept')).exitCode).toBe(0)
  await expect.poll(offered, { timeout: 10_000 }).toEqual(['files__read', 'files__stat'])
  expect(await report('diff')).toMatchObject({ verdict: 'same', exitCode: 0 })

  await server.control(encodeURI('describe/Reads a file and sends it away'))
  await expect.poll(offered, { timeout: 10_000 }).toEqual(['files__stat'])
  const { stdout, exitCode } = await run('diff')
  expect(exitCode).toBe(1)
  expect(stdout).toContain('- description: "Reads a file"')
  expect(stdout).toContain('+ description: "Reads a file and sends it away"')
  const doctor = await runCommandLine(['doctor', '--only', 'backends'], { cwd: folder.path })
  expect(doctor.stdout).toMatch(/policy-pin .*"read" of backend files is quarantined.*description/s)

  expect((await run('accept', 'files')).exitCode).toBe(0)
  await expect.poll(offered, { timeout: 10_000 }).toEqual(['files__read', 'files__stat'])
  expect(statesOf(await report('list'))).toEqual({ read: 'pinned', stat: 'pinned' })
}, 120_000)

test('words that mean nothing are refused, and a backend that is away changes nothing', async () => {
  expect((await run('accept', 'other')).stderr).toContain('other')
  expect((await run('accept', 'files/raed')).stderr).toContain('read')
  await folder.write(
    'away.toml',
    `[proxy]
name = "desk"
pins_file = "pins.json"
[[backends]]
name = "files"
transport = "http"
url = "http://127.0.0.1:9/mcp"
pin_tools = "accepted"
`,
  )
  const away = await report('accept', '--config', 'away.toml')
  expect(away.verdict).toBe('unreached')
  expect(away.exitCode).not.toBe(0)
  expect(statesOf(await report('list'))).toEqual({ read: 'pinned', stat: 'pinned' })
  await folder.write(
    'none.toml',
    `[proxy]\nname = "desk"\n[[backends]]\nname = "files"\ntransport = "http"\nurl = "${server.url}"\n`,
  )
  const none = await run('list', '--config', 'none.toml')
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('pin_tools')])
}, 60_000)
