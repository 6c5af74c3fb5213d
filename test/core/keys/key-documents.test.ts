// Key sets as servers really publish them: what other clients read is read here too, or the reason is named.
import { createHash, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hintOf } from '../../../src/problems/problem.ts'
import { problemFrom, type Check, type FailedCheck } from '../../../src/core/verdict/check.ts'
import { checkCertificates } from '../../../src/core/keys/key-set-checks.ts'
import { askForKeys } from '../../../src/core/keys/found-keys.ts'
import { examineKeySet } from '../../../src/core/keys/key-set.ts'
import { localKeySource } from '../../../src/core/keys/keys.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { startScriptedServer } from '../../support/scripted-server.ts'
import { createAuthority } from '../../support/certificates.ts'
import { jwksOf, testKey } from '../../support/tokens.ts'

type Jwk = Readonly<Record<string, unknown>>

const only = <T>(found: T | undefined): T => {
  if (found === undefined) throw new Error('not found')
  return found
}

const failureOf = (checks: readonly Check[], id: string): FailedCheck =>
  only(checks.find((check): check is FailedCheck => check.id === id && check.status === 'fail'))

const usable = (...keys: readonly Jwk[]) => failureOf(examineKeySet({ keys }).checks, 'jwks-usable')

const rsa = async (): Promise<Jwk> => ({ ...(await testKey('RS256')).publicJwk, kid: 'one' })
const ec = async (): Promise<Jwk> => ({ ...(await testKey('ES256')).publicJwk, kid: 'one' })
const okp = async (): Promise<Jwk> => ({ ...(await testKey('EdDSA')).publicJwk, kid: 'one' })

describe('a key that lacks members is told which', () => {
  test.each([
    ['RSA without e', rsa, ['e'], 'kid "one" lacks e'],
    ['RSA without n and e', rsa, ['n', 'e'], 'kid "one" lacks n and e'],
    ['EC without crv', ec, ['crv'], 'kid "one" lacks crv'],
    ['EC without y', ec, ['y'], 'kid "one" lacks y'],
    ['OKP without x', okp, ['x'], 'kid "one" lacks x'],
    ['a key without kty', rsa, ['kty'], 'kid "one" lacks kty'],
  ])('%s', async (_, make, lacking, message) => {
    for (const instead of [undefined, null, '', 7]) {
      const jwk = { ...(await make()), ...Object.fromEntries(lacking.map((m) => [m, instead])) }
      const found = usable(jwk)
      expect(found.message).toContain(message)
      expect(hintOf(problemFrom(found))).toBe(
        'publish these members of the key: clients ignore it without them',
      )
    }
  })

  test('x5c alone: RFC 7518 section 6.3.1 wants n and e beside it', async () => {
    const { n: _, e: __, ...jwk } = await rsa()
    const found = usable({ ...jwk, x5c: ['AAAA'] })
    expect(found.message).toBe(
      '1 keys, none usable: kid "one" lacks n and e: its certificate (x5c) does not replace them',
    )
    expect(hintOf(problemFrom(found))).toContain('beside its certificate')
  })

  test('a token that names such a key is refused with the same words', async () => {
    const good = (await testKey('ES256')).publicJwk
    const { n: _, e: __, ...jwk } = await rsa()
    const keys = localKeySource({ keys: [{ ...jwk, x5c: ['AAAA'] }, good] }, 'the key set')
    const { checks } = await keys.find({ alg: 'RS256', kid: 'one' }, new AbortController().signal)
    expect(failureOf(checks, 'jwks-usable').message).toContain('lacks n and e')
  })
})

describe('what is not known here', () => {
  test.each([
    ['kty AKP (ML-DSA)', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' }, 'kty "AKP"'],
    ['a type of the future', { kty: 'XYZ' }, 'kty "XYZ"'],
    ['a type in lower case', { kty: 'rsa', n: 'AAAA', e: 'AQAB' }, 'kty "rsa"'],
    ['a Brainpool curve', { kty: 'EC', crv: 'BP-256', x: 'AA', y: 'AA' }, 'crv "BP-256"'],
    ['a curve of the future', { kty: 'OKP', crv: 'Ed9000', x: 'AA' }, 'crv "Ed9000"'],
  ])('%s is named alone, and spoils no good key beside it', async (_, jwk, what) => {
    const found = usable({ kid: 'one', ...jwk })
    expect(found.message).toBe(`1 keys, none usable: kid "one": ${what} is not supported here`)
    expect(hintOf(problemFrom(found))).toContain('sign with a key of RSA')
    const good = await testKey('ES256')
    const set = examineKeySet({ keys: [{ kid: 'one', ...jwk }, ...jwksOf(good).keys] })
    expect(set.usable).toBe(1)
    expect(set.checks.filter(({ status }) => status === 'fail' || status === 'warn')).toEqual([])
  })
})

describe('what serialisers write for members that a key does not have', () => {
  const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi']
  test.each([null, ''])('%j for a private member is no private key', async (empty) => {
    const none = Object.fromEntries(privateMembers.map((member) => [member, empty]))
    const set = examineKeySet({ keys: [{ ...(await rsa()), ...none, oth: empty ?? [] }] })
    expect(set.usable).toBe(1)
    expect(set.checks.filter(({ status }) => status === 'fail')).toEqual([])
  })

  test('an empty list of other primes is no private key', async () => {
    expect(examineKeySet({ keys: [{ ...(await rsa()), oth: [] }] }).usable).toBe(1)
  })

  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'priv'])('a value of %s is one', async (member) => {
    const { checks } = examineKeySet({ keys: [{ ...(await rsa()), [member]: 'AQAB' }] })
    expect(failureOf(checks, 'jwks-private-key').message).toContain('PRIVATE KEY PUBLISHED')
  })

  test.each([
    ['use', null],
    ['alg', null],
    ['key_ops', null],
    ['x5c', null],
    ['x5u', ''],
    ['ext', true],
    ['exp', 253_402_300_799],
    ['iat', '1790000000'],
    ['nbf', 'soon'],
    ['issuer', 'https://id.acme.test'],
  ])('%s %j beside a good key says nothing against it', async (member, value) => {
    const set = examineKeySet({ keys: [{ ...(await rsa()), [member]: value }] })
    expect(set.usable).toBe(1)
    expect(set.checks.filter(({ status }) => status === 'fail' || status === 'warn')).toEqual([])
  })

  test.each([null, '', []])('x5c %j is no certificate, and no bad one', async (x5c) => {
    const document = { keys: [{ ...(await rsa()), x5c, x5t: null, 'x5t#S256': '' }] }
    expect(checkCertificates(document, Date.now())).toMatchObject({ status: 'skip' })
  })
})

describe('certificates in key sets', () => {
  const published = async (more: Jwk = {}, days?: number) => {
    const authority = await createAuthority('keys', days)
    await authority.close()
    const { raw, publicKey } = new X509Certificate(authority.certificate)
    const x5c = [raw.toString('base64')]
    return { raw, jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'one', x5c, ...more } as Jwk }
  }
  const judged = (jwk: Jwk) => checkCertificates({ keys: [jwk] }, Date.now())

  test('without its members a key is not called that of another certificate', async () => {
    const { jwk } = await published({ x: undefined, y: undefined })
    expect(judged(jwk).status).toBe('pass')
  })

  test('a certificate of another key is called that', async () => {
    const { jwk } = await published(await rsa())
    expect(judged(jwk)).toMatchObject({ message: expect.stringContaining('another key') as string })
  })

  test.each(['base64url', 'base64'] as const)(
    'a thumbprint in %s is its thumbprint',
    async (form) => {
      const { raw, jwk } = await published()
      const print = (algorithm: string) => createHash(algorithm).update(raw).digest(form)
      const prints = { x5t: print('sha1'), 'x5t#S256': print('sha256') }
      expect(judged({ ...jwk, ...prints }).status).toBe('pass')
      expect(judged({ ...jwk, x5t: print('sha256') }).status).toBe('warn')
    },
  )

  test('one that is valid until the year 9999 is valid', async () => {
    const days = Math.floor((253_402_300_799 - Date.now() / 1000) / 86_400) - 1
    const { raw, jwk } = await published({}, days)
    expect(new X509Certificate(raw).validTo).toContain('9999')
    expect(judged(jwk).status).toBe('pass')
  })
})

test('a key set behind a byte order mark is read, and the mark is named', async () => {
  const server = await startScriptedServer()
  try {
    const body = `\ufeff${JSON.stringify(jwksOf(await testKey('ES256'), await testKey('RS256')))}`
    server.on('/jwks', { body, headers: { 'content-type': 'application/json' } })
    const { examination, checks } = await askForKeys(`${server.origin}/jwks`, systemPorts(), {
      reach: 'private',
      allowHttp: false,
    })
    expect(examination?.usable).toBe(2)
    expect(checks.find(({ id }) => id === 'jwks-fetch')).toMatchObject({
      status: 'warn',
      severity: 'low',
      message: expect.stringContaining('begins with a byte order mark') as string,
    })
  } finally {
    await server.close()
  }
})
