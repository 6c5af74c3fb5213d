// `login` at authorization servers of another make or another mind: an issuer with a path, pushed requests, no registration.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { makeTempFolder, startCommandLine, type TempFolder } from '../support/command-line.ts'
import { addressOf } from '../support/login-lab.ts'
import { loginClients, type LoginRealm } from '../support/login-realm.ts'
import { visit } from '../support/person.ts'
import { startBetterAuth } from '../support/real-servers/better-auth.ts'
import { audience } from '../support/real-servers/real-server.ts'

let folder: TempFolder
const closing: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = await makeTempFolder()
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await folder.remove()
})

const start = (args: readonly string[], env: Record<string, string> = {}) =>
  startCommandLine(args, { cwd: folder.path, env: { XDG_STATE_HOME: folder.path, ...env } })

const wish = ['--resource', audience, '--scope', 'mcp:read mcp:call']

const serverWith = async (logins: LoginRealm) => {
  const server = await startAuthorizationServer({ logins })
  closing.push(() => server.close())
  return server
}

test('oidc-provider that takes only pushed requests: the address holds none of the request', async () => {
  const server = await serverWith({ pushed: true })
  const login = start(['login', server.issuer, '--no-browser', ...wish, '--store=a'])
  const address = await addressOf(login)
  expect([...new URL(address).searchParams.keys()]).toEqual(['client_id', 'request_uri'])
  await visit(address)
  const { exitCode, stdout, stderr } = await login.finished
  expect([exitCode, stdout + stderr]).toEqual([0, expect.stringContaining(`audience  ${audience}`)])
  const again = start(['login', server.issuer, '--no-browser', ...wish, '--store=a'])
  await visit(await addressOf(again))
  expect((await again.finished).stdout).toContain('registered at an earlier login')
})

test('oidc-provider without registration and device codes: each is said before anybody is asked', async () => {
  const server = await serverWith({ registration: false, device: false })
  const byCode = await start(['login', server.issuer, '--no-browser']).finished
  expect([byCode.exitCode, byCode.stderr]).toEqual([2, expect.stringContaining('--client-id')])
  const byDevice = await start(['login', server.issuer, '--device', '--client-id=person-cli'])
    .finished
  expect([byDevice.exitCode, byDevice.stderr]).toEqual([
    1,
    expect.stringContaining('device_authorization_endpoint'),
  ])
})

test('an opaque token: introspection is the next command, and takes it from the store', async () => {
  const server = await serverWith({})
  const flags = ['--client-credentials', '--client-id', loginClients.machine.id, '--no-resource']
  const env = { MCP_PROXY_CLIENT_SECRET: loginClients.machine.secret }
  const login = await start(['login', server.issuer, ...flags, '--store=opaque'], env).finished
  expect(login.stdout).toContain('mcp-proxy introspect --store opaque')
  const asked = await start(
    ['introspect', '--store=opaque', '--audience=x', '--client-id', server.clientId, '--json'],
    { MCP_PROXY_CLIENT_SECRET: server.clientSecret },
  ).finished
  const report = JSON.parse(asked.stdout) as Record<string, unknown>
  expect(report).toMatchObject({
    answer: { active: true, client_id: loginClients.machine.id },
    token: { source: 'the login opaque' },
  })
})

test('Better Auth, whose issuer has a path', async () => {
  const server = await startBetterAuth()
  closing.push(() => server.close())
  const { id, secret } = server.client
  const flags = ['--client-credentials', '--client-id', id, ...wish, '--store=better']
  const env = { MCP_PROXY_CLIENT_SECRET: secret }
  const login = await start(['login', server.issuer, ...flags], env).finished
  expect([login.exitCode, login.stdout + login.stderr]).toEqual([
    0,
    expect.stringContaining('LOGGED IN'),
  ])
  const judged = await start(['validate', '--store=better'], env).finished
  expect([judged.exitCode, judged.stdout]).toEqual([0, expect.stringContaining('ACCEPTED')])
  const out = await start(['logout', 'better'], env).finished
  // It says unsupported_token_type of its JWTs.
  expect([out.exitCode, out.stdout]).toEqual([0, expect.stringContaining('live until they end')])
})
