// A live proxy that demands possession, before a real authorization server that binds tokens.
import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readChallenges } from '../../../src/net/www-authenticate.ts'
import {
  startAuthorizationServer,
  type AuthorizationServer,
  type TokenRequest,
} from '../../support/authorization-server.ts'
import {
  newCertificate,
  newProof,
  newProofKey,
  type ProofKey,
  type ProofRequest,
} from '../../support/proofs.ts'
import { startTestProxy, type Received, type TestProxy } from '../../support/proxy.ts'
import { scriptedBackend, type ScriptedBackend } from '../../support/scripted-backend.ts'

const publicUrl = 'https://mcp.acme.test/mcp'

let issuer: AuthorizationServer
let key: ProofKey
let backend: ScriptedBackend
let proxy: TestProxy

beforeAll(async () => {
  issuer = await startAuthorizationServer()
  key = await newProofKey()
})
afterAll(() => issuer.close())

const start = async (auth: object, security: object = {}): Promise<void> => {
  backend = scriptedBackend('one')
  backend.up()
  proxy = await startTestProxy([backend], {
    config: {
      proxy: { public_url: publicUrl },
      auth: { type: 'oauth', issuer: issuer.issuer, audience: publicUrl, ...auth },
      security,
    },
  })
}
afterEach(() => proxy.close({ force: true }))

const boundToken = async (request: TokenRequest = {}): Promise<string> =>
  issuer.token({
    resource: publicUrl,
    dpopProof: await newProof(key, { url: `${issuer.issuer}/token` }),
    ...request,
  })

const call = (headers: Readonly<Record<string, string | readonly string[]>>): Promise<Received> =>
  proxy.modern('tools/list', {}, { headers: { host: new URL(publicUrl).host, ...headers } })

const withProof = async (token: string, request: Partial<ProofRequest> = {}): Promise<Received> =>
  call({
    authorization: `DPoP ${token}`,
    dpop: await newProof(key, { token, url: publicUrl, ...request }),
  })

const challengesOf = ({ headers }: Received) => readChallenges(headers['www-authenticate'] ?? '')
const errorOf = (received: Received, scheme = 'dpop'): string | undefined =>
  challengesOf(received).find((one) => one.scheme === scheme)?.params['error']
const causeOf = (received: Received): unknown => received.json().error?.data?.code

describe('sender_constraint = "dpop"', () => {
  beforeEach(() => start({ sender_constraint: 'dpop' }))

  test('the authorization server really binds the token', async () => {
    const [, payload = ''] = (await boundToken()).split('.')
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    expect(claims).toMatchObject({ cnf: { jkt: key.jkt } })
  })

  test('a bound token with its proof is served', async () => {
    const token = await boundToken()
    expect((await withProof(token)).status).toBe(200)
    expect((await withProof(token)).status).toBe(200)
    expect(backend.count('tools/list')).toBeGreaterThan(0)
  })

  test('as a bearer token it is refused, also on a connection that proved possession', async () => {
    const token = await boundToken()
    await withProof(token)
    const refused = await call({ authorization: `Bearer ${token}` })
    expect([refused.status, causeOf(refused)]).toEqual([401, 'pop-dpop'])
    expect(errorOf(refused, 'bearer')).toBe('invalid_token')
    expect(errorOf(refused, 'dpop')).toBeUndefined()
  })

  test('without a token both schemes are offered, with algorithms and the metadata', async () => {
    const refused = await call({})
    expect(refused.status).toBe(401)
    const resource_metadata = 'https://mcp.acme.test/.well-known/oauth-protected-resource/mcp'
    expect(challengesOf(refused)).toEqual([
      { scheme: 'bearer', params: { resource_metadata }, broken: false },
      {
        scheme: 'dpop',
        params: {
          algs: 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519',
          resource_metadata,
        },
        broken: false,
      },
    ])
  })

  test.each<[string, string, Partial<ProofRequest>]>([
    ['for another URL', 'pop-dpop-proof', { url: 'https://evil.test/mcp' }],
    ['for another method', 'pop-dpop-proof', { method: 'GET' }],
    ['for another token', 'pop-dpop-proof', { token: 'other' }],
    ['of an hour ago', 'pop-dpop-proof', { nowSeconds: Math.floor(Date.now() / 1000) - 3600 }],
    ['of another kind', 'pop-dpop-proof', { header: { typ: 'JWT' } }],
  ])('a proof %s is refused as %s', async (_, id, request) => {
    const refused = await withProof(await boundToken(), request)
    expect([refused.status, causeOf(refused)]).toEqual([401, id])
    expect(errorOf(refused)).toBe('invalid_dpop_proof')
    expect(errorOf(refused, 'bearer')).toBeUndefined()
  })

  test('the URL that counts is the public one, whatever Host says', async () => {
    const token = await boundToken()
    const local = await withProof(token, { url: proxy.url })
    expect([local.status, causeOf(local)]).toEqual([401, 'pop-dpop-proof'])
  })

  test('a proof is good for one request', async () => {
    const token = await boundToken()
    const headers = {
      authorization: `DPoP ${token}`,
      dpop: await newProof(key, { token, url: publicUrl }),
    }
    expect((await call(headers)).status).toBe(200)
    const again = await call(headers)
    expect([again.status, causeOf(again), errorOf(again)]).toEqual([
      401,
      'pop-dpop-replay',
      'invalid_dpop_proof',
    ])
  })

  test('no proof, two proofs, and a doubled scheme', async () => {
    const token = await boundToken()
    const proof = () => newProof(key, { token, url: publicUrl })
    const authorization = `DPoP ${token}`
    expect(causeOf(await call({ authorization }))).toBe('pop-dpop-proof')
    const two = await call({ authorization, dpop: [await proof(), await proof()] })
    expect([two.status, causeOf(two)]).toEqual([401, 'pop-dpop-proof'])
    const doubled = await call({ authorization: `DPoP DPoP ${token}`, dpop: await proof() })
    expect([doubled.status, causeOf(doubled)]).toEqual([400, 'req-authorization-malformed'])
  })

  test('a token that is bound to nothing is for the scheme Bearer alone', async () => {
    const token = await issuer.token({ resource: publicUrl })
    expect((await call({ authorization: `Bearer ${token}` })).status).toBe(200)
    const refused = await withProof(token)
    expect([refused.status, causeOf(refused)]).toEqual([401, 'pop-dpop'])
    expect(errorOf(refused)).toBe('invalid_token')
  })

  test('a session needs a new proof with every request, by its own method', async () => {
    const token = await boundToken()
    const proof = (method: string) => newProof(key, { token, url: publicUrl, method })
    const host = new URL(publicUrl).host
    const authorization = `DPoP ${token}`
    const initialize = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'test', version: '1' },
      },
    }
    const opened = await proxy.send({
      headers: { host, authorization, dpop: await proof('POST') },
      body: initialize,
    })
    expect(opened.status).toBe(200)
    const session = String(opened.headers['mcp-session-id'])
    const end = async (method: string) =>
      proxy.send({
        method: 'DELETE',
        headers: { host, authorization, dpop: await proof(method), 'mcp-session-id': session },
      })
    expect((await end('POST')).status).toBe(401)
    expect((await end('DELETE')).status).toBeLessThan(300)
  })

  test('the log names the cause and the fingerprint, never token or proof', async () => {
    const token = await boundToken()
    const proof = await newProof(key, { token, url: publicUrl, method: 'GET' })
    await call({ authorization: `DPoP ${token}`, dpop: proof })
    const line = proxy.logged().find(({ code }) => code === 'pop-dpop-proof')
    const fingerprint = createHash('sha256').update(token).digest('hex').slice(0, 8)
    expect(line).toMatchObject({ token: fingerprint, iss: issuer.issuer, status: 401 })
    const text = JSON.stringify(proxy.logged())
    expect(text).not.toContain(token)
    expect(text).not.toContain(proof.split('.')[2])
  })

  test('the metadata names the algorithms', async () => {
    const metadata = await proxy.send({
      method: 'GET',
      path: '/.well-known/oauth-protected-resource/mcp',
    })
    expect(metadata.json()).toMatchObject({
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']) as unknown,
    })
    expect(metadata.json()).not.toHaveProperty('dpop_bound_access_tokens_required')
  })

  test('pages may send proofs and read nonces', async () => {
    const { headers } = await proxy.send({
      method: 'OPTIONS',
      headers: { host: new URL(publicUrl).host, origin: 'https://mcp.acme.test' },
    })
    expect(headers['access-control-allow-headers']).toContain('DPoP')
    expect(headers['access-control-expose-headers']).toContain('DPoP-Nonce')
  })
})

describe('opaque tokens', () => {
  beforeEach(() =>
    start({
      sender_constraint: 'dpop',
      token_validation: 'introspection',
      client_id: issuer.clientId,
      client_secret: issuer.clientSecret,
    }),
  )

  test('are bound by what introspection says, also on a cache hit', async () => {
    const token = await boundToken({ format: 'opaque' })
    expect((await withProof(token)).status).toBe(200)
    expect((await withProof(token)).status).toBe(200)
    const bearer = await call({ authorization: `Bearer ${token}` })
    expect([bearer.status, causeOf(bearer)]).toEqual([401, 'pop-dpop'])
    const thief = await newProofKey()
    const stolen = await call({
      authorization: `DPoP ${token}`,
      dpop: await newProof(thief, { token, url: publicUrl }),
    })
    expect([stolen.status, causeOf(stolen)]).toEqual([401, 'pop-dpop'])
    expect(issuer.count('/token/introspection')).toBe(1)
  })
})

describe('with nonces, and bound tokens required', () => {
  beforeEach(() =>
    start({ sender_constraint: 'dpop', sender_constraint_required: true, dpop_nonce: true }),
  )

  test('a client learns the nonce from the refusal and goes on with it', async () => {
    const token = await boundToken()
    const first = await withProof(token)
    expect([first.status, causeOf(first), errorOf(first)]).toEqual([
      401,
      'pop-dpop-nonce',
      'use_dpop_nonce',
    ])
    const nonce = String(first.headers['dpop-nonce'])
    const second = await withProof(token, { claims: { nonce } })
    expect(second.status).toBe(200)
    expect(second.headers['dpop-nonce']).toMatch(/^\S+$/)
  })

  test('only DPoP is offered, and the metadata says so', async () => {
    const refused = await call({})
    expect(challengesOf(refused).map(({ scheme }) => scheme)).toEqual(['dpop'])
    expect(refused.headers['dpop-nonce']).toMatch(/^\S+$/)
    const metadata = await proxy.send({
      method: 'GET',
      path: '/.well-known/oauth-protected-resource/mcp',
    })
    expect(metadata.json()).toMatchObject({ dpop_bound_access_tokens_required: true })
    const plain = await call({
      authorization: `Bearer ${await issuer.token({ resource: publicUrl })}`,
    })
    expect([plain.status, causeOf(plain)]).toEqual([401, 'pop-dpop'])
  })
})

describe('sender_constraint = "refuse"', () => {
  beforeEach(() => start({}))

  test('the scheme DPoP is malformed here, a bound bearer token refused', async () => {
    const token = await boundToken()
    const byDpop = await withProof(token)
    expect([byDpop.status, causeOf(byDpop)]).toEqual([400, 'req-authorization-malformed'])
    const bearer = await call({ authorization: `Bearer ${token}` })
    expect([bearer.status, causeOf(bearer)]).toEqual([401, 'pop-dpop'])
    expect(challengesOf(bearer).map(({ scheme }) => scheme)).toEqual(['bearer'])
  })
})

describe('sender_constraint = "mtls"', () => {
  const certificate = newCertificate()
  const mtls = { sender_constraint: 'mtls', client_cert_header: 'X-Client-Cert' }
  const token = () => issuer.token({ resource: publicUrl, certificate: certificate.der })
  const sent = async (...values: readonly string[]): Promise<Received> =>
    call({
      authorization: `Bearer ${await token()}`,
      ...(values.length === 0 ? {} : { 'x-client-cert': values }),
    })

  describe('before a trusted terminator', () => {
    beforeEach(() => start(mtls, { trusted_proxies: ['127.0.0.0/8'] }))

    test('the certificate that the token is bound to opens the door', async () => {
      expect((await sent(encodeURIComponent(certificate.pem))).status).toBe(200)
      expect((await sent(certificate.der.toString('base64'))).status).toBe(200)
    })

    test.each<[string, readonly string[]]>([
      ['none', []],
      ['another', [encodeURIComponent(newCertificate().pem)]],
      ['an unreadable one', ['(null)']],
      [
        'two of them',
        [encodeURIComponent(certificate.pem), encodeURIComponent(newCertificate().pem)],
      ],
    ])('%s does not', async (_, values) => {
      const refused = await sent(...values)
      expect([refused.status, causeOf(refused)]).toEqual([401, 'pop-mtls'])
      expect(errorOf(refused, 'bearer')).toBe('invalid_token')
    })

    test('nor does the right one for the next request without it', async () => {
      const authorization = `Bearer ${await token()}`
      const header = { 'x-client-cert': certificate.der.toString('base64') }
      expect((await call({ authorization, ...header })).status).toBe(200)
      expect((await call({ authorization })).status).toBe(401)
    })

    test('the metadata says so', async () => {
      const metadata = await proxy.send({
        method: 'GET',
        path: '/.well-known/oauth-protected-resource',
      })
      expect(metadata.json()).toMatchObject({ tls_client_certificate_bound_access_tokens: true })
    })
  })

  test('a header from anybody else is not believed', async () => {
    await start(mtls, { trusted_proxies: ['192.0.2.1'] })
    const refused = await sent(encodeURIComponent(certificate.pem))
    expect([refused.status, causeOf(refused)]).toEqual([401, 'pop-mtls'])
    expect(proxy.logged().find(({ code }) => code === 'pop-mtls')).toMatchObject({
      detail: expect.stringContaining(
        '127.0.0.1, which is not in security.trusted_proxies',
      ) as unknown,
    })
  })
})
