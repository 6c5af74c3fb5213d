// What a backend is given of its callers: their identity by an allow-list and some of their headers, per request.
import { afterEach, describe, expect, test } from 'vitest'
import type { Principal } from '../../../src/base/principal.ts'
import { decodeHeaderValue } from '../../../src/mcp/header-value.ts'
import { createBackends } from '../../support/backends.ts'
import { startHttpServer, type LoggedRequest } from '../../support/mcp-servers.ts'
import { legacyClient, modernClient, textOf, toolCall } from '../../support/peer.ts'

const backends = createBackends()
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  await backends.closeAll()
  await Promise.all(closing.splice(0).map((close) => close()))
})

const principalOf = (name: string): Principal => ({
  method: 'jwt',
  key: JSON.stringify(['sub', 'https://as.example.com', name]),
  iss: 'https://as.example.com',
  sub: name,
  clientId: 'desk',
  scopes: ['mcp:read', 'mcp:call'],
  audience: [],
  claims: { email: 'secret@example.com' },
})

const forwardAuth = {
  headers: { subject: 'X-User', issuer: 'X-Issuer', client_id: 'X-Client', scopes: 'X-Scopes' },
}

type Era = 'legacy' | 'modern'

const callOf = (name: string, era: Era, headers: Record<string, string> = {}, text = 'hi') => {
  const client = era === 'modern' ? modernClient : legacyClient
  const made = toolCall('echo', { text }, { client })
  return { ...made, caller: { ...made.caller, principal: principalOf(name), headers } }
}

/** Without the one that the proxy asks for itself: to be notified of changes. */
const forCallers = (log: readonly LoggedRequest[], from: number) =>
  log.slice(from).filter(({ headers }) => headers['mcp-method'] !== 'subscriptions/listen')

describe.each(['legacy', 'modern'] as const)('a real server that is %s', (era) => {
  const start = async (config: object) => {
    const server = await startHttpServer(era)
    closing.push(() => server.close())
    const backend = backends.open({ transport: 'http', url: server.url, ...config })
    backend.start()
    await backend.untilHealth('up')
    return { server, backend }
  }

  test('has the identity of the caller in each request for it, and in none of the proxy itself', async () => {
    const { server, backend } = await start({ forward_auth: forwardAuth })
    const before = (await server.log()).length
    expect(textOf(await backend.handle(callOf('ada', era)))).toBe('hi')
    const all = await server.log()
    expect(all.slice(0, before).filter(({ headers }) => headers['x-user'] !== undefined)).toEqual(
      [],
    )
    const own = forCallers(all, before)
    expect(own.length).toBeGreaterThan(0)
    for (const { headers } of own) {
      expect(headers).toMatchObject({
        'x-user': 'ada',
        'x-issuer': 'https://as.example.com',
        'x-client': 'desk',
        'x-scopes': 'mcp:read mcp:call',
      })
      expect(JSON.stringify(headers)).not.toContain('secret@example.com')
    }
  })

  test('never has what the caller sends under these names', async () => {
    const { server, backend } = await start({ forward_auth: forwardAuth })
    const before = (await server.log()).length
    await backend.handle(callOf('eve', era, { 'x-user': 'root', 'x-scopes': 'admin' }))
    for (const { headers } of forCallers(await server.log(), before)) {
      expect(headers['x-user']).toBe('eve')
      expect(headers['x-scopes']).toBe('mcp:read mcp:call')
    }
  })

  test.each(['Ådå', 'a\r\nX-Admin: 1', ' padded ', '=?base64?eA==?=', '中'])(
    'gets the subject %j in a form that a header can carry',
    async (name) => {
      const { server, backend } = await start({ forward_auth: forwardAuth })
      await backend.handle(callOf(name, era))
      const { headers } = (await server.log()).findLast((one) => one.method === 'POST') ?? {}
      expect(decodeHeaderValue(headers?.['x-user'] ?? '')).toBe(name)
      expect(headers?.['x-admin']).toBeUndefined()
    },
  )

  test('gets the named headers of each request under their new names, and no others', async () => {
    const { server, backend } = await start({
      forward_headers: { 'X-Tenant': 'X-Team', 'X-Request-Id': 'X-Request-Id' },
    })
    const before = (await server.log()).length
    const sent = {
      authorization: 'Bearer abc',
      cookie: 'a=b',
      'x-tenant': 'blue',
      'x-request-id': '17',
      'x-other': 'no',
    }
    await backend.handle(callOf('ada', era, sent))
    await backend.handle(callOf('ada', era, { ...sent, 'x-tenant': 'red' }))
    const seen = forCallers(await server.log(), before)
    expect(new Set(seen.map(({ headers }) => headers['x-team']))).toContain('red')
    for (const { headers } of seen) {
      expect(headers).toMatchObject({ 'x-request-id': '17' })
      for (const name of ['authorization', 'cookie', 'x-other', 'x-tenant']) {
        expect(headers[name]).toBeUndefined()
      }
    }
  })

  test('does not get a header whose value is none', async () => {
    const { server, backend } = await start({ forward_headers: { 'X-Tenant': 'X-Team' } })
    await backend.handle(callOf('ada', era, { 'x-tenant': 'é' }))
    expect((await server.log()).filter(({ headers }) => 'x-team' in headers)).toEqual([])
  })
})

describe('the identity in _meta', () => {
  const key = 'com.example/caller'
  const open = async (transport: 'legacy' | 'dual') => {
    const server = await startHttpServer(transport)
    closing.push(() => server.close())
    const backend = backends.open({
      transport: 'http',
      url: server.url,
      forward_auth: { meta: key },
    })
    backend.start()
    await backend.untilHealth('up')
    return { server, backend }
  }

  test('replaces what the caller wrote there itself', async () => {
    const { server, backend } = await open('legacy')
    const call = callOf('ada', 'legacy')
    const params = { ...call.request.params, _meta: { [key]: { sub: 'root' }, 'com.other/x': 1 } }
    await backend.handle({ ...call, request: { ...call.request, params } })
    const { body } = (await server.log()).findLast((one) => one.body?.method === 'tools/call') ?? {}
    expect(body?.params?.['_meta']).toMatchObject({
      [key]: {
        iss: 'https://as.example.com',
        sub: 'ada',
        client_id: 'desk',
        scopes: ['mcp:read', 'mcp:call'],
      },
      'com.other/x': 1,
    })
  })

  test('of nobody is not there, whatever an unknown caller wrote', async () => {
    const { server, backend } = await open('legacy')
    const call = toolCall('echo', { text: 'hi' }, {}, { [key]: { sub: 'root' } })
    await backend.handle(call)
    const { body } = (await server.log()).findLast((one) => one.body?.method === 'tools/call') ?? {}
    expect(JSON.stringify(body)).not.toContain('root')
  })
})
