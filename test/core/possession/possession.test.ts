// Sender-constrained tokens through the one validator: who may bring which token, and how.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../../src/core/validator/auth-gate.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import type { Presentation } from '../../../src/core/verdict/presentation.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { newCertificate, newProof, newProofKey, type ProofKey } from '../../support/proofs.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import { testPorts, type TestPorts } from '../../support/test-ports.ts'
import {
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

const signal = new AbortController().signal
const url = testAudience

interface Door extends AuthGate {
  readonly ports: TestPorts
}

const open = async (auth: Members = {}): Promise<Door> => {
  const ports = testPorts()
  const parsed = authConfigSchema.parse({
    type: 'jwt',
    issuer: testIssuer,
    audience: testAudience,
    jwks_uri: 'https://id.acme.test/jwks',
    ...auth,
  })
  const gate = await createValidator(parsed, ports, { localKeys: jwksOf(await testKey()) })
  return { ...gate, ports }
}

const tokenOf = async (claims: Members = {}): Promise<string> =>
  mintToken(await testKey(), goodClaims(claims))

const causeOf = (verdict: Verdict): string =>
  verdict.outcome === 'accepted' ? 'accepted' : `${verdict.outcome} ${verdict.problem.code}`

const statusOf = (verdict: Verdict, id: string): string | undefined =>
  verdict.checks.find((check) => check.id === id)?.status

let key: ProofKey
let bound: string
let unbound: string
beforeAll(async () => {
  key = await newProofKey()
  bound = await tokenOf({ cnf: { jkt: key.jkt } })
  unbound = await tokenOf()
})

interface Sent {
  readonly by?: ProofKey
  readonly claims?: Members
  readonly nowSeconds?: number
  readonly request?: Partial<Presentation>
}

const presentation = async (token: string, sent: Sent = {}): Promise<Presentation> => ({
  scheme: 'dpop',
  method: 'POST',
  url,
  proofs: [
    await newProof(sent.by ?? key, {
      token,
      url,
      nowSeconds: sent.nowSeconds ?? testNowSeconds,
      claims: sent.claims ?? {},
    }),
  ],
  ...sent.request,
})

const withProof = async (gate: AuthGate, token: string, sent: Sent = {}): Promise<Verdict> =>
  gate.validate(token, signal, await presentation(token, sent))

describe('sender_constraint = "dpop"', () => {
  const dpop = { sender_constraint: 'dpop' }

  test('a bound token with a proof by its key is accepted', async () => {
    const verdict = await withProof(await open(dpop), bound)
    expect(causeOf(verdict)).toBe('accepted')
    for (const id of ['pop-dpop', 'pop-dpop-proof', 'pop-dpop-replay', 'pop-mtls']) {
      expect(statusOf(verdict, id)).toBe('pass')
    }
    expect(verdict.checks.map(({ id }) => id)).toHaveLength(
      new Set(verdict.checks.map(({ id }) => id)).size,
    )
  })

  test('as a bearer token it is refused, whatever was accepted before', async () => {
    const gate = await open(dpop)
    expect(causeOf(await gate.validate(bound, signal))).toBe('rejected pop-dpop')
    expect(causeOf(await withProof(gate, bound))).toBe('accepted')
    expect(causeOf(await gate.validate(bound, signal))).toBe('rejected pop-dpop')
  })

  test('a proof beside the scheme Bearer does not help', async () => {
    const request = { scheme: 'bearer' } as const
    const verdict = await withProof(await open(dpop), bound, { request })
    expect(causeOf(verdict)).toBe('rejected pop-dpop')
  })

  test('an unbound token is a bearer token: with that scheme accepted, with DPoP refused', async () => {
    const gate = await open(dpop)
    expect(causeOf(await gate.validate(unbound, signal))).toBe('accepted')
    const verdict = await withProof(gate, unbound)
    expect(causeOf(verdict)).toBe('rejected pop-dpop')
    expect(verdict).toMatchObject({
      problem: { detail: expect.stringContaining('not bound to a DPoP key') },
    })
  })

  test('a plain bearer token seen before is answered at once, by the same verdict', async () => {
    const gate = await open(dpop)
    const first = await gate.validate(unbound, signal)
    expect(gate.validate(unbound, signal)).toBe(first)
  })

  test('no verdict holds for a second request', async () => {
    const gate = await open(dpop)
    const verdict = await withProof(gate, bound)
    expect(gate.holds?.(verdict) ?? false).toBe(false)
  })

  test('a proof by another key is refused, and says whose it is by thumbprints', async () => {
    const thief = await newProofKey()
    const verdict = await withProof(await open(dpop), bound, { by: thief })
    expect(causeOf(verdict)).toBe('rejected pop-dpop')
    expect(verdict).toMatchObject({
      problem: {
        detail: `The token is bound to the DPoP key ${key.jkt}, the proof is by ${thief.jkt}`,
      },
    })
  })

  test.each<[string, Sent]>([
    ['htm', { claims: { htm: 'GET' } }],
    ['htu', { claims: { htu: 'https://evil.test/mcp' } }],
    ['iat', { nowSeconds: testNowSeconds - 121 }],
    ['ath', { claims: { ath: undefined } }],
    ['header', { request: { proofs: [] } }],
    ['header', { request: { proofs: ['a', 'b'] } }],
  ])('a proof with a wrong %s is refused', async (predicate, sent) => {
    const verdict = await withProof(await open(dpop), bound, sent)
    expect(causeOf(verdict)).toBe('rejected pop-dpop-proof')
    expect(verdict.checks.find(({ id }) => id === 'pop-dpop-proof')?.evidence?.note).toBe(predicate)
  })

  test('the same proof is refused the second time, a new one accepted', async () => {
    const gate = await open(dpop)
    const sent = await presentation(bound)
    expect(causeOf(await gate.validate(bound, signal, sent))).toBe('accepted')
    expect(causeOf(await gate.validate(bound, signal, sent))).toBe('rejected pop-dpop-replay')
    expect(causeOf(await withProof(gate, bound))).toBe('accepted')
  })

  test('of ten at the same moment with one proof, one is accepted', async () => {
    const gate = await open(dpop)
    const sent = await presentation(bound)
    const verdicts = await Promise.all(
      Array.from({ length: 10 }, async () => gate.validate(bound, signal, sent)),
    )
    const causes = verdicts.map(causeOf).sort()
    expect(causes).toEqual(['accepted', ...Array<string>(9).fill('rejected pop-dpop-replay')])
  })

  test('a refused request does not use up its proof', async () => {
    const gate = await open({ ...dpop, required_scopes: ['mcp:admin'] })
    const sent = await presentation(bound)
    for (const time of ['first', 'second']) {
      expect([time, causeOf(await gate.validate(bound, signal, sent))]).toEqual([
        time,
        'rejected claim-scope',
      ])
    }
  })

  test("the token's own fault leads, and the proof's stands beside it", async () => {
    const expired = await tokenOf({ cnf: { jkt: key.jkt }, exp: testNowSeconds - 3600 })
    const verdict = await withProof(await open(dpop), expired, { claims: { htm: 'GET' } })
    expect(causeOf(verdict)).toBe('rejected time-exp')
    expect(statusOf(verdict, 'pop-dpop-proof')).toBe('fail')
    expect(statusOf(verdict, 'pop-dpop')).toBe('skip')
  })

  test('a missing scope is told only to who proves possession', async () => {
    const gate = await open({ ...dpop, required_scopes: ['mcp:admin'] })
    const verdict = await withProof(gate, bound, { claims: { htm: 'GET' } })
    expect(causeOf(verdict)).toBe('rejected pop-dpop-proof')
  })

  test('a bad proof is a refusal even while nobody can judge the token', async () => {
    const ports = testPorts()
    const auth = authConfigSchema.parse({
      type: 'jwt',
      issuer: testIssuer,
      audience: testAudience,
      jwks_uri: 'https://id.acme.test/jwks',
      ...dpop,
    })
    const gate = await createValidator(auth, ports)
    expect(causeOf(await withProof(gate, bound))).toBe('undecided jwks-fetch')
    expect(causeOf(await withProof(gate, bound, { claims: { htm: 'GET' } }))).toBe(
      'rejected pop-dpop-proof',
    )
    gate.close()
  })

  test.each<[string, Members]>([
    ['a certificate', { cnf: { 'x5t#S256': 'x' } }],
    ['a key and a certificate', { cnf: { jkt: 'x', 'x5t#S256': 'x' } }],
    ['something unknown', { cnf: { kid: 'x' } }],
    ['nothing readable', { cnf: 'x' }],
    ['null', { cnf: null }],
  ])('a token bound to %s is refused', async (_, claims) => {
    const gate = await open(dpop)
    const token = await tokenOf(claims)
    expect(causeOf(await gate.validate(token, signal))).toBe('rejected pop-mtls')
    expect(causeOf(await withProof(gate, token))).toBe('rejected pop-mtls')
  })

  test('token_type DPoP without a thumbprint is bound to a key that nobody knows', async () => {
    const gate = await open(dpop)
    const token = await tokenOf({ token_type: 'DPoP' })
    expect(causeOf(await gate.validate(token, signal))).toBe('rejected pop-dpop')
    expect(causeOf(await withProof(gate, token))).toBe('rejected pop-dpop')
  })

  test('sender_constraint_required refuses what is bound to nothing', async () => {
    const gate = await open({ ...dpop, sender_constraint_required: true })
    expect(causeOf(await gate.validate(unbound, signal))).toBe('rejected pop-dpop')
    expect(causeOf(await withProof(gate, bound))).toBe('accepted')
    expect(gate.possession).toMatchObject({ kind: 'dpop', required: true })
  })

  test('dpop_max_age and clock_tolerance make the window', async () => {
    const gate = await open({ ...dpop, dpop_max_age: 5, clock_tolerance: 2 })
    const at = async (seconds: number) =>
      causeOf(await withProof(gate, bound, { nowSeconds: testNowSeconds + seconds }))
    expect(await at(-7)).toBe('accepted')
    expect(await at(2)).toBe('accepted')
    expect(await at(-8)).toBe('rejected pop-dpop-proof')
    expect(await at(3)).toBe('rejected pop-dpop-proof')
  })

  test('dpop_algorithms limits the keys of proofs, not those of tokens', async () => {
    const gate = await open({ ...dpop, dpop_algorithms: ['EdDSA'] })
    expect(causeOf(await withProof(gate, bound))).toBe('rejected pop-dpop-proof')
    const by = await newProofKey('EdDSA')
    const token = await tokenOf({ cnf: { jkt: by.jkt } })
    expect(causeOf(await withProof(gate, token, { by }))).toBe('accepted')
  })
})

describe('dpop_nonce', () => {
  const nonces = { sender_constraint: 'dpop', dpop_nonce: true }
  const nonceOf = ({ possession }: AuthGate): string =>
    (possession?.kind === 'dpop' ? possession.nonce() : undefined) ?? ''

  test('a proof needs the nonce of now or of the minute before', async () => {
    const gate = await open(nonces)
    expect(causeOf(await withProof(gate, bound))).toBe('rejected pop-dpop-nonce')
    const nonce = nonceOf(gate)
    expect(causeOf(await withProof(gate, bound, { claims: { nonce } }))).toBe('accepted')
    await gate.ports.clock.advance(60_000)
    expect(causeOf(await withProof(gate, bound, { claims: { nonce } }))).toBe('accepted')
    await gate.ports.clock.advance(60_000)
    const nowSeconds = testNowSeconds + 120
    expect(causeOf(await withProof(gate, bound, { nowSeconds, claims: { nonce } }))).toBe(
      'rejected pop-dpop-nonce',
    )
    const claims = { nonce: nonceOf(gate) }
    expect(causeOf(await withProof(gate, bound, { nowSeconds, claims }))).toBe('accepted')
  })

  test.each([['x'], [7], [null], ['']])('%j is none of ours', async (nonce) => {
    const gate = await open(nonces)
    expect(causeOf(await withProof(gate, bound, { claims: { nonce } }))).toBe(
      'rejected pop-dpop-nonce',
    )
  })

  test('where the proof is bad for other reasons too, those lead', async () => {
    const verdict = await withProof(await open(nonces), bound, { claims: { htm: 'GET' } })
    expect(causeOf(verdict)).toBe('rejected pop-dpop-proof')
    expect(statusOf(verdict, 'pop-dpop-nonce')).toBe('fail')
  })

  test('a captured request cannot be judged by nonce or by use', async () => {
    const gate = await open(nonces)
    const sent = await presentation(bound, { request: { captured: true } })
    for (const verdict of [
      await gate.validate(bound, signal, sent),
      await gate.validate(bound, signal, sent),
    ]) {
      expect(causeOf(verdict)).toBe('accepted')
      expect(statusOf(verdict, 'pop-dpop-nonce')).toBe('skip')
      expect(statusOf(verdict, 'pop-dpop-replay')).toBe('skip')
    }
  })
})

describe('sender_constraint = "mtls"', () => {
  const mtls = { sender_constraint: 'mtls', client_cert_header: 'Client-Cert' }
  const { thumbprint } = newCertificate()
  const by = (certificate: Presentation['certificate']): Presentation => ({
    scheme: 'bearer',
    method: 'POST',
    url,
    proofs: [],
    ...(certificate === undefined ? {} : { certificate }),
  })

  test('a bound token is accepted with its certificate alone', async () => {
    const gate = await open(mtls)
    const token = await tokenOf({ cnf: { 'x5t#S256': thumbprint } })
    const verdict = await gate.validate(token, signal, by({ thumbprint }))
    expect(causeOf(verdict)).toBe('accepted')
    expect(statusOf(verdict, 'pop-mtls')).toBe('pass')
    const other = { thumbprint: newCertificate().thumbprint }
    for (const shown of [by(other), by({ missing: 'none' }), by(undefined), undefined]) {
      expect(causeOf(await gate.validate(token, signal, shown))).toBe('rejected pop-mtls')
    }
  })

  test('the reason why no certificate is known stands in the refusal', async () => {
    const gate = await open(mtls)
    const token = await tokenOf({ cnf: { 'x5t#S256': thumbprint } })
    const missing = 'Client-Cert came from 10.0.0.9, which is not in security.trusted_proxies'
    expect(await gate.validate(token, signal, by({ missing }))).toMatchObject({
      problem: { detail: `The token is bound to the certificate ${thumbprint}: ${missing}` },
    })
  })

  test('an unbound token passes with and without a certificate, unless bound ones are required', async () => {
    const gate = await open(mtls)
    expect(causeOf(await gate.validate(unbound, signal))).toBe('accepted')
    expect(causeOf(await gate.validate(unbound, signal, by({ thumbprint })))).toBe('accepted')
    const demanding = await open({ ...mtls, sender_constraint_required: true })
    expect(causeOf(await demanding.validate(unbound, signal, by({ thumbprint })))).toBe(
      'rejected pop-mtls',
    )
  })

  test.each<[string, Members, string]>([
    ['a DPoP key', { cnf: { jkt: 'x' } }, 'pop-dpop'],
    ['a key and the certificate', { cnf: { jkt: 'x', 'x5t#S256': thumbprint } }, 'pop-dpop'],
    ['the certificate and more', { cnf: { kid: 'x', 'x5t#S256': thumbprint } }, 'pop-mtls'],
    ['a thumbprint that is no string', { cnf: { 'x5t#S256': [thumbprint] } }, 'pop-mtls'],
    ['an empty thumbprint', { cnf: { 'x5t#S256': '' } }, 'pop-mtls'],
  ])('a token bound to %s is refused', async (_, claims, id) => {
    const verdict = await (
      await open(mtls)
    ).validate(await tokenOf(claims), signal, by({ thumbprint }))
    expect(causeOf(verdict)).toBe(`rejected ${id}`)
  })
})

describe('refuse and ignore', () => {
  test.each(['refuse', 'ignore'])('%s looks at nothing that is shown', async (constraint) => {
    const gate = await open({ sender_constraint: constraint })
    expect(gate.possession).toBeUndefined()
    const expected = constraint === 'refuse' ? 'rejected pop-dpop' : 'accepted'
    expect(causeOf(await withProof(gate, bound))).toBe(expected)
    expect(causeOf(await gate.validate(bound, signal))).toBe(expected)
  })
})

describe('a JWT and its introspection answer', () => {
  const answers: { body: Members } = { body: {} }
  let server: ScriptedServer
  beforeAll(async () => {
    server = await startScriptedServer()
    server.on('/introspect', () => answers)
  })
  afterAll(() => server.close())

  const ask = async (token: string, answer: Members, by: ProofKey | undefined) => {
    answers.body = { active: true, iss: testIssuer, aud: testAudience, sub: 'user-1', ...answer }
    const ports = systemPorts({ clock: createManualClock() })
    const auth = authConfigSchema.parse({
      type: 'oauth',
      issuer: testIssuer,
      audience: testAudience,
      jwks_uri: 'https://id.acme.test/jwks',
      introspection_endpoint: `${server.origin}/introspect`,
      client_auth: 'none',
      token_validation: 'both',
      introspect_jwts: true,
      sender_constraint: 'dpop',
    })
    const gate = await createValidator(auth, ports, { localKeys: jwksOf(await testKey()) })
    const verdict = await (by === undefined
      ? gate.validate(token, signal)
      : withProof(gate, token, { by }))
    gate.close()
    return causeOf(verdict)
  }
  const boundTo = (jkt: string): Members => ({ cnf: { jkt } })

  test('the binding of the token counts where the answer tells none', async () => {
    expect(await ask(bound, {}, undefined)).toBe('rejected pop-dpop')
    expect(await ask(bound, {}, key)).toBe('accepted')
  })

  test('the binding of the answer counts where the token tells none', async () => {
    expect(await ask(unbound, boundTo(key.jkt), undefined)).toBe('rejected pop-dpop')
    expect(await ask(unbound, boundTo(key.jkt), key)).toBe('accepted')
    expect(await ask(unbound, boundTo(key.jkt), await newProofKey())).toBe('rejected pop-dpop')
  })

  test('where they agree it is one, where they differ nobody can prove it', async () => {
    expect(await ask(bound, boundTo(key.jkt), key)).toBe('accepted')
    expect(await ask(bound, { token_type: 'DPoP' }, key)).toBe('accepted')
    expect(await ask(bound, boundTo('another'), key)).toBe('rejected pop-dpop')
  })

  test('a token that only its server can verify stays bound to what it says itself', async () => {
    const stranger = await newSigningKey('ES256', { kid: 'not published' })
    const token = await mintToken(stranger, goodClaims(boundTo(key.jkt)))
    expect(await ask(token, {}, undefined)).toBe('rejected pop-dpop')
    expect(await ask(token, {}, key)).toBe('accepted')
  })
})

describe('keys that contradict each other', () => {
  const problems = (auth: Members): readonly string[] => {
    const parsed = authConfigSchema.safeParse({
      type: 'jwt',
      issuer: testIssuer,
      jwks_uri: 'https://id.acme.test/jwks',
      ...auth,
    })
    return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'))
  }
  test.each<[Members, string[]]>([
    [{ sender_constraint: 'dpop', dpop_nonce: true, dpop_algorithms: ['ES256'] }, []],
    [{ sender_constraint: 'mtls', client_cert_header: 'X-Client-Cert' }, []],
    // Whether a header or the listener brings the certificate is not to be seen in this section.
    [{ sender_constraint: 'mtls' }, []],
    [{ sender_constraint: 'mtls', client_cert_header: 'a b' }, ['client_cert_header']],
    [{ client_cert_header: 'X-Client-Cert' }, ['client_cert_header']],
    [{ dpop_nonce: true }, ['dpop_nonce']],
    [{ dpop_algorithms: ['ES256'] }, ['dpop_algorithms']],
    [{ sender_constraint: 'dpop', dpop_algorithms: ['HS256'] }, ['dpop_algorithms.0']],
    [{ sender_constraint: 'dpop', dpop_max_age: 0 }, ['dpop_max_age']],
    [{ sender_constraint_required: true }, ['sender_constraint_required']],
    [{ sender_constraint: 'tls' }, ['sender_constraint']],
  ])('%j: %j', (auth, expected) => {
    expect(problems(auth)).toEqual(expected)
  })
})
