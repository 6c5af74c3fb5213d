// The walk from one address to the keys: what is asked, in which order, and what stays unknown.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { lookAtCertificate } from '../../../src/net/peer-certificate.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import type { Check } from '../../../src/core/verdict/check.ts'
import { gradeOf } from '../../../src/core/verdict/grade.ts'
import { investigate } from '../../../src/core/investigation/investigation.ts'
import { checkCertificates } from '../../../src/core/keys/key-set-checks.ts'
import { createAuthority, type TestAuthority } from '../../support/certificates.ts'
import { investigated, published } from '../../support/published.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'

let server: ScriptedServer | undefined
let authority: TestAuthority | undefined

afterEach(async () => {
  await server?.close()
  await authority?.close()
  server = authority = undefined
})

const find = (checks: readonly Check[], id: string) => checks.find((check) => check.id === id)

test('a faultless MCP server is an A without findings', async () => {
  const { checks, as, servers, server: used } = await investigated()
  expect(checks.filter(({ status }) => status === 'warn' || status === 'fail')).toEqual([])
  expect(gradeOf(checks).letter).toBe('A')
  expect([as, servers.length, used?.form]).toEqual(['mcp', 1, 'oauth'])
})

test('every location is asked, in the order of the specification', async () => {
  const { resource, server: used } = await investigated({
    challenge: { resource_metadata: undefined },
  })
  expect(resource?.attempts.map(({ from }) => from)).toEqual(['inserted', 'root'])
  expect(used?.attempts.map(({ form, outcome }) => `${form} ${outcome}`)).toEqual([
    'oauth used',
    'oidc spare',
  ])
})

test('of several servers the first with metadata is used, and at most five are asked', async () => {
  const found = await investigated({
    scripts: (origin) => ({
      '/.well-known/oauth-protected-resource/mcp': {
        body: {
          resource: `${origin}/mcp`,
          authorization_servers: [
            `${origin}/a`,
            origin,
            ...[1, 2, 3, 4, 5, 6].map((n) => `${origin}/${String(n)}`),
          ],
        },
      },
    }),
  })
  expect(found.servers).toHaveLength(5)
  expect(found.server).toBe(found.servers[1])
  expect(found.keys?.examination?.usable).toBe(2)
})

test('a resource that names itself as its issuer is told so', async () => {
  const checks = await published({
    scripts: (origin) => ({
      '/.well-known/oauth-protected-resource/mcp': {
        body: { resource: `${origin}/mcp`, authorization_servers: [`${origin}/mcp`] },
      },
    }),
  })
  expect(find(checks, 'prm-servers')).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('contains the resource itself') as string,
  })
})

test.each([503, 429])('an issuer that answers %i is unknown, not absent', async (status) => {
  const checks = await published({
    scripts: () => ({
      '/.well-known/oauth-authorization-server': { status },
      '/.well-known/openid-configuration': { status: 404 },
    }),
  })
  expect(find(checks, 'asm-found')).toMatchObject({ status: 'skip', missing: 'answer' })
  expect(gradeOf(checks)).toMatchObject({ letter: undefined, decidedBy: ['asm-found'] })
})

test('keys that cannot be had are unknown; keys that are not there are a finding', async () => {
  const reset = await published({ scripts: () => ({ '/jwks': { reset: true } }) })
  expect(find(reset, 'jwks-fetch')).toMatchObject({ status: 'skip', missing: 'answer' })
  const absent = await published({ scripts: () => ({ '/jwks': { status: 404 } }) })
  expect(gradeOf(absent)).toMatchObject({ letter: 'F', decidedBy: ['jwks-fetch'] })
})

test('nobody answers: no letter, every question of the way is open', async () => {
  server = await startScriptedServer()
  await server.close()
  const { checks } = await investigate(`${server.origin}/mcp`, systemPorts())
  expect(gradeOf(checks).letter).toBeUndefined()
  expect(find(checks, 'asm-found')).toMatchObject({ status: 'skip', missing: 'answer' })
})

test('an open server is told that it is open, and not blamed for what it does not need', async () => {
  server = await startScriptedServer({
    '/mcp': { body: { jsonrpc: '2.0', id: 1, result: { protocolVersion: '2025-11-25' } } },
  })
  for (const [options, failed] of [
    [{}, []],
    [{ mustAsk: true }, ['prm-challenge']],
    [{ expectIssuer: 'https://id.acme.test' }, ['prm-challenge']],
  ] as const) {
    const { checks, outcome } = await investigate(`${server.origin}/mcp`, systemPorts(), options)
    const found = checks.filter(({ status }) => status === 'fail')
    expect(found.map(({ id }) => id)).toEqual(failed)
    expect(outcome.kind).toBe(failed.length === 0 ? 'open' : 'graded')
    expect(find(checks, 'asm-found')?.status).toBe('skip')
  }
})

test('a protected server whose issuer nobody can find is an F', async () => {
  server = await startScriptedServer({
    '/mcp': { status: 401, headers: { 'www-authenticate': 'Bearer' } },
  })
  const { checks } = await investigate(`${server.origin}/mcp`, systemPorts())
  expect(gradeOf(checks)).toMatchObject({ letter: 'F', decidedBy: ['asm-found'] })
})

test('an issuer in a private network that only a document names is not asked', async () => {
  const found = await investigated({ resource: { authorization_servers: ['https://10.0.0.1'] } })
  expect(found.server?.attempts.map(({ exchange }) => exchange.fault?.kind)).toEqual([
    'address',
    'address',
  ])
  expect(find(found.checks, 'asm-found')).toMatchObject({ status: 'skip', missing: 'answer' })
})

test('the expected issuer is compared exactly', async () => {
  const { server: used } = await investigated()
  expect(used?.issuer).toBeDefined()
  const checks = await published({ options: { expectIssuer: 'https://id.acme.test/' } })
  expect(find(checks, 'asm-issuer')).toMatchObject({
    status: 'fail',
    evidence: { expected: 'https://id.acme.test/' },
  })
})

const serveTls = async (certified: { certificate: string; key: string }) => {
  const https = createServer({ cert: certified.certificate, key: certified.key }, (_, response) =>
    response.end(),
  )
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
  const { port } = https.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      https.close(() => resolve())
      https.closeAllConnections()
    })
  return { port, close }
}

test('a certificate of an unknown authority is looked at, and it is a finding', async () => {
  authority = await createAuthority()
  const https = await serveTls(await authority.issue('localhost', 'server'))
  try {
    const origin = `https://127.0.0.1:${String(https.port)}`
    const shown = await lookAtCertificate(origin, { reach: 'private' })
    expect(shown).toMatchObject({
      names: ['127.0.0.1', 'localhost'],
      authority: 'test-authority',
      distrust: expect.stringMatching(/UNABLE_TO|SELF_SIGNED/) as string,
    })
    const { checks } = await investigate(origin, systemPorts(), {
      as: 'issuer',
      lookAtCertificate,
    })
    expect(find(checks, 'net-tls')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('not trusted here') as string,
    })
    expect(find(checks, 'asm-found')).toMatchObject({ status: 'skip', missing: 'answer' })
    expect(gradeOf(checks)).toMatchObject({ letter: 'F', decidedBy: ['net-tls'] })
    for (const host of ['127.0.0.1', 'localhost']) {
      const named = `https://${host}:${String(https.port)}`
      expect(await lookAtCertificate(named, { reach: 'public' })).toBeUndefined()
    }
  } finally {
    await https.close()
  }
})

test('jwks-x5c: the certificate has to be of the key, in its time, under its thumbprints', async () => {
  authority = await createAuthority()
  const [mine, other] = [await authority.issue('a'), await authority.issue('b')]
  const { X509Certificate, createHash } = await import('node:crypto')
  const certificate = new X509Certificate(mine.certificate)
  const jwk = {
    ...certificate.publicKey.export({ format: 'jwk' }),
    kid: 'one',
    x5c: [certificate.raw.toString('base64')],
    'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url'),
    x5t: createHash('sha1').update(certificate.raw).digest('base64url'),
  }
  const now = Date.now()
  const told = (change: object, at = now) =>
    checkCertificates({ keys: [{ ...jwk, ...change }] }, at)
  expect(told({}).status).toBe('pass')
  const foreign = new X509Certificate(other.certificate).raw.toString('base64')
  expect(told({ x5c: [foreign] })).toMatchObject({
    status: 'warn',
    message: expect.stringContaining('it is of another key') as string,
  })
  const messages = [
    told({}, now + 9e9),
    told({}, now - 9e9),
    told({ x5t: 'x' }),
    told({ 'x5t#S256': 'x' }),
    told({ x5c: ['AAAA'] }),
    told({ x5c: 'x' }),
  ].map((check) => ('message' in check ? check.message : ''))
  expect(messages.map((text) => text?.replace(/\d{4}-\d{2}-\d{2}/, 'day'))).toEqual([
    'The certificate of kid "one": it expired on day',
    'The certificate of kid "one": it is valid from day',
    'The certificate of kid "one": x5t is not its thumbprint',
    'The certificate of kid "one": x5t#S256 is not its thumbprint',
    'The certificate of kid "one": it is not readable',
    'The certificate of kid "one": it is not readable',
  ])
  expect(checkCertificates({ keys: [{ kty: 'RSA' }] }, now).status).toBe('skip')
})
