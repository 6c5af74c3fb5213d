import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/base/json.ts'
import { silentLogger } from '../../../src/base/ports.ts'
import { Secret } from '../../../src/base/secret.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import type { ClaimPolicy } from '../../../src/core/token/claim-policy.ts'
import type { SecretAuthMethod } from '../../../src/core/client/client-authentication.ts'
import { createFlightLimit } from '../../../src/base/flight-limit.ts'
import { introspectionKey } from '../../../src/core/introspection/introspection-cache.ts'
import { judgeIntrospection } from '../../../src/core/introspection/introspection-judgement.ts'
import { createIntrospectionValidator } from '../../../src/core/introspection/introspection.ts'
import type {
  IntrospectionOptions,
  IntrospectionValidator,
} from '../../../src/core/introspection/introspection.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { gate, startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import { testAudience, testIssuer, testNowSeconds } from '../../support/tokens.ts'

const second = 1000
const path = '/introspect'
/** Nobody could say anything about any token, and there is no second try. */
const unwell = { status: 503, headers: { 'retry-after': '1' } }

const policyWith = (overrides: Partial<ClaimPolicy> = {}): ClaimPolicy => ({
  issuers: [testIssuer],
  audiences: [testAudience],
  audienceClaims: ['aud'],
  requiredScopes: [],
  scopeClaims: ['scope', 'scp'],
  clockToleranceSeconds: 60,
  maxLifetimeSeconds: undefined,
  profile: 'lenient',
  senderConstraint: 'refuse',
  ...overrides,
})

const active = (overrides: Record<string, unknown> = {}): JsonObject =>
  JSON.parse(
    JSON.stringify({
      active: true,
      iss: testIssuer,
      aud: testAudience,
      sub: 'user-1',
      client_id: 'client-1',
      scope: 'mcp:read',
      exp: testNowSeconds + 3600,
      ...overrides,
    }),
  ) as JsonObject

let server: ScriptedServer
let clock: ManualClock
const errors: string[] = []
const open: IntrospectionValidator[] = []

beforeEach(async () => {
  server = await startScriptedServer()
  clock = createManualClock()
  errors.length = 0
})
afterEach(async () => {
  for (const validator of open.splice(0)) validator.close()
  await server.close()
})

const validatorWith = (options: Partial<IntrospectionOptions> = {}): IntrospectionValidator => {
  const log = { ...silentLogger, error: (_: unknown, message: string) => void errors.push(message) }
  const validator = createIntrospectionValidator({
    endpoint: { url: `${server.origin}${path}`, reach: 'private' },
    credentials: {
      clientId: 'resource-server',
      clientSecret: new Secret('s3cret'),
      method: 'client_secret_basic',
    },
    policy: policyWith(),
    ports: systemPorts({ clock, log }),
    cacheTtlSeconds: 30,
    negativeCacheTtlSeconds: 5,
    ...options,
  })
  open.push(validator)
  return validator
}

const ask = async (validator: IntrospectionValidator, token = 'opaque-token'): Promise<Verdict> =>
  validator.validate(token, new AbortController().signal)
const codeOf = (verdict: Verdict): string =>
  verdict.outcome === 'accepted' ? 'accepted' : `${verdict.outcome} ${verdict.problem.code}`
const detailOf = (verdict: Verdict): string =>
  verdict.outcome === 'accepted' ? '' : verdict.problem.detail
const calls = (): number => server.count(path)

describe('the request', () => {
  const sent = async (method: SecretAuthMethod, id = 'resource-server', secret = 's3cret') => {
    server.on(path, { body: active() })
    const credentials = { clientId: id, clientSecret: new Secret(secret), method }
    await ask(validatorWith({ credentials }), 'opaque+token/1=')
    const request = server.requests.at(-1)!
    return { request, form: Object.fromEntries(new URLSearchParams(request.body)) }
  }
  const basicOf = (header: string | undefined): string =>
    Buffer.from((header ?? '').replace('Basic ', ''), 'base64').toString()

  test('is a form with token and hint that asks for JSON', async () => {
    const { request, form } = await sent('client_secret_basic')
    expect(request.method).toBe('POST')
    expect(request.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(request.headers.accept).toBe('application/json')
    expect(form).toEqual({ token: 'opaque+token/1=', token_type_hint: 'access_token' })
  })

  test('client_secret_basic form-encodes both parts (RFC 6749 section 2.3.1)', async () => {
    const { request } = await sent('client_secret_basic', 'my client', 'a:b%c+d é~*')
    expect(basicOf(request.headers.authorization)).toBe('my+client:a%3Ab%25c%2Bd+%C3%A9%7E*')
  })

  test('client_secret_basic_raw does not', async () => {
    const { request } = await sent('client_secret_basic_raw', 'my client', 'a:b%c+d é')
    expect(basicOf(request.headers.authorization)).toBe('my client:a:b%c+d é')
  })

  test('client_secret_post puts them into the form', async () => {
    const { request, form } = await sent('client_secret_post')
    expect(request.headers.authorization).toBeUndefined()
    expect(form).toMatchObject({ client_id: 'resource-server', client_secret: 's3cret' })
  })

  test('bearer sends the secret as a token, none sends no secret', async () => {
    const bearer = await sent('bearer')
    expect(bearer.request.headers.authorization).toBe('Bearer s3cret')
    const none = await sent('none')
    expect(none.request.headers.authorization).toBeUndefined()
    expect(none.request.body).not.toContain('s3cret')
    expect(none.form).toMatchObject({ client_id: 'resource-server' })
  })
})

describe('the verdict', () => {
  const verdictOn = async (
    body: unknown,
    options: Partial<IntrospectionOptions> = {},
  ): Promise<Verdict> => {
    server.on(path, { body })
    return ask(validatorWith(options))
  }

  test('an active token is accepted with everything the answer says', async () => {
    const verdict = await verdictOn(active({ username: 'ada', roles: ['x'] }))
    expect(verdict).toMatchObject({
      outcome: 'accepted',
      principal: {
        method: 'introspection',
        iss: testIssuer,
        sub: 'user-1',
        clientId: 'client-1',
        scopes: ['mcp:read'],
        audience: [testAudience],
        claims: { username: 'ada', roles: ['x'] },
      },
    })
  })

  test.each([
    ['active: false', { active: false }, 'rejected intro-active'],
    ['active: "true"', { active: 'true' }, 'rejected intro-active'],
    ['active: 1', { active: 1 }, 'rejected intro-active'],
    ['active: null', { active: null }, 'rejected intro-active'],
    ['no active', { sub: 'x' }, 'undecided intro-reach'],
    ['an array', [active()], 'undecided intro-reach'],
    ['no aud', active({ aud: undefined }), 'rejected intro-aud'],
    ['aud null', active({ aud: null }), 'rejected intro-aud'],
    ['aud a number', active({ aud: 7 }), 'rejected intro-aud'],
    ['aud of another', active({ aud: 'https://other.test' }), 'rejected claim-aud'],
    ['aud in a list', active({ aud: ['x', testAudience] }), 'accepted'],
    ['no exp', active({ exp: undefined }), 'accepted'],
    ['exp null', active({ exp: null }), 'accepted'],
    ['a fractional exp', active({ exp: testNowSeconds + 0.5 }), 'accepted'],
    ['exp as a string', active({ exp: String(testNowSeconds + 60) }), 'rejected intro-claims'],
    ['exp long past', active({ exp: testNowSeconds - 61 }), 'rejected intro-claims'],
    ['nbf to come', active({ nbf: testNowSeconds + 61 }), 'rejected intro-claims'],
    ['another iss', active({ iss: 'https://other.test' }), 'rejected intro-claims'],
    ['no iss', active({ iss: undefined }), 'accepted'],
    ['a refresh token', active({ token_type: 'refresh_token' }), 'rejected claim-token-kind'],
    ['an ID token', active({ token_use: 'id' }), 'rejected claim-token-kind'],
    ['scope as a list', active({ scope: ['mcp:read', 'x'] }), 'accepted'],
    ['a bound token', active({ cnf: { jkt: 'x' } }), 'rejected pop-dpop'],
  ])('%s', async (_, body, expected) => {
    expect(codeOf(await verdictOn(body))).toBe(expected)
  })

  test.each([
    ['exp as a string', { exp: String(testNowSeconds + 60) }],
    ['exp in milliseconds', { exp: testNowSeconds * 1000 }],
    ['nbf as true', { nbf: true }],
  ])('%s: the remedy is about the date, not about clocks', async (_, members) => {
    const verdict = await verdictOn(active(members))
    expect(verdict.checks.find(({ id }) => id === 'intro-claims')).toMatchObject({
      status: 'fail',
      case: 'dates',
    })
  })

  test('a required scope is looked for in scp too', async () => {
    const policy = policyWith({ requiredScopes: ['mcp:read'] })
    const scp = active({ scope: undefined, scp: ['mcp:read'] })
    expect(codeOf(await verdictOn(scp, { policy }))).toBe('accepted')
    expect(codeOf(await verdictOn(active({ scope: 'x' }), { policy }))).toBe('rejected claim-scope')
  })

  test.each([
    ['', 'in-empty'],
    ['${TOKEN}', 'in-unexpanded-variable'],
    ['tok\u00e9n', 'in-non-ascii'],
    ['x'.repeat(20_000), 'in-size'],
  ])('%j is refused without a call', async (token, code) => {
    expect(codeOf(await ask(validatorWith(), token))).toBe(`rejected ${code}`)
    expect(calls()).toBe(0)
  })

  test('is pure: the same answer at another second', () => {
    const context = { token: 't', policy: policyWith(), before: [], answerEnds: 0 }
    const answer = { kind: 'answer', body: active({ exp: 1000 }) } as const
    const at = (nowSeconds: number) =>
      judgeIntrospection(answer, { ...context, nowSeconds }).outcome
    expect([at(1059), at(1060), at(1061)]).toEqual(['accepted', 'rejected', 'rejected'])
  })
})

describe('trouble is never an invalid token', () => {
  test.each([
    ['500', { status: 500 }, 'introspection endpoint returned 500'],
    ['404', { status: 404 }, 'introspection endpoint returned 404'],
    ['HTML', { body: '<p>' }, 'invalid introspection response: HTML'],
    ['half JSON', { body: '{"active":' }, 'invalid introspection response'],
    ['a reset', { reset: true }, 'introspection request failed: connection closed'],
    ['a flood', { flood: 400_000 }, 'introspection request failed: answer too large'],
    ['a redirect', { status: 307, headers: { location: '/x' } }, 'request failed: redirect'],
    [
      'a signed answer',
      { body: 'e.y.J', headers: { 'content-type': 'application/token-introspection+jwt' } },
      'invalid introspection response: a signed answer',
    ],
  ])('%s', async (_, script, words) => {
    server.on(path, script)
    const verdict = await ask(validatorWith())
    expect(codeOf(verdict)).toBe('undecided intro-reach')
    expect(detailOf(verdict)).toContain(words)
  })

  test('a closed port', async () => {
    await server.stop()
    const verdict = await ask(validatorWith())
    expect(codeOf(verdict)).toBe('undecided intro-reach')
    expect(detailOf(verdict)).toContain('introspection request failed: connection refused')
  })

  test('silence for 3 s', async () => {
    const held = gate()
    server.on(path, { until: held.opened })
    const pending = ask(validatorWith())
    await server.asked(path)
    await clock.advance(3 * second)
    expect(detailOf(await pending)).toContain('timeout')
    held.open()
  })

  test('429 says when to come back', async () => {
    server.on(path, { status: 429, headers: { 'retry-after': '7' } })
    expect(await ask(validatorWith())).toMatchObject({
      outcome: 'undecided',
      retryAfterSeconds: 7,
    })
  })

  test.each([
    [401, { error: 'invalid_client' }],
    [403, undefined],
    [400, { error: 'invalid_client' }],
  ])('our own credentials refused (%s): undecided, and said loudly', async (status, body) => {
    server.on(path, { status, body })
    const verdict = await ask(validatorWith())
    expect(codeOf(verdict)).toBe('undecided intro-client-auth')
    expect(detailOf(verdict)).toContain(`introspection endpoint returned ${status}`)
    expect(errors).toHaveLength(1)
    expect(JSON.stringify([verdict, errors])).not.toContain('s3cret')
  })

  test.each([502, 503, 504])('%s gets one second try', async (status) => {
    let n = 0
    server.on(path, () => (n++ === 0 ? { status } : { body: active() }))
    expect(codeOf(await ask(validatorWith()))).toBe('accepted')
    expect(calls()).toBe(2)
  })

  test('500 gets none, nor does a 503 that names its own time', async () => {
    server.on(path, { status: 500 })
    await ask(validatorWith())
    server.on(path, { status: 503, headers: { 'retry-after': '1' } })
    await ask(validatorWith())
    expect(calls()).toBe(2)
  })

  test('a caller that leaves gets no verdict, the call goes on for the others', async () => {
    const held = gate()
    server.on(path, { until: held.opened, body: active() })
    const validator = validatorWith()
    const leaver = new AbortController()
    const left = validator.validate('opaque-token', leaver.signal)
    const stayed = ask(validator)
    await server.asked(path)
    leaver.abort()
    expect(codeOf(await left)).toBe('undecided intro-reach')
    held.open()
    expect(codeOf(await stayed)).toBe('accepted')
    expect(calls()).toBe(1)
  })
})

describe('how often it asks', () => {
  test('ten at once with the same token are one call', async () => {
    const held = gate()
    server.on(path, { until: held.opened, body: active() })
    const validator = validatorWith()
    const all = Array.from({ length: 10 }, () => ask(validator))
    await server.asked(path)
    held.open()
    expect(new Set((await Promise.all(all)).map(codeOf))).toEqual(new Set(['accepted']))
    expect(calls()).toBe(1)
  })

  test('a failure is shared by those who wait, and not remembered', async () => {
    const held = gate()
    server.on(path, { until: held.opened, status: 500 })
    const validator = validatorWith()
    const all = [ask(validator), ask(validator)]
    await server.asked(path)
    held.open()
    expect((await Promise.all(all)).map(codeOf)).toEqual(Array(2).fill('undecided intro-reach'))
    expect(calls()).toBe(1)
    server.on(path, { body: active() })
    expect(codeOf(await ask(validator))).toBe('accepted')
  })

  test('a hit is synchronous, for 30 s', async () => {
    server.on(path, { body: active() })
    const validator = validatorWith()
    await ask(validator)
    const signal = new AbortController().signal
    clock.set(clock.now() + 29_999)
    expect(validator.validate('opaque-token', signal)).toMatchObject({ outcome: 'accepted' })
    clock.set(clock.now() + 1)
    await ask(validator)
    expect(calls()).toBe(2)
  })

  test('a hit after exp is refused', async () => {
    server.on(path, { body: active({ exp: testNowSeconds + 10 }) })
    const validator = validatorWith({ policy: policyWith({ clockToleranceSeconds: 0 }) })
    expect(codeOf(await ask(validator))).toBe('accepted')
    clock.set(clock.now() + 10 * second)
    expect(codeOf(await ask(validator))).toBe('rejected intro-claims')
    // The answer ended with the token: the server was asked again.
    expect(calls()).toBe(2)
  })

  test('a hit within the tolerance is refused once that has passed too', async () => {
    server.on(path, { body: active({ exp: testNowSeconds + 10 }) })
    const validator = validatorWith({ cacheTtlSeconds: 300 })
    const hit = (): Verdict =>
      validator.validate('opaque-token', new AbortController().signal) as Verdict
    await ask(validator)
    expect([codeOf(hit()), codeOf(hit())]).toEqual(['accepted', 'accepted'])
    clock.set(clock.now() - 3_600_000)
    expect(codeOf(hit())).toBe('accepted')
    clock.set(clock.now() + 3_600_000 + 70 * second)
    expect(codeOf(await ask(validator))).toBe('rejected intro-claims')
  })

  test('no acceptance outlives its answer, whatever exp says', async () => {
    server.on(path, { body: active() })
    const verdict = await ask(validatorWith())
    expect(verdict).toMatchObject({ expiresAt: clock.now() + 30 * second })
    const uncached = await ask(validatorWith({ cacheTtlSeconds: 0 }))
    expect(uncached).toMatchObject({ expiresAt: clock.now() })
  })

  test('without exp an answer is kept for 30 s at most', async () => {
    server.on(path, { body: active({ exp: undefined }) })
    const validator = validatorWith({ cacheTtlSeconds: 300 })
    await ask(validator)
    clock.set(clock.now() + 30 * second)
    await ask(validator)
    expect(calls()).toBe(2)
  })

  test('a ttl of 0 asks every time', async () => {
    server.on(path, { body: active() })
    const validator = validatorWith({ cacheTtlSeconds: 0 })
    await ask(validator)
    await ask(validator)
    expect(calls()).toBe(2)
  })

  test('active: false is kept for 5 s, apart from the good ones', async () => {
    server.on(path, { body: { active: false } })
    const validator = validatorWith()
    await ask(validator)
    await ask(validator)
    expect(calls()).toBe(1)
    server.on(path, { body: active() })
    clock.set(clock.now() + 5 * second)
    expect(codeOf(await ask(validator))).toBe('accepted')
  })

  test.each([
    ['401', { status: 401 }],
    ['429', { status: 429 }],
    ['bad JSON', { body: '{' }],
    ['active: "false"', { body: { active: 'false' } }],
  ])('%s is not remembered', async (_, script) => {
    server.on(path, script)
    const validator = validatorWith()
    await ask(validator)
    await ask(validator)
    expect(calls()).toBe(2)
  })

  test('the key names endpoint, client and token', () => {
    const keys = [
      introspectionKey('u', 'c', 't'),
      introspectionKey('v', 'c', 't'),
      introspectionKey('u', 'd', 't'),
      introspectionKey('u', 'c', 'u'),
      introspectionKey('u', 'ct', ''),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.join()).not.toContain('t,')
  })

  /** Five tokens that were good, about which the endpoint then says nothing. */
  const failingFor = async (validator: IntrospectionValidator): Promise<void> => {
    server.on(path, { body: active() })
    for (let n = 0; n < 5; n += 1) await ask(validator, `token-${n}`)
    clock.set(clock.now() + 30 * second)
    server.on(path, unwell)
    for (let n = 0; n < 5; n += 1) await ask(validator, `token-${n}`)
  }

  test('after failures for five tokens that were good it stops asking for 10 s', async () => {
    const validator = validatorWith()
    await failingFor(validator)
    expect(validator.failure()?.detail).toContain('returned 503')
    const refused = await ask(validator, 'another')
    expect(refused).toMatchObject({ outcome: 'undecided', retryAfterSeconds: 10 })
    expect(detailOf(refused)).toContain('returned 503')
    expect(codeOf(await ask(validator, 'token-0'))).toBe('undecided intro-reach')
    expect(calls()).toBe(10)
    server.on(path, { body: active() })
    clock.set(clock.now() + 10 * second)
    expect(codeOf(await ask(validator))).toBe('accepted')
    expect(validator.failure()).toBeUndefined()
  })

  test.each([
    ['500', { status: 500 }, 'undecided intro-reach'],
    [
      '400 unsupported_token_type',
      { status: 400, body: { error: 'unsupported_token_type' } },
      'rejected intro-active',
    ],
  ])('tokens that a server answers with %s do not shut out the others', async (_, script, said) => {
    server.on(path, script)
    const validator = validatorWith()
    for (let n = 0; n < 6; n += 1) {
      expect(codeOf(await ask(validator, `token-${n}`))).toBe(said)
    }
    expect(validator.failure()).toBeUndefined()
    server.on(path, { body: active() })
    expect(codeOf(await ask(validator, 'another'))).toBe('accepted')
  })

  test('a refused kind of token is told apart from an inactive one', async () => {
    server.on(path, { status: 400, body: { error: 'unsupported_token_type' } })
    const verdict = await ask(validatorWith())
    expect(detailOf(verdict)).toBe(
      'token is not active: the server answered unsupported_token_type',
    )
    expect(codeOf(verdict)).toBe('rejected intro-active')
  })

  test('an error beside active: true is no acceptance', async () => {
    server.on(path, { status: 400, body: { error: 'unsupported_token_type', active: true } })
    expect(codeOf(await ask(validatorWith()))).toBe('undecided intro-reach')
  })

  test('one token that was good fails as often as it likes, and proves nothing', async () => {
    server.on(path, { body: active() })
    const validator = validatorWith()
    await ask(validator)
    clock.set(clock.now() + 30 * second)
    server.on(path, unwell)
    for (let n = 0; n < 8; n += 1) await ask(validator)
    expect(validator.failure()).toBeUndefined()
    expect(calls()).toBe(9)
  })

  test('while the breaker tries one call, no other for a token that was good goes out', async () => {
    const validator = validatorWith()
    await failingFor(validator)
    clock.set(clock.now() + 10 * second)
    const held = gate()
    server.on(path, { until: held.opened, body: active() })
    const trial = ask(validator, 'token-0')
    await server.asked(path, 11)
    expect(codeOf(await ask(validator, 'token-1'))).toBe('undecided intro-reach')
    held.open()
    expect(codeOf(await trial)).toBe('accepted')
    expect(calls()).toBe(11)
  })

  test('48 calls for unknown tokens at once, 192 in line, the next is told to come back', async () => {
    const held = gate()
    server.on(path, { until: held.opened, body: active() })
    const validator = validatorWith()
    const all = Array.from({ length: 240 }, (_, n) => ask(validator, `token-${n}`))
    await server.asked(path, 48)
    const refused = await ask(validator, 'one-too-many')
    expect(codeOf(refused)).toBe('undecided limit-introspection')
    expect(refused).toMatchObject({ retryAfterSeconds: 1 })
    expect(calls()).toBe(48)
    held.open()
    expect(new Set((await Promise.all(all)).map(codeOf))).toEqual(new Set(['accepted']))
    expect(calls()).toBe(240)
  })

  test('a limit gives a place that becomes free to the next in line', async () => {
    const limit = createFlightLimit(1, 1)
    const first = gate()
    const order: string[] = []
    const a = limit.run(() => first.opened.then(() => order.push('a')))
    const b = limit.run(() => Promise.resolve(order.push('b')))
    expect(limit.run(() => Promise.resolve())).toBeUndefined()
    first.open()
    await Promise.all([a, b])
    expect(order).toEqual(['a', 'b'])
    await limit.run(() => Promise.resolve(order.push('c')))
    expect(order).toEqual(['a', 'b', 'c'])
  })
})

describe('introspect shows the exchange', () => {
  test('past the cache, with the raw answer and the verdict', async () => {
    server.on(path, { body: active() })
    const validator = validatorWith()
    await ask(validator)
    const shown = await validator.introspect('opaque-token', new AbortController().signal)
    expect(shown).toMatchObject({
      exchange: { method: 'POST', status: 200, url: `${server.origin}${path}` },
      answer: { kind: 'answer', body: { sub: 'user-1' } },
      verdict: { outcome: 'accepted' },
    })
    expect(calls()).toBe(2)
    expect(JSON.stringify(shown)).not.toContain('opaque-token')
    expect(JSON.stringify(shown)).not.toContain('s3cret')
  })
})

test('an endpoint that nobody knows yet is undecided with the reason', async () => {
  const validator = validatorWith({
    endpoint: () =>
      Promise.resolve({
        missing: { why: 'no metadata yet', remedy: 'wait' },
        checks: [],
        retryAfterMs: 4001,
      }),
  })
  const verdict = await ask(validator)
  expect(verdict).toMatchObject({ outcome: 'undecided', retryAfterSeconds: 5 })
  expect(detailOf(verdict)).toBe('no metadata yet')
})
