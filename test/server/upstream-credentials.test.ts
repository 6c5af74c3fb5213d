// Credentials for backends end to end. Real: the official clients of both SDKs, the proxy, oidc-provider as authorization
// server (client_credentials, resource indicators; token exchange as a grant that the test registers with it), a resource
// server that verifies every token, and MCP servers of both SDKs behind it.
import {
  Client as Client2,
  StreamableHTTPClientTransport as Http2,
} from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  exchangeClient,
  machineClient,
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { startHttpServer, type HttpServer } from '../support/mcp-servers.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'
import { startTokenGate, type TokenGate } from '../support/token-gate.ts'

const audience = 'https://proxy.example.com/mcp'
/** 64 of them are in test/backends/http/upstream-token.test.ts; here all sides share one process. */
const callers = Array.from({ length: 16 }, (_, n) => `caller-${n}`)
const refusedCaller = 'caller-of-whom-policy-says-no'
const eras = ['legacy', 'dual'] as const
type Era = (typeof eras)[number]

let issuer: AuthorizationServer
const servers = new Map<Era, HttpServer>()
const gates = new Map<Era, TokenGate>()

beforeAll(async () => {
  issuer = await startAuthorizationServer({
    callers: [...callers, refusedCaller],
    exchange: { audience, denied: [refusedCaller] },
  })
  for (const era of eras) {
    const server = await startHttpServer(era)
    servers.set(era, server)
    gates.set(era, await startTokenGate(server.port, issuer))
  }
})
afterAll(async () => {
  for (const gate of gates.values()) await gate.close()
  for (const server of servers.values()) await server.close()
  await issuer.close()
})

const gateOf = (era: Era): TokenGate => {
  const gate = gates.get(era)
  if (gate === undefined) throw new Error('it did not start')
  return gate
}

const auth = () => ({ type: 'oauth', issuer: issuer.issuer, audience })

const startBefore = (era: Era, oauth: object, more: object = {}): Promise<RealProxy> =>
  startRealProxy(
    [
      {
        name: 'far',
        transport: 'http',
        url: gateOf(era).url,
        oauth: { issuer: issuer.issuer, resource: gateOf(era).url, ...oauth },
        ...more,
      },
    ],
    { config: { auth: auth() } },
  )

const identity = { name: 'official-client', version: '1.0.0' }

const connectors = {
  'SDK 1.x': async (url: string, token: string) => {
    const client = new Client1(identity)
    const requestInit = { headers: { authorization: `Bearer ${token}` } }
    await client.connect(new Http1(new URL(url), { requestInit }))
    return client
  },
  'SDK 2.x stateless': async (url: string, token: string) => {
    const client = new Client2(identity, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
    const requestInit = { headers: { authorization: `Bearer ${token}` } }
    await client.connect(new Http2(new URL(url), { requestInit }))
    return client as unknown as Client1
  },
} as const

const kinds = Object.keys(connectors) as readonly (keyof typeof connectors)[]
const table = kinds.flatMap((kind) => eras.map((era) => [kind, era] as const))

const tokenOf = (client: string) => issuer.token({ client, resource: audience })

const echo = async (client: Client1, text: string) =>
  ((await client.callTool({ name: 'far__echo', arguments: { text } })) as { content: unknown })
    .content

test('a key file that is not there keeps the proxy from starting, with the place of its key', async () => {
  const oauth = {
    token_endpoint: `${issuer.issuer}/token`,
    client_id: 'proxy',
    client_auth: 'private_key_jwt',
    client_key: '/nowhere/key.pem',
  }
  const backend = { name: 'far', transport: 'http', url: gateOf('legacy').url, oauth }
  await expect(startRealProxy([backend], { wait: false })).rejects.toThrow(
    'backends[0].oauth.client_key',
  )
})

describe.each(table)('%s before a server that is %s', (kind, era) => {
  describe('with client_credentials', () => {
    let proxy: RealProxy
    beforeAll(async () => {
      proxy = await startBefore(era, {
        client_id: machineClient.id,
        client_secret: machineClient.secret,
        scopes: ['mcp:read'],
      })
    })
    afterAll(() => proxy.close({ force: true }))

    test('calls with the token of the proxy, which is for that server, and not with its own', async () => {
      const gate = gateOf(era)
      const before = gate.passed.length
      const token = await tokenOf('caller-1')
      const client = await connectors[kind](proxy.url, token)
      expect(await echo(client, 'hello')).toEqual([{ type: 'text', text: 'hello' }])
      await client.close()
      const seen = gate.passed.slice(before)
      expect(new Set(seen.map(({ subject }) => subject))).toEqual(new Set([machineClient.id]))
      expect(seen.map((request) => request.token)).not.toContain(token)
      const claims = decodeJwt(seen[0]?.token ?? '')
      expect(claims).toMatchObject({ aud: gate.url, scope: 'mcp:read' })
    })

    test('another client in the section connects again with the token of that one, and an equal one does not', async () => {
      const gate = gateOf(era)
      const client = await connectors[kind](proxy.url, await tokenOf('caller-3'))
      await echo(client, 'before')
      const { config } = proxy.generation
      const [far] = config.backends
      const oauth = { ...far?.oauth, scopes: ['mcp:read', 'mcp:call'] }
      // As it was configured: another address would be another listener.
      const listen = { ...config.proxy.listen, port: 0 }
      const changed = (section: object) =>
        ({
          ...config,
          proxy: { ...config.proxy, listen },
          backends: [{ ...far, oauth: section }],
        }) as typeof config
      const [before] = proxy.generation.backends
      await proxy.replace(changed({ ...far?.oauth }))
      expect(proxy.generation.backends[0]).toBe(before)
      await proxy.replace(changed(oauth))
      expect(proxy.generation.backends[0]).not.toBe(before)
      await client.close()
      const passed = gate.passed.length
      const next = await connectors[kind](proxy.url, await tokenOf('caller-3'))
      expect(await echo(next, 'after')).toEqual([{ type: 'text', text: 'after' }])
      await next.close()
      // What was connected before ends with the token that it began with.
      const calls = gate.passed.slice(passed).filter(({ body }) => body.includes('tools/call'))
      const scopes = calls.map(({ token }) => decodeJwt(token)['scope'])
      expect(new Set(scopes)).toEqual(new Set(['mcp:read mcp:call']))
    })

    test('goes on with a fresh token where the server no longer takes the old one', async () => {
      const gate = gateOf(era)
      const client = await connectors[kind](proxy.url, await tokenOf('caller-2'))
      await echo(client, 'before')
      const old = gate.passed.at(-1)?.token ?? ''
      gate.revoked.add(old)
      expect(await echo(client, 'after')).toEqual([{ type: 'text', text: 'after' }])
      expect(gate.passed.at(-1)?.token).not.toBe(old)
      await client.close()
    })
  })

  describe('with token exchange', () => {
    let proxy: RealProxy
    beforeAll(async () => {
      proxy = await startBefore(era, {
        grant: 'token_exchange',
        client_id: exchangeClient.id,
        client_secret: exchangeClient.secret,
      })
    })
    afterAll(() => proxy.close({ force: true }))

    test('16 callers at once: no request and no session has the token of another caller', async () => {
      const gate = gateOf(era)
      const before = gate.passed.length
      const answers = await Promise.all(
        callers.map(async (name) => {
          const client = await connectors[kind](proxy.url, await tokenOf(name))
          const texts = [1, 2, 3].map((n) => `${name} says ${n}`)
          const said = await Promise.all(texts.map((text) => echo(client, text)))
          await client.close()
          return { said, texts }
        }),
      )
      for (const { said, texts } of answers) {
        expect(said).toEqual(texts.map((text) => [{ type: 'text', text }]))
      }
      const seen = gate.passed.slice(before)
      const calls = seen.filter(({ body }) => body.includes('"tools/call"'))
      expect(calls).toHaveLength(3 * callers.length)
      for (const { body, subject } of calls) expect(body).toContain(`${subject} says `)
      const subjects = new Map<string, Set<string>>()
      for (const { session, subject } of seen) {
        if (session === undefined) continue
        subjects.set(session, (subjects.get(session) ?? new Set()).add(subject))
      }
      expect([...subjects.values()].filter(({ size }) => size !== 1)).toEqual([])
    })

    test('each caller is listed what the server lists to its own token', async () => {
      const gate = gateOf(era)
      const client = await connectors[kind](proxy.url, await tokenOf('caller-3'))
      const before = gate.passed.length
      const { tools } = await client.listTools()
      expect(tools.map(({ name }) => name)).toContain('far__echo')
      const lists = gate.passed.slice(before).filter(({ body }) => body.includes('"tools/list"'))
      expect(new Set(lists.map(({ subject }) => subject))).toEqual(new Set(['caller-3']))
      await client.close()
    })

    test('a caller for whom the server of tokens has no token gets an error of the call, not a 401', async () => {
      const token = await tokenOf(refusedCaller)
      const client = await connectors[kind](proxy.url, token)
      await expect(echo(client, 'let me')).rejects.toMatchObject({ code: -32_603 })
      await client.close()
      const kept = await (await fetch(new URL('/admin/decisions', proxy.url))).text()
      expect(kept).toContain('"code":"backend-credential"')
      expect(kept).toContain('"credential":"token_exchange"')
      expect(kept).not.toContain(token)
    })
  })
})
