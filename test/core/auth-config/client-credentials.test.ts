import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../../src/core/validator/auth-gate.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import { createAuthority, type Certified, type TestAuthority } from '../../support/certificates.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import { testAudience, testNowSeconds } from '../../support/tokens.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (key: KeyObject, options: Record<string, unknown> = {}): string =>
  key.export({ type: 'pkcs8', format: 'pem', ...options } as never).toString()
const jwk = (key: KeyObject, more = {}): string =>
  JSON.stringify({ ...key.export({ format: 'jwk' }), ...more })

let authority: TestAuthority
let certified: Certified
let folder: string
let server: ScriptedServer
const gates: AuthGate[] = []
const clock = createManualClock()

beforeAll(async () => {
  authority = await createAuthority()
  certified = await authority.issue('resource-server')
  folder = await mkdtemp(join(tmpdir(), 'keys-'))
})
afterAll(async () => {
  await authority.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  server = await startScriptedServer({
    '/introspect': { body: { active: true, aud: testAudience, sub: 'user-1' } },
  })
})
afterEach(async () => {
  for (const gate of gates.splice(0)) gate.close()
  await server.close()
})

const open = async (more: Record<string, unknown>): Promise<AuthGate> => {
  const auth = authConfigSchema.parse({
    type: 'oauth',
    issuer: server.origin,
    audience: testAudience,
    token_validation: 'introspection',
    introspection_endpoint: `${server.origin}/introspect`,
    client_id: 'resource-server',
    client_auth: 'private_key_jwt',
    ...more,
  })
  const gate = await createValidator(auth, systemPorts({ clock }))
  gates.push(gate)
  return gate
}

const assertionOf = async (more: Record<string, unknown>) => {
  const gate = await open(more)
  await gate.validate('opaque-token', new AbortController().signal)
  const form = new URLSearchParams(server.requests.at(-1)?.body)
  return { form, assertion: form.get('client_assertion') ?? '' }
}

describe('an assertion (RFC 7523 section 3)', () => {
  test('says who we are, to whom, and for a minute', async () => {
    const { form, assertion } = await assertionOf({ client_key: pem(rsa.privateKey) })
    expect(form.get('client_assertion_type')).toBe(
      'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    )
    expect(form.get('client_id')).toBe('resource-server')
    expect(form.get('token')).toBe('opaque-token')
    expect(server.requests.at(-1)?.headers.authorization).toBeUndefined()
    const { payload, protectedHeader } = await jwtVerify(assertion, rsa.publicKey, {
      currentDate: new Date(clock.now()),
    })
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT' })
    expect(payload).toEqual({
      iss: 'resource-server',
      sub: 'resource-server',
      aud: server.origin,
      jti: expect.stringMatching(/^[\w-]{36}$/) as string,
      iat: testNowSeconds,
      exp: testNowSeconds + 60,
    })
  })

  test.each([
    [
      'the issuer that the metadata names',
      { metadata_issuer: 'https://other.test' },
      'https://other.test',
    ],
    ['the endpoint', { client_assertion_audience: 'endpoint' }, undefined],
  ])('may be for %s', async (_, more, expected) => {
    const { assertion } = await assertionOf({ client_key: pem(ec.privateKey), ...more })
    const { payload } = await jwtVerify(assertion, ec.publicKey, {
      currentDate: new Date(clock.now()),
    })
    expect(payload.aud).toBe(expected ?? `${server.origin}/introspect`)
  })

  test.each([
    ['by kind of key', pem(ec.privateKey), {}, { alg: 'ES256' }],
    ['as configured', pem(rsa.privateKey), { client_key_alg: 'PS384' }, { alg: 'PS384' }],
    [
      'as the JWK says',
      jwk(rsa.privateKey, { alg: 'RS512', kid: 'a' }),
      {},
      { alg: 'RS512', kid: 'a' },
    ],
    [
      'by the configured kid',
      jwk(ec.privateKey, { kid: 'a' }),
      { client_key_id: 'b' },
      { kid: 'b' },
    ],
    ['with an Ed25519 key', pem(generateKeyPairSync('ed25519').privateKey), {}, { alg: 'EdDSA' }],
  ])('is signed %s', async (_, client_key, more, header) => {
    const { assertion } = await assertionOf({ client_key, ...more })
    expect(decodeProtectedHeader(assertion)).toMatchObject(header)
  })

  test('a second try has its own', async () => {
    let n = 0
    server.on('/introspect', () => {
      n += 1
      return n === 1 ? { reset: true } : { body: { active: true, aud: testAudience } }
    })
    await assertionOf({ client_key: pem(ec.privateKey) })
    const sent = server.requests.map(({ body }) =>
      new URLSearchParams(body).get('client_assertion'),
    )
    expect(sent).toHaveLength(2)
    expect(new Set(sent).size).toBe(2)
  })
})

describe('a key that cannot be used is named before anything is asked', () => {
  const inFile = async (text: string): Promise<string> => {
    const path = join(folder, 'key')
    await writeFile(path, text)
    return path
  }
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })

  test.each([
    [
      'no file',
      '/nowhere/key.pem',
      'names the file /nowhere/key.pem, which cannot be read: no such file',
    ],
    ['a folder', tmpdir(), 'which cannot be read: it is a folder'],
    [
      'a public PEM',
      rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      'is a public key',
    ],
    ['a public JWK', jwk(rsa.publicKey), 'is a public key'],
    ['a shared secret', '{"kty":"oct","k":"AAAA"}', 'is a shared secret'],
    ['half a JWK', '{"kty":"RSA"', 'is not JSON'],
    ['a JWK without its parts', '{"kty":"EC","crv":"P-256","d":"AAAA"}', 'contains no private key'],
    [
      'nonsense',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
      'contains no private key',
    ],
    [
      'a locked key',
      pem(ec.privateKey, { cipher: 'aes-256-cbc', passphrase: 'x' }),
      'is encrypted',
    ],
    ['1024 bits', pem(weak.privateKey), 'is an RSA key of 1024 bits'],
    ['another curve', pem(curve.privateKey), 'cannot sign with any algorithm we know'],
  ])('%s', async (_, client_key, words) => {
    const opening = open({ client_key })
    await expect(opening).rejects.toBeInstanceOf(UsageError)
    await expect(opening).rejects.toThrow(words)
    await expect(opening).rejects.toThrow(/^auth\.client_key /)
    await expect(opening).rejects.toMatchObject({ problems: [{ code: 'config-value' }] })
    expect(server.count()).toBe(0)
  })

  test('from a file too, and without a word of what is in it', async () => {
    const client_key = await inFile('{"kty":"EC","crv":"P-256","d":"c2VjcmV0"}')
    await expect(open({ client_key })).rejects.toThrow('contains no private key')
    await expect(open({ client_key })).rejects.not.toThrow('c2VjcmV0')
  })

  test('an algorithm that the key cannot do, and the ones that it can', async () => {
    const opening = open({ client_key: pem(ec.privateKey), client_key_alg: 'RS256' })
    await expect(opening).rejects.toThrow('is a key of type ec, which cannot sign RS256')
    await expect(opening).rejects.toMatchObject({
      problems: [{ hint: 'set client_key_alg to ES256' }],
    })
  })

  test('the key of a further issuer is named by its place', async () => {
    const opening = open({
      client_key: pem(ec.privateKey),
      issuers: [
        {
          issuer: 'https://b.test',
          client_id: 'b',
          client_auth: 'private_key_jwt',
          client_key: '/nowhere/b.pem',
        },
      ],
    })
    await expect(opening).rejects.toThrow(/^auth\.issuers\[0\]\.client_key /)
  })

  test('certificate and key have to fit each other', async () => {
    const other = await authority.issue('other')
    const tls = (client_cert: string, client_cert_key: string) =>
      open({ client_auth: 'tls_client_auth', client_cert, client_cert_key })
    await expect(tls(certified.certificate, other.key)).rejects.toThrow(
      'auth.client_cert_key is not the key of auth.client_cert',
    )
    await expect(tls(certified.key, certified.key)).rejects.toThrow(
      'auth.client_cert contains no certificate',
    )
    await expect(tls(certified.certificate, certified.certificate)).rejects.toThrow(
      'auth.client_cert_key is a certificate, not a key',
    )
    await expect(tls('/nowhere/c.pem', certified.key)).rejects.toThrow('no such file')
    await expect(tls(certified.certificate, certified.key)).resolves.toBeDefined()
  })
})

describe('the client keys of [auth]', () => {
  const problems = (auth: Record<string, unknown>): readonly string[] => {
    const base = { type: 'oauth', issuer: 'https://a.test', token_validation: 'introspection' }
    const parsed = authConfigSchema.safeParse({ ...base, ...auth })
    return parsed.success
      ? []
      : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
  }
  const client = { client_id: 'x', client_secret: 'y' }

  test.each([
    [
      { client_id: 'x', client_auth: 'private_key_jwt' },
      ['client_key is required with client_auth = "private_key_jwt"'],
    ],
    [
      { client_id: 'x', client_auth: 'tls_client_auth', client_cert: 'c' },
      ['client_cert_key is required with client_auth = "tls_client_auth"'],
    ],
    [
      { ...client, client_key: 'k' },
      ['client_key takes effect only with client_auth = "private_key_jwt"'],
    ],
    [
      { ...client, client_cert: 'k' },
      ['client_cert takes effect only with client_auth = "tls_client_auth"'],
    ],
    [
      { client_auth: 'none', introspection_response: 'jwt' },
      ['client_id is required with introspection_response = "jwt"'],
    ],
    [
      { token_validation: 'jwt', introspection_response: 'jwt' },
      ['introspection_response applies only with token_validation = "introspection" or "both"'],
    ],
  ])('%j', (auth, expected) => {
    expect(problems(auth)).toEqual(expected)
  })

  test('a key from a variable does not print, a path does', () => {
    const base = { type: 'oauth', issuer: 'https://a.test', token_validation: 'introspection' }
    const auth = (client_key: string) =>
      JSON.stringify(
        authConfigSchema.parse({
          ...base,
          client_id: 'x',
          client_auth: 'private_key_jwt',
          client_key,
        }),
      )
    expect(auth(pem(ec.privateKey))).not.toContain('BEGIN')
    expect(auth('keys/client.pem')).toContain('keys/client.pem')
  })
})
