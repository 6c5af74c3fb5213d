import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/ports.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../../src/core/validator/auth-gate.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import { refetchCooldown } from '../../../src/core/keys/refetch-limit.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer, gate, type ScriptedServer } from '../../support/scripted-server.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  newSigningKey,
  testAudience,
  testIssuer,
  type SigningKey,
} from '../../support/tokens.ts'

const kid = 'signing'
const second = 1000
const path = '/jwks'

let server: ScriptedServer
let clock: ManualClock
let validator: AuthGate

beforeEach(async () => {
  server = await startScriptedServer()
  clock = createManualClock()
  validator = await createValidator(
    authConfigSchema.parse({
      type: 'jwt',
      issuer: testIssuer,
      jwks_uri: `${server.origin}${path}`,
      audience: [testAudience],
      allow_http: true,
    }),
    systemPorts({ clock, log: silentLogger }),
  )
})
afterEach(async () => {
  validator.close()
  await server.close()
})

const publish = (...keys: SigningKey[]): void => server.on(path, { body: jwksOf(...keys) })
const show = async (token: string, peer?: string): Promise<string> => {
  const verdict: Verdict = await validator.validate(
    token,
    new AbortController().signal,
    undefined,
    peer,
  )
  return verdict.outcome === 'accepted' ? 'accepted' : `${verdict.outcome} ${verdict.problem.code}`
}
const fetches = (): number => server.count(path)
const key = (alg: Parameters<typeof newSigningKey>[0] = 'ES256', name: string | undefined = kid) =>
  newSigningKey(alg, { kid: name })
const later = (ms: number): void => clock.set(clock.now() + ms)
let forged = 0
/** Signed by a key that nobody published. */
const garbage = async (signer: SigningKey): Promise<string> =>
  mintToken(signer, goodClaims({ jti: `forged-${forged++}` }))

describe('a key that is replaced under the same kid', () => {
  test('verifies the next token although the old set is fresh, and the old token no longer', async () => {
    const [old, next] = [await key(), await key()]
    publish(old)
    const before = await mintToken(old)
    expect(await show(before)).toBe('accepted')
    publish(next)
    expect(await show(await mintToken(next))).toBe('accepted')
    expect(fetches()).toBe(2)
    expect(await show(before)).toBe('rejected sig-verify')
    expect(fetches()).toBe(2)
  })

  test.each([
    ['of another algorithm', 'ES256', 'RS256'],
    ['of another curve', 'ES256', 'ES384'],
    ['of another type of signature', 'RS256', 'Ed25519'],
  ] as const)('%s is asked for', async (_, from, to) => {
    const [old, next] = [await key(from), await key(to)]
    publish(old)
    await show(await mintToken(old))
    publish(next)
    expect(await show(await mintToken(next))).toBe('accepted')
  })

  test('by a smaller RSA key is asked for: its signatures look cut to the old one', async () => {
    const old = await newSigningKey('RS256', { kid, modulusLength: 3072 })
    const next = await newSigningKey('RS256', { kid, modulusLength: 2048 })
    publish(old)
    await show(await mintToken(old))
    publish(next)
    expect(await show(await mintToken(next))).toBe('accepted')
  })

  test('without any kid is asked for', async () => {
    const [old, next] = [await key('ES256', undefined), await key('ES256', undefined)]
    publish(old)
    await show(await mintToken(old))
    publish(next)
    expect(await show(await mintToken(next))).toBe('accepted')
  })

  test('is used once two keys of the same kid are one again', async () => {
    const [old, next] = [await key(), await key()]
    publish(old, next)
    const token = await mintToken(next)
    expect(await show(token)).toBe('rejected sig-kid-ambiguous')
    publish(next)
    expect(await show(token)).toBe('accepted')
  })

  test('is used for a token that was being verified while another one fetched the set', async () => {
    const [old, next] = [await key(), await key()]
    publish(old)
    await show(await mintToken(old))
    publish(next)
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, n) => mintToken(next, goodClaims({ jti: String(n) }))),
    )
    const outcomes = await Promise.all(tokens.map((token) => show(token, 'peer')))
    expect(new Set(outcomes)).toEqual(new Set(['accepted']))
    expect(fetches()).toBe(2)
  })

  test('leaves a wrong signature refused when the newer set cannot be had', async () => {
    const [good, other] = [await key(), await key()]
    publish(good)
    await show(await mintToken(good))
    server.on(path, { status: 503 })
    expect(await show(await garbage(other))).toBe('rejected sig-verify')
    expect(await show(await mintToken(good, goodClaims({ jti: 'second' })))).toBe('accepted')
  })
})

describe('a set that was fetched for this very token', () => {
  test('is not fetched again when its key does not verify it', async () => {
    const [good, other] = [await key(), await key()]
    publish(good)
    expect(await show(await garbage(other))).toBe('rejected sig-verify')
    expect(fetches()).toBe(1)
  })
})

describe('tokens that no newer key could verify', () => {
  test.each([
    ['another audience', { aud: 'https://other.test' }],
    ['another issuer', { iss: 'https://other.test' }],
    ['an end that has passed', { exp: 1 }],
  ])('cause no fetch: %s', async (_, claims) => {
    const [good, other] = [await key(), await key()]
    publish(good)
    await show(await mintToken(good))
    await show(await mintToken(other, goodClaims(claims)))
    expect(fetches()).toBe(1)
  })
})

describe('a stranger', () => {
  const unknownKid = async () => garbage(await key('ES256', `unknown-${forged++}`))
  const wrongSignature = async () => garbage(await key())

  test.each([
    ['unknown kids', unknownKid],
    ['wrong signatures', wrongSignature],
  ])('with %s causes one fetch in 30 s, however often it comes', async (_, make) => {
    const good = await key()
    publish(good)
    await show(await mintToken(good))
    for (let n = 0; n < 59; n += 1) {
      await show(await make(), 'stranger')
      later(second / 2)
    }
    expect(fetches()).toBe(2)
    later(second / 2)
    await show(await make(), 'stranger')
    expect(fetches()).toBe(3)
  })

  test('has one share for unknown kids and wrong signatures together', async () => {
    const good = await key()
    publish(good)
    await show(await mintToken(good))
    await show(await unknownKid(), 'stranger')
    later(10 * second)
    await show(await wrongSignature(), 'stranger')
    expect(fetches()).toBe(2)
  })

  test('does not make a key that was just published wait for 30 s', async () => {
    const [good, next] = [await key(), await key('ES256', 'next')]
    publish(good)
    await show(await mintToken(good))
    await show(await unknownKid(), 'stranger')
    publish(good, next)
    later(refetchCooldown.allMs)
    await show(await unknownKid(), 'stranger')
    expect(await show(await mintToken(next), 'caller')).toBe('accepted')
  })

  test('cannot use up the share of others: a caller that came too early is not held back for 30 s', async () => {
    const [good, next] = [await key(), await key('ES256', 'next')]
    publish(good)
    await show(await mintToken(good))
    await show(await unknownKid(), 'stranger')
    publish(good, next)
    expect(await show(await mintToken(next), 'caller')).toBe('rejected sig-kid-found')
    later(refetchCooldown.allMs)
    expect(await show(await mintToken(next), 'caller')).toBe('accepted')
  })

  test('with a thousand addresses causes one fetch in 5 s, and each brings the newest key', async () => {
    const [good, next] = [await key(), await key('ES256', 'next')]
    publish(good)
    await show(await mintToken(good))
    const token = await wrongSignature()
    for (let n = 0; n < 1000; n += 1) {
      await show(token, `2001:db8::${n}`)
      if (n % 100 === 99) later(second)
      if (n === 500) publish(good, next)
    }
    expect(fetches()).toBe(1 + 2)
    expect(await show(await mintToken(next), 'caller')).toBe('accepted')
  })

  test('that leaves while the set is fetched takes it from nobody', async () => {
    const [old, next] = [await key(), await key()]
    publish(old)
    await show(await mintToken(old))
    const held = gate()
    server.on(path, { body: jwksOf(next), until: held.opened })
    const leaver = new AbortController()
    const left = Promise.resolve(
      validator.validate(await wrongSignature(), leaver.signal, undefined, 'stranger'),
    )
    await server.asked(path, 2)
    const stayed = show(await mintToken(next), 'caller')
    leaver.abort()
    expect((await left).outcome).toBe('rejected')
    held.open()
    expect(await stayed).toBe('accepted')
    expect(fetches()).toBe(2)
  })
})
