import { createSecretKey } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Logger } from '../../../src/base/ports.ts'
import { silentLogger } from '../../../src/base/ports.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import type { Check } from '../../../src/core/verdict/check.ts'
import { examineKeySet } from '../../../src/core/keys/key-set.ts'
import type { KeyLookup, KeyQuery, KeySource } from '../../../src/core/keys/key-source.ts'
import {
  localKeySource,
  remoteKeySource,
  type RemoteKeySource,
} from '../../../src/core/keys/keys.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { gate, startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import { jwksOf, newSigningKey, testKey } from '../../support/tokens.ts'

const never = new AbortController().signal
const second = 1000
const minute = 60 * second
const hour = 60 * minute

const statusOf = ({ checks }: { checks: readonly Check[] }, id: string): string | undefined =>
  checks.find((check) => check.id === id)?.status
const failedIds = ({ checks }: { checks: readonly Check[] }): string[] =>
  checks.filter((check) => check.status === 'fail').map((check) => check.id)

describe('examineKeySet', () => {
  test('a good set passes every check', async () => {
    const set = examineKeySet(jwksOf(await testKey('RS256'), await testKey('ES256')))
    expect(set.usable).toBe(2)
    expect(set.checks.filter((check) => check.status !== 'pass')).toEqual([])
  })

  test('an empty set, and what is no set, has no usable key', () => {
    for (const document of [{ keys: [] }, {}, null, 'keys', { keys: 'x' }, [1]]) {
      const set = examineKeySet(document)
      expect(set.usable).toBe(0)
      expect(statusOf(set, 'jwks-usable')).toBe('fail')
    }
  })

  test('a bad key is skipped alone', async () => {
    const good = await testKey('ES256')
    const offCurve = { ...good.publicJwk, kid: 'off', x: good.publicJwk.y, y: good.publicJwk.x }
    const set = examineKeySet({ keys: [offCurve, { kty: 'RSA', n: '!' }, 7, good.publicJwk] })
    expect(set.usable).toBe(1)
    expect(set.keys.map((key) => key.key !== undefined)).toEqual([false, false, true])
  })

  test('RSA below 2048 bits is weak', async () => {
    const weak = await newSigningKey('RS256', { modulusLength: 1024 })
    const set = examineKeySet(jwksOf(weak))
    expect(failedIds(set)).toEqual(['jwks-usable', 'jwks-weak-key'])
    expect(JSON.stringify(set.checks)).toContain('1024-bit RSA')
  })

  test('a private key is named, never shown', async () => {
    const key = await testKey('ES256')
    const jwk = key.privateKey.export({ format: 'jwk' })
    const set = examineKeySet({ keys: [{ ...jwk, kid: 'leaked' }] })
    expect(failedIds(set)).toContain('jwks-private-key')
    expect(JSON.stringify(set.checks)).toContain('leaked')
    expect(JSON.stringify(set.checks)).not.toContain(jwk.d)
  })

  test('n and e alone are public by design', async () => {
    const set = examineKeySet(jwksOf(await testKey('RS256')))
    expect(statusOf(set, 'jwks-private-key')).toBe('pass')
  })

  test('a symmetric key is a published secret', () => {
    const k = createSecretKey(Buffer.alloc(32, 9)).export().toString('base64url')
    const set = examineKeySet({ keys: [{ kty: 'oct', k, kid: 's' }] })
    expect(failedIds(set)).toContain('jwks-symmetric')
    expect(JSON.stringify(set)).not.toContain(k)
  })

  test('repeated and absent kids are named', async () => {
    const [a, b] = [await newSigningKey('ES256', { kid: 'x' }), await testKey('ES384')]
    const { kid: _, ...anonymous } = (await testKey('RS256')).publicJwk
    const set = examineKeySet({ keys: [a.publicJwk, { ...b.publicJwk, kid: 'x' }, anonymous] })
    expect(statusOf(set, 'jwks-duplicate-kid')).toBe('warn')
    expect(statusOf(set, 'jwks-missing-kid')).toBe('warn')
  })
})

describe('localKeySource chooses the key', () => {
  const find = (document: unknown, query: KeyQuery): KeyLookup =>
    localKeySource(document, 'the test').find(query, never) as KeyLookup

  test('by kid', async () => {
    const [a, b] = [await testKey('ES256'), await testKey('RS256')]
    const found = find(jwksOf(a, b), { alg: 'ES256', kid: a.kid })
    expect(failedIds(found)).toEqual([])
    expect(found.candidates.map((key) => key.kid)).toEqual([a.kid])
  })

  test('without a kid, when only one suits', async () => {
    const set = jwksOf(await testKey('ES256'), await testKey('RS256'))
    const found = find(set, { alg: 'RS256', kid: undefined })
    expect(found.candidates).toHaveLength(1)
    expect(statusOf(found, 'sig-kid-found')).toBe('skip')
  })

  test('without a kid, when several suit: ambiguous', async () => {
    const set = jwksOf(await testKey('ES256'), await newSigningKey('ES256'))
    const found = find(set, { alg: 'ES256', kid: undefined })
    expect(failedIds(found)).toEqual(['sig-kid-ambiguous'])
    expect(found.candidates).toEqual([])
  })

  test('the same key published twice is no ambiguity', async () => {
    const key = await testKey('ES256')
    const found = find(jwksOf(key, key), { alg: 'ES256', kid: key.kid })
    expect(found.candidates).toHaveLength(1)
    expect(statusOf(found, 'jwks-duplicate-kid')).toBe('warn')
  })

  test('one kid for two different keys of one type: ambiguous', async () => {
    const [a, b] = [await newSigningKey('ES256'), await newSigningKey('ES256')]
    const set = { keys: [a.publicJwk, { ...b.publicJwk, kid: a.kid }] }
    expect(failedIds(find(set, { alg: 'ES256', kid: a.kid }))).toEqual(['sig-kid-ambiguous'])
  })

  test('an unknown kid', async () => {
    const found = find(jwksOf(await testKey('ES256')), { alg: 'ES256', kid: 'gone' })
    expect(failedIds(found)).toEqual(['sig-kid-found'])
    const message = found.checks.find((check) => check.id === 'sig-kid-found')
    expect(JSON.stringify(message)).toContain('the test')
  })

  test.each([
    ['kty', 'ES256', {}, 'RS256'],
    ['crv', 'ES384', {}, 'ES256'],
    ['alg', 'RS256', { alg: 'PS256' }, 'RS256'],
    ['use', 'ES256', { use: 'enc' }, 'ES256'],
    ['key_ops', 'ES256', { key_ops: ['sign'] }, 'ES256'],
  ] as const)('a key whose %s does not suit', async (_, made, members, alg) => {
    const key = await testKey(made)
    const good = await testKey('Ed25519')
    const set = { keys: [{ ...key.publicJwk, ...members, kid: 'k' }, good.publicJwk] }
    expect(failedIds(find(set, { alg, kid: 'k' }))).toEqual(['sig-key-fit'])
  })

  test('a key without alg and use suits every algorithm of its type', async () => {
    const { alg: _, use: __, ...jwk } = (await testKey('RS256')).publicJwk
    for (const alg of ['RS256', 'PS512']) {
      expect(find({ keys: [jwk] }, { alg, kid: jwk.kid }).candidates).toHaveLength(1)
    }
  })

  test('EdDSA and Ed25519 name the same', async () => {
    const { publicJwk } = await testKey('EdDSA')
    const found = find({ keys: [publicJwk] }, { alg: 'Ed25519', kid: publicJwk.kid })
    expect(found.candidates).toHaveLength(1)
  })

  test('a token signed by a weak key is refused for that, one by a good key is not', async () => {
    const weak = await newSigningKey('RS256', { modulusLength: 1024, kid: 'weak' })
    const good = await testKey('RS256')
    const set = jwksOf(weak, good)
    expect(failedIds(find(set, { alg: 'RS256', kid: 'weak' }))).toEqual(['jwks-weak-key'])
    const other = find(set, { alg: 'RS256', kid: good.kid })
    expect(failedIds(other)).toEqual([])
    expect(statusOf(other, 'jwks-weak-key')).toBe('warn')
  })
})

describe('remoteKeySource', () => {
  let server: ScriptedServer
  let clock: ManualClock
  let source: RemoteKeySource
  const warnings: string[] = []
  const log: Logger = { ...silentLogger, warn: (_, message) => void warnings.push(message) }

  const open = (maxStaleSeconds = 86_400): RemoteKeySource => {
    source = remoteKeySource({
      endpoint: { url: `${server.origin}/jwks`, reach: 'private' },
      ports: systemPorts({ clock, log, random: () => 1 }),
      maxStaleSeconds,
    })
    return source
  }
  const publish = async (...algs: Parameters<typeof testKey>): Promise<void> => {
    const keys = await Promise.all((algs.length === 0 ? ['ES256' as const] : algs).map(testKey))
    server.on('/jwks', { body: jwksOf(...keys) })
  }
  const kid = 'test-ES256'
  const find = (from: KeySource, query: Partial<KeyQuery> = {}): Promise<KeyLookup> =>
    Promise.resolve(from.find({ alg: 'ES256', kid, ...query }, new AbortController().signal))
  const fetches = (): number => server.count('/jwks')

  beforeEach(async () => {
    server = await startScriptedServer()
    clock = createManualClock()
    warnings.length = 0
  })
  afterEach(async () => {
    source.close()
    await server.close()
  })

  test('fetches on first need; with keys at hand a lookup is synchronous', async () => {
    await publish()
    const keys = open()
    expect(keys.peek?.({ alg: 'ES256', kid })).toBeUndefined()
    expect((await find(keys)).candidates).toHaveLength(1)
    const second = keys.find({ alg: 'ES256', kid }, never)
    expect(second).not.toBeInstanceOf(Promise)
    expect(fetches()).toBe(1)
  })

  test('many lookups at once are one fetch', async () => {
    await publish()
    const keys = open()
    const found = await Promise.all(Array.from({ length: 20 }, () => find(keys)))
    expect(found.every((lookup) => lookup.candidates.length === 1)).toBe(true)
    expect(fetches()).toBe(1)
  })

  test('100 garbage kids cause one refetch, and the next one only after 30 s', async () => {
    await publish()
    const keys = open()
    await find(keys)
    const garbage = (n: number) => find(keys, { kid: `garbage-${n}` })
    const found = await Promise.all(Array.from({ length: 100 }, (_, n) => garbage(n)))
    expect(found.every((lookup) => failedIds(lookup).join() === 'sig-kid-found')).toBe(true)
    expect(fetches()).toBe(2)
    clock.set(clock.now() + 29_999)
    await garbage(100)
    expect(fetches()).toBe(2)
    clock.set(clock.now() + 1)
    await garbage(101)
    expect(fetches()).toBe(3)
  })

  test('the load that a first token causes does not start the cooldown', async () => {
    await publish()
    const keys = open()
    expect(failedIds(await find(keys, { kid: 'new' }))).toEqual(['sig-kid-found'])
    expect(fetches()).toBe(1)
    const rotated = await newSigningKey('ES256', { kid: 'new' })
    server.on('/jwks', { body: jwksOf(rotated) })
    expect((await find(keys, { kid: 'new' })).candidates).toHaveLength(1)
  })

  test('a rotated key is found by one refetch, and the revision grows', async () => {
    await publish()
    const keys = open()
    await find(keys)
    const before = keys.revision
    const next = await newSigningKey('ES256', { kid: 'next' })
    server.on('/jwks', { body: jwksOf(await testKey('ES256'), next) })
    expect((await find(keys, { kid: 'next' })).candidates).toHaveLength(1)
    expect(keys.revision).toBe(before + 1)
  })

  test('an unchanged set leaves the revision', async () => {
    await publish()
    const keys = open()
    await find(keys)
    const before = keys.revision
    await find(keys, { kid: 'unknown' })
    expect(fetches()).toBe(2)
    expect(keys.revision).toBe(before)
  })

  test.each([
    ['no Cache-Control', {}, 10 * minute],
    ['max-age', { 'cache-control': 'public, max-age=300' }, 5 * minute],
    ['a short max-age', { 'cache-control': 'max-age=1' }, minute],
    ['a long max-age', { 'cache-control': 'max-age=31536000' }, 24 * hour],
    ['no-store', { 'cache-control': 'no-store' }, minute],
  ])('fresh by %s', async (_, headers, freshMs) => {
    server.on('/jwks', { body: jwksOf(await testKey('ES256')), headers })
    const keys = open()
    await find(keys)
    clock.set(clock.now() + freshMs * 0.8 - 1)
    await find(keys)
    expect(fetches()).toBe(1)
    // At 80 % the answer is given from what is at hand, and newer keys are asked for beside it.
    clock.set(clock.now() + 1)
    expect(keys.find({ alg: 'ES256', kid }, never)).not.toBeInstanceOf(Promise)
    await server.asked('/jwks', 2)
  })

  test('past its freshness the set is fetched before it is used', async () => {
    await publish()
    const keys = open()
    await find(keys)
    server.on('/jwks', { body: jwksOf(await testKey('RS256')) })
    clock.set(clock.now() + 10 * minute)
    expect(failedIds(await find(keys))).toEqual(['sig-kid-found'])
  })

  test('an outage with warm keys: still accepted, and the server is left alone', async () => {
    await publish()
    const keys = open()
    await find(keys)
    await server.stop()
    clock.set(clock.now() + hour)
    expect((await find(keys)).candidates).toHaveLength(1)
    await server.restart()
    const before = fetches()
    for (let n = 0; n < 50; n += 1) expect((await find(keys)).candidates).toHaveLength(1)
    expect(fetches()).toBe(before)
  })

  test('past the stale limit nobody can tell', async () => {
    await publish()
    const keys = open(3600)
    await find(keys)
    await server.stop()
    clock.set(clock.now() + hour - 1)
    expect((await find(keys)).candidates).toHaveLength(1)
    clock.set(clock.now() + 61 * second)
    const lookup = await find(keys)
    expect(failedIds(lookup)).toEqual(['jwks-fetch'])
    expect(lookup.retryAfterSeconds).toBeGreaterThan(0)
    expect(keys.failure()?.detail).toContain('ECONNREFUSED')
  })

  test('a stale limit of 0 means fresh or nothing', async () => {
    await publish()
    const keys = open(0)
    await find(keys)
    await server.stop()
    clock.set(clock.now() + 10 * minute - 1)
    expect((await find(keys)).candidates).toHaveLength(1)
    clock.set(clock.now() + 61 * second)
    expect(failedIds(await find(keys))).toEqual(['jwks-fetch'])
  })

  test('recovery within one back-off', async () => {
    await publish()
    const keys = open()
    await server.stop()
    expect(failedIds(await find(keys))).toEqual(['jwks-fetch'])
    await server.restart()
    expect(failedIds(await find(keys))).toEqual(['jwks-fetch'])
    expect(fetches()).toBe(0)
    clock.set(clock.now() + second)
    expect((await find(keys)).candidates).toHaveLength(1)
    expect(keys.failure()).toBeUndefined()
  })

  test('the back-off doubles up to a minute', async () => {
    server.on('/jwks', { status: 500 })
    const keys = open()
    const waits: number[] = []
    for (let n = 0; n < 9; n += 1) {
      await find(keys)
      waits.push(keys.dueInMs() / second)
      clock.set(clock.now() + keys.dueInMs())
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    expect(fetches()).toBe(9)
  })

  test('an unknown kid during an outage is undecided: it may be a new key', async () => {
    await publish()
    const keys = open()
    await find(keys)
    server.on('/jwks', { status: 503 })
    const lookup = await find(keys, { kid: 'new' })
    expect(failedIds(lookup)).toEqual(['jwks-fetch'])
    const next = await newSigningKey('ES256', { kid: 'new' })
    server.on('/jwks', { body: jwksOf(next) })
    clock.set(clock.now() + second)
    expect((await find(keys, { kid: 'new' })).candidates).toHaveLength(1)
  })

  test.each([
    ['a 404', { status: 404 }, 'answered 404'],
    ['HTML', { body: '<html>' }, 'not a key set'],
    ['JSON of another shape', { body: { issuer: 'x' } }, 'not a key set'],
    ['a reset', { reset: true }, 'connection closed'],
    ['a flood', { flood: 1_000_000 }, 'too large'],
    ['a foreign redirect', { status: 302, headers: { location: 'https://x.test/' } }, 'redirect'],
  ])('%s is no key set', async (_, script, words) => {
    server.on('/jwks', script)
    const lookup = await find(open())
    expect(failedIds(lookup)).toEqual(['jwks-fetch'])
    expect(JSON.stringify(lookup.checks)).toContain(words)
  })

  test('an empty set does not replace a good one for ten minutes', async () => {
    await publish()
    const keys = open()
    await find(keys)
    server.on('/jwks', { body: { keys: [] } })
    clock.set(clock.now() + 10 * minute)
    expect((await find(keys)).candidates).toHaveLength(1)
    expect(warnings).toContain('could not fetch the key set')
    clock.set(clock.now() + 10 * minute)
    expect(failedIds(await find(keys))).toEqual(['jwks-usable'])
  })

  test('a kid that names another key than before is used, and logged', async () => {
    await publish()
    const keys = open()
    await find(keys)
    const other = await newSigningKey('ES256', { kid })
    server.on('/jwks', { body: jwksOf(other) })
    clock.set(clock.now() + 10 * minute)
    const { candidates } = await find(keys)
    expect(candidates).toHaveLength(1)
    expect(warnings).toContain('a kid names another key than before')
  })

  test('a caller that leaves does not cancel the fetch for the others', async () => {
    const held = gate()
    server.on('/jwks', { body: jwksOf(await testKey('ES256')), until: held.opened })
    const keys = open()
    const leaver = new AbortController()
    const left = Promise.resolve(keys.find({ alg: 'ES256', kid }, leaver.signal))
    const stayed = find(keys)
    await server.asked('/jwks')
    leaver.abort()
    expect(failedIds(await left)).toEqual(['jwks-fetch'])
    held.open()
    expect((await stayed).candidates).toHaveLength(1)
    expect(fetches()).toBe(1)
  })

  test('an endpoint that nobody knows yet is undecided with the reason', async () => {
    source = remoteKeySource({
      endpoint: () =>
        Promise.resolve({
          missing: { why: 'no metadata yet', remedy: 'wait' },
          checks: [],
          retryAfterMs: 5000,
        }),
      ports: systemPorts({ clock, random: () => 0 }),
      maxStaleSeconds: 0,
    })
    const lookup = await find(source)
    expect(failedIds(lookup)).toEqual(['jwks-fetch'])
    expect(lookup.retryAfterSeconds).toBe(5)
    expect(source.failure()?.detail).toBe('no metadata yet')
  })

  test('prepare fetches ahead of need, and says when it wants to be called again', async () => {
    await publish()
    const keys = open()
    expect(keys.failure()).toMatchObject({ case: 'pending' })
    await keys.prepare()
    expect(keys.failure()).toBeUndefined()
    expect(keys.dueInMs()).toBe(8 * minute)
    await keys.prepare()
    expect(fetches()).toBe(1)
  })
})
