// The admin API as MCP tools and prompts: official clients of both eras, one with the role that opens them, one without.
import {
  Client as Client2,
  StreamableHTTPClientTransport as Transport2,
} from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import {
  makeTempFolder,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, type HttpServer } from '../support/mcp-servers.ts'

const canary = 'canary-of-a-backend-token-77aa'
const audience = 'https://mcp.example.com/mcp'

let folder: TempFolder
let issuer: AuthorizationServer
let server: HttpServer
let proxy: RunningProxy
let file: string

const written = (more = ''): string => `[proxy]
name = "desk"
public_url = "${audience}"
[proxy.listen]
port = 0
[auth]
type = "oauth"
issuer = "${issuer.issuer}"
token_validation = "jwt"
[[auth.roles]]
name = "operators"
[[auth.roles]]
name = "users"
[auth.role_mapping]
claim = "scope"
[auth.role_mapping.mapping]
"mcp:call" = "operators"
"mcp:read" = "users"
[security]
admin_tools = { roles = ["operators"], rights = ["read", "operate"] }
[[backends]]
name = "files"
transport = "http"
url = "${server.url}"
bearer_token = "\${FILES}"
[[backends]]
name = "gone"
transport = "http"
url = "http://127.0.0.1:9/mcp"
${more}`

beforeAll(async () => {
  ;[folder, issuer, server] = await Promise.all([
    makeTempFolder(),
    startAuthorizationServer(),
    startHttpServer('dual'),
  ])
  file = await folder.write('proxy.toml', written())
  proxy = await startProxy(file, { env: { FILES: canary } })
})
afterAll(async () => {
  await proxy.stop()
  await Promise.all([issuer.close(), server.close(), folder.remove()])
})

const clients: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

type Both = Client1 | Client2

const connect = async (era: 'legacy' | 'modern', scope: string): Promise<Both> => {
  const token = await issuer.token({ scope, resource: audience })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  const identity = { name: 'admin', version: '1' }
  const url = new URL(proxy.url)
  if (era === 'legacy') {
    const client = new Client1(identity)
    await client.connect(new Transport1(url, { requestInit }))
    clients.push(client)
    return client
  }
  const client = new Client2(identity, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
  await client.connect(new Transport2(url, { requestInit }))
  clients.push(client)
  return client
}

interface Result {
  readonly isError?: boolean
  readonly content: readonly { readonly text: string }[]
  readonly structuredContent?: Readonly<Record<string, unknown>>
}

const call = async (client: Both, name: string, args: object = {}): Promise<Result> =>
  (await client.callTool({ name: `admin__${name}`, arguments: { ...args } })) as unknown as Result

const prompt = async (client: Both, name: string, args: Record<string, string> = {}) => {
  const { messages } = await client.getPrompt({ name: `admin__${name}`, arguments: args })
  const [{ content }] = messages as unknown as [{ content: { text: string } }]
  expect(content.text).not.toContain(canary)
  return content.text
}

describe.each(['legacy', 'modern'] as const)('a client of the %s era', (era) => {
  test('with the role is offered the operations of the admin API, by their rights', async () => {
    const client = await connect(era, 'mcp:call')
    const { tools } = await client.listTools()
    const own = tools.filter(({ name }) => name.startsWith('admin__'))
    const names = own.map(({ name }) => name.slice('admin__'.length))
    expect(names).toEqual(
      expect.arrayContaining([
        'list_backends',
        'health_check',
        'session_count',
        'config',
        'get_stats',
        'list_decisions',
        'reload',
        'reset_circuit',
        'end_session',
        'clear_caches',
      ]),
    )
    // What changes the configuration is no tool.
    for (const name of ['add_backend', 'replace_configuration', 'remove_backend']) {
      expect(names).not.toContain(name)
    }
    const annotated = own.find(({ name }) => name === 'admin__end_session')
    expect(annotated).toMatchObject({
      annotations: { readOnlyHint: false, destructiveHint: true },
      inputSchema: { required: ['id'], additionalProperties: false },
    })
  })

  test('reads what the admin API says', async () => {
    const client = await connect(era, 'mcp:call')
    expect((await call(client, 'health_check')).structuredContent).toEqual({
      status: 'degraded',
      unhealthy_backends: ['gone'],
    })
    const one = await call(client, 'get_backend', { name: 'gone' })
    expect(one.structuredContent).toMatchObject({ name: 'gone', state: 'down' })
    const config = await call(client, 'config', { written: true })
    expect(config.content[0]!.text).toContain('backends[0].bearer_token')
    expect(JSON.stringify(config)).not.toContain(canary)
    const unknown = await call(client, 'get_backend', { name: 'nothing' })
    expect(unknown.isError).toBe(true)
    expect(JSON.parse(unknown.content[0]!.text)).toMatchObject({ code: 'admin-unknown' })
    await expect(call(client, 'get_backend')).rejects.toThrow('name is missing')
  })

  test('acts: the configuration is read again, and the log says who did it', async () => {
    const client = await connect(era, 'mcp:call')
    await folder.write('proxy.toml', written(`# ${era}\n[limits]\n`))
    expect((await call(client, 'reload')).structuredContent).toMatchObject({ outcome: 'unchanged' })
    await folder.write('proxy.toml', written('typo = 1\n'))
    const refused = await call(client, 'reload')
    expect(refused).toMatchObject({
      isError: true,
      structuredContent: { outcome: 'refused', problems: [{ code: 'config-unknown-key' }] },
    })
    await folder.write('proxy.toml', written())
    expect(proxy.log()).toMatch(/admin.*reload/)
  })

  test('gets prompts that are made of the configuration and the state of this moment', async () => {
    const client = await connect(era, 'mcp:call')
    const { prompts } = await client.listPrompts()
    const names = prompts.map(({ name }) => name).filter((name) => name.startsWith('admin__'))
    expect(names.toSorted()).toEqual(
      [
        'check_config',
        'configure_auth',
        'configure_resilience',
        'diagnose',
        'explain_config',
        'setup',
        'status',
      ].map((name) => `admin__${name}`),
    )
    expect(await prompt(client, 'diagnose')).toMatch(/"name": "gone"[^]*backend-unavailable/)
    expect(await prompt(client, 'status')).toContain('"name": "files"')
    expect(await prompt(client, 'setup')).toContain(file)
    expect(await prompt(client, 'configure_auth')).toContain('auth.role_mapping.mapping')
    expect(await prompt(client, 'check_config')).toContain('"problems": []')
    expect(await prompt(client, 'configure_resilience')).toContain('"circuits"')
    const explained = await prompt(client, 'explain_config', { key: 'auth.issuer' })
    expect(explained).toContain(issuer.issuer)
    expect(explained).not.toContain('proxy.name')
  })

  test('without the role neither sees nor calls them', async () => {
    const client = await connect(era, 'mcp:read')
    const { tools } = await client.listTools()
    expect(tools.some(({ name }) => name.startsWith('files__'))).toBe(true)
    expect(JSON.stringify(tools)).not.toContain('admin__')
    expect(JSON.stringify(await client.listPrompts())).not.toContain('admin__')
    for (const name of ['list_backends', 'reload', 'nothing']) {
      await expect(call(client, name)).rejects.toThrow(`Tool "admin__${name}"`)
    }
    await expect(client.getPrompt({ name: 'admin__status' })).rejects.toThrow('admin__status')
  })
})
