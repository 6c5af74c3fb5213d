// 9. Real backends that execute a call and break off, with retries on: what is executed how often (docs/faults.md).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, describe, expect, test } from 'vitest'
import { makeTempFolder } from '../support/command-line.ts'
import { readPort } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { startRealProxy } from '../support/real-proxy.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const fixture = fileURLToPath(new URL('../support/fixtures/ledger.mjs', import.meta.url))
const token = 'token-of-a-caller-0123456789'

type Mode = 'stdio' | 'http'

const serverOf = async (mode: Mode, args: readonly string[]): Promise<object> => {
  if (mode === 'stdio') return { transport: 'stdio', command: process.execPath, args }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  closing.push(async () => {
    child.kill('SIGKILL')
    await gone
  })
  return { transport: 'http', url: `http://127.0.0.1:${await readPort(child.stdout)}/mcp` }
}

interface Situation {
  readonly mode: Mode
  readonly protocol: 'legacy' | 'modern'
  readonly breaks: number
  readonly retry?: object
  /** Callers are told apart, and have sessions of their own. */
  readonly auth?: boolean
}

const behindProxy = async ({ mode, protocol, breaks, retry = {}, auth = false }: Situation) => {
  const folder = await makeTempFolder()
  closing.push(() => folder.remove())
  const file = await folder.write('ledger', '')
  const server = await serverOf(mode, [fixture, mode, file, String(breaks)])
  const proxy = await startRealProxy(
    [{ name: 'books', protocol, ...server, retry: { initial_backoff_ms: 1, ...retry } }],
    {
      ports: { random: () => 0 },
      ...(auth ? { config: { auth: { type: 'bearer', tokens: [token] } } } : {}),
    },
  )
  closing.push(() => proxy.close({ force: true }))
  const { origin } = new URL(proxy.url)
  const client = new Client({ name: 'session', version: '1' })
  const headers = auth ? { authorization: `Bearer ${token}` } : {}
  await client.connect(
    new StreamableHTTPClientTransport(new URL(proxy.url), { requestInit: { headers } }),
  )
  closing.push(() => client.close())
  return {
    client,
    /** By a client with a session. */
    call: async (name: string) => {
      const called = await client.callTool({ name: `books__${name}` })
      return (called['content'] as { text: string }[])[0]?.text
    },
    /** By a stateless one. */
    modern: async (name: string) => {
      const params = { _meta: modernMeta(), name: `books__${name}`, arguments: {} }
      const answer = await sendTo(origin, {
        ...(auth ? { token } : {}),
        headers: {
          'mcp-protocol-version': modernVersion,
          'mcp-method': 'tools/call',
          'mcp-name': params.name,
        },
        body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params },
      })
      return answer.json() as unknown
    },
    /** Lets `report` go on. */
    heard: () => writeFile(`${file}.heard`, ''),
    ledger: async () => (await readFile(file, 'utf8')).trim().split('\n').filter(Boolean),
    /** The retries by their outcome. */
    counted: async () => {
      const text = await (await fetch(`${origin}/admin/metrics`)).text()
      const found = text.matchAll(/mcp_proxy_retries_total\{.*outcome="([\w-]+)"\} (\d+)/g)
      return Object.fromEntries([...found].map(([, outcome, count]) => [outcome, Number(count)]))
    },
  }
}

const unknownOutcome = { code: -32603, data: { code: 'backend-outcome-unknown' } }

const backends = (['stdio', 'http'] as const).flatMap((mode) =>
  (['legacy', 'modern'] as const).map((protocol) => ({ mode, protocol })),
)

describe.each(backends)('over $mode, $protocol', (backend) => {
  test('a write is executed once, and its caller reads that the outcome is unknown', async () => {
    const { call, modern, ledger, counted } = await behindProxy({ ...backend, breaks: 1 })
    await expect(call('write')).rejects.toMatchObject(unknownOutcome)
    expect(await ledger()).toEqual(['write'])
    expect(await counted()).toEqual({})
    // The next one never leaves while the backend is away, so it waits and is executed once too.
    expect(await modern('write')).toMatchObject({ result: { content: [{ type: 'text' }] } })
    expect(await ledger()).toEqual(['write', 'write'])
  })

  test('a read is sent again and answered', async () => {
    const { call, ledger, counted } = await behindProxy({ ...backend, breaks: 1 })
    expect(await call('read')).toBe('read, 2 in all')
    expect(await ledger()).toEqual(['read', 'read'])
    // One that found the link not yet renewed never left, and counts as failed.
    expect(await counted()).toMatchObject({ ok: 1 })
  })

  test('the same for callers with sessions of their own', async () => {
    const { call, ledger } = await behindProxy({ ...backend, breaks: 1, auth: true })
    expect(await call('read')).toBe('read, 2 in all')
    expect(await ledger()).toEqual(['read', 'read'])
  })

  test('what has told its caller of progress is not begun anew', async () => {
    const { client, ledger, heard } = await behindProxy({ ...backend, breaks: 1 })
    const steps: number[] = []
    const called = client.callTool({ name: 'books__report' }, undefined, {
      onprogress: ({ progress }) => {
        steps.push(progress)
        void heard()
      },
    })
    await expect(called).rejects.toMatchObject(unknownOutcome)
    expect(await ledger()).toEqual(['report'])
    expect(steps).toEqual([1])
  })

  test('the last failure is shown when it breaks off each time', async () => {
    const retry = { max_retries: 1 }
    const { call, ledger, counted } = await behindProxy({ ...backend, breaks: 100, retry })
    await expect(call('read')).rejects.toMatchObject(unknownOutcome)
    expect(await ledger()).toEqual(['read', 'read'])
    expect(await counted()).toEqual({ failed: 1 })
  })
})

describe('what a backend says of a tool', () => {
  const backend = { mode: 'http', protocol: 'modern' } as const

  test('a tool that destroys is executed once', async () => {
    const { call, ledger } = await behindProxy({ ...backend, breaks: 1 })
    await expect(call('destroy')).rejects.toMatchObject(unknownOutcome)
    expect(await ledger()).toEqual(['destroy'])
  })

  test('a tool that destroys what is destroyed already is sent again', async () => {
    const retry = { max_retries: 6 }
    const { call, ledger, counted } = await behindProxy({ ...backend, breaks: 3, retry })
    expect(await call('replace')).toBe('replace, 4 in all')
    expect(await ledger()).toEqual(['replace', 'replace', 'replace', 'replace'])
    const { ok, failed } = await counted()
    expect(ok).toBe(1)
    expect(failed).toBeGreaterThanOrEqual(2)
  })

  test('an operator may say more', async () => {
    const retry = { tools: ['write'] }
    const { modern, ledger } = await behindProxy({ ...backend, breaks: 1, retry })
    expect(await modern('write')).toMatchObject({
      result: { content: [{ text: 'write, 2 in all' }] },
    })
    expect(await ledger()).toEqual(['write', 'write'])
  })
})

test('a budget ends a storm: a fifth of thirty calls is sent again and no more', async () => {
  const retry = { budget_percent: 20, min_retries_per_sec: 0 }
  const storm = { mode: 'http', protocol: 'modern', breaks: 1000, retry } as const
  const { modern, ledger, counted } = await behindProxy(storm)
  const answers = await Promise.all(Array.from({ length: 30 }, () => modern('read')))
  // Of thirty connections that the server tears down at once, one may not come about at all.
  const code = expect.stringMatching(/^backend-(?:outcome-unknown|unavailable)$/) as string
  for (const answer of answers) {
    expect(answer).toMatchObject({ error: { code: -32_603, data: { code } } })
  }
  expect((await ledger()).length).toBeLessThanOrEqual(36)
  const { failed = 0, 'over-budget': refused } = await counted()
  expect(failed).toBeGreaterThan(0)
  expect(failed).toBeLessThanOrEqual(6)
  expect(refused).toBeGreaterThanOrEqual(24)
})
