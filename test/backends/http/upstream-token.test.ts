// A token that is obtained for a backend: shown, renewed, shown to no other caller; and each way in which none can be had.
// The authorization servers and backends here are scripted, for answers that no real one gives on demand.
import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import type { Principal } from '../../../src/base/principal.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { hintOf } from '../../../src/problems/problem.ts'
import type { Reply } from '../../../src/mcp/call.ts'
import { createBackends } from '../../support/backends.ts'
import { startEventStreamServer, startWebSocketServer } from '../../support/mcp-servers.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { legacyClient, modernClient, textOf, toolCall } from '../../support/peer.ts'
import {
  startScriptedServer,
  type Script,
  type ScriptedServer,
  type SeenRequest,
} from '../../support/scripted-server.ts'

const backends = createBackends()
const servers: ScriptedServer[] = []
afterEach(async () => {
  await backends.closeAll()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const secret = 'the-secret-of-the-proxy-0123456789'
const client = { client_id: 'proxy', client_secret: secret }

/** `Bearer token-2`: what came last of all that was granted counts up. */
const counting = (more: object = {}): Script => {
  let n = 0
  return () => ({
    body: { access_token: `token-${(n += 1)}`, token_type: 'Bearer', expires_in: 600, ...more },
  })
}

interface World {
  readonly server: ScriptedServer
  readonly origin: string
  /** The tokens that the backend takes; others get 401. */
  readonly good: { takes: (token: string, request: SeenRequest) => boolean }
}

const startWorld = async (token: Script, era: 'modern' | 'legacy' = 'modern'): Promise<World> => {
  const server = await startScriptedServer({ '/token': token })
  servers.push(server)
  const good: World['good'] = { takes: () => true }
  server.on('/mcp', (request) => {
    const { method, body, headers } = request
    const shown = (headers.authorization ?? '').replace(/^Bearer /, '')
    if (!good.takes(shown, request)) {
      return {
        status: 401,
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
        body: { error: 'invalid_token' },
      }
    }
    if (method !== 'POST') return { status: 405 }
    const message = JSON.parse(body) as { id?: number; method: string }
    const answer = (result: object, more: Record<string, string> = {}) => ({
      headers: more,
      body: { jsonrpc: '2.0', id: message.id, result },
    })
    if (message.id === undefined) return { status: 202 }
    if (message.method === 'server/discover') {
      return era === 'modern'
        ? answer({
            supportedVersions: ['2026-07-28'],
            capabilities: { tools: {} },
            resultType: 'complete',
          })
        : { status: 400, body: { jsonrpc: '2.0', id: null, error: { code: -32_000, message: '' } } }
    }
    if (message.method === 'initialize') {
      const session = { 'mcp-session-id': `session-of-${shown}` }
      const agreed = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: {} }
      return answer(agreed, session)
    }
    return answer({ content: [{ type: 'text', text: shown }] })
  })
  return { server, origin: server.origin, good }
}

const openIn = (world: World, oauth: object = {}, more: object = {}, ports: object = {}) => {
  const backend = backends.open(
    {
      transport: 'http',
      url: `${world.origin}/mcp`,
      oauth: { token_endpoint: `${world.origin}/token`, ...client, ...oauth },
      ...more,
    },
    ports,
  )
  backend.start()
  return backend
}

const formOf = ({ body }: SeenRequest) => Object.fromEntries(new URLSearchParams(body))
const tokenRequests = ({ server }: World) => server.requests.filter(({ path }) => path === '/token')

const problemIn = (reply: Reply) => {
  if (reply.kind !== 'failure') throw new Error(`no failure: ${JSON.stringify(reply)}`)
  return reply
}

const principalOf = (name: string): Principal => ({
  method: 'jwt',
  key: JSON.stringify(['sub', 'https://as.example.com', name]),
  iss: 'https://as.example.com',
  sub: name,
  scopes: [],
  audience: [],
  claims: {},
})

/** A call of a caller that came with a token of its own. */
const callOf = (name: string, era: 'modern' | 'legacy' = 'modern', token = `token-of-${name}`) => {
  const made = toolCall('whoami', {}, { client: era === 'modern' ? modernClient : legacyClient })
  return {
    ...made,
    caller: {
      ...made.caller,
      principal: principalOf(name),
      headers: { authorization: `Bearer ${token}` },
    },
  }
}

describe('a token by client_credentials', () => {
  test('is asked for once, with scopes, resource and audience, and shown with each request', async () => {
    const world = await startWorld(counting())
    const backend = openIn(world, {
      scopes: ['search:read', 'search:write'],
      resource: 'https://search.example.com/mcp',
      audience: 'search',
    })
    await backend.untilHealth('up')
    const replies = await Promise.all([1, 2, 3].map(() => backend.handle(toolCall('whoami'))))
    expect(replies.map(textOf)).toEqual(['token-1', 'token-1', 'token-1'])
    expect(tokenRequests(world).map(formOf)).toEqual([
      {
        grant_type: 'client_credentials',
        scope: 'search:read search:write',
        resource: 'https://search.example.com/mcp',
        audience: 'search',
      },
    ])
    const [request] = tokenRequests(world)
    const basic = Buffer.from(`proxy:${secret}`).toString('base64')
    expect(request?.headers.authorization).toBe(`Basic ${basic}`)
  })

  test('is renewed shortly before it expires, by the clock of the proxy', async () => {
    const clock = createManualClock()
    const world = await startWorld(counting())
    const backend = openIn(world, {}, {}, { clock })
    await backend.untilHealth('up')
    clock.set(clock.now() + 569_000)
    expect(textOf(await backend.handle(toolCall('whoami')))).toBe('token-1')
    clock.set(clock.now() + 1000)
    expect(textOf(await backend.handle(toolCall('whoami')))).toBe('token-2')
  })

  test('is found by the metadata of the issuer where only that is configured', async () => {
    const world = await startWorld(counting())
    world.server.on('/.well-known/oauth-authorization-server', {
      body: { issuer: world.origin, token_endpoint: `${world.origin}/token` },
    })
    const backend = openIn(world, { token_endpoint: undefined, issuer: world.origin })
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(toolCall('whoami')))).toBe('token-1')
  })

  test('with client_secret_post has the secret in the form', async () => {
    const world = await startWorld(counting())
    const backend = openIn(world, { client_auth: 'client_secret_post' })
    await backend.untilHealth('up')
    const [request] = tokenRequests(world)
    expect(request?.headers.authorization).toBeUndefined()
    expect(request && formOf(request)).toMatchObject({ client_id: 'proxy', client_secret: secret })
  })

  test('with private_key_jwt is asked for with an assertion that the key has signed', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const world = await startWorld(counting())
    const backend = openIn(world, {
      client_auth: 'private_key_jwt',
      client_secret: undefined,
      client_key: key,
    })
    await backend.untilHealth('up')
    const [request] = tokenRequests(world)
    const form = request === undefined ? {} : formOf(request)
    expect(form['client_assertion_type']).toBe(
      'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    )
    const { payload } = await jwtVerify(form['client_assertion'] ?? '', publicKey)
    expect(payload).toMatchObject({ iss: 'proxy', sub: 'proxy', aud: `${world.origin}/token` })
  })

  test('goes with the handshake of a WebSocket server', async () => {
    const world = await startWorld(counting())
    const far = await startWebSocketServer('legacy')
    const backend = openIn(world, {}, { transport: 'websocket', url: far.url })
    await backend.untilHealth('up')
    const echoed = await backend.handle(toolCall('echo', { text: 'hi' }))
    expect(textOf(echoed)).toBe('hi')
    expect(tokenRequests(world)).toHaveLength(1)
    await far.close()
  })

  test('that the backend no longer takes is replaced, and the call is sent once more', async () => {
    const world = await startWorld(counting())
    const backend = openIn(world)
    await backend.untilHealth('up')
    world.good.takes = (token) => token !== 'token-1'
    expect(textOf(await backend.handle(toolCall('whoami')))).toBe('token-2')
  })

  test('that the backend takes under no circumstances is refused as before, after one more request', async () => {
    const world = await startWorld(counting())
    const backend = openIn(world)
    await backend.untilHealth('up')
    world.good.takes = () => false
    const calls = () =>
      world.server.requests.filter(({ body }) => body.includes('tools/call')).length
    const { problem, sent } = problemIn(
      await backend.handle(toolCall('whoami', {}, { client: modernClient })),
    )
    expect(problem).toMatchObject({ code: 'backend-auth', case: 'unauthorized' })
    expect(sent).toBe(false)
    expect(calls()).toBe(2)
    await backend.handle(toolCall('whoami', {}, { client: modernClient }))
    expect(calls()).toBe(3)
    expect(tokenRequests(world)).toHaveLength(2)
  })

  test('is shown to a session-era server from its first request to its last', async () => {
    const world = await startWorld(counting(), 'legacy')
    world.good.takes = (token) => token === 'token-1'
    const backend = openIn(world)
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(callOf('ada', 'legacy')))).toBe('token-1')
    await backend.close()
    const shown = world.server.requests.filter(({ path }) => path === '/mcp')
    expect(new Set(shown.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer token-1']),
    )
    expect(shown.map(({ method }) => method)).toContain('DELETE')
  })

  test('of a caller that leaves while it is asked for is no loss to others', async () => {
    let open = (): void => undefined
    const until = new Promise<void>((resolve) => {
      open = resolve
    })
    let n = 0
    const world = await startWorld(() => {
      n += 1
      return {
        ...(n === 1 ? {} : { until }),
        body: { access_token: `token-${n}`, token_type: 'Bearer', expires_in: n === 1 ? 0 : 600 },
      }
    })
    const backend = openIn(world)
    await backend.untilHealth('up')
    const leaving = new AbortController()
    const left = backend.handle({ ...toolCall('whoami'), signal: leaving.signal })
    const other = backend.handle(toolCall('whoami'))
    await world.server.asked('/token', 2)
    leaving.abort()
    expect((await left).kind).toBe('failure')
    open()
    expect(textOf(await other)).toBe('token-2')
    expect(tokenRequests(world)).toHaveLength(2)
  })
})

describe('a token in exchange for that of the caller', () => {
  const exchanging: Script = (request) => {
    const { grant_type: grant = '', subject_token: subject = '' } = formOf(request)
    const of = grant.endsWith(':token-exchange') ? `for ${subject}` : 'own'
    return {
      body: {
        access_token: of.replaceAll(' ', '-'),
        token_type: 'Bearer',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        expires_in: 600,
      },
    }
  }
  const exchange = { grant: 'token_exchange', resource: 'https://search.example.com/mcp' }

  test('is asked for as RFC 8693 says', async () => {
    const world = await startWorld(exchanging)
    const backend = openIn(world, { ...exchange, subject_token_type: 'jwt', scopes: ['a'] })
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(callOf('ada')))).toBe('for-token-of-ada')
    expect(tokenRequests(world).map(formOf).at(-1)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'token-of-ada',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: 'https://search.example.com/mcp',
      scope: 'a',
    })
  })

  test.each(['modern', 'legacy'] as const)(
    'is never shown for another caller, by 64 at once to a %s server',
    async (era) => {
      const world = await startWorld(exchanging, era)
      const backend = openIn(world, exchange)
      await backend.untilHealth('up')
      const names = Array.from({ length: 64 }, (_, n) => `caller-${n}`)
      const rounds = [1, 2, 3].flatMap(() => names)
      const replies = await Promise.all(rounds.map((name) => backend.handle(callOf(name, era))))
      expect(replies.map(textOf)).toEqual(rounds.map((name) => `for-token-of-${name}`))
      const bySession = new Map<string, Set<string | undefined>>()
      for (const { headers } of world.server.requests) {
        const session = headers['mcp-session-id']
        if (typeof session !== 'string') continue
        bySession.set(session, (bySession.get(session) ?? new Set()).add(headers.authorization))
      }
      expect([...bySession.values()].filter(({ size }) => size > 1)).toEqual([])
      // Each caller once, and the proxy itself.
      expect(tokenRequests(world)).toHaveLength(65)
    },
  )

  test('goes with the stream and each message of an HTTP+SSE server, for its caller alone', async () => {
    const world = await startWorld(exchanging)
    const far = await startEventStreamServer()
    const backend = openIn(world, exchange, { transport: 'sse', url: far.url })
    await backend.untilHealth('up')
    const before = (await far.log()).length
    const echo = (name: string) => {
      const made = callOf(name, 'legacy')
      return backend.handle({ ...made, request: toolCall('echo', { text: name }).request })
    }
    const names = ['ada', 'ben', 'cleo', 'ada', 'ben']
    expect((await Promise.all(names.map(echo))).map(textOf)).toEqual(names)
    const shown = (await far.log()).slice(before)
    const expected = ['ada', 'ben', 'cleo'].map((name) => `Bearer for-token-of-${name}`)
    for (const method of ['GET', 'POST']) {
      const those = shown.filter((one) => one.method === method)
      expect(new Set(those.map(({ headers }) => headers['authorization']))).toEqual(
        new Set(expected),
      )
    }
    for (const { headers, body } of shown) {
      if (body?.method !== 'tools/call') continue
      expect(body.params?.['arguments']).toEqual({
        text: headers['authorization']?.replace('Bearer for-token-of-', ''),
      })
    }
    await far.close()
  })

  test('is another one for another token of the same caller', async () => {
    const world = await startWorld(exchanging, 'legacy')
    const backend = openIn(world, exchange)
    await backend.untilHealth('up')
    const first = await backend.handle(callOf('ada', 'legacy', 'first'))
    const second = await backend.handle(callOf('ada', 'legacy', 'second'))
    expect([first, second].map(textOf)).toEqual(['for-first', 'for-second'])
  })

  test('needs a caller with a token', async () => {
    const world = await startWorld(exchanging)
    const backend = openIn(world, exchange)
    await backend.untilHealth('up')
    const { problem, sent } = problemIn(await backend.handle(toolCall('whoami')))
    expect(problem).toMatchObject({ code: 'backend-credential', case: 'no-token' })
    expect(sent).toBe(false)
  })

  test.each(['key', 'bearer'] as const)(
    'is not asked for with the %s of a caller, which is a secret of the proxy alone',
    async (method) => {
      const world = await startWorld(exchanging)
      const backend = openIn(world, exchange)
      await backend.untilHealth('up')
      const call = callOf('ada', 'modern', 'a-secret-of-ours')
      const principal = { ...call.caller.principal, method }
      const { problem } = problemIn(
        await backend.handle({ ...call, caller: { ...call.caller, principal } }),
      )
      expect(problem).toMatchObject({ code: 'backend-credential', case: 'no-token' })
      expect(JSON.stringify(world.server.requests)).not.toContain('a-secret-of-ours')
    },
  )

  test('ends with the token of the caller', async () => {
    const clock = createManualClock()
    const world = await startWorld(exchanging)
    const backend = openIn(world, exchange, {}, { clock })
    await backend.untilHealth('up')
    const call = callOf('ada')
    const ending = { ...call, caller: { ...call.caller, expiresAt: clock.now() + 60_000 } }
    await backend.handle(ending)
    const before = tokenRequests(world).length
    clock.set(clock.now() + 50_000)
    await backend.handle(ending)
    expect(tokenRequests(world)).toHaveLength(before)
    clock.set(clock.now() + 5000)
    await backend.handle(ending)
    expect(tokenRequests(world)).toHaveLength(before + 1)
  })
})

describe('where no token can be had, the call fails with backend-credential', () => {
  const refusing = (error: string, description?: string, status = 400): Script => ({
    status,
    body: { error, ...(description === undefined ? {} : { error_description: description }) },
  })
  const rows: readonly [what: string, script: Script, name: string, says: string][] = [
    ['a wrong secret', refusing('invalid_client', undefined, 401), 'client', 'invalid_client'],
    [
      'an expired secret',
      refusing('invalid_client', 'The client secret has expired', 401),
      'client',
      'The client secret has expired',
    ],
    ['a wrong secret, said with 200', refusing('bad_client_secret', '', 200), 'client', 'bad'],
    ['a client without the grant', refusing('unauthorized_client'), 'grant', 'unauthorized_client'],
    ['an unknown grant', refusing('unsupported_grant_type'), 'grant', 'client_credentials'],
    ['invalid_grant', refusing('invalid_grant'), 'client', 'invalid_grant'],
    ['an unknown scope', refusing('invalid_scope'), 'scope', 'invalid_scope'],
    ['an unknown resource', refusing('invalid_target'), 'target', 'invalid_target'],
    ['a lacking parameter', refusing('invalid_request'), 'request', 'invalid_request'],
    ['a policy', refusing('access_denied', 'not at night', 403), 'denied', 'not at night'],
    ['another error', refusing('account_suspended'), 'other', 'account_suspended'],
    ['503', { status: 503, body: 'sorry' }, 'busy', '503'],
    ['429', { status: 429, body: {} }, 'busy', '429'],
    [
      'a page',
      { headers: { 'content-type': 'text/html' }, body: '<h1>Log in' },
      'malformed',
      'text/html',
    ],
    ['no access token', { body: { token_type: 'Bearer' } }, 'malformed', 'access_token'],
    [
      'no JSON',
      { headers: { 'content-type': 'application/json' }, body: '{' },
      'malformed',
      'JSON',
    ],
    [
      'a token that is no bearer token',
      { body: { access_token: 'x', token_type: 'N_A' } },
      'malformed',
      'token_type',
    ],
    [
      'a negative lifetime',
      { body: { access_token: 'x', token_type: 'Bearer', expires_in: -1 } },
      'malformed',
      'expires_in',
    ],
    ['a redirect', { status: 307, headers: { location: '/other' } }, 'malformed', 'redirect'],
    ['a reset connection', { reset: true }, 'unreachable', 'ECONNRESET'],
    ['a cut answer', { cut: true, body: '{"access_token":' }, 'unreachable', 'connection closed'],
  ]
  test.each(rows)('%s', async (_, script, name, says) => {
    const world = await startWorld(script)
    const backend = openIn(world)
    const { problem } = await backend.untilHealth('down')
    expect(problem).toMatchObject({ code: 'backend-credential', case: name })
    expect(problem.detail).toContain(says)
    expect(problem.detail).not.toContain(secret)
    expect(hintOf(problem)).not.toBe('')
    const reply = problemIn(await backend.handle(toolCall('whoami')))
    expect(reply).toMatchObject({ sent: false, problem: { code: 'backend-credential' } })
    expect(world.server.count('/mcp')).toBe(0)
  })

  test('a server that is not there', async () => {
    const world = await startWorld(counting())
    const backend = openIn(world, { token_endpoint: 'http://127.0.0.1:9/token' })
    const { problem } = await backend.untilHealth('down')
    expect(problem).toMatchObject({ code: 'backend-credential', case: 'unreachable' })
  })

  test('an issuer without metadata', async () => {
    const world = await startWorld(counting())
    const backend = openIn(world, { token_endpoint: undefined, issuer: world.origin })
    const { problem } = await backend.untilHealth('down')
    expect(problem).toMatchObject({ code: 'backend-credential', case: 'undiscovered' })
    expect(hintOf(problem)).toContain(`mcp-proxy discover ${world.origin}`)
  })

  test('metadata without a token endpoint', async () => {
    const world = await startWorld(counting())
    world.server.on('/.well-known/oauth-authorization-server', { body: { issuer: world.origin } })
    const backend = openIn(world, { token_endpoint: undefined, issuer: world.origin })
    const { problem } = await backend.untilHealth('down')
    expect(problem).toMatchObject({ code: 'backend-credential', case: 'undiscovered' })
    expect(problem.detail).toContain('token_endpoint')
  })

  test('a token of the caller that is not exchanged, while the backend stays up for others', async () => {
    const world = await startWorld((request) => {
      const { subject_token: subject } = formOf(request)
      return subject === 'token-of-eve'
        ? {
            status: 400,
            body: { error: 'invalid_request', error_description: `${subject} is not known` },
          }
        : { body: { access_token: `for-${subject}`, token_type: 'Bearer', expires_in: 60 } }
    })
    const backend = openIn(world, { grant: 'token_exchange' })
    await backend.untilHealth('up')
    const { problem } = problemIn(await backend.handle(callOf('eve')))
    expect(problem).toMatchObject({ code: 'backend-credential', case: 'subject' })
    expect(problem.detail).not.toContain('token-of-eve')
    expect(textOf(await backend.handle(callOf('ada')))).toBe('for-token-of-ada')
    expect(backend.health.state).toBe('up')
  })

  test('a server that says back all that it was told: nothing secret is in problems and logs', async () => {
    const world = await startWorld(({ body, headers }) => ({
      status: 401,
      body: { error: 'invalid_client', error_description: `${body} ${headers.authorization}` },
    }))
    const backend = openIn(world, { client_auth: 'client_secret_post' })
    const { problem } = await backend.untilHealth('down')
    expect(JSON.stringify([problem, backend.log])).not.toContain(secret)
  })

  test('counts the request by its outcome', async () => {
    const { testPorts } = await import('../../support/test-ports.ts')
    const { samples, meter } = testPorts()
    const world = await startWorld(refusing('invalid_client'))
    const backend = openIn(world, {}, {}, { meter, http: systemPorts().http })
    await backend.untilHealth('down')
    expect(samples.filter(({ name }) => name === 'mcp_proxy_upstream_tokens_total')).toEqual([
      {
        name: 'mcp_proxy_upstream_tokens_total',
        labels: { backend: 'test', grant: 'client_credentials', outcome: 'refused' },
        value: 1,
      },
    ])
  })
})
