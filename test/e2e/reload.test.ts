// `serve` whose configuration changes while it runs: by SIGHUP, and by the file in the ways in which files change.
import { rename, symlink, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, type HttpServer } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { openTerminal } from '../support/terminal.ts'

let server: HttpServer
beforeAll(async () => {
  server = await startHttpServer('modern')
})
afterAll(() => server.close())

let folder: TempFolder
let proxy: RunningProxy | undefined
beforeEach(async () => {
  folder = await makeTempFolder()
})
afterEach(async () => {
  await proxy?.stop()
  proxy = undefined
  await folder.remove()
})

interface Written {
  readonly name?: string
  readonly token?: string
  readonly hot?: boolean
  readonly more?: string
}

const text = ({ name = 'one', token, hot = false, more = '' }: Written = {}) => `[proxy]
name = "reloading"
hot_reload = ${hot}
[proxy.listen]
port = 0
[observability]
json_logs = true
${token === undefined ? '' : `[auth]\ntype = "bearer"\ntokens = ["${token}"]\n`}
[[backends]]
name = "${name}"
transport = "http"
url = "${server.url}"
${more}`

/** The names of the backends whose tools are listed, or the status of a refusal. */
const toolsBy = async ({ url }: RunningProxy, token?: string) => {
  const answer = await sendTo(new URL(url).origin, {
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: modernMeta() } },
    headers: { 'mcp-protocol-version': modernVersion, 'mcp-method': 'tools/list' },
    ...(token === undefined ? {} : { token }),
  })
  if (answer.status !== 200) return answer.status
  const { result } = answer.json() as { result: { tools: { name: string }[] } }
  return new Set(result.tools.map(({ name }) => name.replace(/__.*/, '')))
}

/** As long as a start on a busy machine may take. */
const soon = { timeout: 15_000 }

const hangUp = ({ pid }: RunningProxy) => process.kill(pid, 'SIGHUP')

describe('SIGHUP', () => {
  test('serves the file as it is now', async () => {
    const file = await folder.write('proxy.toml', text())
    proxy = await startProxy(file)
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['one']))
    await folder.write('proxy.toml', text({ name: 'two' }))
    hangUp(proxy)
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['two']))
    expect(proxy.log()).toContain('"changes":["backends[one] removed","backends[two] added"]')
  })

  test('a token that is not listed any more is refused from the next request on', async () => {
    const [first, second] = ['canary-token-number-1', 'canary-token-number-2']
    const file = await folder.write('proxy.toml', text({ token: first }))
    proxy = await startProxy(file)
    await expect.poll(() => toolsBy(proxy!, first), soon).toEqual(new Set(['one']))
    await folder.write('proxy.toml', text({ token: second }))
    hangUp(proxy)
    await expect.poll(() => toolsBy(proxy!, first), soon).toEqual(401)
    expect(await toolsBy(proxy, second)).toEqual(new Set(['one']))
    expect(proxy.log()).not.toContain('canary')
  })

  test.each([
    ['is not well-formed', () => `${text()}\n[broken`, 'config-syntax'],
    ['has an unknown key', () => text({ more: 'unknown_key = 1\n' }), 'config-unknown-key'],
    ['accepts everybody', () => text(), 'config-weaker'],
  ])('a file that %s changes nothing, and the log has the reason', async (_, next, code) => {
    const token = 'a-token-of-16-chars'
    const file = await folder.write('proxy.toml', text({ token }))
    proxy = await startProxy(file)
    await expect.poll(() => toolsBy(proxy!, token), soon).toEqual(new Set(['one']))
    await folder.write('proxy.toml', next())
    hangUp(proxy)
    const running = proxy
    await eventually('the refusal is logged', () => running.log().includes(`"code":"${code}"`))
    expect(running.log()).toContain('configuration not reloaded')
    expect(await toolsBy(proxy)).toBe(401)
    expect(await toolsBy(proxy, token)).toEqual(new Set(['one']))
  })

  test('a token in a file of variables is another one after a reload', async () => {
    const [first, second] = ['canary-token-number-1', 'canary-token-number-2']
    const variables = await folder.write('.env', `TOKEN=${first}\n`)
    const file = await folder.write('proxy.toml', text({ token: '${TOKEN}' }))
    proxy = await startProxy(file, {}, ['--env-file', variables])
    await expect.poll(() => toolsBy(proxy!, first), soon).toEqual(new Set(['one']))
    await folder.write('.env', `TOKEN=${second}\n`)
    hangUp(proxy)
    await expect.poll(() => toolsBy(proxy!, first), soon).toEqual(401)
    expect(await toolsBy(proxy, second)).toEqual(new Set(['one']))
    await rm(variables)
    hangUp(proxy)
    const running = proxy
    await eventually('the refusal is logged', () =>
      running.log().includes('configuration not reloaded'),
    )
    expect(await toolsBy(proxy, second)).toEqual(new Set(['one']))
    expect(proxy.log()).not.toContain('canary')
  })

  test('a terminal that is closed ends the proxy instead', async () => {
    const file = await folder.write('proxy.toml', text())
    const terminal = openTerminal(['serve', '--config', file])
    await terminal.sees('serving ')
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(terminal.shown())![0]
    await terminal.hangUp()
    const health = () =>
      sendTo(url, { path: '/health', method: 'GET' }).then(
        ({ status }) => status,
        (error: NodeJS.ErrnoException) => error.code,
      )
    await expect.poll(health, soon).toBe('ECONNREFUSED')
  })
})

describe('proxy.hot_reload', () => {
  test('a file that is overwritten', async () => {
    const file = await folder.write('proxy.toml', text({ hot: true }))
    proxy = await startProxy(file)
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['one']))
    await writeFile(file, text({ hot: true, name: 'two' }))
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['two']))
  })

  test('a file of variables, which is watched as well', async () => {
    const variables = await folder.write('.env', 'NAME=one\n')
    const file = await folder.write('proxy.toml', text({ hot: true, name: '${NAME}' }))
    proxy = await startProxy(file, {}, ['--env-file', variables])
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['one']))
    await writeFile(variables, 'NAME=two\n')
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['two']))
  })

  test('a file that is renamed into its place', async () => {
    const file = await folder.write('proxy.toml', text({ hot: true }))
    proxy = await startProxy(file)
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['one']))
    await rename(await folder.write('next.toml', text({ hot: true, name: 'two' })), file)
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['two']))
  })

  test('a link that is swapped, as a ConfigMap does it, twice', async () => {
    const at = (...names: readonly string[]) => join(folder.path, ...names)
    const version = async (name: string) => {
      await mkdir(at(`..${name}`))
      await writeFile(at(`..${name}`, 'proxy.toml'), text({ hot: true, name }), { mode: 0o600 })
      await symlink(`..${name}`, at('..next'))
      await rename(at('..next'), at('..data'))
    }
    await version('one')
    await symlink(join('..data', 'proxy.toml'), at('proxy.toml'))
    proxy = await startProxy(at('proxy.toml'))
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['one']))
    await version('two')
    await rm(at('..one'), { recursive: true })
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['two']))
    await version('three')
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['three']))
  })

  test('without it a changed file waits for SIGHUP', async () => {
    const file = await folder.write('proxy.toml', text({ hot: false }))
    proxy = await startProxy(file)
    await folder.write('proxy.toml', text({ hot: true, name: 'two' }))
    hangUp(proxy)
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['two']))
    // From here on the file is watched.
    await folder.write('proxy.toml', text({ hot: true, name: 'three' }))
    await expect.poll(() => toolsBy(proxy!), soon).toEqual(new Set(['three']))
  })
})
