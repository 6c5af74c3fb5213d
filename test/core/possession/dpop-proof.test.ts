// A DPoP proof against one request: every predicate of RFC 9449 section 4.3 has a proof that breaks it alone.
import { exportJWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { examineProof, type ProofRules } from '../../../src/core/possession/dpop-proof.ts'
import { knownAlgorithms } from '../../../src/core/token/jose-header.ts'
import type { Presentation } from '../../../src/core/verdict/presentation.ts'
import { newProof, newProofKey, type ProofKey, type ProofRequest } from '../../support/proofs.ts'
import {
  base64url,
  mintHmac,
  mintUnsigned,
  newSigningKey,
  signingAlgorithms,
} from '../../support/tokens.ts'

const token = 'an-access-token'
const url = 'https://mcp.acme.test/mcp'
const nowSeconds = 1_772_600_800
const rules: ProofRules = { algorithms: knownAlgorithms, maxAgeSeconds: 60, toleranceSeconds: 10 }

let key: ProofKey
beforeAll(async () => {
  key = await newProofKey()
})

const proofOf = (changes: Partial<ProofRequest> = {}, by: ProofKey = key): Promise<string> =>
  newProof(by, { token, url, nowSeconds, ...changes })

const examine = (
  proofs: readonly string[],
  request: Partial<Presentation> = {},
  changes: Partial<ProofRules> = {},
) =>
  examineProof(
    { scheme: 'dpop', method: 'POST', url, proofs, ...request },
    { token, nowSeconds, rules: { ...rules, ...changes } },
  )

/** The predicates that the check names as broken; none for a pass. */
const broken = async (...asked: Parameters<typeof examine>): Promise<readonly string[]> => {
  const { check } = await examine(...asked)
  if (check.status === 'pass') return []
  expect(check).toMatchObject({ id: 'pop-dpop-proof', status: 'fail' })
  return check.evidence?.note?.split(', ') ?? ['?']
}

describe('a good proof', () => {
  test.each(signingAlgorithms)('by %s passes and names its key', async (alg) => {
    const by = await newProofKey(alg)
    const { check, jkt, jti, iatSeconds } = await examine([await proofOf({}, by)])
    expect(check).toEqual({ id: 'pop-dpop-proof', status: 'pass' })
    expect(jkt).toBe(by.jkt)
    expect(jti).toMatch(/^proof-/)
    expect(iatSeconds).toBe(nowSeconds)
  })

  test.each([
    ['query and fragment do not count', `${url}?a=b#c`, url],
    ['nor do they in ours', url, `${url}?a=b`],
    ['nor letter case of the host', 'https://MCP.acme.test/mcp', url],
    ['nor the default port', 'https://mcp.acme.test:443/mcp', url],
    ['nor dots in the path', 'https://mcp.acme.test/x/../mcp', url],
  ])('%s', async (_, htu, ours) => {
    expect(await broken([await proofOf({ url: htu })], { url: ours })).toEqual([])
  })

  test('may hold more than it must', async () => {
    const proof = await proofOf({ claims: { extra: [1] }, header: { kid: 'x' } })
    expect(await broken([proof])).toEqual([])
  })

  test('typ may have its full name', async () => {
    expect(await broken([await proofOf({ header: { typ: 'application/dpop+jwt' } })])).toEqual([])
  })
})

describe('a proof that breaks one predicate', () => {
  test.each<[string, string, Partial<ProofRequest>]>([
    ['typ', 'typ JWT', { header: { typ: 'JWT' } }],
    ['typ', 'no typ', { header: { typ: undefined } }],
    ['typ', 'the type of an access token', { header: { typ: 'at+jwt' } }],
    ['jwk', 'no key', { header: { jwk: undefined } }],
    ['jwk', 'a key that is a string', { header: { jwk: 'x' } }],
    ['jwk', 'a key without its members', { header: { jwk: { kty: 'EC', crv: 'P-256' } } }],
    ['jwk', 'a shared secret', { header: { jwk: { kty: 'oct', k: 'c2VjcmV0' } } }],
    ['htm', 'another method', { method: 'GET' }],
    ['htm', 'the method in lower case', { method: 'post' }],
    ['htm', 'no method', { claims: { htm: undefined } }],
    ['htu', 'another path', { url: 'https://mcp.acme.test/other' }],
    ['htu', 'another host', { url: 'https://evil.test/mcp' }],
    ['htu', 'another scheme', { url: 'http://mcp.acme.test/mcp' }],
    ['htu', 'another port', { url: 'https://mcp.acme.test:8443/mcp' }],
    ['htu', 'a slash more', { url: 'https://mcp.acme.test/mcp/' }],
    ['htu', 'letter case of the path', { url: 'https://mcp.acme.test/MCP' }],
    ['htu', 'no URL', { url: 'mcp' }],
    ['htu', 'none at all', { claims: { htu: undefined } }],
    ['htu', 'a list', { claims: { htu: [url] } }],
    ['iat', 'too old', { nowSeconds: nowSeconds - 71 }],
    ['iat', 'in the future', { nowSeconds: nowSeconds + 11 }],
    ['iat', 'milliseconds', { nowSeconds: nowSeconds * 1000 }],
    ['iat', 'none', { claims: { iat: undefined } }],
    ['jti', 'none', { claims: { jti: undefined } }],
    ['jti', 'empty', { claims: { jti: '' } }],
    ['jti', 'a number', { claims: { jti: 7 } }],
    ['ath', 'the hash of another token', { token: 'another-token' }],
    ['ath', 'none', { claims: { ath: undefined } }],
    ['alg', 'an extension that nobody understands', { header: { crit: ['x'], x: 1 } }],
  ])('%s: %s', async (predicate, _, changes) => {
    const proof = await proofOf(changes).catch(() => undefined)
    // jose refuses to sign an unknown extension, so that one is put in by hand.
    const sent = proof ?? withHeader(await proofOf(), changes.header ?? {})
    const found = await broken([sent])
    expect(found).toContain(predicate)
    expect(found.filter((name) => name !== predicate && name !== 'signature')).toEqual([])
  })

  test('the window is open up to its edges', async () => {
    expect(await broken([await proofOf({ nowSeconds: nowSeconds - 70 })])).toEqual([])
    expect(await broken([await proofOf({ nowSeconds: nowSeconds + 10 })])).toEqual([])
  })

  test('a private key in the header, which is not repeated', async () => {
    const jwk = await exportJWK((await newSigningKey('ES256')).privateKey)
    const { check } = await examine([await proofOf({ header: { jwk } })])
    expect(check).toMatchObject({ status: 'fail', evidence: { note: 'jwk' } })
    expect(JSON.stringify(check)).not.toContain(jwk.d)
  })

  test('a key that did not sign it', async () => {
    const other = await newProofKey()
    expect(await broken([await proofOf({ header: { jwk: other.publicJwk } })])).toEqual([
      'signature',
    ])
  })

  test('a small RSA key', async () => {
    const { privateKey, publicKey } = await newSigningKey('RS256', { modulusLength: 1024 })
    const jwk = await exportJWK(publicKey)
    const weak = { alg: 'RS256', privateKey, publicJwk: jwk, jkt: '' } as const
    const proof = await proofOf({}, weak).catch(() => undefined)
    const sent = proof ?? withHeader(await proofOf(), { alg: 'RS256', jwk })
    expect(await broken([sent])).toContain('jwk')
  })

  test('an RSA key that takes long to verify with', async () => {
    const { n } = await exportJWK((await newSigningKey('RS256')).publicKey)
    const e = Buffer.alloc(200, 0xff).toString('base64url')
    const slow = { kty: 'RSA', n, e }
    const large = { kty: 'RSA', n: Buffer.alloc(1024, 0xd5).toString('base64url'), e: 'AQAB' }
    for (const jwk of [slow, large]) {
      const { check, jkt } = await examine([withHeader(await proofOf(), { alg: 'RS256', jwk })])
      expect(check).toMatchObject({
        status: 'fail',
        message: expect.stringContaining('larger than RSA 4096') as unknown,
      })
      expect(jkt).toBeUndefined()
    }
  })

  test('an algorithm that is known but not on the list', async () => {
    expect(await broken([await proofOf()], {}, { algorithms: ['RS256'] })).toEqual(['alg'])
  })

  test('an algorithm that the key does not suit', async () => {
    const rsa = await newProofKey('RS256')
    expect(await broken([await proofOf({ header: { jwk: rsa.publicJwk } })])).toEqual(['jwk'])
  })

  test('unsigned, or signed with a shared secret', async () => {
    const claims = { jti: 'a', htm: 'POST', htu: url, iat: nowSeconds }
    expect(await broken([mintUnsigned(claims)])).toContain('alg')
    expect(await broken([mintHmac('secret', claims, { typ: 'dpop+jwt' })])).toContain('alg')
  })
})

const withHeader = (proof: string, changes: object): string => {
  const [header = '', ...rest] = proof.split('.')
  const old = JSON.parse(Buffer.from(header, 'base64url').toString()) as object
  return [base64url(JSON.stringify({ ...old, ...changes })), ...rest].join('.')
}

describe('what is no proof', () => {
  test('none, and two', async () => {
    expect(await broken([])).toEqual(['header'])
    expect(await broken([await proofOf(), await proofOf()])).toEqual(['header'])
  })

  test.each(['', 'x', 'a.b.c', '..', 'a.b.c.d.e', 'a'.repeat(20_000), 'é.é.é', '\u0000'])(
    '%j',
    async (text) => {
      expect(await broken([text])).toEqual(['form'])
    },
  )

  test('two in one header, as an intermediary joins them', async () => {
    expect(await broken([`${await proofOf()}, ${await proofOf()}`])).toEqual(['form'])
  })

  test('a member that stands twice', async () => {
    const [header = '', payload = '', signature = ''] = (await proofOf()).split('.')
    const text = Buffer.from(payload, 'base64url').toString().replace('{', '{"jti":"a",')
    expect(await broken([[header, base64url(text), signature].join('.')])).toEqual(['form'])
  })

  test('a changed byte anywhere never passes', async () => {
    const proof = await proofOf()
    const results = await Promise.all(
      Array.from({ length: proof.length }, (_, index) => {
        const swapped = proof[index] === 'A' ? 'B' : 'A'
        return broken([proof.slice(0, index) + swapped + proof.slice(index + 1)])
      }),
    )
    expect(results.filter((names) => names.length === 0)).toEqual([])
  })
})

test('the query of htu is not repeated', async () => {
  const { check } = await examine([await proofOf({ url: 'https://a.test/mcp?secret=hunter2#x' })])
  expect(check).toMatchObject({ status: 'fail', evidence: { actual: 'https://a.test/mcp' } })
  expect(JSON.stringify(check)).not.toContain('hunter2')
})

test('several faults are named together, the token never', async () => {
  const proof = await proofOf({ method: 'GET', url: 'https://a.test', nowSeconds: 0 })
  const { check } = await examine([proof])
  expect(check).toMatchObject({
    message:
      'htm in the DPoP proof is "GET", the method is POST; htu in the DPoP proof is "https://a.test/", the URL is https://mcp.acme.test/mcp; The DPoP proof was made 1772600800 s ago, more than 60 s',
    evidence: { expected: 'POST', actual: 'GET', note: 'htm, htu, iat' },
  })
  expect(JSON.stringify(check)).not.toContain(proof.split('.')[2])
})
