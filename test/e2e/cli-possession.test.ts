// `validate` with a captured request: the proof, the certificate, and what it says where they are missing.
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { newCertificate, newProof, newProofKey, type ProofKey } from '../support/proofs.ts'
import { createRecorder } from '../support/reports.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
  type Members,
} from '../support/tokens.ts'

const recorder = createRecorder()
const certificate = newCertificate()
const publicUrl = 'https://mcp.example.com/mcp'

let folder: TempFolder
let key: ProofKey
let expectation: string[]

const tokenOf = async (claims: Members, header: Members = {}): Promise<string> =>
  mintToken(await testKey(), goodClaims(claims, Math.floor(Date.now() / 1000)), header)

const boundToken = (): Promise<string> => tokenOf({ cnf: { jkt: key.jkt } })

const configFile = (auth: object, security: object = {}): Promise<string> =>
  folder.write(
    'proxy.toml',
    stringify({
      proxy: { name: 'bound', public_url: publicUrl },
      auth: {
        type: 'jwt',
        issuer: testIssuer,
        audience: testAudience,
        jwks_uri: 'https://id.acme.test/jwks',
        ...auth,
      },
      security,
      backends: [{ name: 'one', transport: 'http', url: 'https://one.example.com/mcp' }],
    }),
  )

interface Said {
  readonly verdict: string
  readonly problem: { readonly code: string; readonly detail: string } | null
  readonly http: { readonly status: number; readonly challenge: string | null }
}

const validate = async (token: string, ...flags: readonly string[]) => {
  const run = await recorder.run(['validate', '--json', ...flags, '-'], { stdin: token })
  expect(run.stderr).not.toContain(token)
  return { ...run, said: JSON.parse(run.stdout) as Said }
}

beforeAll(async () => {
  ;[folder, key] = await Promise.all([makeTempFolder(), newProofKey()])
  const jwks = await folder.write('jwks.json', JSON.stringify(jwksOf(await testKey())))
  expectation = ['--issuer', testIssuer, '--audience', testAudience, '--jwks-file', jwks]
})
afterAll(() => folder.remove())

describe('a DPoP-bound token', () => {
  test('is accepted with the proof of its request, from a file', async () => {
    const token = await boundToken()
    const proof = await folder.write('proof', `${await newProof(key, { token, url: publicUrl })}\n`)
    const flags = ['--dpop-proof', `@${proof}`, '--url', publicUrl]
    const { said, exitCode } = await validate(token, ...expectation, ...flags)
    expect(said.verdict).toBe('accepted')
    expect(exitCode).toBe(0)
  })

  test('with --method for another one, and told apart from a proof that does not fit', async () => {
    const token = await boundToken()
    const proof = await newProof(key, { token, url: publicUrl, method: 'GET' })
    const flags = [...expectation, '--dpop-proof', proof, '--url', publicUrl]
    expect((await validate(token, ...flags, '--method', 'GET')).exitCode).toBe(0)
    const { said, exitCode } = await validate(token, ...flags)
    expect(exitCode).toBe(1)
    expect(said.problem).toMatchObject({
      code: 'pop-dpop-proof',
      detail: expect.stringContaining(
        'htm in the DPoP proof is "GET", the method is POST',
      ) as unknown,
    })
    expect(said.http.status).toBe(401)
    expect(said.http.challenge).toMatch(/^Bearer.*, DPoP error="invalid_dpop_proof"/)
  })

  test('is judged with the URL and the nonces of the configured proxy', async () => {
    const token = await boundToken()
    const config = await configFile({ sender_constraint: 'dpop', dpop_nonce: true })
    const jwks = expectation.slice(-2)
    const proof = await newProof(key, { token, url: publicUrl })
    const good = await validate(token, '--config', config, ...jwks, '--dpop-proof', proof)
    expect(good.said).toMatchObject({ verdict: 'accepted', problem: null })
    const bare = await validate(token, '--config', config, ...jwks)
    expect(bare.said.problem?.code).toBe('pop-dpop')
  })

  test('without the proof, a note says that one is needed and how to give it', async () => {
    const config = await configFile({ sender_constraint: 'dpop' })
    const { exitCode, stderr, stdout } = await recorder.run(
      ['validate', '--config', config, ...expectation.slice(-2), '-'],
      { stdin: await boundToken() },
    )
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^REJECTED {2}pop-dpop /)
    expect(stderr).toContain('--dpop-proof')
  })
})

describe('a certificate-bound token', () => {
  test.each([
    ['PEM', certificate.pem],
    ['DER', certificate.der],
    ['the value of a header', encodeURIComponent(certificate.pem)],
    ['another value', certificate.der.toString('base64')],
  ])('is accepted with its certificate as %s', async (_, content) => {
    const token = await tokenOf({ cnf: { 'x5t#S256': certificate.thumbprint } })
    const file = path.join(folder.path, 'client.crt')
    await writeFile(file, content)
    const { said } = await validate(token, ...expectation, '--certificate', file)
    expect(said).toMatchObject({ verdict: 'accepted' })
    const other = await folder.write('other.crt', newCertificate().pem)
    const refused = await validate(token, ...expectation, '--certificate', other)
    expect(refused.said.problem?.code).toBe('pop-mtls')
  })
})

describe('what cannot be judged that way: exit 2', () => {
  const usage = async (...flags: readonly string[]) => {
    const { exitCode, stderr } = await recorder.run(['validate', ...flags, '-'], {
      stdin: await boundToken(),
    })
    expect(exitCode).toBe(2)
    return stderr
  }
  test('a proof without the URL it was made for', async () => {
    expect(await usage(...expectation, '--dpop-proof', 'x')).toContain('--url is missing')
  })
  test('a proof file that does not exist', async () => {
    const flags = ['--dpop-proof', '@/no/such/proof', '--url', publicUrl]
    expect(await usage(...expectation, ...flags)).toContain('ENOENT')
  })
  test('a proof for a proxy that looks at none', async () => {
    const config = await configFile({})
    expect(await usage('--config', config, '--dpop-proof', 'x')).toContain(
      'serve would not look at it',
    )
  })
  test('--url without a proof', async () => {
    expect(await usage(...expectation, '--url', publicUrl)).toContain('--dpop-proof')
  })
  test('a certificate that is none', async () => {
    const file = await folder.write('none.crt', 'hello')
    expect(await usage(...expectation, '--certificate', file)).toContain('not a readable')
  })
})

describe('configurations that could not work', () => {
  const check = async (file: string) => {
    const { exitCode, stderr, stdout } = await recorder.run(['serve', '--check', '--config', file])
    return { exitCode, text: stderr + stdout }
  }
  test('mtls without anybody whose header is believed', async () => {
    const { exitCode, text } = await check(
      await configFile({ sender_constraint: 'mtls', client_cert_header: 'X-Client-Cert' }),
    )
    expect(exitCode).toBe(2)
    expect(text).toContain('security.trusted_proxies')
  })
  test.each(['proxy.example.com', '10.0.0.0/33', '10.0.0.0/8/8', '::1/129', ''])(
    'the trusted proxy %j',
    async (entry) => {
      const { exitCode, text } = await check(await configFile({}, { trusted_proxies: [entry] }))
      expect(exitCode).toBe(2)
      expect(text).toContain('security.trusted_proxies')
    },
  )
  test('and ones that do', async () => {
    const file = await configFile(
      { sender_constraint: 'mtls', client_cert_header: 'X-Client-Cert' },
      { trusted_proxies: ['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::1'] },
    )
    expect((await check(file)).exitCode).toBe(0)
  })
})

test('--profile strict refuses what the default takes', async () => {
  const token = await tokenOf({ jti: undefined }, { typ: 'JWT' })
  expect((await validate(token, ...expectation)).exitCode).toBe(0)
  const { said } = await validate(token, ...expectation, '--profile', 'strict')
  expect(said.problem?.code).toBe('jose-typ')
})
