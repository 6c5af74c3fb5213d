// What people really send in place of an access token: the first thing that is said about it is what it is.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import { credentialSign } from '../../../src/core/token/credential-signs.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import type { Refusal } from '../../../src/core/verdict/verdict.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { hintOf } from '../../../src/problems/problem.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import {
  base64url,
  goodClaims,
  jwksOf,
  mintEncrypted,
  mintHmac,
  mintRaw,
  mintToken,
  mintUnsigned,
  newSigningKey,
  testAudience,
  testIssuer,
  testKey,
  type Members,
} from '../../support/tokens.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer()
  server.on('/introspect', { body: { active: false } })
  server.on('/knows', {
    body: { active: true, iss: testIssuer, aud: 'https://other.example', sub: 's' },
  })
})
afterAll(() => server.close())

type Strategy = 'jwt' | 'introspection' | 'both'

const ask = async (token: string, auth: Members = {}) => {
  const parsed = authConfigSchema.parse({
    type: 'oauth',
    issuer: testIssuer,
    audience: [testAudience],
    introspection_endpoint: `${server.origin}/introspect`,
    client_id: 'us',
    client_secret: 'a secret of ours',
    token_validation: 'jwt',
    allow_http: true,
    ...auth,
  })
  const localKeys = jwksOf(await testKey())
  const gate = await createValidator(parsed, systemPorts({ clock: createManualClock() }), {
    localKeys,
  })
  try {
    return await gate.validate(token, new AbortController().signal)
  } finally {
    gate.close()
  }
}

const refused = async (token: string, auth: Members = {}): Promise<Refusal> => {
  const verdict = await ask(token, auth)
  if (verdict.outcome === 'accepted') throw new Error('it was accepted')
  return verdict
}

const letters = (n: number) => 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0fF'.repeat(8).slice(0, n)
const hex = (n: number) => '3f9a1c02b7d45e68'.repeat(8).slice(0, n)

/** Everything here is refused by every strategy, and its kind leads. */
const credentials: readonly (readonly [kind: string, token: string])[] = [
  ['a GitHub personal access token (ghp_)', `ghp_${letters(36)}`],
  ['a GitHub personal access token (github_pat_)', `github_pat_${letters(60)}`],
  ['a token for the GitHub API', `gho_${letters(36)}`],
  ['a GitHub refresh token (ghr_)', `ghr_${letters(60)}`],
  ['a GitLab personal access token (glpat-)', `glpat-${letters(20)}`],
  ['a GitLab token', `glrt-${letters(20)}`],
  ['an npm token (npm_)', `npm_${letters(36)}`],
  ['a token for the Slack API', `xoxb-${hex(12)}-${letters(24)}`],
  ['a token for the Slack API (xapp-)', `xapp-1-${letters(24)}`],
  ['a token for the Google APIs (ya29.)', `ya29.${letters(80)}`],
  ['a Google API key (AIza)', `AIza${letters(35)}`],
  ['a Google client secret (GOCSPX-)', `GOCSPX-${letters(28)}`],
  ['a Google refresh token', `1//${letters(60)}`],
  ['an OpenAI API key (sk-)', `sk-proj-${letters(48)}`],
  ['an Anthropic API key (sk-ant-)', `sk-ant-api03-${letters(60)}`],
  ['an API key (sk-)', `sk-${letters(48)}`],
  ['an AWS access key id', ['AKIA', 'ABCDEFGH23456789'].join('')],
  ['an Atlassian API token', `ATATT3x${letters(60)}`],
  ['an API key (of Stripe, Clerk or WorkOS)', `sk_live_${letters(24)}`],
  ['a Stripe API key', `rk_live_${letters(24)}`],
  ['a Stytch secret', `secret-live-${letters(30)}`],
  ['the id of a Cloudflare Access service token', `${hex(32)}.access`],
  ['a Biscuit', `biscuit:${letters(80)}`],
  [
    'a macaroon',
    Buffer.from('0021location http://acme.test/\n0026identifier a key of ours\n').toString(
      'base64url',
    ),
  ],
  ['a SendGrid API key (SG.)', `SG.${letters(22)}.${letters(43)}`],
  ['a Vault token', `hvs.${letters(24)}`],
  ['a PyPI token (pypi-)', `pypi-${letters(80)}`],
  ['a Docker access token', `dckr_pat_${letters(27)}`],
  ['a Hugging Face token (hf_)', `hf_${letters(34)}`],
  ['a Linear token', `lin_api_${letters(40)}`],
  ['a Notion token', `ntn_${letters(40)}`],
  ['a Discord bot token', `MT${letters(24)}.${letters(6)}.${letters(38)}`],
  ['a Telegram bot token', `1234567890:${letters(35)}`],
  ['a Microsoft refresh token or authorization code', `1.AX${letters(30)}.${letters(60)}`],
  ['an Ory refresh token (ory_rt_)', `ory_rt_${letters(40)}.${letters(43)}`],
  ['a user name with a password (Basic)', `Basic ${letters(24)}`],
  ['a credential of another scheme', `SSWS 00${letters(40)}`],
  ['a cookie', `session=${letters(40)}; Path=/; HttpOnly`],
  ['a cookie', `Cookie: sid=${letters(30)}`],
  [
    'the address of a redirect with an authorization code',
    `http://127.0.0.1:5000/callback?state=s&code=${letters(30)}`,
  ],
  ['an authorization code', `code=${letters(30)}&state=s`],
  ['an address with a token in it', `https://app.example/#access_token=${letters(40)}`],
  ['an address', 'https://mcp.example.com/mcp'],
  ['a SAML assertion', `PHNhbWw${letters(80)}`],
  ['a SAML assertion', '<saml:Assertion ID="a"><saml:Issuer/></saml:Assertion>'],
  ['a PASETO', `v4.public.${letters(80)}`],
  ['a PASETO', `v4.local.${letters(80)}.${letters(12)}`],
  ['a JWS in JSON serialization', JSON.stringify({ payload: 'e30', signatures: [] })],
  ['a JWS in JSON serialization', JSON.stringify({ payload: 'e30', signature: 'AAAA' })],
  ['a JWE in JSON serialization', JSON.stringify({ protected: 'e30', ciphertext: 'AAAA' })],
  ['a PEM block (a key or a certificate)', '-----BEGIN PRIVATE KEY-----'],
]

const strategies: readonly Strategy[] = ['jwt', 'introspection', 'both']

describe.each(strategies)('with the strategy %s, another credential', (token_validation) => {
  test.each(credentials)('is called %s first', async (kind, token) => {
    const { outcome, problem, checks } = await refused(token, { token_validation })
    expect(outcome).toBe('rejected')
    expect(problem.code).toBe('in-wrong-kind')
    expect(problem.detail).toMatch(/^This is /)
    expect(problem.detail).toContain(kind)
    expect(checks.filter(({ id }) => id === 'in-wrong-kind')).toMatchObject([{ status: 'fail' }])
    const said = [problem.detail, hintOf(problem), JSON.stringify(checks)].join('\n')
    // What is short has no secret in it, and neither has a bare address.
    const isSecret = kind !== 'an address' && token.length > 30
    expect(said).not.toContain(isSecret ? token.slice(-12) : 'a secret')
  })
})

test('the remedy names where the right token comes from', async () => {
  const { problem } = await refused(`ghp_${letters(36)}`)
  expect(problem.detail).toBe(
    `This is a GitHub personal access token (ghp_), not an access token of "${testIssuer}"`,
  )
  expect(hintOf(problem)).toBe(`log in at "${testIssuer}" and send the access token that it issues`)
})

describe('what may be an access token after all is not accused of being none', () => {
  test.each([
    ['sk-1', 'jose-shape'],
    [`rt_${letters(30)}`, 'jose-shape'],
    [Buffer.from('alice:correct horse').toString('base64'), 'jose-shape'],
    [letters(40), 'jose-shape'],
  ])('a form that other servers use too: row %#', async (token, code) => {
    expect((await refused(token)).problem.code).toBe(code)
  })

  test('a Google token is one at Google, which says that it has ended', async () => {
    const verdict = await refused(`ya29.${letters(80)}`, {
      issuer: 'https://accounts.google.com',
      token_validation: 'introspection',
    })
    expect(verdict.problem.code).toBe('intro-active')
  })

  test('the authorization server knows it, and the audience is what is wrong', async () => {
    const verdict = await refused(`ghp_${letters(36)}`, {
      token_validation: 'introspection',
      introspection_endpoint: `${server.origin}/knows`,
    })
    expect(verdict.problem.code).toBe('claim-aud')
  })

  test('nothing is decided where the authorization server is down', async () => {
    const verdict = await refused(`ghp_${letters(36)}`, {
      token_validation: 'introspection',
      introspection_endpoint: `${server.origin}/nowhere`,
    })
    expect(verdict).toMatchObject({ outcome: 'undecided', problem: { code: 'intro-reach' } })
  })

  test('configured bearer tokens may look like anything', async () => {
    const auth = authConfigSchema.parse({ type: 'bearer', tokens: [`ghp_${letters(36)}`] })
    const gate = await createValidator(auth, systemPorts())
    const ask = async (token: string) => gate.validate(token, new AbortController().signal)
    expect(await ask(`ghp_${letters(36)}`)).toMatchObject({ outcome: 'accepted' })
    expect(await ask(`ghp_${letters(35)}`)).toMatchObject({ problem: { code: 'token-unknown' } })
  })
})

const sts = 'https://sts.windows.net/11111111-2222-3333-4444-555555555555/'
const graph = '00000003-0000-0000-c000-000000000000'
const foreign = async (claims: Members, header: Members = {}) =>
  mintToken(await newSigningKey('RS256', { kid: 'theirs' }), goodClaims(claims), {
    typ: 'JWT',
    ...header,
  })
const own = async (claims: Members, header: Members = {}) =>
  mintToken(await testKey(), goodClaims(claims), header)
const ended = { exp: 1000, iat: 900, nbf: undefined }

const signed: readonly (readonly [string, string, RegExp, () => Promise<string>])[] = [
  [
    'a Microsoft Graph token',
    'claim-iss api',
    /Microsoft Graph/,
    () => foreign({ iss: sts, aud: graph, ver: '1.0' }, { nonce: 'abc' }),
  ],
  [
    'a Microsoft Graph token that has ended',
    'claim-iss api',
    /Microsoft Graph/,
    () => foreign({ iss: sts, aud: 'https://graph.microsoft.com', ...ended }),
  ],
  [
    'a token for Azure Resource Manager',
    'claim-iss api',
    /Azure Resource Manager/,
    () => foreign({ iss: sts, aud: 'https://management.azure.com/' }),
  ],
  [
    'a token for Azure DevOps',
    'claim-iss api',
    /Azure DevOps/,
    () => foreign({ iss: sts, aud: '499b84ac-1321-427f-aa17-267ca6975798' }),
  ],
  [
    'a token of the Okta org server',
    'claim-iss api',
    /Okta itself/,
    () => foreign({ iss: 'https://acme.okta.com', aud: 'https://acme.okta.com', cid: 'c' }),
  ],
  [
    'a token for the Auth0 Management API',
    'claim-iss api',
    /Auth0 Management API/,
    () => foreign({ iss: 'https://acme.auth0.com/', aud: 'https://acme.auth0.com/api/v2/' }),
  ],
  ['a token for Graph from our own issuer', 'claim-aud api', /Graph/, () => own({ aud: graph })],
  [
    'a token of a GitHub Actions job',
    'claim-iss workload',
    /GitHub Actions/,
    () => foreign({ iss: 'https://token.actions.githubusercontent.com', repository: 'a/b' }),
  ],
  [
    'a token of a Kubernetes service account',
    'claim-iss workload',
    /Kubernetes service account/,
    () => foreign({ iss: 'https://kubernetes.default.svc.cluster.local' }),
  ],
  [
    'an ID token of Google',
    'claim-iss workload',
    /ID token of Google/,
    () => foreign({ iss: 'https://accounts.google.com', aud: 'c.apps.googleusercontent.com' }),
  ],
  [
    'a Supabase API key',
    'claim-iss workload',
    /Supabase API key/,
    () => foreign({ iss: 'supabase', aud: undefined, role: 'anon' }),
  ],
  [
    'what a client proves itself with',
    'claim-iss workload',
    /client assertion/,
    () => foreign({ iss: 'client-1', sub: 'client-1', aud: 'https://id.acme.test/token' }),
  ],
  [
    'a JWT of a Google service account',
    'claim-iss workload',
    /service account signed itself/,
    () => foreign({ iss: 'robot@project.iam.gserviceaccount.com', aud: 'https://x.acme.test' }),
  ],
  [
    'an ID token',
    'claim-token-kind id',
    /ID token/,
    () => own({ aud: 'client-1', nonce: 'n', at_hash: 'h', scope: undefined }, { typ: 'JWT' }),
  ],
  [
    'an ID token that has ended',
    'claim-token-kind id',
    /ID token/,
    () => own({ token_use: 'id', ...ended }),
  ],
  [
    'a refresh token that is a JWT',
    'claim-token-kind refresh',
    /refresh token/,
    async () => mintHmac('a secret', goodClaims({ typ: 'Refresh', aud: testIssuer })),
  ],
  ['an unsigned token', 'jose-alg-none', /unsigned/, async () => mintUnsigned()],
  [
    'an unsigned token without its last dot',
    'jose-alg-none',
    /unsigned/,
    async () => mintUnsigned().replace(/\.$/, ''),
  ],
  [
    'an SD-JWT',
    'in-wrong-kind format',
    /SD-JWT/,
    async () => `${await own({})}~${base64url('["salt","name","value"]')}~`,
  ],
  [
    'an SD-JWT with a proof of its key',
    'in-wrong-kind format',
    /SD-JWT/,
    async () => `${await own({})}~${base64url('["salt","name","value"]')}~${await own({})}`,
  ],
]

const named = ({ problem }: Refusal): string =>
  problem.case === undefined ? problem.code : `${problem.code} ${problem.case}`

describe.each(strategies)('with the strategy %s', (token_validation) => {
  test.each(signed)('%s is named as such first (%s)', async (_, leads, words, token) => {
    const verdict = await refused(await token(), { token_validation })
    expect(verdict.outcome).toBe('rejected')
    expect(named(verdict)).toBe(leads)
    expect(verdict.problem.detail).toMatch(words)
  })
})

test('an encrypted token is named as such where it would have to be read', async () => {
  expect((await refused(await mintEncrypted())).problem.code).toBe('jose-encrypted')
})

test('a token of a GitHub Actions job is welcome where that issuer is configured', async () => {
  const iss = 'https://token.actions.githubusercontent.com'
  expect(await ask(await own({ iss }), { issuer: iss })).toMatchObject({ outcome: 'accepted' })
})

test('of several issuers the one whose token it is may still know it', async () => {
  const base = {
    type: 'oauth',
    audience: [testAudience],
    issuers: [testIssuer, 'https://accounts.google.com'].map((issuer) => ({
      issuer,
      token_validation: 'introspection',
      introspection_endpoint: `${server.origin}/introspect`,
      client_id: 'us',
      client_secret: 'a secret of ours',
      allow_http: true,
    })),
  }
  const gate = await createValidator(authConfigSchema.parse(base), systemPorts())
  const ask = async (token: string) => gate.validate(token, new AbortController().signal)
  try {
    expect(await ask(`ya29.${letters(60)}`)).toMatchObject({ problem: { code: 'intro-active' } })
    expect(await ask(`ghp_${letters(36)}`)).toMatchObject({ problem: { code: 'in-wrong-kind' } })
  } finally {
    gate.close()
  }
})

test('no access token that we or our neighbours issue has a sign', async () => {
  const tokens = [
    await own({}),
    await mintEncrypted(),
    mintRaw(await testKey(), {}),
    letters(43),
    `${letters(22)}==`,
    hex(64),
    `ory_at_${letters(40)}.${letters(43)}`,
    `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
    `AT-1-${letters(32)}`,
  ]
  expect(tokens.map((token) => credentialSign(token)?.kind)).toEqual(tokens.map(() => undefined))
})
