// What the endpoints of an authorization server say decides before the status that they say it with.
import { afterEach, describe, expect, test } from 'vitest'
import { Secret } from '../../../src/base/secret.ts'
import { exitCodeOfProblem } from '../../../src/cli/command/exit-codes.ts'
import { deviceFlow } from '../../../src/core/oauth-client/device-flow.ts'
import { clientCredentialsGrant, openProtocol } from '../../../src/core/oauth-client/grant.ts'
import { register } from '../../../src/core/oauth-client/registration.ts'
import { revokeTokens } from '../../../src/core/oauth-client/revocation.ts'
import { readMetadata } from '../../../src/core/metadata/metadata.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { hintOf } from '../../../src/problems/problem.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import {
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../../support/scripted-server.ts'

let server: ScriptedServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const opened = async (path: string, answer: ScriptedAnswer) => {
  server = await startScriptedServer()
  const { origin } = server
  server.on(path, answer)
  const reading = readMetadata(
    JSON.stringify({
      issuer: origin,
      token_endpoint: `${origin}/token`,
      device_authorization_endpoint: `${origin}/device`,
      registration_endpoint: `${origin}/register`,
      revocation_endpoint: `${origin}/revoke`,
    }),
  )
  if ('cause' in reading) throw new Error(reading.cause)
  const { metadata } = reading
  const wire = { ports: systemPorts(), trusted: [origin], allowHttp: false, allowPrivate: false }
  const credentials = {
    method: 'client_secret_basic',
    clientId: 'cli',
    clientSecret: new Secret('cl13nt-s3cret'),
  } as const
  return { metadata, wire, protocol: await openProtocol(metadata, credentials, wire) }
}

const problemOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(UsageError)
  const [problem] = (error as UsageError).problems
  const { code, message } = problem!
  return { code, message, hint: hintOf(problem!) }
}

const wish = { scopes: [], resource: undefined }
const asked: Readonly<Record<string, (answer: ScriptedAnswer) => Promise<unknown>>> = {
  token: async (answer) => clientCredentialsGrant((await opened('/token', answer)).protocol, wish),
  device: async (answer) => {
    const { protocol } = await opened('/device', answer)
    const clock = createManualClock()
    return deviceFlow({ ...wish, protocol, clock, patienceSeconds: 1, show: () => undefined })
  },
  registration: async (answer) => {
    const { metadata, wire } = await opened('/register', answer)
    const registered = { redirectUri: undefined, grants: ['client_credentials'], scopes: [] }
    return register({ server: metadata, metadata, wish: registered, note: () => undefined }, wire)
  },
}

const json = (status: number, body: unknown): ScriptedAnswer => ({ status, body })
const html: ScriptedAnswer = {
  body: '<html>Sign in</html>',
  headers: { 'content-type': 'text/html' },
}

type Row = readonly [name: string, answer: ScriptedAnswer, exit: number, words: string]

const refusals: readonly Row[] = [
  [
    '200 with an error',
    json(200, { error: 'invalid_code' }),
    1,
    'rejected the request: invalid_code',
  ],
  [
    '200 with an error and a reason',
    json(200, { error: 'incorrect_client_credentials', error_description: 'They are incorrect.' }),
    1,
    'incorrect_client_credentials (They are incorrect.)',
  ],
  [
    '200 with ok: false',
    json(200, { ok: false, error: 'bad_client_secret' }),
    1,
    'bad_client_secret',
  ],
  ['201 with an error', json(201, { error: 'invalid_scope' }), 1, 'invalid_scope'],
  ['400 with an error', json(400, { error: 'invalid_grant' }), 1, 'invalid_grant'],
  ['401 with an error', json(401, { error: 'invalid_client' }), 1, 'invalid_client'],
  ['403 with an error', json(403, { error: 'unauthorized_client' }), 1, 'unauthorized_client'],
  ['404 with an error', json(404, { error: 'not_found' }), 1, 'not_found'],
  [
    'an error with steering characters',
    json(200, { error: 'a\u001b[2J\u202eb\nc' }),
    1,
    'a\\u001b[2J\\u202eb c',
  ],
  ['an error without end', json(200, { error: 'x'.repeat(9000) }), 1, `${'x'.repeat(300)}...`],
]
const answers: readonly Row[] = [
  ['200 as HTML', html, 3, ''],
  ['200 without JSON', { body: '' }, 3, ''],
  ['200 with a list', json(200, []), 3, ''],
  ['200 without anything', json(200, {}), 3, ''],
  ['200 with an empty error', json(200, { error: '' }), 3, ''],
  ['200 with a number for an error', json(200, { error: 7 }), 3, ''],
  ['404 as HTML', { ...html, status: 404 }, 3, 'HTTP status 404'],
  ['500 with an error', json(500, { error: 'server_error' }), 3, 'HTTP status 500'],
  ['503 as HTML', { ...html, status: 503 }, 3, 'HTTP status 503'],
  ['a redirect', { status: 302, headers: { location: '/login' } }, 3, 'redirect'],
  ['an endless answer', { flood: 2_000_000 }, 3, 'too large'],
]

describe.each(Object.keys(asked))('the %s endpoint', (endpoint) => {
  test.each([...refusals, ...answers])(
    'that answers %s is reported with its words, and not as a fault of the network',
    async (_, answer, exit, words) => {
      const { code, message, hint } = await problemOf(asked[endpoint]!(answer))
      expect(exitCodeOfProblem(code)).toBe(exit)
      expect(message).toContain(words)
      expect(hint).not.toMatch(/network/)
      expect(message.length).toBeLessThan(500)
      for (const character of '\u001b\u202e\n') expect(message).not.toContain(character)
    },
  )

  test('that cannot be reached is a matter of the network', async () => {
    const { code, hint } = await problemOf(asked[endpoint]!({ reset: true }))
    expect(exitCodeOfProblem(code)).toBe(3)
    expect(hint).toMatch(/network/)
  })
})

const form = (body: string): ScriptedAnswer => ({
  body,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
})

describe('the token endpoint', () => {
  const granted = { access_token: 'planted-token', token_type: 'Bearer' }
  test.each<Row>([
    ['no access_token', json(200, { token_type: 'Bearer' }), 3, 'no access_token'],
    ['an empty token', json(200, { ...granted, access_token: '' }), 3, 'access_token of the'],
    ['null for a type', json(200, { ...granted, token_type: null }), 3, 'is null'],
    ['a list for a type', json(200, { ...granted, token_type: ['Bearer'] }), 3, 'is a list'],
    ['an unknown type', json(200, { ...granted, token_type: 'mac' }), 3, 'no client can use'],
    ['201 without a type', json(201, { ...granted, token_type: undefined }), 3, 'no token_type'],
    ['202 with a token', json(202, granted), 3, 'HTTP status 202 instead of 200'],
    ['a form', form('access_token=planted-token&token_type=bearer'), 3, 'x-www-form-urlencoded'],
    ['no token_type', json(200, { ...granted, token_type: undefined }), 3, 'token_type'],
    ['500 with a reason', json(500, { error: 'x', error_description: 'y' }), 3, 'x (y)'],
  ])('that answers %s is told so, without the token', async (_, answer, exit, words) => {
    const { code, message, hint } = await problemOf(asked['token']!(answer))
    expect(exitCodeOfProblem(code)).toBe(exit)
    expect(message).toContain(words)
    expect(`${message} ${hint}`).not.toMatch(/planted|network/)
  })

  test('that answers 201 with a token has given one, as clients of MCP read it', async () => {
    expect(await asked['token']!(json(201, granted))).toBeDefined()
  })

  test.each<readonly [string, ScriptedAnswer, string]>([
    ['error as an object', json(400, { error: { code: 'invalid_scope' } }), 'invalid_scope'],
    ['errorCode of Okta', json(403, { errorCode: 'E6', errorSummary: 'No.' }), 'E6 (No.)'],
    ['an error in a form', { ...form('error=invalid_client'), status: 401 }, 'invalid_client'],
    ['RFC 9457', json(400, { title: 'Bad', detail: 'No grant' }), 'Bad'],
    ['a list of errors', json(400, { errors: [{ message: 'No such app' }] }), 'No such app'],
    ['a message alone', json(403, { message: 'Forbidden' }), 'Forbidden'],
  ])('that answers with %s is quoted', async (_, answer, words) => {
    expect((await problemOf(asked['token']!(answer))).message).toContain(words)
  })
})

describe('the remedy follows what the endpoint said', () => {
  const granted = { access_token: 'planted-token', token_type: 'Bearer' }
  test.each<readonly [string, keyof typeof asked, ScriptedAnswer, RegExp]>([
    ['invalid_grant', 'token', json(400, { error: 'invalid_grant' }), /log in again/],
    ['a used code, with 200', 'token', json(200, { error: 'bad_verification_code' }), /once/],
    ['access_denied', 'token', json(403, { error: 'access_denied' }), /no person declined/],
    ['access_denied', 'registration', json(403, { error: 'access_denied' }), /--client-id/],
    [
      'an API that Auth0 does not know',
      'token',
      json(403, { error: 'access_denied', error_description: 'Service not found: https://x' }),
      /create an API/,
    ],
    ['a redirect', 'token', { status: 307, headers: { location: '/token/' } }, /redirects to/],
    ['a redirect', 'registration', { status: 302, headers: { location: '/x' } }, /redirects to/],
    ['scope null', 'token', json(200, { ...granted, scope: null }), /leave the member out/],
    ['expires_in null', 'token', json(200, { ...granted, expires_in: null }), /as a number/],
    ['expires_in below zero', 'token', json(200, { ...granted, expires_in: -1 }), /as a number/],
    ['a list as scope', 'token', json(200, { ...granted, scope: ['a'] }), /leave the member out/],
  ])('%s at %s', async (_, endpoint, answer, remedy) => {
    expect((await problemOf(asked[endpoint]!(answer))).hint).toMatch(remedy)
  })

  test('a person that declines at a device is told so', async () => {
    const { protocol } = await opened('/device', {
      body: { device_code: 'd', user_code: 'u', verification_uri: 'https://x', expires_in: 60 },
    })
    server?.on('/token', json(400, { error: 'access_denied' }))
    const clock = createManualClock()
    const flow = deviceFlow({
      ...wish,
      protocol,
      clock,
      patienceSeconds: 60,
      show: () => void clock.advance(6000),
    })
    const ticking = (async () => {
      for (let i = 0; i < 20; i += 1) {
        await new Promise((resolve) => setImmediate(resolve))
        void clock.advance(5000)
      }
    })()
    expect((await problemOf(flow)).code).toBe('login-declined')
    await ticking
  })
})

test.each<readonly [string, ScriptedAnswer, string]>([
  ['401 without words', { status: 401 }, '(HTTP 401)'],
  ['401 with invalid_token', json(401, { error: 'invalid_token' }), ': invalid_token'],
  ['403 with a message', json(403, { message: 'Forbidden' }), ': Forbidden'],
])('registration that answers %s is for clients that authenticate', async (_, answer, words) => {
  const { code, message } = await problemOf(asked['registration']!(answer))
  expect(code).toBe('login-client')
  expect(message).toContain(words)
})

describe('the revocation endpoint', () => {
  test.each<readonly [string, ScriptedAnswer, string, string | undefined]>([
    ['200', { status: 200 }, 'revoked', undefined],
    ['200 as HTML', html, 'revoked', undefined],
    ['200 with an object', json(200, { ok: true }), 'revoked', undefined],
    ['200 with an error', json(200, { error: 'invalid_client' }), 'failed', 'invalid_client'],
    ['200 with ok: false', json(200, { ok: false, error: 'not_authed' }), 'failed', 'not_authed'],
    [
      '200 with unsupported_token_type',
      json(200, { error: 'unsupported_token_type' }),
      'unsupported',
      'unsupported_token_type',
    ],
    [
      '400 with unsupported_token_type',
      json(400, { error: 'unsupported_token_type' }),
      'unsupported',
      'unsupported_token_type',
    ],
    ['401 with an error', json(401, { error: 'invalid_client' }), 'failed', 'invalid_client'],
    ['404 as HTML', { ...html, status: 404 }, 'failed', 'HTTP status 404'],
    ['500 with an error', json(500, { error: 'server_error' }), 'failed', 'server_error'],
    ['the token itself', json(400, { error: 'no: planted-token' }), 'failed', 'no: [secret]'],
  ])('that answers %s', async (_, answer, outcome, words) => {
    const { protocol } = await opened('/revoke', answer)
    const [result] = await revokeTokens(protocol, undefined, new Secret('planted-token'))
    expect(result?.outcome).toBe(outcome)
    expect(result?.detail === undefined).toBe(words === undefined)
    expect(result?.detail ?? '').toContain(words ?? '')
    expect(result?.detail ?? '').not.toContain('planted-token')
  })
})

test.each([
  [{ client_id: 7 }, 'the registration has a number as client_id'],
  [{ client_id: null }, 'the registration has null as client_id'],
  [{ client_id: '' }, 'the registration has an empty string as client_id'],
  [{}, 'the registration has no client_id'],
])('a registration that answers %j is refused with the reason', async (body, why) => {
  expect((await problemOf(asked['registration']!(json(201, body)))).message).toContain(why)
})

test('what other clients would refuse in a registration is noted, without its value', async () => {
  const body = {
    client_id: 'one',
    client_uri: '',
    client_secret_expires_at: '0',
    jwks_uri: 's3cret',
  }
  const { metadata, wire } = await opened('/register', json(201, body))
  const notes: string[] = []
  const registered = {
    redirectUri: 'http://127.0.0.1:1/',
    grants: ['authorization_code'],
    scopes: [],
  }
  await register(
    { server: metadata, metadata, wish: registered, note: (text) => void notes.push(text) },
    wire,
  )
  expect(notes).toEqual([
    'the registration would be refused by other clients: a string as client_secret_expires_at, no redirect_uris, an empty string as client_uri, a string that is no usable URL as jwks_uri',
  ])
})

test.each([
  ['a page', { ...html }, 'it came as text/html and is not JSON, with HTTP status 200'],
  [
    'nothing',
    { status: 201, headers: { 'content-type': 'application/json' }, body: '' },
    'it is empty, with HTTP status 201',
  ],
  ['a list', json(200, []), 'it is JSON but no object, with HTTP status 200'],
])('a registration that is %s is called that', async (_, answer, why) => {
  const { message, hint } = await problemOf(asked['registration']!(answer))
  expect(message).toContain(why)
  expect(hint).toContain('--client-id')
})

test.each([
  ['token', 'access_token', '{"access_token":"a","access_token":"b","token_type":"Bearer"}'],
  [
    'token',
    'expires_in',
    '{"access_token":"a","token_type":"Bearer","expires_in":1,"expires_in":2}',
  ],
  ['registration', 'client_id', '{"client_id":"a","client_id":"b"}'],
  [
    'device',
    'device_code',
    '{"device_code":"a","device_code":"b","user_code":"c","verification_uri":"https://a.test"}',
  ],
] as const)('an answer of %s with %s twice is not used', async (endpoint, member, body) => {
  const headers = { 'content-type': 'application/json' }
  const { message, hint } = await problemOf(asked[endpoint]!({ headers, body }))
  expect(message).toContain(`"${member}" appears twice`)
  expect(hint).toContain('each member once')
})
