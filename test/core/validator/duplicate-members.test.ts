// A member that appears twice, in everything that an authorization server or a resource says of itself or of a token.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import { discoverAuthServer } from '../../../src/core/metadata/discovery.ts'
import { discoverResource } from '../../../src/core/resource/resource-discovery.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import { jwksOf, mintToken, testAudience, testKey, testNowSeconds } from '../../support/tokens.ts'

let server: ScriptedServer
const ports = systemPorts({ clock: createManualClock() })
const never = new AbortController().signal

beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(() => server.close())

/** The object with one member written a second time, at the end. */
const twice = (object: object, name: string, value: unknown): string =>
  `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`

const verdictOn = async (token: string, more: object): Promise<Verdict> => {
  const auth = authConfigSchema.parse({
    type: 'oauth',
    issuer: server.origin,
    audience: testAudience,
    ...more,
  })
  const gate = await createValidator(auth, ports)
  const verdict = await gate.validate(token, never)
  gate.close()
  return verdict
}

describe('an introspection answer is undecided, and the member is named', () => {
  const good = {
    active: true,
    sub: 'u',
    aud: testAudience,
    exp: testNowSeconds + 600,
    scope: 'a',
    client_id: 'c',
  }
  const rows: readonly (readonly [string, string, string])[] = [
    ...Object.entries({ ...good, active: false, iss: 'i', cnf: {}, nbf: 1, iat: 1 }).map(
      ([name, value]): readonly [string, string, string] => [
        name,
        twice({ ...good, [name]: value }, name, value),
        name,
      ],
    ),
    ['an extension', twice({ ...good, x: 1 }, 'x', 2), 'x'],
    ['a member within one', `{"active":true,"cnf":{"jkt":"a","jkt":"b"}}`, 'jkt'],
    ['a name that is escaped once', '{"active":false,"\\u0061ctive":true}', 'active'],
  ]
  test.each(rows)('%s', async (_, body, member) => {
    server.on('/introspect', { body })
    const verdict = await verdictOn('opaque-token', {
      token_validation: 'introspection',
      introspection_endpoint: `${server.origin}/introspect`,
      client_id: 'rs',
      client_secret: 's3cret',
    })
    expect(verdict).toMatchObject({
      outcome: 'undecided',
      problem: { code: 'intro-duplicate-member' },
    })
    expect(JSON.stringify(verdict)).toContain(`\\"${member}\\" appears twice`)
  })
})

describe('authorization server metadata is not used, and the member is named', () => {
  test.each([
    'issuer',
    'jwks_uri',
    'authorization_endpoint',
    'token_endpoint',
    'introspection_endpoint',
    'revocation_endpoint',
    'registration_endpoint',
    'scopes_supported',
    'code_challenge_methods_supported',
    'x_extension',
  ])('%s', async (name) => {
    const document = { issuer: server.origin, [name]: name === 'issuer' ? server.origin : 'x' }
    const body = twice(document, name, document[name])
    server.on('/.well-known/oauth-authorization-server', { body })
    const found = await discoverAuthServer(server.origin, ports)
    expect(found.metadata).toBeUndefined()
    const check = found.checks.find(({ id }) => id === 'asm-duplicate-member')
    expect(check).toMatchObject({ status: 'fail' })
    expect(JSON.stringify(check)).toContain(name)
    expect(found.failure).toContain(`"${name}" appears twice`)
  })
})

describe('protected resource metadata is not used, and the member is named', () => {
  test.each([
    'resource',
    'authorization_servers',
    'jwks_uri',
    'scopes_supported',
    'bearer_methods_supported',
    'resource_name',
    'resource_documentation',
    'resource_policy_uri',
    'resource_tos_uri',
    'x_extension',
  ])('%s', async (name) => {
    const body = twice({ resource: `${server.origin}/mcp`, [name]: 'x' }, name, 'y')
    server.on('/mcp', { status: 401, headers: { 'www-authenticate': 'Bearer' } })
    server.on('/.well-known/oauth-protected-resource/mcp', { body })
    const found = await discoverResource(`${server.origin}/mcp`, ports)
    expect(found.metadata).toBeUndefined()
    const check = found.checks.find(({ id }) => id === 'prm-duplicate-member')
    expect(check).toMatchObject({ status: 'fail' })
    expect(JSON.stringify(check)).toContain(name)
  })
})

describe('a key set is not used, and the member is named', () => {
  test.each(['kty', 'kid', 'use', 'alg', 'n', 'e', 'x5c', 'key_ops', 'x_extension', 'keys'])(
    '%s',
    async (name) => {
      const key = await testKey('RS256')
      const [jwk = {}] = jwksOf(key).keys
      const body =
        name === 'keys'
          ? twice({ keys: [jwk] }, 'keys', [jwk])
          : `{"keys":[${twice({ ...jwk, [name]: 'x' }, name, (jwk as Record<string, unknown>)[name] ?? 'x')}]}`
      server.on('/jwks', { body })
      const token = await mintToken(key, {
        iss: server.origin,
        aud: testAudience,
        sub: 'u',
        exp: testNowSeconds + 600,
      })
      const verdict = await verdictOn(token, { jwks_uri: `${server.origin}/jwks` })
      expect(verdict).toMatchObject({
        outcome: 'undecided',
        problem: { code: 'jwks-duplicate-member' },
      })
      expect(JSON.stringify(verdict)).toContain(`\\"${name}\\" appears twice`)
    },
  )
})
