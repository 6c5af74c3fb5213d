// The configuration of docs/verify.md in a real nginx, before a real MCP server: official clients, tokens of a real authorization server.
import { readFileSync } from 'node:fs'
import path from 'node:path'
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
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  machineClient,
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import {
  makeTempFolder,
  repository,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'
import { startHttpServer, type HttpServer } from '../support/mcp-servers.ts'
import { nginxIsInstalled, startNginx, type Nginx } from '../support/nginx.ts'
import { newProof, newProofKey } from '../support/proofs.ts'

/** By hand the rest can be tried without Debian's package; what decides about a change has to have it. */
const mayMissNginx = !nginxIsInstalled() && (process.env['CI'] ?? '') === ''
const withNginx = mayMissNginx ? describe.skip : describe

/** The blocks of the page, in their order. */
const [site = '', request = '', answer = '', admin = ''] = [
  ...readFileSync(path.join(repository, 'docs', 'verify.md'), 'utf8').matchAll(
    /^```nginx\n([\s\S]*?)^```$/gm,
  ),
].map(([, block]) => block ?? '')

let issuer: AuthorizationServer
let server: HttpServer
let proxy: RunningProxy
let nginx: Nginx
let folder: TempFolder
let configFile: string
/** As clients call it. */
let url: string
let port: number

/** The page with the addresses of this test, plain HTTP on loopback, and the location for more scopes. */
const placed = (text: string): string =>
  text
    .replace(/listen 443 ssl;/, `listen 127.0.0.1:${port};`)
    .replace(/^\s*ssl_\w+ .*$/gm, '')
    .replaceAll('127.0.0.1:8080', new URL(proxy.url).host)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${server.port}`)

beforeAll(async () => {
  if (mayMissNginx) return
  port = await freePort()
  url = `http://127.0.0.1:${port}/mcp`
  ;[issuer, server, folder] = await Promise.all([
    startAuthorizationServer(),
    startHttpServer('dual'),
    makeTempFolder(),
  ])
  configFile = await folder.write(
    'proxy.toml',
    stringify({
      proxy: { name: 'gate', public_url: url, listen: { port: 0 } },
      auth: {
        type: 'oauth',
        issuer: issuer.issuer,
        client_id: issuer.clientId,
        client_secret: '${CLIENT_SECRET}',
        token_validation: 'both',
        cache_ttl: 0,
        required_scopes: ['mcp:read'],
        sender_constraint: 'dpop',
      },
      verify: {},
      security: { trusted_proxies: ['127.0.0.1'] },
      observability: { decisions: { accepted: 1 } },
    }),
  )
  proxy = await startProxy(configFile, { env: { CLIENT_SECRET: issuer.clientSecret } })
  nginx = await startNginx({
    port,
    http: placed(site.replace(/\}\s*$/, `${admin}}`)),
    files: { 'verify_request.conf': request, 'verify_answer.conf': answer },
  })
})

afterAll(async () => {
  await Promise.all([nginx?.close(), proxy?.stop()])
  await Promise.all([server?.close(), issuer?.close(), folder?.remove()])
})

interface Caller {
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}

const identity = { name: 'gateway-client', version: '1.0.0' }
const credentials = () => ({
  clientId: machineClient.id,
  clientSecret: machineClient.secret,
  expectedIssuer: issuer.issuer,
})

/** What the clients saw on their way, and the scopes that the last challenge asked for. */
let seen: { readonly status: number; readonly path: string }[] = []
let challenged: string | undefined

const recording = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
  const response = await fetch(input, init)
  challenged = extractWWWAuthenticateParams(response).scope ?? challenged
  const { pathname } = new URL(input instanceof Request ? input.url : input)
  seen.push({ status: response.status, path: pathname })
  return response
}

/** With this grant SDK 1.x asks for the scopes of the client's metadata, and leaves it to the client to learn others. */
class LearningProvider extends Provider1 {
  override get clientMetadata() {
    return { ...super.clientMetadata, scope: challenged }
  }
}

/** Connects once for each address, with the tokens that it has already. */
type Connect = (to: string) => Promise<Caller>

const connectors: Readonly<Record<string, () => Connect>> = {
  'SDK 1.x': () => {
    const authProvider = new LearningProvider(credentials())
    return async (to) => {
      const client = new Client1(identity)
      await client.connect(new Transport1(new URL(to), { authProvider, fetch: recording }))
      return client
    }
  },
  'SDK 2.x in the session era': () => connectSecond('legacy'),
  'SDK 2.x pinned to 2026-07-28': () => connectSecond({ pin: '2026-07-28' }),
}

const connectSecond = (mode: 'legacy' | { pin: string }): Connect => {
  const authProvider = new Provider2(credentials())
  return async (to) => {
    const client = new Client2(identity, { versionNegotiation: { mode } })
    await client.connect(new Transport2(new URL(to), { authProvider, fetch: recording }))
    return client
  }
}

const callEcho = async (client: Caller): Promise<unknown> => {
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toContain('echo')
  return client.callTool({ name: 'echo', arguments: { text: 'through nginx' } })
}

const post = (
  token: string | undefined,
  { headers = {}, to = url }: { headers?: Record<string, string>; to?: string } = {},
): Promise<Response> =>
  fetch(to, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: identity },
    }),
  })

const good = (scope?: string) =>
  issuer.token({ resource: url, ...(scope === undefined ? {} : { scope }) })

const received = async (): Promise<Readonly<Record<string, string | undefined>>> =>
  (await server.log()).at(-1)?.headers ?? {}

withNginx('behind nginx', () => {
  describe.each(Object.entries(connectors))('%s', (_, connector) => {
    test('is refused, finds the authorization server through the challenge, and calls a tool', async () => {
      seen = []
      challenged = undefined
      const client = await connector()(url)
      expect(await callEcho(client)).toMatchObject({ content: [{ text: 'through nginx' }] })
      await client.close()
      const statuses = seen.map(({ status, path: at }) => `${status} ${at}`)
      expect(statuses[0]).toBe('401 /mcp')
      expect(statuses).toContain('200 /.well-known/oauth-protected-resource/mcp')
      expect(statuses).toContain('200 /token')
    })

    test('that lacks a scope of one location is asked for it with 403, gets it and goes on', async () => {
      seen = []
      challenged = undefined
      const connect = connector()
      const reader = await connect(url)
      expect(challenged).toBe('mcp:read')
      await reader.close()
      seen = []
      const client = await connect(`${url}/admin`)
      expect(await callEcho(client)).toMatchObject({ content: [{ text: 'through nginx' }] })
      await client.close()
      expect(seen[0]).toEqual({ status: 403, path: '/mcp/admin' })
      expect(challenged).toBe('mcp:read mcp:call')
    })
  })

  test('the server behind learns who calls, and gets neither the token nor what the client claims to be', async () => {
    const token = await good()
    const response = await post(token, {
      headers: {
        'x-auth-subject': 'admin',
        'x-auth-roles': 'admin',
        'x-auth-client-id': 'another-client',
      },
    })
    expect(response.status).toBe(200)
    const headers = await received()
    expect(headers).toMatchObject({
      'x-auth-client-id': machineClient.id,
      'x-auth-issuer': issuer.issuer,
      'x-auth-scopes': 'mcp:read mcp:call',
    })
    for (const name of ['x-auth-roles', 'authorization', 'dpop']) {
      expect(headers).not.toHaveProperty(name)
    }
    expect(JSON.stringify(headers)).not.toContain(token)
  })

  test.each<[string, number, string | undefined, () => Promise<string | undefined>]>([
    ['no token', 401, undefined, async () => undefined],
    ['a bad token', 401, 'invalid_token', async () => `${await good()}x`],
    [
      'an expired token',
      401,
      'invalid_token',
      () => issuer.token({ resource: url, expiredSecondsAgo: 600 }),
    ],
    ['a missing scope', 403, 'insufficient_scope', () => good('mcp:call')],
  ])('%s: %i with one challenge, and an id that why explains', async (_, status, error, token) => {
    const before = (await server.log()).length
    const response = await post(await token())
    expect(response.status).toBe(status)
    const challenge = response.headers.get('www-authenticate') ?? ''
    const { resourceMetadataUrl, scope, error: found } = extractWWWAuthenticateParams(response)
    expect([found, scope]).toEqual([error, 'mcp:read'])
    expect(challenge.match(/Bearer /g)).toHaveLength(1)
    const metadata = await fetch(resourceMetadataUrl!)
    expect(await metadata.json()).toMatchObject({
      resource: url,
      authorization_servers: [issuer.issuer],
    })
    expect((await server.log()).length).toBe(before)
    const id = response.headers.get('x-request-id') ?? ''
    const { origin } = new URL(proxy.url)
    const { stdout } = await runCommandLine(['why', id, '--proxy', origin])
    expect(stdout).toMatch(/door +verify/)
    expect(stdout).toMatch(/asked +POST +\/mcp/)
  })

  test('what nginx would make a 500 comes as it was: 400 with its challenge', async () => {
    const response = await post(undefined, { headers: { authorization: 'Basic YTpi' } })
    expect(response.status).toBe(400)
    expect(extractWWWAuthenticateParams(response).error).toBe('invalid_request')
  })

  test('an issuer that is down: 503 with Retry-After and no challenge, and the next call is served', async () => {
    const token = await issuer.token({ resource: url, format: 'opaque' })
    expect((await post(token)).status).toBe(200)
    await issuer.stop()
    const undecided = await post(token)
    await issuer.restart()
    expect(undecided.status).toBe(503)
    expect(Number(undecided.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(undecided.headers.get('www-authenticate')).toBeNull()
    expect(undecided.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('a proof is judged for the method and URL of the client, and what it adds does not help', async () => {
    const key = await newProofKey()
    const dpopProof = await newProof(key, { url: `${issuer.issuer}/token` })
    const token = await issuer.token({ resource: url, dpopProof })
    const send = async (
      made: { method?: string; url?: string },
      more: Record<string, string> = {},
    ): Promise<number> => {
      const dpop = await newProof(key, { token, url, ...made })
      const headers = { authorization: `DPoP ${token}`, dpop, ...more }
      return (await post(undefined, { headers })).status
    }
    expect(await send({})).toBe(200)
    expect(await send({ method: 'GET' })).toBe(401)
    expect(await send({ url: `${url}/other` })).toBe(401)
    expect(
      await send(
        { method: 'GET', url: `${url}/other` },
        {
          'x-original-method': 'GET',
          'x-original-uri': '/mcp/other',
          'x-forwarded-method': 'GET',
          'x-forwarded-uri': '/mcp/other',
        },
      ),
    ).toBe(401)
    expect(await send({}, { 'x-original-method': 'GET', 'x-forwarded-uri': '/x' })).toBe(200)
    expect((await post(token)).status).toBe(401)
  })

  test('the door itself is not open to clients', async () => {
    const { origin } = new URL(url)
    for (const closed of ['/_verify', '/_verify_admin', '/verify']) {
      expect((await fetch(`${origin}${closed}`)).status).toBe(404)
    }
  })

  test('without the proxy nothing is forwarded: 503', async () => {
    const token = await good()
    const before = (await server.log()).length
    expect(await proxy.stop()).toBe(0)
    const response = await post(token)
    expect(response.status).toBe(503)
    expect((await server.log()).length).toBe(before)
  })
})
