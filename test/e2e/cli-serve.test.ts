// `serve` as an operator runs it: checked, announced, stopped, refused.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, describe, expect, test } from 'vitest'
import { makeTempFolder, startProxy } from '../support/command-line.ts'
import { createRecorder } from '../support/reports.ts'

const recorder = createRecorder()
const folder = await makeTempFolder()
const token = 'canary-token-of-the-configuration'

const config = (port = 0) => `[proxy]
name = "test"
[proxy.listen]
port = ${port}
[auth]
type = "bearer"
tokens = ["\${TEST_TOKEN}"]
[[backends]]
name = "closed"
transport = "http"
url = "http://127.0.0.1:9/mcp?key=canary-of-the-url"
`

const file = await folder.write('proxy.toml', config())
const env = { TEST_TOKEN: token }

afterAll(() => folder.remove())

test('--check reports what would be served and opens nothing', async () => {
  const { exitCode, report } = await recorder.report(
    'serve-check',
    ['serve', '--check', '--config', file],
    { env },
  )
  expect(exitCode).toBe(0)
  expect(report).toMatchObject({
    verdict: 'ok',
    url: null,
    auth: { type: 'bearer' },
    backends: [{ name: 'closed', transport: 'http', target: 'http://127.0.0.1:9' }],
  })
  const { stdout } = await recorder.run(['serve', '--check'], { cwd: folder.path, env })
  expect(stdout).toMatch(/^OK {2}proxy\.toml/)
})

test('--host and --port are judged like the file', async () => {
  const open = await folder.write('open.toml', config().replace(/\[auth\][\s\S]*?\n\[\[/, '[['))
  const { exitCode, stderr } = await recorder.run(
    ['serve', '--check', '--config', open, '--host', '0.0.0.0'],
    { env },
  )
  expect(exitCode).toBe(2)
  expect(stderr).toContain('allow_insecure_listen')
})

test('it says where it listens, answers there, and ends in order', async () => {
  const proxy = await startProxy(file, { env })
  const health = await fetch(new URL('/health', proxy.url))
  expect(health.status).toBe(200)
  await health.arrayBuffer()
  expect(await proxy.stop()).toBe(0)
  expect(proxy.log()).toContain(`serving ${proxy.url}`)
  expect(proxy.log()).not.toContain(token)
})

test('a port that is in use: exit 2 and the way out', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const { port } = blocker.address() as AddressInfo
  try {
    const { exitCode, stderr } = await recorder.run(
      ['serve', '--config', file, '--port', String(port)],
      { env },
    )
    expect(exitCode).toBe(2)
    expect(stderr).toContain('in use')
    expect(stderr).toContain('hint')
  } finally {
    blocker.close()
  }
})

test('every mistake of a configuration at once, each with its place', async () => {
  const broken = await folder.write(
    'broken.toml',
    config()
      .replace('name = "test"', 'name = "test"\nseperator = "__"')
      .replace('TEST_TOKEN', 'NOT_SET'),
  )
  const { exitCode, report } = await recorder.report(
    'error',
    ['serve', '--check', '--config', broken],
    { env },
  )
  expect(exitCode).toBe(2)
  const { problems } = report['error'] as unknown as {
    problems: { code: string; place: { line: number } }[]
  }
  expect(problems.map(({ code, place }) => [code, place.line])).toEqual([
    ['config-unknown-key', 3],
    ['config-variable', 8],
  ])
})

test('a missing configuration names its neighbour', async () => {
  const { exitCode, stderr } = await recorder.run(['serve', '--config', 'proxi.toml'], {
    cwd: folder.path,
  })
  expect(exitCode).toBe(2)
  expect(stderr).toContain('did you mean proxy.toml?')
})

describe('a configuration that only verifies', () => {
  const only = () =>
    folder.write(
      'verify.toml',
      `[verify]
headers = ["subject", "scopes"]
[proxy]
name = "gate"
[proxy.listen]
port = 0
[auth]
type = "bearer"
tokens = ["\${TEST_TOKEN}"]
`,
    )

  test('--check names the door and the headers that the gateway has to remove', async () => {
    const args = ['serve', '--check', '--config', await only()]
    const { exitCode, report } = await recorder.report('serve-check', args, { env })
    expect(exitCode).toBe(0)
    expect(report).toMatchObject({
      verdict: 'ok',
      backends: [],
      verify: { path: '/verify', url: null, headers: ['X-Auth-Subject', 'X-Auth-Scopes'] },
    })
    const { stdout } = await recorder.run(args, { env })
    expect(stdout).toMatch(/^ +verify +\/verify X-Auth-Subject X-Auth-Scopes$/m)
    expect(stdout).not.toContain('Backends')
  })

  test('is served: it says where gateways ask, answers there, and ends in order', async () => {
    const proxy = await startProxy(await only(), { env })
    expect(new URL(proxy.url).pathname).toBe('/verify')
    const accepted = await fetch(proxy.url, { headers: { authorization: `Bearer ${token}` } })
    expect([accepted.status, accepted.headers.get('x-auth-subject')]).toEqual([200, ''])
    expect((await fetch(proxy.url)).status).toBe(401)
    expect((await fetch(new URL('/ready', proxy.url))).status).toBe(200)
    expect(await proxy.stop()).toBe(0)
    expect(proxy.log()).toContain(`verifying for gateways at ${proxy.url}`)
    expect(proxy.log()).not.toContain(token)
  })

  test('has nothing for --stdio', async () => {
    const { exitCode, stderr } = await recorder.run(
      ['serve', '--stdio', '--config', await only()],
      { env },
    )
    expect(exitCode).toBe(2)
    expect(stderr).toContain('serve --stdio needs at least 1 entry')
  })

  test('is examined by doctor', async () => {
    const { stdout } = await recorder.run(
      ['doctor', '--json', '--only', 'config,listen', '--config', await only()],
      { env },
    )
    expect(stdout).toContain('0 backends')
    expect(stdout).toContain('X-Auth-Subject, X-Auth-Scopes')
  })
})

test('no run repeated a secret', () => {
  expect(recorder.written()).not.toContain('canary')
})
