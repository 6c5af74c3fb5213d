// Roles and scopes of tools through the built proxy: tokens of a real authorization server, the official clients of both eras.
import {
  Client as Client2,
  ClientCredentialsProvider as Provider2,
  StreamableHTTPClientTransport as Transport2,
} from '@modelcontextprotocol/client'
import { ClientCredentialsProvider as Provider1 } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { stringify } from 'smol-toml'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  machineClient,
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import {
  eventually,
  makeTempFolder,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { stdioServer } from '../support/mcp-servers.ts'

let issuer: AuthorizationServer
let folder: TempFolder
let proxy: RunningProxy
/** The claim `realm_access.roles` of the tokens that are issued next. */
let roles: readonly string[] = []

const policy = {
  required_scopes: ['mcp:read'],
  roles: [
    { name: 'reader', allow_tools: ['*/echo', '*/calls'] },
    { name: 'caller', allow_tools: ['*/fail'] },
  ],
  role_mapping: {
    claim: 'realm_access.roles',
    mapping: { staff: 'reader', operators: ['reader', 'caller'] },
  },
  tool_scopes: { '*/fail': ['mcp:call'] },
}

beforeAll(async () => {
  issuer = await startAuthorizationServer({ claims: () => ({ realm_access: { roles } }) })
  folder = await makeTempFolder()
  const config = stringify({
    proxy: { name: 'policy', listen: { port: 0 } },
    auth: { type: 'oauth', issuer: issuer.issuer, ...policy },
    backends: [
      { name: 'old', transport: 'stdio', ...stdioServer('legacy') },
      { name: 'new', transport: 'stdio', ...stdioServer('modern') },
    ],
  })
  proxy = await startProxy(await folder.write('proxy.toml', config))
  await eventually('the proxy is ready', async () => {
    const { status } = await fetch(new URL('/ready', proxy.url))
    return status === 200 || undefined
  })
})

afterAll(async () => {
  await proxy?.stop()
  await issuer?.close()
  await folder?.remove()
})

interface Answer {
  readonly tool: string
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Every answer to a tools/call, as it was on the wire. */
let answers: Answer[] = []
/** The scopes that the last challenge asked for. */
let challenged: string | undefined

const recording = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
  const response = await fetch(input, init)
  challenged = extractWWWAuthenticateParams(response).scope ?? challenged
  const sent: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined
  const { method, params } = (sent ?? {}) as { method?: string; params?: { name: string } }
  if (method === 'tools/call') {
    const body = await response.clone().text()
    const tool = params?.name ?? ''
    answers.push({ tool, status: response.status, headers: response.headers, body })
  }
  return response
}

interface Caller {
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}

const identity = { name: 'policy-client', version: '1.0.0' }

const credentials = () => ({
  clientId: machineClient.id,
  clientSecret: machineClient.secret,
  expectedIssuer: issuer.issuer,
})

/** With this grant SDK 1.x asks for the scopes of the client's metadata, and leaves it to the client to learn others. */
class LearningProvider extends Provider1 {
  override get clientMetadata() {
    return { ...super.clientMetadata, scope: challenged }
  }
}

const connectors = {
  'SDK 1.x': async (): Promise<Caller> => {
    const client = new Client1(identity)
    const authProvider = new LearningProvider(credentials())
    await client.connect(new Transport1(new URL(proxy.url), { authProvider, fetch: recording }))
    return client
  },
  'SDK 2.x in the session era': () => connectSecond('legacy'),
  'SDK 2.x pinned to 2026-07-28': () => connectSecond({ pin: '2026-07-28' }),
} as const

const connectSecond = async (mode: 'legacy' | { pin: string }): Promise<Caller> => {
  const client = new Client2(identity, { versionNegotiation: { mode } })
  const authProvider = new Provider2(credentials())
  await client.connect(new Transport2(new URL(proxy.url), { authProvider, fetch: recording }))
  return client
}

/** All that a caller can see of an answer, but for what differs in every answer. */
const visible = ({ tool, status, headers, body }: Answer): string => {
  const shown = [...headers].filter(([name]) => name !== 'date')
  const ids = [headers.get('x-request-id'), headers.get('x-decision-id')].filter(Boolean)
  const text = JSON.stringify([status, shown, body]).replaceAll(tool, '<tool>')
  const plain = ids.reduce<string>((left, id) => left.replaceAll(id ?? '', '<id>'), text)
  return plain.replace(/(\\"id\\":)\d+/, '$1<n>')
}

describe.each(Object.keys(connectors) as (keyof typeof connectors)[])('%s', (generation) => {
  let client: Caller | undefined
  afterEach(async () => {
    await client?.close()
    client = undefined
    answers = []
    challenged = undefined
  })

  const connect = async (given: readonly string[]): Promise<Caller> => {
    roles = given
    client = await connectors[generation]()
    return client
  }
  const names = async (from: Caller) =>
    (await from.listTools()).tools.map(({ name }) => name).sort()
  const fail = (backend: string) => ({ name: `${backend}__fail`, arguments: { text: 'no' } })

  test('gets its role from one of several values of a claim, and is shown what that role allows', async () => {
    expect(await names(await connect(['offline_access', 'staff']))).toEqual([
      'new__calls',
      'new__echo',
      'old__calls',
      'old__echo',
    ])
  })

  test.each(['old', 'new'])(
    'reads of a tool of %s that its role denies, byte for byte, what it reads of one that nobody has',
    async (backend) => {
      const reader = await connect(['staff'])
      await reader.listTools()
      const asked = [`${backend}__nonesuch`, `${backend}__progress`]
      for (const name of asked) {
        const call = reader.callTool({ name, arguments: { steps: 1 } })
        await expect(call).rejects.toMatchObject({ code: -32602 })
      }
      const [unknown, denied] = answers
      expect(answers.map(({ tool }) => tool)).toEqual(asked)
      expect(visible(denied!)).toBe(visible(unknown!))
      const calls = await reader.callTool({ name: `${backend}__calls`, arguments: {} })
      expect(JSON.stringify(calls)).not.toContain('progress')
    },
  )

  test('without a role is shown nothing and may call nothing', async () => {
    const nobody = await connect(['guests'])
    expect(await names(nobody)).toEqual([])
    const call = nobody.callTool({ name: 'old__echo', arguments: { text: 'a' } })
    await expect(call).rejects.toMatchObject({ code: -32602 })
  })

  test('that lacks the scope of a tool is asked for it with HTTP 403, gets another token and goes on', async () => {
    const operator = await connect(['operators'])
    expect(await names(operator)).toContain('old__fail')
    const issued = issuer.count('/token')
    expect(await operator.callTool(fail('old'))).toMatchObject({
      isError: true,
      content: [{ text: 'no' }],
    })
    expect(issuer.count('/token')).toBe(issued + 1)
    expect(answers.map(({ status }) => status)).toEqual([403, 200])
    const challenge = answers[0]?.headers.get('www-authenticate') ?? ''
    expect(challenge).toContain('error="insufficient_scope"')
    expect(challenge).toContain('scope="mcp:read mcp:call"')
    expect(challenge).toContain('resource_metadata=')
    await operator.callTool(fail('new'))
    expect(issuer.count('/token')).toBe(issued + 1)
  })
})

test('the log has the rule and the role that callers do not read', () => {
  expect(proxy.log()).toMatch(
    /name=old__progress .*code=policy-role rule=roles detail=.*\\"reader\\"/,
  )
  expect(proxy.log()).toMatch(/name=old__fail .*code=policy-scope/)
})
