// The signature of a token: its form, then its keys, and what is said when no key can tell.
import { importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { fail, pass, type Check } from '../../../src/core/verdict/check.ts'
import { said } from '../../support/said.ts'
import { checkHeader, knownAlgorithms } from '../../../src/core/token/jose-header.ts'
import { checkSignature, checkSignatureForm } from '../../../src/core/keys/jws.ts'
import type { KeyLookup, VerificationKey } from '../../../src/core/keys/key-source.ts'
import { mintRaw, newSigningKey, testKey, type SigningKey } from '../../support/tokens.ts'

const statuses = (checks: readonly Check[]) => checks.map(({ id, status }) => `${id} ${status}`)

const asCandidate = async (key: SigningKey): Promise<VerificationKey> => ({
  kid: key.kid,
  key: await importJWK(key.publicJwk, key.alg),
})
const lookup = async (...keys: readonly SigningKey[]): Promise<KeyLookup> => ({
  checks: [],
  candidates: await Promise.all(keys.map(asCandidate)),
})
const inputOf = (token: string, alg: SigningKey['alg']) => ({
  token,
  alg,
  signature: Buffer.from(token.split('.')[2] ?? '', 'base64url'),
})

describe('checkSignatureForm', () => {
  test.each([
    ['ES256', 64, ['sig-format pass']],
    ['ES384', 96, ['sig-format pass']],
    ['ES512', 132, ['sig-format pass']],
    ['EdDSA', 64, ['sig-format pass']],
    ['RS256', 256, ['sig-format pass']],
    ['PS512', 512, ['sig-format pass']],
    ['ES256', 65, ['sig-format fail']],
    ['ES256', 63, ['in-truncated fail', 'sig-format fail']],
    ['ES256', 0, ['in-truncated fail', 'sig-format fail']],
    ['Ed25519', 32, ['in-truncated fail', 'sig-format fail']],
    ['RS256', 255, ['in-truncated fail', 'sig-format fail']],
    ['RS256', 32, ['in-truncated fail', 'sig-format fail']],
    ['RS256', 128, ['sig-format skip']],
  ] as const)('%s of %d bytes: %j', (alg, length, expected) => {
    expect(statuses(checkSignatureForm(alg, new Uint8Array(length)))).toEqual(expected)
  })

  test('lets the size of the key tell a cut RSA signature from a small key', () => {
    const form = (rsaBytes: number) => statuses(checkSignatureForm('RS256', bytes, rsaBytes))
    const bytes = new Uint8Array(128)
    expect(form(128)).toEqual(['sig-format pass'])
    expect(form(256)).toEqual(['in-truncated fail', 'sig-format fail'])
  })

  test.each(['ES256', 'ES384', 'ES512'] as const)('knows %s in DER', async (alg) => {
    const key = await testKey(alg)
    const { signature } = inputOf(mintRaw(key, { dsaEncoding: 'der' }), alg)
    const [check] = checkSignatureForm(alg, signature)
    expect(check).toMatchObject({
      id: 'sig-format',
      status: 'fail',
      message: expect.stringContaining('bytes of DER') as string,
    })
  })
})

describe('checkSignature', () => {
  test('says which key verified', async () => {
    const key = await testKey('ES256')
    const checks = await checkSignature(inputOf(mintRaw(key), 'ES256'), await lookup(key))
    expect(checks.at(-1)).toMatchObject({
      id: 'sig-verify',
      status: 'pass',
      evidence: { actual: 'ES256', note: 'key "test-ES256"' },
    })
  })

  test('tries every candidate, with or without a name', async () => {
    const one = await newSigningKey('ES256', { kid: undefined })
    const two = await newSigningKey('ES256', { kid: undefined })
    const input = inputOf(mintRaw(two), 'ES256')
    expect(statuses(await checkSignature(input, await lookup(one, two)))).toContain(
      'sig-verify pass',
    )
    const failed = (await checkSignature(input, await lookup(one))).at(-1)
    expect(failed).toMatchObject({ id: 'sig-verify', status: 'fail' })
  })

  test('without a candidate follows the failed lookup, and fails when that gave no reason', async () => {
    const input = inputOf(mintRaw(await testKey('ES256')), 'ES256')
    const failed = { checks: [fail(said('sig-kid-found', 'x'))], candidates: [] }
    expect(statuses(await checkSignature(input, failed))).toEqual([
      'sig-kid-found fail',
      'sig-format pass',
      'sig-verify skip',
    ])
    const silent = { checks: [pass('jwks-fetch')], candidates: [] }
    expect(statuses(await checkSignature(input, silent))).toContain('sig-verify fail')
  })

  test('never verifies with a key of another kind, of another curve or too small', async () => {
    const ec = await testKey('ES256')
    const token = mintRaw(ec)
    const small = await newSigningKey('RS256', { kid: 'small', modulusLength: 1024 })
    const others: readonly VerificationKey[] = [
      await asCandidate(await testKey('RS256')),
      await asCandidate(await testKey('ES384')),
      { kid: 'bytes', key: new Uint8Array(32) },
      { kid: 'small', key: small.publicKey },
    ]
    for (const candidate of others) {
      const found = { checks: [], candidates: [candidate] }
      const checks = await checkSignature(inputOf(token, 'ES256'), found)
      expect(statuses(checks)).toEqual(['sig-format pass', 'sig-key-fit fail', 'sig-verify skip'])
    }
    const weak = inputOf(mintRaw(small), 'RS256')
    const found = { checks: [], candidates: [{ kid: 'small', key: small.publicKey }] }
    expect(statuses(await checkSignature(weak, found))).not.toContain('sig-verify pass')
  })
})

describe('checkHeader', () => {
  const header = (members: Record<string, unknown>, profile: 'strict' | 'lenient' = 'lenient') =>
    statuses(checkHeader({ alg: 'ES256', typ: 'at+jwt', ...members }, knownAlgorithms, profile))

  test('passes a plain header', () => {
    expect(header({}).every((line) => line.endsWith(' pass'))).toBe(true)
    expect(header({ crit: ['b64'], b64: true })).toContain('jose-crit pass')
    expect(header({ cty: 'json' })).toContain('jose-nested pass')
  })

  test.each(['at+jwt', 'AT+JWT', 'application/at+jwt'])('profile strict takes typ %s', (typ) => {
    expect(header({ typ }, 'strict')).toContain('jose-typ pass')
  })

  test.each(['JWT', undefined, 'x', 7])('profile strict refuses typ %s', (typ) => {
    expect(header({ typ }, 'strict')).toContain('jose-typ fail')
  })

  test('profile lenient takes JWT and nothing, and wonders about the rest', () => {
    expect(header({ typ: 'JWT' })).toContain('jose-typ pass')
    expect(header({ typ: undefined })).toContain('jose-typ pass')
    expect(header({ typ: 'x' })).toContain('jose-typ warn')
    expect(header({ typ: 7 })).toContain('jose-typ warn')
  })

  test.each(['jwk', 'jku', 'x5u', 'x5c'])('points at an embedded %s without refusing', (name) => {
    expect(header({ [name]: 'x' })).toContain('jose-embedded-key warn')
  })

  test.each([
    [[7], 'something that is not a name'],
    [['toString'], 'listed but absent'],
    ['b64', 'not a list'],
  ])('crit %j: %s', (crit, why) => {
    const checks = checkHeader({ alg: 'ES256', crit }, knownAlgorithms, 'lenient')
    expect(checks.find((check) => check.id === 'jose-crit')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(why) as string,
    })
  })

  test('b64 that is neither true nor false is refused', () => {
    expect(header({ crit: ['b64'], b64: 'true' })).toContain('jose-crit fail')
  })
})
