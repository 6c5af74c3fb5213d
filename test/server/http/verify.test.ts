// The door for gateways: the verdict of the endpoint, the caller in headers, and what it believes of the original request.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readChallenges } from '../../../src/net/www-authenticate.ts'
import { newProof, newProofKey, type ProofKey } from '../../support/proofs.ts'
import {
  startTestProxy,
  type Received,
  type SendOptions,
  type TestProxy,
} from '../../support/proxy.ts'
import { openSocket, readAnswer } from '../../support/raw-http.ts'
import { result, scriptedBackend, type ScriptedBackend } from '../../support/scripted-backend.ts'
import {
  goodClaims,
  jwksOf,
  mintRaw,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
  type Members,
} from '../../support/tokens.ts'

const auditSchema = new URL('../../../schemas/audit.schema.json', import.meta.url)

const now = () => Math.floor(Date.now() / 1000)

const mint = async (claims: Members = {}): Promise<string> =>
  mintToken(await testKey(), goodClaims({ scope: 'mcp:read', ...claims }, now()))

interface Sections {
  readonly verify?: object
  readonly auth?: object
  readonly security?: object
  readonly observability?: object
}

const running: TestProxy[] = []

const start = async (
  { verify = {}, auth = {}, security = {}, observability = {} }: Sections = {},
  backends: readonly ScriptedBackend[] = [],
): Promise<TestProxy> => {
  const proxy = await startTestProxy(backends, {
    config: {
      proxy: { public_url: testAudience },
      verify,
      auth: { type: 'oauth', issuer: testIssuer, audience: testAudience, ...auth },
      security,
      observability: { decisions: { keep: 100, accepted: 1 }, ...observability },
    },
    localKeys: jwksOf(await testKey()),
  })
  running.push(proxy)
  return proxy
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((proxy) => proxy.close({ force: true })))
})

/** As nginx asks, with a token. */
const ask = (proxy: TestProxy, token?: string, more: SendOptions = {}): Promise<Received> =>
  proxy.send({
    path: '/verify',
    method: 'GET',
    ...(token === undefined ? {} : { token }),
    ...more,
  })

const causeOf = (received: Received): unknown => received.json().error?.data?.code
const paramsOf = ({ headers }: Received) =>
  readChallenges(headers['www-authenticate'] ?? '')[0]?.params
const decisionOf = async (proxy: TestProxy, { headers }: Received) => {
  const id = String(headers['x-request-id'])
  const answer = await proxy.send({ path: `/admin/decisions/${id}`, method: 'GET' })
  return answer.json().decisions[0]
}

describe('a proxy that only verifies', () => {
  test('is ready without any backend, and is no MCP server', async () => {
    const proxy = await start()
    const ready = await proxy.send({ path: '/ready', method: 'GET' })
    expect(ready.json()).toEqual({ status: 'ready', problems: [] })
    const endpoint = await proxy.modern('tools/list', {}, { token: await mint() })
    expect(endpoint.status).toBe(404)
    expect(endpoint.text).not.toContain('/mcp')
  })

  test('answers an accepted caller with 200, no body, and who that is', async () => {
    const proxy = await start()
    const token = await mint({ sub: 'ann', client_id: 'desk', scope: 'mcp:read mcp:call' })
    const accepted = await ask(proxy, token)
    expect(accepted.status).toBe(200)
    expect(accepted.text).toBe('')
    expect(accepted.headers).toMatchObject({
      'x-auth-subject': 'ann',
      'x-auth-client-id': 'desk',
      'x-auth-scopes': 'mcp:read mcp:call',
      'x-auth-issuer': testIssuer,
      'x-auth-roles': '',
      'cache-control': 'no-store',
      'content-length': '0',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
    })
  })

  test('serves the metadata that its challenges name', async () => {
    const proxy = await start({ auth: { required_scopes: ['mcp:read'] } })
    const refused = await ask(proxy)
    expect(refused.status).toBe(401)
    expect(causeOf(refused)).toBe('req-token-missing')
    const { resource_metadata: where, scope, error } = paramsOf(refused) ?? {}
    expect([scope, error]).toEqual(['mcp:read', undefined])
    const metadata = await proxy.send({ path: new URL(where!).pathname, method: 'GET' })
    expect(metadata.json()).toMatchObject({
      resource: testAudience,
      authorization_servers: [testIssuer],
    })
  })
})

describe('refusals', () => {
  const rows: readonly (readonly [
    name: string,
    status: number,
    code: string,
    error: string | undefined,
    headers: () => Promise<NonNullable<SendOptions['headers']>>,
  ])[] = [
    ['no Authorization', 401, 'req-token-missing', undefined, async () => ({})],
    [
      'two Authorization headers',
      400,
      'req-authorization-malformed',
      'invalid_request',
      async () => ({ authorization: [`Bearer ${await mint()}`, `Bearer ${await mint()}`] }),
    ],
    [
      'another scheme',
      400,
      'req-authorization-malformed',
      'invalid_request',
      async () => ({ authorization: 'Basic YTpi' }),
    ],
    [
      'another audience',
      401,
      'claim-aud',
      'invalid_token',
      async () => ({ authorization: `Bearer ${await mint({ aud: 'https://other.test' })}` }),
    ],
    [
      'an expired token',
      401,
      'time-exp',
      'invalid_token',
      async () => ({ authorization: `Bearer ${await mint({ exp: now() - 600 })}` }),
    ],
    [
      'a missing scope',
      403,
      'claim-scope',
      'insufficient_scope',
      async () => ({ authorization: `Bearer ${await mint({ scope: 'other' })}` }),
    ],
    [
      'a foreign page',
      403,
      'req-origin',
      undefined,
      async () => ({ authorization: `Bearer ${await mint()}`, origin: 'https://evil.test' }),
    ],
    [
      'a foreign Host',
      403,
      'req-host',
      undefined,
      async () => ({ authorization: `Bearer ${await mint()}`, host: 'evil.test' }),
    ],
  ]

  test.each(rows)(
    '%s: %i %s, word for word as at the endpoint',
    async (_, status, code, error, headers) => {
      const backend = scriptedBackend('one')
      backend.up()
      const proxy = await start({ auth: { required_scopes: ['mcp:read'] } }, [backend])
      const sent = await headers()
      const [refused, endpoint] = [
        await ask(proxy, undefined, { headers: sent }),
        await proxy.modern('tools/list', {}, { headers: sent }),
      ]
      expect([refused.status, causeOf(refused)]).toEqual([status, code])
      expect(paramsOf(refused)?.['error']).toBe(error)
      const visible = (answer: Received) => {
        const { error: said, ...body } = answer.json()
        return {
          answered: answer.status,
          challenge: answer.headers['www-authenticate'],
          body: { ...body, ...said, data: { ...said.data, requestId: '' } },
        }
      }
      expect(visible(refused)).toEqual(visible(endpoint))
      expect(Object.keys(refused.headers).filter((name) => name.startsWith('x-auth-'))).toEqual([])
      const decision = await decisionOf(proxy, refused)
      expect(decision).toMatchObject({ code, status, request: { door: 'verify' } })
      expect(await decisionOf(proxy, endpoint)).toMatchObject({ code, request: { door: 'mcp' } })
      const outcome = decision.outcome as string
      const metrics = await proxy.send({ path: '/admin/metrics', method: 'GET' })
      expect(metrics.text).toContain(
        `mcp_proxy_verifications_total{outcome="${outcome}",code="${code}"} 1`,
      )
      expect(metrics.text).toContain(
        `mcp_proxy_refusals_total{code="${code}",status="${status}"} 2`,
      )
    },
  )

  test('an issuer that is down leaves it undecided: 503 with Retry-After and no challenge', async () => {
    const proxy = await startTestProxy([], {
      config: {
        proxy: { public_url: testAudience },
        verify: {},
        auth: { type: 'oauth', issuer: 'http://127.0.0.1:9', audience: testAudience },
      },
    })
    running.push(proxy)
    const undecided = await ask(proxy, await mint({ iss: 'http://127.0.0.1:9' }))
    expect(undecided.status).toBe(503)
    expect(Number(undecided.headers['retry-after'])).toBeGreaterThan(0)
    expect(undecided.headers['www-authenticate']).toBeUndefined()
  })

  test('the log has an audit line for each answer, with the door, and never a token', async () => {
    const proxy = await start({ security: { trusted_proxies: ['127.0.0.1'] } })
    const [good, bad] = [await mint({ sub: 'ann' }), await mint({ aud: 'https://other.test' })]
    const headers = {
      'x-original-method': 'POST',
      'x-original-uri': '/mcp?secret=1',
      'x-forwarded-for': '192.0.2.7',
    }
    await ask(proxy, good, { headers })
    await ask(proxy, bad, { headers })
    const lines = proxy.logged().filter(({ event }) => event === 'audit')
    expect(lines).toMatchObject([
      {
        door: 'verify',
        outcome: 'accepted',
        sub: 'ann',
        http_method: 'POST',
        path: '/mcp',
        address: '192.0.2.7',
      },
      { door: 'verify', outcome: 'rejected', code: 'claim-aud', http_method: 'POST', path: '/mcp' },
    ])
    const isAuditLine = new Ajv2020({ strict: false, validateFormats: false }).compile(
      JSON.parse(readFileSync(auditSchema, 'utf8')) as object,
    )
    expect(lines.filter((line) => !isAuditLine(line))).toEqual([])
    const text = JSON.stringify(proxy.logged())
    for (const secret of [good, bad, 'secret=1']) expect(text).not.toContain(secret)
  })
})

describe('methods, paths and bodies', () => {
  test.each(['GET', 'HEAD', 'POST'])('%s asks', async (method) => {
    const proxy = await start()
    const accepted = await ask(proxy, await mint({ sub: 'ann' }), { method })
    expect([accepted.status, accepted.headers['x-auth-subject']]).toEqual([200, 'ann'])
    const refused = await ask(proxy, undefined, { method })
    expect(refused.status).toBe(401)
    expect(refused.headers['www-authenticate']).toContain('resource_metadata=')
    expect(refused.text === '').toBe(method === 'HEAD')
  })

  test.each(['PUT', 'DELETE', 'OPTIONS', 'PATCH'])(
    '%s does not, with or without a token',
    async (method) => {
      const proxy = await start()
      const refused = await ask(proxy, await mint(), { method })
      expect([refused.status, refused.headers['allow']]).toEqual([405, 'GET, HEAD, POST'])
      expect(refused.headers['x-auth-subject']).toBeUndefined()
    },
  )

  const head = (lines: readonly string[]): string =>
    ['POST /verify HTTP/1.1', 'host: localhost', ...lines, '', ''].join('\r\n')

  test('a small body is ignored, whatever it is, and the connection lives on', async () => {
    const proxy = await start()
    const authorization = `authorization: Bearer ${await mint()}`
    const socket = await openSocket(proxy.origin)
    for (const body of ['{"jsonrpc": nonsense', '\u0000\u0001', '']) {
      const answer = readAnswer(socket)
      socket.write(`${head([authorization, `content-length: ${body.length}`])}${body}`)
      expect((await answer).status).toBe(200)
    }
    socket.destroy()
  })

  test.each<[string, string]>([
    ['of 64 MiB', 'content-length: 67108864'],
    ['of unknown length', 'transfer-encoding: chunked'],
  ])(
    'a body %s is not read: the answer does not wait for it and ends the connection',
    async (_, length) => {
      const proxy = await start()
      for (const token of [await mint(), await mint({ aud: 'other' })]) {
        const socket = await openSocket(proxy.origin)
        const closed = once(socket, 'close')
        const answer = readAnswer(socket)
        socket.write(head([`authorization: Bearer ${token}`, length]))
        expect((await answer).head).toContain('connection: close')
        await closed
      }
    },
  )

  test('a head beyond the limits is refused before anything in it is believed', async () => {
    const proxy = await start()
    const large = await ask(proxy, await mint(), { headers: { 'x-large': 'x'.repeat(20_000) } })
    expect(large.status).toBe(431)
  })

  test('the path is the configured one, and nothing beside it', async () => {
    const proxy = await start({ verify: { path: '/auth/check' } })
    const token = await mint()
    expect((await ask(proxy, token, { path: '/auth/check' })).status).toBe(200)
    for (const path of ['/verify', '/auth', '/auth/checks', '/auth/check%2f', '//auth/check']) {
      expect([path, (await ask(proxy, token, { path })).status]).toEqual([path, 404])
    }
  })

  test('without [verify] there is no such door', async () => {
    const backend = scriptedBackend('one')
    const proxy = await startTestProxy([backend], {
      config: { auth: { type: 'oauth', issuer: testIssuer, audience: testAudience } },
      localKeys: jwksOf(await testKey()),
    })
    running.push(proxy)
    expect((await ask(proxy, await mint())).status).toBe(404)
  })
})

describe('who the caller is', () => {
  test('only the listed facts are said, under the configured prefix', async () => {
    const proxy = await start({ verify: { headers: ['subject'], header_prefix: 'X-Caller-' } })
    const { headers } = await ask(proxy, await mint({ sub: 'ann' }))
    expect(headers['x-caller-subject']).toBe('ann')
    const said = Object.keys(headers).filter((name) => /^x-(?:auth|caller)-/.test(name))
    expect(said).toEqual(['x-caller-subject'])
  })

  test.each<[string, string, string]>([
    ['line ends', 'ann\r\nX-Auth-Roles: admin', 'ann%0D%0AX-Auth-Roles:%20admin'],
    ['a NUL', 'a\u0000b', 'a%00b'],
    ['letters beyond ASCII', 'Jürgen ☃ 😀', 'J%C3%BCrgen%20%E2%98%83%20%F0%9F%98%80'],
    ['a percent sign', '100%20', '100%2520'],
    ['a comma', 'cn=a,o=b', 'cn=a%2Co=b'],
    ['a lone surrogate', 'a\ud800', 'a%ED%A0%80'],
    ['what is not a character', 'a\ufffd', 'a%EF%BF%BD'],
    ['quotes and semicolons', '";=\\', '";=\\'],
  ])('a claim with %s becomes percent-encoded bytes', async (_, sub, expected) => {
    const proxy = await start()
    const token = mintRaw(await testKey(), {
      payload: JSON.stringify({ ...goodClaims({}, now()), sub }),
    })
    const accepted = await ask(proxy, token)
    expect(accepted.status).toBe(200)
    expect(accepted.headers['x-auth-subject']).toBe(expected)
    expect(accepted.headers['x-auth-roles']).toBe('')
  })

  test('what gateways could not copy is refused instead of cut', async () => {
    const proxy = await start({ verify: { headers: ['subject', 'scopes'] } })
    const scope = Array.from({ length: 600 }, (_, index) => `scope-number-${index}`).join(' ')
    const refused = await ask(proxy, await mint({ scope }))
    expect([refused.status, causeOf(refused)]).toEqual([403, 'verify-identity'])
    expect(refused.headers['x-auth-scopes']).toBeUndefined()
  })

  const roles = {
    roles: [{ name: 'reader' }, { name: 'chief, of staff' }],
    role_mapping: { claim: 'groups', mapping: { r: 'reader', c: ['chief, of staff', 'reader'] } },
  }

  test('roles are those that the policy maps, in the order of the configuration', async () => {
    const proxy = await start({ auth: roles })
    const chief = await ask(proxy, await mint({ groups: ['c', 'x'] }))
    expect(chief.headers['x-auth-roles']).toBe('reader,chief%2C%20of%20staff')
  })

  test('without a role a caller is refused where every caller needs one', async () => {
    const proxy = await start({ auth: roles })
    const refused = await ask(proxy, await mint({ groups: ['x'] }))
    expect([refused.status, causeOf(refused)]).toEqual([403, 'policy-role'])
    expect(refused.headers['www-authenticate']).toBeUndefined()
    const { checks } = await decisionOf(proxy, refused)
    expect(checks.at(-1)).toMatchObject({ id: 'policy-role', status: 'fail' })
  })

  test('with default_deny = false, or report_only, it is accepted without one', async () => {
    for (const more of [{ default_deny: false }, { report_only: true }]) {
      const role_mapping = { ...roles.role_mapping, ...more }
      const proxy = await start({ auth: { ...roles, role_mapping } })
      const accepted = await ask(proxy, await mint({ groups: ['x'] }))
      expect([accepted.status, accepted.headers['x-auth-roles']]).toEqual([200, ''])
      const reported = proxy.logged().filter(({ event }) => event === 'policy')
      expect(reported).toHaveLength('report_only' in more ? 1 : 0)
    }
  })
})

describe('?scope=', () => {
  test('asks for scopes beside the required ones, with a challenge for all of them', async () => {
    const proxy = await start({ auth: { required_scopes: ['mcp:read'] } })
    const path = '/verify?scope=mcp:call%20mcp:admin&scope=x'
    const refused = await ask(proxy, await mint({ scope: 'mcp:read mcp:call' }), { path })
    expect([refused.status, causeOf(refused)]).toEqual([403, 'claim-scope'])
    expect(paramsOf(refused)).toMatchObject({
      error: 'insufficient_scope',
      scope: 'mcp:read mcp:call mcp:admin x',
    })
    const scope = 'mcp:read mcp:call mcp:admin x'
    expect((await ask(proxy, await mint({ scope }), { path })).status).toBe(200)
    // Who has no token, or lacks what every request needs, is asked for all of it at once.
    expect(paramsOf(await ask(proxy, undefined, { path }))?.['scope']).toBe(scope)
    expect(paramsOf(await ask(proxy, await mint({ scope: 'x' }), { path }))?.['scope']).toBe(scope)
  })

  test('never takes away what every request needs', async () => {
    const proxy = await start({ auth: { required_scopes: ['mcp:read'] } })
    const refused = await ask(proxy, await mint({ scope: 'other' }), {
      path: '/verify?scope=other',
    })
    expect([refused.status, causeOf(refused)]).toEqual([403, 'claim-scope'])
  })

  test.each([
    ['a parameter of another name', '/verify?scopes=mcp:call'],
    ['no scope at all', '/verify?scope='],
    ['only spaces', '/verify?scope=+'],
    ['what no scope can be', '/verify?scope=a%22b'],
    ['one good and one empty', '/verify?scope=a&scope='],
  ])('with %s is refused instead of left out', async (_, path) => {
    const proxy = await start()
    const refused = await ask(proxy, await mint({ scope: 'a mcp:call' }), { path })
    expect([refused.status, causeOf(refused)]).toEqual([400, 'verify-query'])
  })

  test('of a client behind Envoy is none of ours', async () => {
    const proxy = await start({ security: { trusted_proxies: ['127.0.0.1'] } })
    const path = '/verify/mcp?scopes=1&scope='
    expect((await ask(proxy, await mint(), { path, method: 'POST' })).status).toBe(200)
  })
})

describe('DPoP through a gateway', () => {
  let key: ProofKey
  beforeAll(async () => {
    key = await newProofKey()
  })

  const startBound = (security: object = {}) =>
    start({
      auth: { sender_constraint: 'dpop' },
      security: { trusted_proxies: ['127.0.0.1'], ...security },
    })

  const bound = () => mint({ cnf: { jkt: key.jkt } })

  const prove = async (
    proxy: TestProxy,
    made: { readonly method?: string; readonly url?: string },
    { headers = {}, ...more }: SendOptions,
  ): Promise<Received> => {
    const token = await bound()
    const { method = 'POST', url = testAudience } = made
    return ask(proxy, undefined, {
      ...more,
      headers: {
        authorization: `DPoP ${token}`,
        dpop: await newProof(key, { token, method, url }),
        ...headers,
      },
    })
  }

  const nginx = { 'x-original-method': 'POST', 'x-original-uri': '/mcp?q=1' }
  const traefik = {
    'x-forwarded-method': 'POST',
    'x-forwarded-uri': '/mcp',
    'x-forwarded-host': new URL(testAudience).host,
    'x-forwarded-proto': 'https',
  }

  test.each<[string, SendOptions]>([
    ['nginx', { headers: nginx }],
    ['Traefik', { headers: traefik }],
    [
      'Envoy',
      { path: '/verify/mcp?q=1', method: 'POST', headers: { host: new URL(testAudience).host } },
    ],
  ])('a proof for the original method and URL is good behind %s', async (_, sent) => {
    const proxy = await startBound()
    expect((await prove(proxy, {}, sent)).status).toBe(200)
    for (const made of [{ method: 'GET' }, { url: `${testAudience}/other` }]) {
      const refused = await prove(proxy, made, sent)
      expect([refused.status, causeOf(refused)]).toEqual([401, 'pop-dpop-proof'])
    }
  })

  test('a proof is good once, whichever door it comes to', async () => {
    const proxy = await startBound()
    const token = await bound()
    const headers = {
      authorization: `DPoP ${token}`,
      dpop: await newProof(key, { token, url: testAudience }),
      ...nginx,
    }
    expect((await ask(proxy, undefined, { headers })).status).toBe(200)
    const again = await ask(proxy, undefined, { headers })
    expect([again.status, causeOf(again)]).toEqual([401, 'pop-dpop-replay'])
  })

  test('what a client adds beside the headers of the gateway is a conflict, not a choice', async () => {
    const proxy = await startBound()
    for (const [own, added] of [
      [nginx, { 'x-forwarded-method': 'GET' }],
      [nginx, { 'x-forwarded-uri': '/other' }],
      [traefik, { 'x-original-method': 'GET' }],
      [traefik, { 'x-original-uri': '/other' }],
    ] as const) {
      const refused = await prove(proxy, { method: 'GET' }, { headers: { ...own, ...added } })
      expect([refused.status, causeOf(refused)]).toEqual([400, 'verify-original'])
    }
  })

  test.each<[string, SendOptions['headers']]>([
    ['a method twice', { 'x-original-method': ['POST', 'POST'] }],
    ['a method that is none', { 'x-original-method': 'post it' }],
    ['a whole URL', { 'x-original-uri': 'https://evil.test/mcp' }],
    ['nothing in its header', { 'x-original-uri': '' }],
  ])('a gateway that reports %s is refused', async (_, headers = {}) => {
    const proxy = await startBound()
    const refused = await prove(proxy, {}, { headers: { ...nginx, ...headers } })
    expect([refused.status, causeOf(refused)]).toEqual([400, 'verify-original'])
  })

  test('a host that no one listed is not believed, whatever the client sent as Host', async () => {
    const proxy = await startBound()
    const headers = { ...nginx, 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' }
    const refused = await prove(proxy, { url: 'https://evil.test/mcp' }, { headers })
    expect([refused.status, causeOf(refused)]).toEqual([401, 'pop-dpop-proof'])
    expect((await prove(proxy, {}, { headers })).status).toBe(200)
  })

  test('the Host under which the gateway calls us is not that of the client, though it is listed', async () => {
    const proxy = await startBound({ allowed_hosts: ['gate.internal'] })
    const headers = { ...nginx, host: 'gate.internal:8080' }
    expect((await prove(proxy, {}, { headers })).status).toBe(200)
    const envoy = { path: '/verify/mcp', method: 'POST', headers: { host: 'gate.internal' } }
    expect((await prove(proxy, { url: 'https://gate.internal/mcp' }, envoy)).status).toBe(200)
  })

  test('a host that security.allowed_hosts lists is, with its scheme', async () => {
    const proxy = await startBound({ allowed_hosts: ['second.acme.test'] })
    const headers = {
      ...nginx,
      'x-forwarded-host': 'second.acme.test',
      'x-forwarded-proto': 'https',
    }
    expect((await prove(proxy, { url: 'https://second.acme.test/mcp' }, { headers })).status).toBe(
      200,
    )
    const plain = await prove(proxy, { url: 'http://second.acme.test/mcp' }, { headers })
    expect(causeOf(plain)).toBe('pop-dpop-proof')
  })

  test('a peer that is not listed asks about itself', async () => {
    const proxy = await startBound({ trusted_proxies: ['192.0.2.1'] })
    const refused = await prove(proxy, { method: 'POST' }, { headers: nginx })
    expect([refused.status, causeOf(refused)]).toEqual([401, 'pop-dpop-proof'])
    expect((await prove(proxy, { method: 'GET' }, { headers: nginx })).status).toBe(200)
    const { request, caller } = await decisionOf(proxy, refused)
    expect(request).toMatchObject({ http_method: 'GET', path: null })
    expect(caller.address).toBe('127.0.0.1')
  })
})

describe('the address of the client', () => {
  const addressOf = async (trusted: readonly string[], forwarded: string | readonly string[]) => {
    const proxy = await start({ security: { trusted_proxies: trusted } })
    const answer = await ask(proxy, await mint(), { headers: { 'x-forwarded-for': forwarded } })
    return (await decisionOf(proxy, answer)).caller.address
  }

  test.each<[string, readonly string[], string | readonly string[], string]>([
    [
      'is the last that is no gateway',
      ['127.0.0.1', '10.0.0.0/8'],
      '1.1.1.1, 192.0.2.7, 10.1.2.3',
      '192.0.2.7',
    ],
    ['may be of IPv6', ['127.0.0.1'], '2001:db8::1', '2001:db8::1'],
    [
      'in several headers is read in their order',
      ['127.0.0.1'],
      ['1.1.1.1', '192.0.2.7'],
      '192.0.2.7',
    ],
    ['that is none is not believed', ['127.0.0.1'], '192.0.2.7, unknown', '127.0.0.1'],
    ['from a peer that is not listed is that of the peer', ['192.0.2.1'], '192.0.2.7', '127.0.0.1'],
  ])('%s', async (_, trusted, forwarded, expected) => {
    expect(await addressOf(trusted, forwarded)).toBe(expected)
  })
})

test('a reload opens, moves and closes the door', async () => {
  const proxy = await start()
  const token = await mint({ sub: 'ann' })
  const { proxy: bound, ...rest } = proxy.generation.config
  const config = { ...rest, proxy: { ...bound, listen: { ...bound.listen, port: 0 } } }
  const asked = async (path: string) => (await ask(proxy, token, { path })).status
  expect([await asked('/verify'), await asked('/who')]).toEqual([200, 404])
  await proxy.replace({ ...config, verify: { ...config.verify!, path: '/who' } })
  expect([await asked('/verify'), await asked('/who')]).toEqual([404, 200])
  await proxy.replace({ ...config, verify: undefined })
  expect([await asked('/verify'), await asked('/who')]).toEqual([404, 404])
})

test('beside backends the endpoint goes on as before', async () => {
  const backend = scriptedBackend('one', {
    'tools/list': { tools: [{ name: 't' }] },
    'tools/call': () => result({ content: [] }),
  })
  backend.up()
  const proxy = await start({}, [backend])
  const token = await mint({ sub: 'ann' })
  expect((await ask(proxy, token)).headers['x-auth-subject']).toBe('ann')
  expect((await proxy.modern('tools/list', {}, { token })).status).toBe(200)
})
