// What the Dockerfile copies is enough: the last stage is laid out in a folder and started as the image would start it. That is
// all that can be tried without a container; see docs/deployment.md.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, makeTempFolder, repository, type TempFolder } from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'

let folder: TempFolder
let stage: string
let app: string
let port: number
let proxy: ChildProcess
let log = ''

/** The values of an instruction in its JSON form. */
const listOf = (instruction: string): readonly string[] =>
  JSON.parse(new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(stage)![1]!) as string[]

const environment = () => ({
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  XDG_CACHE_HOME: path.join(folder.path, 'tmp'),
})

/** Inside the image a path begins with /app or /etc. */
const here = (text: string): string =>
  text.replace(/^\/app\b/, app).replace('/etc/mcp-proxy', path.join(folder.path, 'etc'))

const filesIn = async (place: string): Promise<readonly string[]> =>
  (await readdir(place, { recursive: true })).sort()

beforeAll(async () => {
  folder = await makeTempFolder()
  app = path.join(folder.path, 'app')
  port = await freePort()
  const dockerfile = await readFile(path.join(repository, 'deploy', 'Dockerfile'), 'utf8')
  stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  for (const [, list] of stage.matchAll(/^COPY --from=build (.*)$/gm)) {
    const places = list!.split(' ')
    const target = places.pop()!
    for (const place of places) {
      const source = place.replace(/^\/src\//, '')
      const to = target.endsWith('/') ? path.join(target, path.basename(source)) : target
      await cp(path.join(repository, source), path.join(app, to), { recursive: true })
    }
  }
  await mkdir(path.join(folder.path, 'etc'))
  await folder.write(
    'etc/proxy.toml',
    `[proxy]
name = "in-a-container"
[auth]
type = "bearer"
tokens = ["\${CALLER_TOKEN}"]
[[backends]]
name = "away"
transport = "http"
url = "http://127.0.0.1:9/mcp"
`,
  )
})

afterAll(async () => {
  proxy?.kill('SIGKILL')
  await folder?.remove()
})

const health = async (): Promise<{ code: number | null; stderr: string }> => {
  const [, ...command] = /HEALTHCHECK[^\n]* CMD \["([^"]*)", "([^"]*)"\]/.exec(stage)!
  const child = spawn(process.execPath, [here(command[1]!)], {
    env: { ...environment(), MCP_PROXY_HEALTH_URL: `http://127.0.0.1:${port}/health` },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8')
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stderr }
}

test('the image does not run as root', () => {
  expect(/^USER (\S+)$/m.exec(stage)?.[1]).toBe('1000:1000')
})

test('its command serves from those files alone, healthy without a token, and writes nothing beside them', async () => {
  const [tini, dashes, node, program] = listOf('ENTRYPOINT')
  expect([tini, dashes, node]).toEqual(['/sbin/tini', '--', 'node'])
  const before = await filesIn(app)
  expect(await health()).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') })
  const args = listOf('CMD').map((arg) => (arg === '8080' ? String(port) : here(arg)))
  proxy = spawn(process.execPath, [here(program!), ...args], {
    cwd: app,
    env: { ...environment(), CALLER_TOKEN: 'token-of-a-caller-0123456789' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [proxy.stdout!, proxy.stderr!]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString('utf8')
    })
  }
  await eventually('the container is healthy', async () => {
    if (proxy.exitCode !== null) throw new Error(log)
    return (await health()).code === 0 ? true : undefined
  })
  // A backend that is away is no reason to restart the container.
  const ready = await fetch(`http://127.0.0.1:${port}/ready`)
  expect(ready.status).toBe(503)
  expect(await filesIn(app)).toEqual(before)
})

test('it ends when it is asked to, and is not healthy any more', async () => {
  const closed = once(proxy, 'close')
  proxy.kill('SIGTERM')
  expect((await closed)[0]).toBe(0)
  expect((await health()).code).toBe(1)
})
