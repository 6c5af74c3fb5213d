// A refused token is tried against the issuer that it names: over real sockets, within the rules for foreign addresses.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/ports.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { fail, pass } from '../../../src/core/verdict/check.ts'
import { said } from '../../support/said.ts'
import { judge } from '../../../src/core/verdict/judge.ts'
import { createJwtValidator } from '../../../src/core/validator/jwt-validator.ts'
import { localKeySource } from '../../../src/core/keys/keys.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import {
  followIssuer,
  type FollowOptions,
} from '../../../src/core/investigation/wrong-authority.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { policyOf } from '../../support/policy.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import {
  goodClaims,
  jwksOf,
  mintEncrypted,
  mintHmac,
  mintRaw,
  mintToken,
  newSigningKey,
  testKey,
  withForeignSignature,
  type SigningKey,
} from '../../support/tokens.ts'

const ports = systemPorts({ log: silentLogger })
const oidc = '/.well-known/openid-configuration'

let server: ScriptedServer
let ours: SigningKey
let theirs: SigningKey

beforeEach(async () => {
  ours = await testKey()
  theirs = await newSigningKey('ES256', { kid: 'theirs' })
  server = await startScriptedServer()
  publish('/realms/dev', ours)
  publish('/realms/prod', theirs)
})
afterEach(() => server.close())

const publish = (realm: string, key: SigningKey): void => {
  const issuer = `${server.origin}${realm}`
  server.on(`${realm}${oidc}`, { body: { issuer, jwks_uri: `${issuer}/keys` } })
  server.on(`${realm}/keys`, { body: jwksOf(key) })
}

const realm = (name: string) => `${server.origin}/realms/${name}`

/** What our validator says of it, with the keys of the realm dev. */
const judged = async (token: string, issuer = realm('dev')): Promise<Verdict> =>
  createJwtValidator({
    keys: localKeySource(jwksOf(ours), 'keys.json'),
    policy: policyOf({ issuers: [issuer] }),
    algorithms: undefined,
    clock: createManualClock(),
  }).validate(token, new AbortController().signal)

const follow = async (token: string, options: Partial<FollowOptions> = {}) =>
  followIssuer(token, ports, {
    verdict: await judged(token),
    issuers: [realm('dev')],
    ...options,
  })

describe('a token of another authority', () => {
  test('of the same provider: the tenant is wrong', async () => {
    const token = await mintToken(theirs, goodClaims({ iss: realm('prod') }))
    const verdict = await judged(token)
    expect(verdict).toMatchObject({ outcome: 'rejected', problem: { code: 'claim-iss' } })
    expect(await follow(token, { verdict })).toEqual({
      id: 'sig-wrong-authority',
      status: 'warn',
      message: `Verifies against ${realm('prod')}: the configured tenant is the wrong one`,
      evidence: {
        expected: [realm('dev')],
        actual: realm('prod'),
        note: `key "theirs" at ${realm('prod')}/keys`,
      },
    })
  })

  test('of anybody: the issuer is wrong', async () => {
    publish('/other', theirs)
    const iss = `${server.origin}/other`
    const check = await follow(await mintToken(theirs, goodClaims({ iss })))
    expect(check).toMatchObject({
      message: expect.stringMatching(/the configured issuer is the wrong one$/) as string,
    })
  })

  test('that is the configured one: the keys are', async () => {
    publish('/realms/dev', theirs)
    const check = await follow(await mintToken(theirs, goodClaims({ iss: realm('dev') })))
    expect(check).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/the configured key set is the wrong one$/) as string,
    })
  })

  test('changes nothing about the verdict', async () => {
    const token = await mintToken(theirs, goodClaims({ iss: realm('prod') }))
    const verdict = await judged(token)
    const check = await follow(token, { verdict })
    const again = judge([...verdict.checks, check], () => expect.unreachable(), undefined)
    expect(again).toMatchObject({ outcome: 'rejected', problem: { code: 'claim-iss' } })
  })
})

describe('a token that does not verify there either', () => {
  test.each([
    [
      'forged',
      async () =>
        withForeignSignature(
          await mintToken(theirs, goodClaims({ iss: realm('prod') })),
          await mintToken(theirs, goodClaims({ iss: realm('prod'), sub: 'x' })),
        ),
      /does not match key "theirs"/,
    ],
    [
      'an unknown key',
      async () =>
        mintToken(
          await newSigningKey('ES256', { kid: 'nobody' }),
          goodClaims({ iss: realm('prod') }),
        ),
      /kid "nobody" is not among the 1 key/,
    ],
  ])('%s', async (_, mint, why) => {
    const check = await follow(await mint())
    expect(check).toMatchObject({ status: 'pass', message: expect.stringMatching(why) as string })
  })
})

describe('nobody is asked', () => {
  const unasked = async (token: string, options: Partial<FollowOptions> = {}) => {
    const check = await follow(token, options)
    expect(server.count()).toBe(0)
    return check
  }

  test('about a signature that is verified', async () => {
    const token = await mintToken(ours, goodClaims({ iss: realm('dev') }))
    const verdict = await judged(token)
    expect(verdict.outcome).toBe('accepted')
    expect(await unasked(token, { verdict })).toMatchObject({ status: 'skip' })
  })

  test('for a token that names no issuer or cannot be checked anyway', async () => {
    const refused = judge(
      [pass('in-empty'), fail(said('jose-shape', 'x'))],
      () => expect.unreachable(),
      0,
    )
    const iss = realm('prod')
    const tokens = [
      'opaque',
      await mintEncrypted(),
      await mintToken(theirs, goodClaims({ iss: undefined })),
      mintRaw(theirs, { payload: { iss: 7 } }),
      mintRaw(theirs, { payload: 'x' }),
      mintHmac('secret', goodClaims({ iss })),
      (await mintToken(theirs, goodClaims({ iss }))).slice(0, -1),
    ]
    for (const token of tokens) {
      expect(await unasked(token, { verdict: refused })).toMatchObject({ status: 'skip' })
    }
  })

  test.each([
    ['file:///etc/passwd'],
    ['urn:acme:issuer'],
    ['http://10.0.0.1/realms/x'],
    ['http://id.acme.test/realms/x'],
    ['https://user:pass@127.0.0.1/x'],
  ])('at %s', async (iss) => {
    expect(await unasked(await mintToken(theirs, goodClaims({ iss })))).toMatchObject({
      status: 'skip',
      because: expect.stringContaining('could not be asked') as string,
    })
  })

  test('at an address of the own network that only the token names', async () => {
    const token = await mintToken(theirs, goodClaims({ iss: realm('prod') }))
    const strangers = { issuers: ['https://id.acme.test'] }
    expect(await unasked(token, strangers)).toMatchObject({
      status: 'skip',
      because: expect.stringContaining('is a loopback address') as string,
    })
    expect(await follow(token, { ...strangers, allowPrivate: true })).toMatchObject({
      status: 'warn',
    })
  })

  test('at the address of the machine, however the operator asks', async () => {
    const token = await mintToken(theirs, goodClaims({ iss: 'http://169.254.169.254/latest' }))
    const check = await unasked(token, { allowPrivate: true, allowHttp: true })
    expect(check).toMatchObject({
      because: expect.stringContaining('link-local or cloud metadata') as string,
    })
  })
})

describe('trouble with the other authority is told, not thrown', () => {
  const prod = async () => follow(await mintToken(theirs, goodClaims({ iss: realm('prod') })))

  test.each([
    ['nobody there', () => server.on(`/realms/prod${oidc}`, { status: 404 }), '404'],
    [
      'another name',
      () => server.on(`/realms/prod${oidc}`, { body: { issuer: 'https://evil.test' } }),
      'Document says https://evil.test',
    ],
    [
      'no keys named',
      () => server.on(`/realms/prod${oidc}`, { body: { issuer: realm('prod') } }),
      'names no jwks_uri',
    ],
    ['keys away', () => server.on('/realms/prod/keys', { status: 500 }), 'answered 500'],
    ['no key set', () => server.on('/realms/prod/keys', { body: '<p>' }), 'not a key set'],
    [
      'redirected away',
      () =>
        server.on('/realms/prod/keys', {
          status: 302,
          headers: { location: 'https://evil.test/' },
        }),
      'redirect to another origin',
    ],
  ])('%s', async (_, script, because) => {
    script()
    expect(await prod()).toMatchObject({
      status: 'skip',
      because: expect.stringContaining(because) as string,
    })
  })

  test('keys inside of the network, named by a document outside', async () => {
    server.on(`/realms/prod${oidc}`, {
      body: { issuer: realm('prod'), jwks_uri: 'https://10.1.2.3/keys' },
    })
    expect(await prod()).toMatchObject({
      status: 'skip',
      because: expect.stringContaining('10.1.2.3') as string,
    })
  })

  test('an abort of the caller', async () => {
    const token = await mintToken(theirs, goodClaims({ iss: realm('prod') }))
    const check = await follow(token, { signal: AbortSignal.abort() })
    expect(check.status).toBe('skip')
  })
})
