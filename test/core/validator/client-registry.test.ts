import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openHttp } from '../../../src/net/http.ts'
import type { Ports } from '../../../src/base/ports.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../../src/core/validator/auth-gate.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import {
  registered,
  startClientRegistry,
  type ClientRegistry,
} from '../../support/client-registry.ts'
import { testAudience } from '../../support/tokens.ts'

let registry: ClientRegistry
let folder: string
let ports: Ports
const gates: AuthGate[] = []

beforeAll(async () => {
  registry = await startClientRegistry()
  folder = await mkdtemp(join(tmpdir(), 'client-keys-'))
  const http = openHttp({ authorities: registry.authority.certificate })
  ports = systemPorts({ http: () => Promise.resolve(http) })
})
afterEach(() => {
  for (const gate of gates.splice(0)) gate.close()
})
afterAll(async () => {
  await registry.close()
  await rm(folder, { recursive: true, force: true })
})

const inFile = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}
const pemOf = (jwk: unknown): string =>
  createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()

const open = async (auth: Record<string, unknown>): Promise<AuthGate> => {
  const gate = await createValidator(
    authConfigSchema.parse({
      type: 'oauth',
      issuer: registry.issuer,
      audience: testAudience,
      token_validation: 'introspection',
      ...auth,
    }),
    ports,
  )
  gates.push(gate)
  return gate
}
const signal = (): AbortSignal => new AbortController().signal
const verdictOf = async (auth: Record<string, unknown>): Promise<Verdict> =>
  (await open(auth)).validate(await registry.opaqueToken(), signal())
const codeOf = (verdict: Verdict): string =>
  verdict.outcome === 'accepted'
    ? 'accepted'
    : `${verdict.outcome} ${verdict.problem.code}: ${verdict.problem.detail}`

describe('private_key_jwt', () => {
  const byKey = { client_id: registered.byKey, client_auth: 'private_key_jwt' }

  test('a JWK file names algorithm and kid itself', async () => {
    for (const kind of ['rsa', 'ec'] as const) {
      const client_key = await inFile(`${kind}.jwk`, JSON.stringify(registry.keys[kind]))
      expect(codeOf(await verdictOf({ ...byKey, client_key }))).toBe('accepted')
    }
  })

  test('a PEM, in a file or from a variable', async () => {
    const pem = pemOf(registry.keys.rsa)
    const client_key = await inFile('rsa.pem', pem)
    expect(codeOf(await verdictOf({ ...byKey, client_key }))).toBe('accepted')
    expect(codeOf(await verdictOf({ ...byKey, client_key: pem }))).toBe('accepted')
    const chosen = { client_key_alg: 'PS256', client_key_id: 'other', client_key: pem }
    const unknownKid = codeOf(await verdictOf({ ...byKey, ...chosen }))
    expect(unknownKid).toContain('undecided intro-client-auth')
  })

  test('the assertion may name the endpoint', async () => {
    const client_key = pemOf(registry.keys.ec)
    const auth = { ...byKey, client_key, client_assertion_audience: 'endpoint' }
    expect(codeOf(await verdictOf(auth))).toBe('accepted')
  })

  test('every call has an assertion of its own: the server refuses a second use', async () => {
    const gate = await open({ ...byKey, client_key: pemOf(registry.keys.ec), cache_ttl: 0 })
    const token = await registry.opaqueToken()
    for (let n = 0; n < 3; n += 1) {
      expect(codeOf(await gate.validate(token, signal()))).toBe('accepted')
    }
  })

  test('a key that is not registered is our fault, not that of the token', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(privateKey)
    const verdict = await verdictOf({ ...byKey, client_key: JSON.stringify(jwk) })
    expect(codeOf(verdict)).toContain('undecided intro-client-auth')
  })
})

describe('tls_client_auth', () => {
  const byCertificate = { client_id: registered.byCertificate, client_auth: 'tls_client_auth' }

  test('the certificate of the client is shown to the endpoint', async () => {
    const { certificate, key } = registry.certificate
    const files = {
      client_cert: await inFile('client.pem', certificate),
      client_cert_key: await inFile('client.key', key),
    }
    expect(codeOf(await verdictOf({ ...byCertificate, ...files }))).toBe('accepted')
    const texts = { client_cert: certificate, client_cert_key: key }
    expect(codeOf(await verdictOf({ ...byCertificate, ...texts }))).toBe('accepted')
  })

  test('the certificate of another is refused, and no connection is shared', async () => {
    const mine = registry.certificate
    const theirs = registry.strangersCertificate
    const asked = (shown: typeof mine) =>
      verdictOf({
        ...byCertificate,
        client_cert: shown.certificate,
        client_cert_key: shown.key,
      })
    expect(codeOf(await asked(mine))).toBe('accepted')
    expect(codeOf(await asked(theirs))).toContain('undecided intro-client-auth')
    expect(codeOf(await asked(mine))).toBe('accepted')
  })
})

describe('signed introspection answers (RFC 9701)', () => {
  const signed = () => ({
    client_id: registered.wantsSigned,
    client_secret: registry.secret,
    introspection_response: 'jwt',
  })

  test('are asked for and verified, also on a hit', async () => {
    const gate = await open(signed())
    const token = await registry.opaqueToken()
    for (const _ of [1, 2]) {
      const verdict = await gate.validate(token, signal())
      expect(codeOf(verdict)).toBe('accepted')
      expect(verdict.checks).toContainEqual({ id: 'intro-jwt', status: 'pass' })
    }
    const { exchange, answer } = await gate.introspect!(token, signal())
    expect(exchange?.contentType).toBe('application/token-introspection+jwt')
    expect(answer).toMatchObject({ kind: 'answer', signed: true, body: { active: true } })
  })

  test('an inactive token is said to be so, signed', async () => {
    const gate = await open(signed())
    const verdict = await gate.validate('never-issued-token', signal())
    expect(codeOf(verdict)).toContain('rejected intro-active')
  })

  test('such an answer is never an access token', async () => {
    const gate = await open(signed())
    const { exchange } = await gate.introspect!(await registry.opaqueToken(), signal())
    for (const profile of ['strict', 'lenient']) {
      const strict = await open({
        profile,
        token_validation: 'jwt',
        audience: registered.wantsSigned,
      })
      const verdict = await strict.validate(exchange?.body ?? '', signal())
      expect(verdict.outcome).toBe('rejected')
      expect(verdict.checks).toContainEqual(
        expect.objectContaining({ id: 'claim-token-kind', status: 'fail' }),
      )
    }
  })
})
