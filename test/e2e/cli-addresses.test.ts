// An address as it was copied, at every command that takes one: read the same way, and what was changed is said.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeTempFolder, runCommandLine, type TempFolder } from '../support/command-line.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'
import { goodClaims, mintToken, testKey } from '../support/tokens.ts'

let server: ScriptedServer
let folder: TempFolder
let token: string

beforeAll(async () => {
  ;[server, folder] = await Promise.all([startScriptedServer(), makeTempFolder()])
  token = await mintToken(await testKey('RS256'), goodClaims({ iss: server.origin }))
})

beforeEach(() => {
  server.on('/mcp', { status: 401 })
})

afterAll(() => Promise.all([server.close(), folder.remove()]))

const run = (...args: readonly string[]) =>
  runCommandLine(args, {
    cwd: folder.path,
    env: { XDG_STATE_HOME: folder.path, MCP_PROXY_CLIENT_SECRET: 'not-to-be-seen' },
  })

const commands: readonly (readonly [string, (address: string) => readonly string[]])[] = [
  ['discover', (address) => ['discover', address]],
  ['discover --token', (address) => ['discover', address, '--token', token]],
  ['login', (address) => ['login', address, '--no-browser']],
  ['tools', (address) => ['tools', address]],
  ['call', (address) => ['call', address, 'echo']],
  ['validate --for', (address) => ['validate', token, '--for', address]],
  ['introspect --for', (address) => ['introspect', token, '--for', address, '--client-id', 'x']],
  [
    'init',
    (address) => ['init', address, '--yes', '--no-import', '--backend', 'a=node a.mjs', '--print'],
  ],
  ['why --proxy', (address) => ['why', '523c276f', '--proxy', address]],
  ['tail --proxy', (address) => ['tail', '--proxy', address]],
]

test.each(commands)(
  '%s reads an address as it was copied from a file of a client',
  async (_, args) => {
    const url = `${server.origin}/mcp`
    const { stderr, exitCode } = await run(...args(`"url": "${url}",`))
    expect(stderr).toContain(`address read as ${url} (`)
    expect(exitCode).not.toBe(2)
  },
)

test.each(commands)('%s refuses a credential in an address without showing it', async (_, args) => {
  const { host } = new URL(server.origin)
  const { stdout, stderr, exitCode } = await run(...args(`http://user:not-to-be-seen@${host}/mcp`))
  expect(exitCode).toBe(2)
  expect(stderr).toContain('The address contains a credential')
  expect(stderr).toContain(`http://${host}/mcp`)
  expect(stdout + stderr).not.toContain('not-to-be-seen')
})

test('an issuer with quotes is read without them, and nothing else of it is changed', async () => {
  const { stderr } = await run('validate', token, '--issuer', `“${server.origin}/”`)
  expect(stderr).toContain(`--issuer read as ${server.origin}/ (quotes removed)`)
})

test('a backend whose address was copied with its quotes is a server, not a command', async () => {
  const { stdout } = await run(
    'init',
    '--no-auth',
    '--yes',
    '--no-import',
    '--print',
    '--backend',
    `desk="${server.origin}/mcp",`,
  )
  expect(stdout).toContain(`url = "${server.origin}/mcp"`)
})

test('discover looks at the server that a metadata document belongs to', async () => {
  const document = '/.well-known/oauth-protected-resource/mcp'
  server.on(document, {
    body: { resource: `${server.origin}/mcp`, authorization_servers: [server.origin] },
  })
  const { stdout, stderr } = await run('discover', `${server.origin}${document}`, '--json')
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({ address: `${server.origin}/mcp`, as: 'mcp' })
})

test('discover looks at the issuer that a metadata document belongs to', async () => {
  const { stdout } = await run(
    'discover',
    `${server.origin}/mcp/.well-known/openid-configuration`,
    '--json',
  )
  expect(JSON.parse(stdout)).toMatchObject({ address: `${server.origin}/mcp`, as: 'issuer' })
})
