// What callers see of a backend that is killed in the middle of a call, and what is left of its processes.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { stringify } from 'smol-toml'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { stdioServer } from '../support/mcp-servers.ts'

let folder: TempFolder
let proxy: RunningProxy
let client: Client

const textOf = (result: unknown): string =>
  (result as { content: readonly { text: string }[] }).content[0]?.text ?? ''

const call = async (name: string, args: Record<string, unknown> = {}): Promise<string> =>
  textOf(await client.callTool({ name, arguments: args }))

const pidOf = async (backend: string): Promise<number> =>
  (JSON.parse(await call(`${backend}__process`)) as { pid: number }).pid

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const gone = (what: string, pid: number) => eventually(what, () => !exists(pid) || undefined)

beforeEach(async () => {
  folder = await makeTempFolder()
  const config = stringify({
    proxy: { name: 'faults', listen: { port: 0 }, shutdown_timeout_seconds: 2 },
    backends: [
      { name: 'one', transport: 'stdio', ...stdioServer('legacy') },
      { name: 'two', transport: 'stdio', ...stdioServer('dual') },
      { name: 'never', transport: 'stdio', command: '/nowhere/at-all' },
    ],
  })
  proxy = await startProxy(await folder.write('proxy.toml', config))
  client = new Client(
    { name: 'test-client', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  await client.connect(new StreamableHTTPClientTransport(new URL(proxy.url)))
  await eventually('both backends are up', async () => {
    await Promise.all([call('one__waiting'), call('two__waiting')])
    return true
  })
})

afterEach(async () => {
  await client?.close()
  await proxy?.stop()
  await folder?.remove()
})

describe('a backend killed with -9 in the middle of a call', () => {
  test('its call has an unknown outcome, the others go on, it comes back, nothing is left', async () => {
    const first = await pidOf('one')
    const offspring = Number(await call('one__offspring'))
    const lost = call('one__slow', { tag: 'lost' }).then(
      () => 'answered',
      (error: unknown) => error,
    )
    const kept = call('two__slow', { tag: 'kept' })
    await eventually('both calls wait', async () => {
      const waits = [await call('one__waiting'), await call('two__waiting')]
      return waits.every((tags) => tags !== '[]') || undefined
    })

    process.kill(first, 'SIGKILL')

    expect(await lost).toMatchObject({ code: -32603, data: { code: 'backend-outcome-unknown' } })
    expect(await call('two__release', { tag: 'kept' })).toBe('true')
    expect(await kept).toBe('released kept')
    const second = await eventually('the backend is respawned', () => pidOf('one'))
    expect(second).not.toBe(first)
    await gone('what the killed one left behind is ended', offspring)
    await gone('the process group of the killed one is empty', -first)
  })
})

test('a backend that cannot start is unavailable in band, and readiness does not wait for it', async () => {
  const ready = await fetch(new URL('/ready', proxy.url))
  expect(ready.status).toBe(200)
  const { tools } = await client.listTools()
  const backends = new Set(tools.map((tool) => tool.name.split('__')[0]))
  expect(backends).toEqual(new Set(['one', 'two']))
})

test('the end of the proxy ends its backends, and their offspring', async () => {
  const [one, two] = [await pidOf('one'), await pidOf('two')]
  const offspring = Number(await call('two__offspring'))
  await client.close()
  expect(await proxy.stop()).toBe(0)
  await gone('the first backend has ended', one)
  await gone('the second backend has ended', two)
  await gone('its offspring has ended', offspring)
  await gone('the group of the first is empty', -one)
  await gone('the group of the second is empty', -two)
})
