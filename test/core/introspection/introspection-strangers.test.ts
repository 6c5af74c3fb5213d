import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/ports.ts'
import { Secret } from '../../../src/base/secret.ts'
import type { SecretAuthMethod } from '../../../src/core/client/client-authentication.ts'
import { introspectionLimits } from '../../../src/core/introspection/introspection-turns.ts'
import {
  createIntrospectionValidator,
  type IntrospectionValidator,
} from '../../../src/core/introspection/introspection.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { peerOf } from '../../../src/net/address.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import {
  gate,
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../../support/scripted-server.ts'
import { testAudience, testIssuer, testNowSeconds } from '../../support/tokens.ts'

const path = '/introspect'
const second = 1000
const good = {
  body: {
    active: true,
    iss: testIssuer,
    aud: testAudience,
    sub: 'user-1',
    client_id: 'client-1',
    exp: testNowSeconds + 3600,
  },
}

let server: ScriptedServer
let clock: ManualClock
let validator: IntrospectionValidator
const logged: string[] = []

const open = (method: SecretAuthMethod = 'client_secret_basic'): IntrospectionValidator => {
  const log = {
    ...silentLogger,
    error: (facts: object, message: string) => void logged.push(message, JSON.stringify(facts)),
    warn: (facts: object, message: string) => void logged.push(message, JSON.stringify(facts)),
  }
  return createIntrospectionValidator({
    endpoint: { url: `${server.origin}${path}`, reach: 'private' },
    credentials: { clientId: 'rs', clientSecret: new Secret('cl13nt-s3cret'), method },
    policy: {
      issuers: [testIssuer],
      audiences: [testAudience],
      audienceClaims: ['aud'],
      requiredScopes: [],
      scopeClaims: ['scope'],
      clockToleranceSeconds: 60,
      maxLifetimeSeconds: undefined,
      profile: 'lenient',
      senderConstraint: 'refuse',
    },
    ports: systemPorts({ clock, log }),
    cacheTtlSeconds: 30,
    negativeCacheTtlSeconds: 5,
  })
}

beforeEach(async () => {
  server = await startScriptedServer()
  clock = createManualClock()
  logged.length = 0
  validator = open()
})
afterEach(async () => {
  validator.close()
  await server.close()
})

const ask = async (token: string, peer?: string): Promise<Verdict> =>
  validator.validate(token, new AbortController().signal, undefined, peer)
const codeOf = (verdict: Verdict): string =>
  verdict.outcome === 'accepted' ? 'accepted' : `${verdict.outcome} ${verdict.problem.code}`
const detailOf = (verdict: Verdict): string =>
  verdict.outcome === 'accepted' ? '' : verdict.problem.detail
const isGood = (body: string): boolean =>
  (new URLSearchParams(body).get('token') ?? '').startsWith('good')

/** Every other token gets this answer. */
const othersGet = (answer: ScriptedAnswer): void =>
  server.on(path, ({ body }) => (isGood(body) ? good : answer))

type Row = readonly [name: string, answer: ScriptedAnswer, outcome: string]

const inactive = 'rejected intro-active'
const aboutUs = 'undecided intro-client-auth'
const unclear = 'undecided intro-reach'
const json = (status: number, body: unknown): ScriptedAnswer => ({ status, body })
const html = (status: number): ScriptedAnswer => ({
  status,
  body: '<html><body>Error</body></html>',
  headers: { 'content-type': 'text/html' },
})

const rows: readonly Row[] = [
  ['200 with active false', json(200, { active: false }), inactive],
  ['200 with invalid_token', json(200, { error: 'invalid_token' }), inactive],
  ['401 with active false', json(401, { active: false }), inactive],
  ['401 with invalid_token', json(401, { error: 'invalid_token' }), inactive],
  ['400 with active false', json(400, { active: false }), inactive],
  ['400 with invalid_token', json(400, { error: 'invalid_token' }), inactive],
  ['403 with active false', json(403, { active: false }), inactive],
  ['403 with invalid_token', json(403, { error: 'invalid_token' }), inactive],
  ['404 with active false', json(404, { active: false }), inactive],
  ['404 with invalid_token', json(404, { error: 'invalid_token' }), inactive],
  ['422 with active false', json(422, { active: false }), inactive],
  ['400 with unsupported_token_type', json(400, { error: 'unsupported_token_type' }), inactive],
  ['401 with invalid_client', json(401, { error: 'invalid_client' }), aboutUs],
  ['400 with invalid_client', json(400, { error: 'invalid_client' }), aboutUs],
  ['400 with unauthorized_client', json(400, { error: 'unauthorized_client' }), aboutUs],
  ['403 with access_denied', json(403, { error: 'access_denied' }), aboutUs],
  ['200 with invalid_client', json(200, { error: 'invalid_client' }), aboutUs],
  [
    '401 with active false and invalid_client',
    json(401, { active: false, error: 'invalid_client' }),
    aboutUs,
  ],
  ['401 without a body', { status: 401 }, aboutUs],
  ['401 as HTML', html(401), aboutUs],
  ['403 as HTML', html(403), aboutUs],
  ['400 as HTML', html(400), unclear],
  ['400 with invalid_request', json(400, { error: 'invalid_request' }), unclear],
  ['404 as HTML', html(404), unclear],
  ['413', html(413), unclear],
  ['414', html(414), unclear],
  ['431', html(431), unclear],
  ['429', { status: 429, headers: { 'retry-after': '1' } }, unclear],
  ['429 with active false', json(429, { active: false }), unclear],
  ['500', { status: 500 }, unclear],
  ['500 with active false', json(500, { active: false }), unclear],
  ['502', { status: 502, headers: { 'retry-after': '1' } }, unclear],
  ['503', { status: 503, headers: { 'retry-after': '1' } }, unclear],
  ['401 with server_error', json(401, { error: 'server_error' }), unclear],
  [
    '200 with active false and server_error',
    json(200, { active: false, error: 'server_error' }),
    unclear,
  ],
  ['200 with active true and an error', json(200, { ...good.body, error: 'x' }), unclear],
  ['401 with active true', json(401, good.body), aboutUs],
  ['404 with active true', json(404, good.body), unclear],
  ['200 as HTML', html(200), unclear],
  ['200 with half JSON', { body: '{"active":' }, unclear],
  ['200 with an empty body', { body: '' }, unclear],
  ['200 with a list', json(200, []), unclear],
  ['a redirect', { status: 302, headers: { location: '/login' } }, unclear],
  ['a redirect elsewhere', { status: 307, headers: { location: 'https://a.test/' } }, unclear],
  ['a reset', { reset: true }, unclear],
  ['an answer that breaks off', { body: '{"active"', cut: true }, unclear],
  ['a flood', { flood: 400_000 }, unclear],
  ['active twice', { body: '{"active":false,"active":true}' }, 'undecided intro-duplicate-member'],
  ['active as a string', json(200, { active: 'true' }), inactive],
  [
    'a signed answer that was not asked for',
    { body: 'e.y.J', headers: { 'content-type': 'application/token-introspection+jwt' } },
    unclear,
  ],
]

describe('eight unknown tokens do not take introspection away from others', () => {
  test.each(rows)('when the endpoint answers them with %s', async (_, answer, outcome) => {
    othersGet(answer)
    expect(codeOf(await ask('good-known'))).toBe('accepted')
    for (let n = 0; n < 8; n += 1) expect(codeOf(await ask(`junk-${n}`))).toBe(outcome)
    expect(validator.failure()).toBeUndefined()
    expect(codeOf(await ask('good-new'))).toBe('accepted')
    clock.set(clock.now() + 31 * second)
    expect(codeOf(await ask('good-known'))).toBe('accepted')
  })

  test('when the endpoint never answers them', async () => {
    const held = gate()
    othersGet({ until: held.opened })
    for (let n = 0; n < 8; n += 1) {
      const asked = ask(`junk-${n}`)
      await server.asked(path, n + 1)
      await clock.advance(3 * second)
      expect(detailOf(await asked)).toContain('timeout')
    }
    expect(validator.failure()).toBeUndefined()
    expect(codeOf(await ask('good-new'))).toBe('accepted')
    held.open()
  })
})

describe('what opens the breaker', () => {
  const known = ['good-1', 'good-2', 'good-3', 'good-4', 'good-5']
  const vouchFor = async (): Promise<void> => {
    server.on(path, good)
    for (const token of known) expect(codeOf(await ask(token))).toBe('accepted')
    clock.set(clock.now() + 31 * second)
  }

  test.each<readonly [string, ScriptedAnswer, boolean]>([
    ['500', { status: 500 }, true],
    ['502', { status: 502, headers: { 'retry-after': '1' } }, true],
    ['503', { status: 503, headers: { 'retry-after': '1' } }, true],
    ['429', { status: 429 }, true],
    ['a reset', { reset: true }, true],
    ['a flood', { flood: 400_000 }, true],
    ['a redirect', { status: 302, headers: { location: '/login' } }, true],
    ['401 with invalid_client', json(401, { error: 'invalid_client' }), true],
    ['401 without a body', { status: 401 }, false],
    ['400 as HTML', html(400), false],
    ['200 as HTML', html(200), false],
    ['401 with invalid_token', json(401, { error: 'invalid_token' }), false],
    ['200 with active false', json(200, { active: false }), false],
  ])('five tokens that were good, now answered with %s', async (_, answer, opens) => {
    await vouchFor()
    server.on(path, answer)
    for (const token of known) await ask(token)
    expect(validator.failure() !== undefined).toBe(opens)
  })

  test('five refused connections, whatever the tokens are', async () => {
    await server.stop()
    for (let n = 0; n < 5; n += 1) await ask(`junk-${n}`)
    expect(validator.failure()?.detail).toContain('connection refused')
    await server.restart()
    server.on(path, good)
    expect(codeOf(await ask('good-new'))).toBe(unclear)
    clock.set(clock.now() + 10 * second)
    expect(codeOf(await ask('good-new'))).toBe('accepted')
    expect(validator.failure()).toBeUndefined()
  })

  test('a token that its server called inactive is unknown again', async () => {
    await vouchFor()
    server.on(path, json(200, { active: false }))
    for (const token of known) await ask(token)
    clock.set(clock.now() + 6 * second)
    server.on(path, { status: 500 })
    for (const token of known) await ask(token)
    expect(validator.failure()).toBeUndefined()
  })

  test('a token that is good for somebody else is unknown', async () => {
    server.on(path, json(200, { ...good.body, aud: 'https://other.test' }))
    for (const token of known) expect(codeOf(await ask(token))).toBe('rejected claim-aud')
    clock.set(clock.now() + 31 * second)
    server.on(path, { status: 500 })
    for (const token of known) await ask(token)
    expect(validator.failure()).toBeUndefined()
  })

  test('unknown tokens that are never answered delay no trial of a breaker that is open', async () => {
    await vouchFor()
    server.on(path, { status: 500 })
    for (const token of known) await ask(token)
    clock.set(clock.now() + 10 * second)
    const held = gate()
    const before = server.count(path)
    othersGet({ until: held.opened })
    const junk = ask('junk')
    await server.asked(path, before + 1)
    expect(codeOf(await ask('good-1'))).toBe('accepted')
    expect(validator.failure()).toBeUndefined()
    held.open()
    await junk
  })
})

describe('who floods the endpoint with unknown tokens', () => {
  const { peer: share, unknown, all } = introspectionLimits
  const flood = (peer: string, count: number): Promise<Verdict>[] =>
    Array.from({ length: count }, (_, n) => ask(`junk-${peer}-${n}`, peer))

  test('is told to come back, and the others go on', async () => {
    const held = gate()
    othersGet({ until: held.opened, body: { active: false } })
    const waiting = flood('192.0.2.1', share.flying + share.waiting)
    await server.asked(path, share.flying)
    const refused = await ask('junk-last', '192.0.2.1')
    expect(codeOf(refused)).toBe('undecided limit-introspection')
    expect(refused).toMatchObject({ retryAfterSeconds: 1 })
    expect(server.count(path)).toBe(share.flying)
    expect(codeOf(await ask('good-of-another', '192.0.2.2'))).toBe('accepted')
    held.open()
    expect(new Set((await Promise.all(waiting)).map(codeOf))).toEqual(new Set([inactive]))
  })

  test('from many addresses leaves room for tokens that were good', async () => {
    server.on(path, good)
    await ask('good-known', '192.0.2.9')
    clock.set(clock.now() + 31 * second)
    const held = gate()
    const before = server.count(path)
    othersGet({ until: held.opened, body: { active: false } })
    const peers = Array.from({ length: 40 }, (_, n) => `198.51.100.${n}`)
    const waiting = peers.flatMap((peer) => flood(peer, share.flying))
    await server.asked(path, before + unknown.flying)
    expect(unknown.flying).toBeLessThan(all.flying)
    expect(codeOf(await ask('good-known', '192.0.2.9'))).toBe('accepted')
    held.open()
    await Promise.all(waiting)
  })

  test.each([
    ['an IPv4 address', '192.0.2.1', '192.0.2.1'],
    ['an IPv4 address in IPv6', '::ffff:192.0.2.1', '192.0.2.1'],
    ['the same in hexadecimal', '::ffff:c000:201', '192.0.2.1'],
    ['an IPv6 address', '2001:db8:1:2:3:4:5:6', '20010db800010002/64'],
    ['its neighbour', '2001:db8:1:2::1', '20010db800010002/64'],
    ['the next network', '2001:db8:1:3::1', '20010db800010003/64'],
    ['loopback', '::1', '0000000000000000/64'],
    ['one with a zone', 'fe80::1%eth0', 'fe80000000000000/64'],
    ['what is no address', '', ''],
    ['another IPv4 address', '192.0.2.2', '192.0.2.2'],
  ])('is known by the network of %s', (_, address, peer) => {
    expect(peerOf(address)).toBe(peer)
  })
})

describe('the words of the server', () => {
  test.each<readonly [string, ScriptedAnswer, string]>([
    [
      'about the token',
      json(401, { error: 'invalid_token', error_description: 'The token expired' }),
      'token is not active: the server answered invalid_token (The token expired)',
    ],
    [
      'about us',
      json(401, { error: 'invalid_client', error_description: 'Bad secret' }),
      'invalid_client (Bad secret)',
    ],
    ['of another kind', json(400, { error: 'invalid_request' }), 'returned 400: invalid_request'],
    ['in a success', json(200, { error: 'not_ready' }), 'error not_ready'],
    ['with line breaks', json(400, { error: 'a\nb\r\nc' }), 'returned 400: a b c'],
    ['with an escape sequence', json(400, { error: 'a\u001b[2Jb' }), 'a\\u001b[2Jb'],
    ['with a change of direction', json(400, { error: 'a\u202eb' }), 'a\\u202eb'],
    ['with a C1 control', json(400, { error: 'a\u009bb' }), 'a\\u009bb'],
    [
      'with the token',
      json(400, { error: 'no such token: junk-token' }),
      'no such token: [secret]',
    ],
    [
      'with our secret',
      json(400, { error: 'x', error_description: 'got cl13nt-s3cret' }),
      '(got [secret])',
    ],
    ['at length', json(400, { error: 'x'.repeat(5000) }), `${'x'.repeat(300)}...`],
    ['of a server in trouble', json(500, { error: 'server_error' }), 'returned 500: server_error'],
  ])('%s are in the reason and in the log, escaped and cut', async (_, answer, words) => {
    server.on(path, answer)
    const verdict = await ask('junk-token')
    const whole = JSON.stringify([verdict, logged])
    expect(detailOf(verdict)).toContain(words)
    expect(whole).not.toContain('cl13nt-s3cret')
    expect(whole).not.toContain('junk-token')
    for (const character of '\u202e\u009b\u001b') expect(whole).not.toContain(character)
    expect(whole).not.toContain('x'.repeat(400))
  })

  test('invalid_token is about us where our own credential is a bearer token', async () => {
    validator.close()
    validator = open('bearer')
    server.on(path, json(401, { error: 'invalid_token' }))
    expect(codeOf(await ask('junk'))).toBe(aboutUs)
    server.on(path, json(401, { active: false, error: 'invalid_token' }))
    expect(codeOf(await ask('junk'))).toBe(inactive)
  })
})
