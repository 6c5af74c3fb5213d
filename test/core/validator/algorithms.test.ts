// Each signature algorithm with a good token, and with everything that comes close to one.
import { describe, expect, test } from 'vitest'
import { createJwtValidator } from '../../../src/core/validator/jwt-validator.ts'
import { localKeySource } from '../../../src/core/keys/keys.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { policyOf } from '../../support/policy.ts'
import {
  base64url,
  goodClaims,
  jwksOf,
  mintHmac,
  mintRaw,
  mintToken,
  newSigningKey,
  signingAlgorithms,
  testKey,
  withForeignSignature,
  withPart,
  type SigningAlgorithm,
  type SigningKey,
} from '../../support/tokens.ts'

const validator = (document: unknown) =>
  createJwtValidator({
    keys: localKeySource(document, 'keys.json'),
    policy: policyOf(),
    algorithms: undefined,
    clock: createManualClock(),
  })

const judge = async (token: string, ...keys: readonly SigningKey[]): Promise<Verdict> =>
  validator(jwksOf(...keys)).validate(token, new AbortController().signal)

const cause = (verdict: Verdict): string =>
  verdict.outcome === 'accepted' ? 'accepted' : verdict.problem.code

const signatureOf = (token: string): Buffer => Buffer.from(token.split('.')[2] ?? '', 'base64url')

const bytes = { ES256: 64, ES384: 96, ES512: 132, EdDSA: 64, Ed25519: 64 } as const
type FixedLength = keyof typeof bytes
const fixedLength = Object.keys(bytes) as FixedLength[]
const ecdsa = ['ES256', 'ES384', 'ES512'] as const

describe.each(signingAlgorithms)('%s', (alg) => {
  test('verifies its own signature', async () => {
    const key = await testKey(alg)
    const verdict = await judge(await mintToken(key), key)
    expect(cause(verdict)).toBe('accepted')
    const verified = verdict.checks.find(({ id }) => id === 'sig-verify')
    expect(verified).toMatchObject({ status: 'pass', evidence: { actual: alg } })
  })

  test('refuses the signature of another token, and a changed payload', async () => {
    const key = await testKey(alg)
    const [one, two] = [await mintToken(key), await mintToken(key, goodClaims({ sub: 'x' }))]
    expect(cause(await judge(withForeignSignature(one, two), key))).toBe('sig-verify')
    expect(cause(await judge(withPart(one, 1, goodClaims({ sub: 'admin' })), key))).toBe(
      'sig-verify',
    )
  })

  test('refuses the signature of another key of the same kind under its name', async () => {
    const key = await testKey(alg)
    const other = await newSigningKey(alg, { kid: key.kid })
    expect(cause(await judge(await mintToken(other), key))).toBe('sig-verify')
  })

  test('refuses a signature of zeros', async () => {
    const key = await testKey(alg)
    const length = signatureOf(await mintToken(key)).length
    const token = mintRaw(key, { signature: new Uint8Array(length) })
    expect(cause(await judge(token, key))).toBe('sig-verify')
  })

  test('refuses every other algorithm over its own signature', async () => {
    const key = await testKey(alg)
    for (const other of signingAlgorithms) {
      if (other === alg) continue
      const token = mintRaw(key, { header: { alg: other } })
      const edwards = [alg, other].every((name) => name === 'EdDSA' || name === 'Ed25519')
      // Two names of one algorithm (RFC 9864): the same key, the same signature.
      const expected = edwards ? ['accepted'] : ['sig-key-fit', 'sig-format', 'in-truncated']
      expect([other, expected]).toEqual([
        other,
        expect.arrayContaining([cause(await judge(token, key))]),
      ])
    }
  })

  test('refuses an HMAC with its public key, in any form', async () => {
    const key = await testKey(alg)
    const forms = [
      key.publicKey.export({ type: 'spki', format: 'pem' }),
      key.publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(key.publicJwk),
      key.publicJwk.n ?? key.publicJwk.x ?? '',
    ]
    for (const form of forms) {
      const token = mintHmac(form, goodClaims(), { kid: key.kid })
      expect(cause(await judge(token, key))).toBe('jose-alg-hmac')
    }
  })
})

describe.each(fixedLength)('the length of %s', (alg) => {
  test.each([-1, 1, -bytes[alg], 64])('%d bytes too many are refused', async (more) => {
    const key = await testKey(alg)
    const token = mintRaw(key, { signature: new Uint8Array(bytes[alg] + more).fill(7) })
    expect(cause(await judge(token, key))).toBe(more < 0 ? 'in-truncated' : 'sig-format')
  })

  test('a right signature with a byte more is refused', async () => {
    const key = await testKey(alg)
    const token = await mintToken(key)
    const longer = Buffer.concat([signatureOf(token), Buffer.from([0])])
    expect(cause(await judge(withPart(token, 2, base64url(longer)), key))).toBe('sig-format')
  })
})

describe.each(ecdsa)('the numbers of %s', (alg) => {
  const half = bytes[alg] / 2
  const filled = (r: Uint8Array, s: Uint8Array) => Buffer.concat([r, s])
  const zero = Buffer.alloc(half)
  const ones = Buffer.alloc(half, 0xff)
  const one = Buffer.concat([Buffer.alloc(half - 1), Buffer.from([1])])
  test.each([
    ['r = s = 0', filled(zero, zero)],
    ['r = 0', filled(zero, one)],
    ['s = 0', filled(one, zero)],
    ['r = s = 1', filled(one, one)],
    ['both beyond the order', filled(ones, ones)],
  ])('%s', async (_, signature) => {
    const key = await testKey(alg)
    expect(cause(await judge(mintRaw(key, { signature }), key))).toBe('sig-verify')
  })

  test('in DER', async () => {
    const key = await testKey(alg)
    const verdict = await judge(mintRaw(key, { dsaEncoding: 'der' }), key)
    expect(cause(verdict)).toBe('sig-format')
    expect(verdict).toMatchObject({
      problem: { detail: expect.stringContaining('bytes of DER') as string },
    })
  })

  test('swapped', async () => {
    const key = await testKey(alg)
    const token = await mintToken(key)
    const right = signatureOf(token)
    const swapped = filled(right.subarray(half), right.subarray(0, half))
    expect(cause(await judge(withPart(token, 2, base64url(swapped)), key))).toBe('sig-verify')
  })
})

describe('a key of another curve or size', () => {
  const fits = async (alg: SigningAlgorithm, publicJwk: Record<string, unknown>) => {
    const key = await testKey(alg)
    const document = { keys: [{ ...publicJwk, kid: key.kid }, (await testKey('PS512')).publicJwk] }
    const token = await mintToken(key)
    return cause(await validator(document).validate(token, new AbortController().signal))
  }

  test.each<[SigningAlgorithm, SigningAlgorithm]>([
    ['ES256', 'ES384'],
    ['ES384', 'ES512'],
    ['ES512', 'ES256'],
    ['RS256', 'ES256'],
    ['PS256', 'Ed25519'],
    ['EdDSA', 'ES256'],
  ])('%s with a key for %s', async (alg, other) => {
    const { alg: _alg, ...publicJwk } = (await testKey(other)).publicJwk
    expect(await fits(alg, publicJwk)).toBe('sig-key-fit')
  })

  test('RSA of 1024 bits', async () => {
    const small = await newSigningKey('RS256', { modulusLength: 1024 })
    expect(await fits('RS256', { ...small.publicJwk })).toBe('jwks-weak-key')
  })

  test.each([
    [{ use: 'enc' }, 'its use is enc'],
    [{ key_ops: ['encrypt'] }, 'its key_ops lack verify'],
    [{ alg: 'RS512' }, 'its alg is RS512'],
    [{ alg: 'RSA-OAEP', use: 'enc' }, 'its alg is RSA-OAEP, its use is enc'],
  ])('the right key that is published as %j', async (members, note) => {
    const key = await testKey('RS256')
    const document = { keys: [{ ...key.publicJwk, ...members }, (await testKey()).publicJwk] }
    const token = await mintToken(key)
    const verdict = await validator(document).validate(token, new AbortController().signal)
    expect(cause(verdict)).toBe('sig-key-fit')
    expect(verdict.checks.find(({ id }) => id === 'sig-key-fit')?.evidence).toEqual({
      expected: 'RS256',
      note,
    })
  })
})
