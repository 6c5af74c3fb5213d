// Each way in which a DPoP proof can be wrong has its own sentence and its own remedy, and what follows the
// remedy is accepted.
import { createHash, createPrivateKey, sign as signBytes } from 'node:crypto'
import { exportJWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import { problemFrom, type FailedCheck } from '../../../src/core/verdict/check.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { examplesOf } from '../../../src/problems/examples.ts'
import { hintOf } from '../../../src/problems/problem.ts'
import {
  athOf,
  newCertificate,
  newProof,
  newProofKey,
  type ProofKey,
} from '../../support/proofs.ts'
import { testPorts } from '../../support/test-ports.ts'
import {
  base64url,
  goodClaims,
  jwksOf,
  mintToken,
  newSigningKey,
  testAudience,
  testIssuer,
  testKey,
  testNowSeconds,
  type Members,
} from '../../support/tokens.ts'

const url = testAudience
const signal = new AbortController().signal

let key: ProofKey
let token: string
beforeAll(async () => {
  key = await newProofKey()
  token = await bound({ jkt: key.jkt })
})

const bound = async (cnf: unknown, claims: Members = {}): Promise<string> =>
  mintToken(await testKey(), goodClaims({ cnf, ...claims }))

/** A request: what it shows beside the token, and what the proxy is configured with. */
interface Request {
  readonly proofs: readonly string[]
  readonly token?: string
  readonly scheme?: 'bearer' | 'dpop'
  readonly auth?: Members
  readonly url?: string
  readonly certificate?: { readonly thumbprint: string }
}

const open = async (auth: Members = {}) => {
  const ports = testPorts()
  const parsed = authConfigSchema.parse({
    type: 'jwt',
    issuer: testIssuer,
    audience: testAudience,
    jwks_uri: 'https://id.acme.test/jwks',
    sender_constraint: 'dpop',
    ...auth,
  })
  return createValidator(parsed, ports, { localKeys: jwksOf(await testKey()) })
}

type Gate = Awaited<ReturnType<typeof open>>

const send = async (request: Request, gate?: Gate): Promise<Verdict> => {
  const asked = gate ?? (await open(request.auth))
  return asked.validate(request.token ?? token, signal, {
    scheme: request.scheme ?? 'dpop',
    method: 'POST',
    url: request.url ?? url,
    proofs: request.proofs,
    ...(request.certificate === undefined ? {} : { certificate: request.certificate }),
  })
}

const findings = ({ checks }: Verdict): readonly FailedCheck[] =>
  checks.filter((check): check is FailedCheck => check.status === 'fail')

/** The remedy of the check that leads. */
const remedyOf = (verdict: Verdict): string => {
  const code = verdict.outcome === 'accepted' ? undefined : verdict.problem.code
  const found = findings(verdict).find(({ id }) => id === code)
  return found === undefined ? '' : hintOf(problemFrom(found))
}

const proof = (claims: Members = {}, header: Members = {}, by = key): Promise<string> =>
  newProof(by, { token, url, nowSeconds: testNowSeconds, claims, header })

/** What no library signs: the parts are put together by hand. */
const parts = async (change: (parts: readonly [string, string, string]) => readonly string[]) => {
  const [header = '', payload = '', signature = ''] = (await proof()).split('.')
  return change([header, payload, signature]).join('.')
}
const encoded = (value: object): string => base64url(JSON.stringify(value))
const decoded = (part: string): object =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as object
const headed = (changes: Members): Promise<string> =>
  parts(([header, payload, signature]) => [
    encoded({ ...decoded(header), ...changes }),
    payload,
    signature,
  ])
const one = async (made: Promise<string>): Promise<Request> => ({ proofs: [await made] })

/** The proof as it is signed in DER form. */
const derProof = (): Promise<string> =>
  parts(([header, payload]) => {
    const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' })
    const input = Buffer.from(`${header}.${payload}`)
    const der = signBytes('sha256', input, { key: createPrivateKey(pem), dsaEncoding: 'der' })
    return [header, payload, der.toString('base64url')]
  })

const digest = (encoding: 'hex' | 'base64'): string =>
  createHash('sha256').update(token).digest(encoding)

/** From a remedy, the value that it names. */
const named = (remedy: string, pattern: RegExp): string => {
  const [, value = ''] = pattern.exec(remedy) ?? []
  if (value === '') throw new Error(`nothing to follow in: ${remedy}`)
  return value
}

interface Row {
  readonly raises: string
  readonly fault: string
  readonly wrong: () => Promise<Request>
  /** What the remedy has to say. */
  readonly says: RegExp
  /** The same request after the remedy was followed to the letter. */
  readonly followed: (remedy: string) => Promise<Request>
}

const good = (): Promise<Request> => one(proof())

const form: readonly Row[] = [
  {
    raises: 'absent',
    fault: 'no DPoP header',
    wrong: async () => ({ proofs: [] }),
    says: /send a DPoP header with a proof/,
    followed: good,
  },
  {
    raises: 'several',
    fault: 'two headers',
    wrong: async () => ({ proofs: [await proof(), await proof()] }),
    says: /send one DPoP header with one proof/,
    followed: good,
  },
  {
    raises: 'joined',
    fault: 'two proofs that an intermediary joined',
    wrong: async () => ({ proofs: [`${await proof()}, ${await proof()}`] }),
    says: /send one DPoP header with one proof/,
    followed: good,
  },
  {
    raises: 'large',
    fault: 'a certificate chain in the header',
    wrong: () => one(proof({}, { x5c: ['a'.repeat(20_000)] })),
    says: /leave everything out of the proof but typ, alg and jwk/,
    followed: good,
  },
  {
    raises: 'token',
    fault: 'the access token in both headers',
    wrong: async () => ({ proofs: [token] }),
    says: /in the DPoP header a JWT that the client signs/,
    followed: good,
  },
  {
    raises: 'parts',
    fault: 'the signature is missing with its dot',
    wrong: () => one(parts(([header, payload]) => [header, payload])),
    says: /send the whole proof in compact form/,
    followed: good,
  },
  {
    raises: 'parts',
    fault: 'an empty header',
    wrong: async () => ({ proofs: [''] }),
    says: /send the whole proof in compact form/,
    followed: good,
  },
  {
    raises: 'parts',
    fault: 'a random string',
    wrong: async () => ({ proofs: ['c2VjcmV0'] }),
    says: /send the whole proof in compact form/,
    followed: good,
  },
  {
    raises: 'encrypted',
    fault: 'a JWE',
    wrong: async () => ({
      proofs: [`${encoded({ alg: 'RSA-OAEP', enc: 'A256GCM', typ: 'dpop+jwt' })}.a.b.c.d`],
    }),
    says: /sign the proof and do not encrypt it/,
    followed: good,
  },
  {
    raises: 'encoding',
    fault: 'padded base64',
    wrong: () => one(parts(([header, payload, signature]) => [header, `${payload}=`, signature])),
    says: /base64url without padding/,
    followed: good,
  },
  {
    raises: 'encoding',
    fault: 'plain JSON as header',
    wrong: () =>
      one(parts(([header, payload, rest]) => [JSON.stringify(decoded(header)), payload, rest])),
    says: /as JSON objects, and all three parts as base64url/,
    followed: good,
  },
  {
    raises: 'encoding',
    fault: 'three parts of something else',
    wrong: async () => ({ proofs: ['1.2.3'] }),
    says: /as JSON objects, and all three parts as base64url/,
    followed: good,
  },
  {
    raises: 'encoding',
    fault: 'a list of claims',
    wrong: () => one(parts(([header, , signature]) => [header, base64url('[1]'), signature])),
    says: /as JSON objects/,
    followed: good,
  },
  {
    raises: 'duplicate',
    fault: 'jti twice',
    wrong: () =>
      one(
        parts(([header, payload, signature]) => [
          header,
          base64url(JSON.stringify(decoded(payload)).replace('{', '{"jti":"a",')),
          signature,
        ]),
      ),
    says: /write each member of the proof once/,
    followed: good,
  },
]

const header: readonly Row[] = [
  {
    raises: 'typ',
    fault: 'any JWT',
    wrong: () => one(proof({}, { typ: 'JWT' })),
    says: /set typ/,
    followed: (remedy) => one(proof({}, { typ: named(remedy, /to (\S+)$/) })),
  },
  {
    raises: 'typ',
    fault: 'no typ',
    wrong: () => one(proof({}, { typ: undefined })),
    says: /set typ/,
    followed: (remedy) => one(proof({}, { typ: named(remedy, /to (\S+)$/) })),
  },
  {
    raises: 'alg-missing',
    fault: 'no alg',
    wrong: () => one(headed({ alg: undefined })),
    says: /set alg in the header of the proof/,
    followed: (remedy) => one(proof({}, { alg: named(remedy, /such as (\S+)$/) })),
  },
  {
    raises: 'unsigned',
    fault: 'alg none',
    wrong: () =>
      one(parts(([head, payload]) => [encoded({ ...decoded(head), alg: 'none' }), payload, ''])),
    says: /sign the proof with the private key that belongs to jwk/,
    followed: (remedy) => one(proof({}, { alg: named(remedy, /algorithm \((\w+)\)/) })),
  },
  {
    raises: 'secret',
    fault: 'HS256',
    wrong: () => one(headed({ alg: 'HS256' })),
    says: /sign the proof with a private key/,
    followed: (remedy) => one(proof({}, { alg: named(remedy, /\((\w+)\)/) })),
  },
  {
    raises: 'alg-listed',
    fault: 'an algorithm that is not on the list, which is extended',
    wrong: async () => ({ ...(await good()), auth: { dpop_algorithms: ['RS256'] } }),
    says: /to auth\.dpop_algorithms/,
    followed: async (remedy) => ({
      ...(await good()),
      auth: { dpop_algorithms: ['RS256', named(remedy, /add (\S+) to/)] },
    }),
  },
  {
    raises: 'alg-unknown',
    fault: 'an algorithm that nobody verifies',
    wrong: () => one(headed({ alg: 'ES256K' })),
    says: /one of the algorithms that the challenge lists/,
    followed: good,
  },
  {
    raises: 'alg-unknown',
    fault: 'a number as alg',
    wrong: () => one(headed({ alg: 7 })),
    says: /one of the algorithms that the challenge lists/,
    followed: good,
  },
  {
    raises: 'crit',
    fault: 'an extension',
    wrong: () => one(headed({ crit: ['x'], x: 1 })),
    says: /leave crit out/,
    followed: good,
  },
  {
    raises: 'nested',
    fault: 'compressed claims',
    wrong: () => one(proof({}, { zip: 'DEF' })),
    says: /leave cty, zip and b64 out/,
    followed: good,
  },
  {
    raises: 'jwk-missing',
    fault: 'a kid instead of the key',
    wrong: () => one(proof({}, { jwk: undefined, kid: 'my-key' })),
    says: /put the public key into the header of the proof as jwk/,
    followed: good,
  },
  {
    raises: 'jwk-private',
    fault: 'the whole key pair',
    wrong: async () => one(proof({}, { jwk: await exportJWK(key.privateKey) })),
    says: /kty, crv, x, y/,
    followed: async () => {
      const { kty = '', crv, x, y } = await exportJWK(key.privateKey)
      return one(proof({}, { jwk: { kty, crv, x, y } }))
    },
  },
  {
    raises: 'jwk-secret',
    fault: 'an oct key',
    wrong: () => one(proof({}, { jwk: { kty: 'oct', k: 'c2VjcmV0' } })),
    says: /put its public key into jwk, and replace the secret/,
    followed: good,
  },
  {
    raises: 'jwk-unusable',
    fault: 'a key without its coordinates',
    wrong: () => one(proof({}, { jwk: { kty: 'EC', crv: 'P-256' } })),
    says: /with all members of its type/,
    followed: good,
  },
  {
    raises: 'jwk-unusable',
    fault: 'a key as a string',
    wrong: () => one(proof({}, { jwk: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE' })),
    says: /put a public key of P-256/,
    followed: good,
  },
  {
    raises: 'jwk-unusable',
    fault: 'RSA of 1024 bits',
    wrong: async () => {
      const { publicKey } = await newSigningKey('RS256', { modulusLength: 1024 })
      return one(headed({ alg: 'RS256', jwk: await exportJWK(publicKey) }))
    },
    says: /RSA with 2048 to 4096 bits/,
    followed: good,
  },
  {
    raises: 'jwk-costly',
    fault: 'RSA of 8192 bits',
    wrong: () =>
      one(
        headed({
          alg: 'RS256',
          jwk: { kty: 'RSA', n: Buffer.alloc(1024, 0xd5).toString('base64url'), e: 'AQAB' },
        }),
      ),
    says: /use a key of P-256/,
    followed: good,
  },
  {
    raises: 'jwk-misfit',
    fault: 'the key of another client, of another type',
    wrong: async () => one(proof({}, { jwk: (await newProofKey('RS256')).publicJwk })),
    says: /ES256 for P-256/,
    followed: good,
  },
  {
    raises: 'jwk-misfit',
    fault: 'a key that is for encryption',
    wrong: () => one(proof({}, { jwk: { ...key.publicJwk, use: 'enc' } })),
    says: /without alg, use and key_ops/,
    followed: good,
  },
  {
    raises: 'signature',
    fault: 'another key of the same type',
    wrong: async () => one(proof({}, { jwk: (await newProofKey()).publicJwk })),
    says: /sign the proof with the private key that belongs to jwk/,
    followed: good,
  },
  {
    raises: 'signature-der',
    fault: 'a signature as OpenSSL writes it',
    wrong: () => one(derProof()),
    says: /write R and S of the signature side by side/,
    followed: good,
  },
  {
    raises: 'signature-length',
    fault: 'a cut signature',
    wrong: () =>
      one(parts(([head, payload, signature]) => [head, payload, signature.slice(0, 40)])),
    says: /send the whole proof/,
    followed: good,
  },
]

const claims: readonly Row[] = [
  {
    raises: 'htm-missing',
    fault: 'no htm',
    wrong: () => one(proof({ htm: undefined })),
    says: /set htm in the proof to the method/,
    followed: () => one(proof({ htm: 'POST' })),
  },
  {
    raises: 'htm-case',
    fault: 'the method in small letters',
    wrong: () => one(proof({ htm: 'post' })),
    says: /in capitals/,
    followed: () => one(proof({ htm: 'POST' })),
  },
  {
    raises: 'htm',
    fault: 'the proof of the event stream',
    wrong: () => one(proof({ htm: 'GET' })),
    says: /one proof for each request, and set htm/,
    followed: () => one(proof({ htm: 'POST' })),
  },
  ...(
    [
      ['htu-missing', 'no htu', undefined],
      ['htu-form', 'a path', '/mcp'],
      ['htu-form', 'a list', [url]],
      ['htu-scheme', 'the scheme behind a TLS terminator', url.replace('https:', 'http:')],
      ['htu-slash', 'a slash more', `${url}/`],
      ['htu-host', 'the host inside of the cluster', 'https://proxy.internal:8443/mcp'],
      ['htu', 'the token endpoint', 'https://id.acme.test/token'],
      ['htu', 'the letter case of the path', url.toUpperCase().replace(/^HTTPS/, 'https')],
    ] as const
  ).map(([raises, fault, htu]): Row => ({
    raises,
    fault,
    wrong: () => one(proof({ htu: htu as string })),
    says: /set htu/,
    followed: (remedy) =>
      one(proof({ htu: named(remedy, /set htu(?: in the proof)? to ([^\s;]+)/) })),
  })),
  ...(['htu-host', 'htu-scheme'] as const).map((raises): Row => ({
    raises,
    fault: 'callers do use that address',
    wrong: () =>
      one(
        proof({
          htu: raises === 'htu-host' ? 'https://tools.acme.test/mcp' : url.replace('s:', ':'),
        }),
      ),
    says: /or set proxy\.public_url to/,
    followed: async (remedy) => {
      const htu = named(remedy, /public_url to "([^"]+)"/)
      return { ...(await one(proof({ htu }))), url: htu }
    },
  })),
  {
    raises: 'iat-missing',
    fault: 'no iat',
    wrong: () => one(proof({ iat: undefined })),
    says: /current time in seconds/,
    followed: good,
  },
  {
    raises: 'iat-form',
    fault: 'a date as text',
    wrong: () => one(proof({ iat: '2026-03-04T05:06:07Z' })),
    says: /as a number of seconds/,
    followed: good,
  },
  {
    raises: 'iat-unit',
    fault: 'Date.now()',
    wrong: () => one(proof({ iat: testNowSeconds * 1000 })),
    says: /divide iat by 1000/,
    followed: () => one(proof({ iat: (testNowSeconds * 1000) / 1000 })),
  },
  {
    raises: 'iat-old',
    fault: 'one proof for a whole session',
    wrong: () => one(proof({ iat: testNowSeconds - 300 })),
    says: /right before its request/,
    followed: good,
  },
  {
    raises: 'iat-old',
    fault: 'the clock of the client is slow, and dpop_max_age is raised',
    wrong: () => one(proof({ iat: testNowSeconds - 300 })),
    says: /raise auth\.dpop_max_age/,
    followed: async () => ({
      ...(await one(proof({ iat: testNowSeconds - 300 }))),
      auth: { dpop_max_age: 300 },
    }),
  },
  {
    raises: 'iat-future',
    fault: 'the clock of the client is fast, and clock_tolerance is raised',
    wrong: () => one(proof({ iat: testNowSeconds + 200 })),
    says: /raise auth\.clock_tolerance/,
    followed: async () => ({
      ...(await one(proof({ iat: testNowSeconds + 200 }))),
      auth: { clock_tolerance: 200 },
    }),
  },
  {
    raises: 'jti-missing',
    fault: 'no jti',
    wrong: () => one(proof({ jti: undefined })),
    says: /a random string/,
    followed: good,
  },
  {
    raises: 'jti-form',
    fault: 'a counter',
    wrong: () => one(proof({ jti: 7 })),
    says: /a random string/,
    followed: good,
  },
  {
    raises: 'jti-form',
    fault: 'an empty jti',
    wrong: () => one(proof({ jti: '' })),
    says: /a random string/,
    followed: good,
  },
  {
    raises: 'ath-missing',
    fault: 'the proof for the token endpoint',
    wrong: () => one(proof({ ath: undefined })),
    says: /set ath in the proof/,
    followed: () => one(proof({ ath: athOf(token) })),
  },
  ...(['hex', 'base64'] as const).map((encoding): Row => ({
    raises: 'ath-encoding',
    fault: encoding,
    wrong: () => one(proof({ ath: digest(encoding) })),
    says: /as base64url without padding/,
    followed: () =>
      one(proof({ ath: Buffer.from(digest(encoding), encoding).toString('base64url') })),
  })),
  {
    raises: 'ath-scheme',
    fault: 'the whole value of Authorization is hashed',
    wrong: () => one(proof({ ath: athOf(`DPoP ${token}`) })),
    says: /hash the access token alone/,
    followed: () => one(proof({ ath: athOf(token) })),
  },
  {
    raises: 'ath',
    fault: 'the token before the refresh is hashed',
    wrong: () => one(proof({ ath: athOf('another-token') })),
    says: /the very token that is sent/,
    followed: () => one(proof({ ath: athOf(token) })),
  },
]

const rows = [...form, ...header, ...claims]

describe('a proof that is wrong in one way', () => {
  test.each(rows)('$raises: $fault', async ({ raises, wrong, says, followed }) => {
    const refused = await send(await wrong())
    expect(refused).toMatchObject({
      outcome: 'rejected',
      problem: { code: 'pop-dpop-proof', case: raises },
    })
    const remedy = remedyOf(refused)
    expect(remedy).toMatch(says)
    const after = await send(await followed(remedy))
    expect(findings(after)).toEqual([])
    expect(after.outcome).toBe('accepted')
  })

  test('no case of the catalogue is left out', () => {
    const all = examplesOf('pop-dpop-proof').map(({ name }) => name)
    expect(all.filter((name) => !rows.some(({ raises }) => raises === name))).toEqual([])
  })

  test('no secret part of a key, and no token, is in a sentence', async () => {
    const { d = '' } = await exportJWK(key.privateKey)
    const said = await Promise.all(
      rows.map(async ({ wrong }) => JSON.stringify(await send(await wrong()))),
    )
    expect(said.filter((text) => text.includes(d) || text.includes(token))).toEqual([])
  })
})

describe('the nonce', () => {
  const auth = { dpop_nonce: true }
  const offered = ({ possession }: Gate): string =>
    possession?.kind === 'dpop' ? (possession.nonce() ?? '') : ''
  const caseOf = (verdict: Verdict): string =>
    verdict.outcome === 'accepted'
      ? 'accepted'
      : `${verdict.problem.code} ${verdict.problem.case ?? ''}`

  test.each<[string, Members, RegExp]>([
    ['missing', {}, /the value of the DPoP-Nonce header of this answer/],
    ['form', { nonce: 7 }, /as a string/],
    [
      'unknown',
      { nonce: 'of-the-authorization-server' },
      /from the DPoP-Nonce header of this answer/,
    ],
  ])('%s: followed, it is accepted', async (raises, with_, says) => {
    const gate = await open(auth)
    const refused = await send(await one(proof(with_)), gate)
    expect(caseOf(refused)).toBe(`pop-dpop-nonce ${raises}`)
    expect(remedyOf(refused)).toMatch(says)
    const after = await send(await one(proof({ nonce: offered(gate) })), gate)
    expect(caseOf(after)).toBe('accepted')
  })
})

describe('the binding', () => {
  const shown = newCertificate()
  const x5t = { 'x5t#S256': shown.thumbprint }

  test.each<[string, () => Promise<Request>, RegExp, (remedy: string) => Promise<Request>]>([
    [
      'pop-dpop bearer',
      async () => ({ proofs: [], scheme: 'bearer' }),
      /send the token as "Authorization: DPoP <token>", with a proof by that key/,
      good,
    ],
    [
      'pop-dpop refused',
      async () => ({ proofs: [], scheme: 'bearer', auth: { sender_constraint: 'refuse' } }),
      /set auth\.sender_constraint to "dpop" and send the token with a proof/,
      async (remedy) => ({
        ...(await good()),
        auth: { sender_constraint: named(remedy, /constraint to "(\w+)"/) },
      }),
    ],
    [
      'pop-dpop other',
      async () => one(proof({}, {}, await newProofKey())),
      /sign the proof with the key that the token was requested with/,
      good,
    ],
    [
      'pop-dpop unbound',
      async () => {
        const plain = await bound(undefined)
        return { token: plain, proofs: [await proof({ ath: athOf(plain) })] }
      },
      /send the token with the scheme Bearer/,
      async () => ({ token: await bound(undefined), proofs: [], scheme: 'bearer' }),
    ],
    [
      'pop-dpop unnamed',
      async () => {
        const typed = await bound(undefined, { token_type: 'DPoP' })
        return { token: typed, proofs: [await proof({ ath: athOf(typed) })] }
      },
      /set cnf\.jkt to the thumbprint of the key/,
      good,
    ],
    [
      'pop-dpop required',
      async () => ({
        token: await bound(undefined),
        proofs: [],
        scheme: 'bearer',
        auth: { sender_constraint_required: true },
      }),
      /request the token with a DPoP proof/,
      async () => ({ ...(await good()), auth: { sender_constraint_required: true } }),
    ],
    [
      'pop-mtls refused',
      async () => ({
        token: await bound(x5t),
        proofs: [],
        scheme: 'bearer',
        auth: { sender_constraint: 'refuse' },
      }),
      /set auth\.sender_constraint to "mtls" and connect with that certificate/,
      async (remedy) => ({
        token: await bound(x5t),
        proofs: [],
        scheme: 'bearer',
        auth: {
          sender_constraint: named(remedy, /constraint to "(\w+)"/),
          client_cert_header: 'X-C',
        },
        certificate: { thumbprint: shown.thumbprint },
      }),
    ],
    [
      'pop-mtls both',
      async () => {
        const twice = await bound({ ...x5t, jkt: key.jkt })
        return { token: twice, proofs: [await proof({ ath: athOf(twice) })] }
      },
      /bind the token to one of them/,
      good,
    ],
    [
      'pop-mtls unknown',
      async () => ({ token: await bound({ kid: 'my-key' }), proofs: [], scheme: 'bearer' }),
      /by the string cnf\.jkt \(DPoP\)/,
      good,
    ],
    [
      'pop-mtls null',
      async () => ({ token: await bound(null), proofs: [], scheme: 'bearer' }),
      /omit cnf/,
      async () => ({ token: await bound(undefined), proofs: [], scheme: 'bearer' }),
    ],
  ])('%s: followed, it is accepted', async (raises, wrong, says, followed) => {
    const refused = await send(await wrong())
    const [code, name] = raises.split(' ')
    expect(refused).toMatchObject({ outcome: 'rejected', problem: { code, case: name } })
    const remedy = remedyOf(refused)
    expect(remedy).toMatch(says)
    expect((await send(await followed(remedy))).outcome).toBe('accepted')
  })
})
