// `serve` in a terminal: what a person sees from the start to Ctrl-C; and the same in a pipe and with --quiet.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { screenWidth } from '../../src/base/screen-width.ts'
import {
  eventually,
  makeTempFolder,
  startCommandLine,
  startProxy,
} from '../support/command-line.ts'
import { expectSchema } from '../support/reports.ts'
import { keys, openTerminal, type Terminal } from '../support/terminal.ts'
import { stdioServer } from '../support/mcp-servers.ts'

const folder = await makeTempFolder()
afterAll(() => folder.remove())

const token = 'canary-token-of-the-terminal'
const server = stdioServer('legacy')
const env = { TEST_TOKEN: token }
const config = (observability = '') => `[proxy]
name = "desk"
[proxy.listen]
port = 0
[auth]
type = "bearer"
tokens = ["\${TEST_TOKEN}"]
[observability]
${observability}
[[backends]]
name = "tools"
transport = "stdio"
command = ${JSON.stringify(server.command)}
args = ${JSON.stringify(server.args)}
`

let terminal: Terminal | undefined
afterEach(async () => {
  await terminal?.close()
  terminal = undefined
})
const serve = async (columns: number, more: readonly string[] = []): Promise<Terminal> => {
  const file = await folder.write('proxy.toml', config())
  terminal = openTerminal(['serve', '--config', file, ...more], { env }, columns)
  return terminal
}
const urlIn = (text: string): string => /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(text)?.[0] ?? ''

const ask = async (url: string, headers: Record<string, string> = {}, body: object = {}) => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
  })
  await answer.arrayBuffer()
  return answer
}
const callTool = (url: string, name: string) =>
  ask(
    url,
    {
      authorization: `Bearer ${token}`,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
    },
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name,
        arguments: { message: 'hi' },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
          'io.modelcontextprotocol/clientInfo': { name: 'cli\u001b[2J\u202eent', version: '1' },
        },
      },
    },
  )

describe('in a terminal', () => {
  test.each([60, 80, 120])(
    'of %i columns it shows where it is, what each backend offers, each call and refusal on one line, and the end',
    async (columns) => {
      const shown = await serve(columns)
      await shown.sees('serving http://127.0.0.1:')
      for (const name of ['auth', 'health', 'admin', 'metrics']) await shown.sees(name)
      await shown.sees('backend is up')
      await shown.sees('tools are listed')
      await shown.sees('ready')
      const url = urlIn(shown.shown())
      for (let n = 0; n < 3; n += 1) expect((await ask(url)).status).toBe(401)
      await shown.sees('401')
      expect((await callTool(url, 'tools__echo')).status).toBe(200)
      await shown.sees('tools__echo')
      shown.type(keys.interrupt)
      await shown.sees('x3 in')
      await shown.sees('ended')
      expect(await shown.ended).toBe(0)

      const text = shown.shown()
      expect(text).toMatch(/ended {6}1 call in \d+/)
      expect(text).toContain('3: 3 req-token-missing')
      expect(text).not.toMatch(/is down|was closed|warn/)
      expect(text).not.toContain(token)
      const events = text.split('\n').filter((line) => /^\d\d:\d\d:\d\d /.test(line))
      expect(events.length).toBeGreaterThan(5)
      for (const line of events) {
        expect(screenWidth(line)).toBeLessThanOrEqual(columns)
        expect(line).not.toMatch(/[\p{Cc}\u202e]/u)
      }
      const calls = events.filter((line) => line.includes('tools__echo'))
      expect(calls).toHaveLength(1)
      expect(calls[0]).toMatch(/^\d\d:\d\d:\d\d {2}ok .*  [0-9a-f]{8}$/)
    },
  )

  test('with -q it shows where it is and nothing else', async () => {
    const shown = await serve(80, ['-q'])
    await shown.sees('serving http://127.0.0.1:')
    const url = urlIn(shown.shown())
    expect((await ask(url)).status).toBe(401)
    await eventually('the backend is up', async () => {
      const answer = await fetch(new URL('/ready', url))
      await answer.arrayBuffer()
      return answer.status === 200 || undefined
    })
    shown.type(keys.interrupt)
    expect(await shown.ended).toBe(0)
    expect(shown.shown().replace('^C', '').trim()).toBe(`serving ${url}  (stop with Ctrl-C)`)
  })
})

describe('in a pipe', () => {
  test('it writes one line for the start, key=value lines, a line when it is ready and one at the end', async () => {
    const proxy = await startProxy(await folder.write('pipe.toml', config()), { env })
    await ask(proxy.url)
    await eventually('it is ready', () => proxy.log().includes('event=ready') || undefined)
    expect(await proxy.stop()).toBe(0)
    expect(proxy.log().split('\n')[0]).toBe(`serving ${proxy.url}  (stop with Ctrl-C)`)
    expect(proxy.log()).toMatch(
      /warn {2}refused event=audit .* code=req-token-missing .* address=127/,
    )
    expect(proxy.log()).toMatch(/info {2}ended event=ended calls=0 .*refused=1/)
    expect(proxy.log()).not.toContain('is down')
  })

  test('an audit line that was acknowledged by an answer is in the file when the process is killed', async () => {
    const file = path.join(folder.path, 'audit.log')
    const proxy = await startProxy(
      await folder.write('killed.toml', config(`audit_file = { path = ${JSON.stringify(file)} }`)),
      { env },
    )
    const answers: Promise<Response>[] = []
    for (let n = 0; n < 40; n += 1) answers.push(ask(proxy.url))
    const ids = (await Promise.all(answers)).map(({ headers }) => headers.get('x-request-id'))
    process.kill(proxy.pid, 'SIGKILL')
    await proxy.stop()
    const lines = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { request_id: string })
    for (const line of lines) await expectSchema('audit', line)
    const written = new Set(lines.map(({ request_id }) => request_id))
    expect(ids.filter((id) => !written.has(String(id)))).toEqual([])
    expect(await readFile(file, 'utf8')).not.toContain(token)
  })

  test('an audit file that cannot be opened is exit code 2 with the key and the reason', async () => {
    const none = path.join(folder.path, 'none', 'audit.log')
    const broken = await folder.write(
      'broken.toml',
      config(`audit_file = { path = ${JSON.stringify(none)} }`),
    )
    const { finished } = startCommandLine(['serve', '--config', broken], { env })
    const { exitCode, stderr } = await finished
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('observability.audit_file.path'),
    ])
  })
})
