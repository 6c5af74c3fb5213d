// One realistic example for each row of the provider table: the row is given there, and nowhere else.
import { describe, expect, test } from 'vitest'
import { providers } from '../../../src/core/providers/providers.ts'
import type { JsonObject } from '../../../src/base/json.ts'
import { isProblemCode, problemSpec, type ProblemCode } from '../../../src/problems/problem.ts'
import { fail, warn, type Check } from '../../../src/core/verdict/check.ts'
import { said } from '../../support/said.ts'
import { createJwtValidator } from '../../../src/core/validator/jwt-validator.ts'
import { introspectionChecks } from '../../../src/core/introspection/introspection-judgement.ts'
import { hintsFor, type HintFacts } from '../../../src/core/providers/hints.ts'
import { fixedKeys } from '../../support/fixed-keys.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { policyOf } from '../../support/policy.ts'
import {
  goodClaims,
  mintEncrypted,
  mintHmac,
  mintToken,
  testKey,
  testNowSeconds,
  withForeignSignature,
  type Members,
  type SigningAlgorithm,
} from '../../support/tokens.ts'

type Policy = Parameters<typeof policyOf>[0]

interface Example {
  /** What the configured issuer is. */
  readonly issuer?: string
  /** A signed token with these claims; its issuer is the configured one unless they say otherwise. */
  readonly claims?: Members
  readonly header?: Members
  readonly alg?: SigningAlgorithm
  readonly algorithms?: readonly SigningAlgorithm[]
  readonly policy?: Policy
  readonly forged?: true
  /** A token that is no signed JWT. */
  readonly token?: () => string | Promise<string>
  /** A token that is judged by this answer instead. */
  readonly answer?: JsonObject
  /** A finding that no token makes. */
  readonly found?: Check
  readonly endpoint?: string
}

const keycloak = 'https://id.acme.test/realms/dev'
const tenant = '9a2c7f4e-1b1f-4a53-9b53-3b0d1b6f2c11'
const entra = `https://login.microsoftonline.com/${tenant}/v2.0`
const entraV1 = `https://sts.windows.net/${tenant}/`
const auth0 = 'https://acme.eu.auth0.com/'
const oktaOrg = 'https://acme.okta.com'
const okta = 'https://acme.okta.com/oauth2/default'
const google = 'https://accounts.google.com'
const cognito = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI'
const pingFederate = {
  issuer: 'https://sso.acme.test',
  endpoint: 'https://sso.acme.test/as/introspect.oauth2',
}
const pingOne = 'https://auth.pingone.eu/7e1f6f5a-3a3c-4d0e-8d3f-0c6c3c1f9a77/as'
const pingAm = 'https://am.acme.test/am/oauth2/realms/root/realms/alpha'
const hydra = {
  issuer: 'https://auth.acme.test/',
  endpoint: 'http://127.0.0.1:4445/admin/oauth2/introspect',
}
const ory = 'https://clever-hopper-abc123.projects.oryapis.com'
const authentik = 'https://sso.acme.test/application/o/mcp/'
const zitadel = 'https://acme-x1y2z3.zitadel.cloud'
const logto = 'https://acme.logto.app/oidc'
const workos = 'https://bright-otter-12.authkit.app'
const clerk = 'https://sweet-mole-42.clerk.accounts.dev'
const descope = 'https://api.descope.com/v1/apps/agentic/P2abc/M3def'
const github = 'https://github.com/login/oauth'
const stytch = 'https://acme.customers.stytch.com/'
const supabase = 'https://abcdefghijkl.supabase.co/auth/v1'

const betterAuth = 'https://app.acme.test/api/auth'
const glewlwyd = 'https://sso.acme.test/api/oidc'

const appendedForm = warn(said('asm-form', 'Only oidc-appended answers'))
const noMetadata = fail(said('asm-found', 'None of 4 locations answered'))
const noPkce = fail(said('asm-pkce', 'code_challenge_methods_supported is missing'))
const noIntrospection = fail(said('asm-introspection', 'introspection_endpoint is not advertised'))
const emptyKeys = fail(said('jwks-usable', '0 keys, none usable: the set is empty'))
const refusedClient = fail(said('intro-client-auth', '401 invalid_client'))
const inactive = { active: false }

const examples: Readonly<Record<string, readonly [under: ProblemCode, Example]>> = {
  'keycloak-audience': [
    'claim-aud',
    { issuer: keycloak, claims: { aud: 'account', azp: 'cli', typ: 'Bearer' } },
  ],
  'keycloak-inactive': [
    'intro-active',
    { issuer: keycloak, claims: { azp: 'cli', typ: 'Bearer' }, answer: inactive },
  ],
  'keycloak-hostname': [
    'claim-iss',
    { issuer: keycloak, claims: { iss: 'http://keycloak:8080/realms/dev', typ: 'Bearer' } },
  ],
  'keycloak-hostname-metadata': [
    'asm-issuer',
    {
      issuer: keycloak,
      found: fail(said('asm-issuer', 'Document says http://keycloak:8080/realms/dev')),
    },
  ],
  'keycloak-kind': ['claim-token-kind', { issuer: keycloak, claims: { typ: 'ID', aud: 'cli' } }],
  'keycloak-roles': [
    'claim-scope',
    {
      issuer: keycloak,
      claims: { scope: 'openid', realm_access: { roles: ['mcp-user'] } },
      policy: { requiredScopes: ['mcp:call'] },
    },
  ],
  'keycloak-lightweight': [
    'claim-identity',
    { issuer: keycloak, claims: { sub: undefined, client_id: undefined, azp: 'cli' } },
  ],
  'keycloak-discovery': ['asm-found', { issuer: keycloak, found: noMetadata }],
  'keycloak-signed-answer': [
    'intro-jwt',
    { issuer: keycloak, found: fail(said('intro-jwt', 'The signed answer fails typ')) },
  ],
  'entra-template': [
    'claim-iss',
    {
      issuer: 'https://login.microsoftonline.com/common/v2.0',
      claims: { iss: entra, ver: '2.0', azp: tenant },
    },
  ],
  'entra-v1-issuer': ['claim-iss', { issuer: entra, claims: { iss: entraV1, ver: '1.0' } }],
  'entra-graph': [
    'sig-verify',
    {
      issuer: entra,
      claims: { aud: '00000003-0000-0000-c000-000000000000', scp: 'User.Read', ver: '1.0' },
      forged: true,
    },
  ],
  'entra-nonce': [
    'sig-verify',
    {
      issuer: entraV1,
      claims: { ver: '1.0', appid: tenant },
      header: { nonce: 'Q9x' },
      forged: true,
    },
  ],
  'entra-v1-audience': [
    'claim-aud',
    { issuer: entraV1, claims: { ver: '1.0', aud: 'api://mcp', appid: tenant } },
  ],
  'entra-v2-audience': [
    'claim-aud',
    { issuer: entra, claims: { ver: '2.0', aud: tenant, azp: tenant } },
  ],
  'entra-roles': [
    'claim-scope',
    {
      issuer: entra,
      claims: { scope: undefined, roles: ['Mcp.Call'], ver: '2.0' },
      policy: { requiredScopes: ['Mcp.Call'] },
    },
  ],
  'entra-groups': ['claim-groups-overage', { issuer: entra, claims: { hasgroups: true } }],
  'entra-pkce': ['asm-pkce', { issuer: entra, found: noPkce }],
  'entra-introspection': ['asm-introspection', { issuer: entra, found: noIntrospection }],
  'entra-resource': [
    'prm-scopes',
    { issuer: entra, found: warn(said('prm-scopes', 'scopes_supported is empty')) },
  ],
  'entra-discovery': [
    'asm-form',
    { issuer: entra, found: warn(said('asm-form', 'Only oidc-appended answers')) },
  ],
  'auth0-encrypted': ['jose-encrypted', { issuer: auth0, token: () => mintEncrypted() }],
  'auth0-opaque': [
    'jose-shape',
    { issuer: auth0, token: () => 'Xq3vN0fT1kS9uB7yRz5wLg2cH8aE4dJm' },
  ],
  'auth0-slash': [
    'claim-iss-near-miss',
    { issuer: 'https://acme.eu.auth0.com', claims: { iss: auth0, azp: 'cli' } },
  ],
  'auth0-client': [
    'claim-identity',
    {
      issuer: auth0,
      claims: { client_id: undefined, jti: undefined },
      policy: { profile: 'strict' },
    },
  ],
  'auth0-permissions': [
    'claim-scope',
    {
      issuer: auth0,
      claims: { scope: 'openid', permissions: ['mcp:call'] },
      policy: { requiredScopes: ['mcp:call'] },
    },
  ],
  'auth0-introspection': ['asm-introspection', { issuer: auth0, found: noIntrospection }],
  'okta-org-token': ['claim-aud', { issuer: oktaOrg, claims: { aud: oktaOrg, cid: '0oa1' } }],
  'okta-org-introspection': [
    'intro-active',
    { issuer: oktaOrg, token: () => 'opaque-okta', answer: inactive },
  ],
  'okta-audience': ['claim-aud', { issuer: okta, claims: { aud: 'api://default', cid: '0oa1' } }],
  'okta-scopes': [
    'claim-scope',
    {
      issuer: okta,
      claims: { scope: undefined, scp: ['openid'], cid: '0oa1' },
      policy: { requiredScopes: ['mcp:call'] },
    },
  ],
  'okta-limits': [
    'intro-reach',
    { issuer: okta, found: fail(said('intro-reach', 'introspection endpoint returned 429')) },
  ],
  'okta-discovery': ['asm-found', { issuer: okta, found: noMetadata }],
  'google-opaque': [
    'jose-shape',
    { issuer: google, token: () => 'ya29.a0AfH6SMBx9kQ3vN0fT1kS9uB7yRz5wLg2cH8aE4dJm' },
  ],
  'google-id-token': [
    'claim-token-kind',
    {
      issuer: google,
      claims: { scope: undefined, at_hash: 'x', azp: '1.apps.googleusercontent.com' },
    },
  ],
  'google-slash': [
    'claim-iss-near-miss',
    { issuer: `${google}/`, claims: { iss: google, azp: 'cli' } },
  ],
  'cognito-audience': [
    'claim-aud-missing',
    {
      issuer: cognito,
      claims: { aud: undefined, token_use: 'access' },
      header: { typ: undefined },
    },
  ],
  'cognito-id-token': [
    'claim-token-kind',
    { issuer: cognito, claims: { aud: 'client-1', token_use: 'id' }, header: { typ: undefined } },
  ],
  'cognito-typ': [
    'jose-typ',
    {
      issuer: cognito,
      claims: { token_use: 'access' },
      header: { typ: undefined },
      policy: { profile: 'strict' },
    },
  ],
  'cognito-groups': [
    'claim-scope',
    {
      issuer: cognito,
      claims: { scope: 'openid', token_use: 'access', 'cognito:groups': ['mcp'] },
      policy: { requiredScopes: ['mcp'] },
    },
  ],
  'cognito-pkce': ['asm-pkce', { issuer: cognito, found: noPkce }],
  'cognito-introspection': ['asm-introspection', { issuer: cognito, found: noIntrospection }],
  'cognito-discovery': ['asm-found', { issuer: cognito, found: noMetadata }],
  'pingfederate-reference': ['jose-shape', { ...pingFederate, token: () => 'kX8f2N0bQ1' }],
  'pingfederate-manager': [
    'intro-active',
    { ...pingFederate, token: () => 'kX8f2N0bQ1', answer: inactive },
  ],
  'pingfederate-nested': [
    'intro-aud',
    {
      ...pingFederate,
      token: () => 'kX8f2N0bQ1',
      answer: { active: true, access_token: { aud: 'x' } },
    },
  ],
  'pingone-credentials': ['intro-client-auth', { issuer: pingOne, found: refusedClient }],
  'pingam-port': [
    'claim-iss-near-miss',
    { issuer: pingAm, claims: { iss: pingAm.replace('.test/', '.test:443/') } },
  ],
  'pingam-opaque': ['jose-shape', { issuer: pingAm, token: () => 'b0MJxBqkJr3yGhPz0mZ1' }],
  'pingam-audience': ['claim-aud', { issuer: pingAm, claims: { aud: 'client-1' } }],
  'pingam-realm': [
    'intro-active',
    { issuer: pingAm, token: () => 'b0MJxBqkJr3yGhPz0mZ1', answer: inactive },
  ],
  'hydra-opaque': [
    'jose-shape',
    { issuer: 'https://auth.acme.test/', token: () => 'ory_at_8kQ3vN0fT1kS9uB7yRz5.wLg2cH8aE4dJm' },
  ],
  'hydra-introspection': ['asm-introspection', { issuer: ory, found: noIntrospection }],
  'hydra-audience': [
    'claim-aud-missing',
    { issuer: ory, claims: { aud: [], scp: ['mcp'], ext: {} } },
  ],
  'hydra-token-use': [
    'claim-token-kind',
    {
      ...hydra,
      token: () => 'ory_rt_8kQ3vN0fT1kS9uB7yRz5.wLg2cH8aE4dJm',
      answer: { active: true, token_use: 'refresh_token', aud: ['https://mcp.acme.test/mcp'] },
    },
  ],
  'hydra-slash': ['claim-iss-near-miss', { issuer: ory, claims: { iss: `${ory}/` } }],
  'authentik-signing-key': [
    'jose-alg-hmac',
    { issuer: authentik, token: () => mintHmac('client-secret', goodClaims({ iss: authentik })) },
  ],
  'authentik-slash': [
    'claim-iss-near-miss',
    { issuer: authentik.slice(0, -1), claims: { iss: authentik } },
  ],
  'authentik-audience': ['claim-aud', { issuer: authentik, claims: { aud: 'Kf9x2client' } }],
  'authentik-introspection': [
    'intro-reach',
    {
      issuer: authentik,
      endpoint: 'https://sso.acme.test/application/o/introspect',
      found: fail(said('intro-reach', 'introspection endpoint returned 404')),
    },
  ],
  'zitadel-inactive': [
    'intro-active',
    { issuer: zitadel, token: () => 'Vx7opaque', answer: inactive },
  ],
  'zitadel-opaque': ['jose-shape', { issuer: zitadel, token: () => 'Vx7opaque' }],
  'zitadel-audience': [
    'claim-aud-broad',
    { issuer: zitadel, claims: { aud: ['https://mcp.acme.test/mcp', '2734@mcp', '2735@web'] } },
  ],
  'zitadel-client': ['intro-client-auth', { issuer: zitadel, found: refusedClient }],
  'zitadel-latency': [
    'intro-latency',
    { issuer: zitadel, found: warn(said('intro-latency', '800 ms a call, uncached')) },
  ],
  'logto-opaque': ['jose-shape', { issuer: logto, token: () => 'kS9uB7yRz5wLg2cH8aE4dJm' }],
  'logto-algorithm': [
    'jose-alg-allowed',
    { issuer: logto, alg: 'ES384', algorithms: ['RS256'], claims: {} },
  ],
  'logto-client': ['intro-client-auth', { issuer: logto, found: refusedClient }],
  'workos-session': [
    'claim-iss',
    {
      issuer: workos,
      claims: { iss: 'https://api.workos.com/user_management/client_01', aud: undefined, sid: 's' },
    },
  ],
  'workos-audience': ['claim-aud-missing', { issuer: workos, claims: { aud: undefined } }],
  'clerk-opaque': ['jose-shape', { issuer: clerk, token: () => 'oat_8kQ3vN0fT1kS9uB7' }],
  'clerk-session': [
    'time-exp',
    { issuer: clerk, claims: { sid: 'sess_1', exp: testNowSeconds - 200, scope: undefined } },
  ],
  'clerk-audience': ['claim-aud-missing', { issuer: clerk, claims: { aud: undefined } }],
  'clerk-introspection': ['asm-introspection', { issuer: clerk, found: noIntrospection }],
  'descope-issuer': [
    'claim-iss',
    { issuer: descope, claims: { iss: 'https://api.descope.com/v1/apps/P2abc' } },
  ],
  'descope-audience': ['claim-aud', { issuer: descope, claims: { aud: ['P2abc'] } }],
  'github-audience': [
    'jose-shape',
    { issuer: github, token: () => 'gho_16C7e42F292c6912E7710c838347Ae178B4a' },
  ],
  'github-discovery': ['asm-found', { issuer: github, found: noMetadata }],
  'stytch-audience': ['claim-aud', { issuer: stytch, claims: { aud: ['project-live-1'] } }],
  'stytch-introspection': ['asm-introspection', { issuer: stytch, found: noIntrospection }],
  'supabase-audience': [
    'claim-aud',
    { issuer: supabase, claims: { aud: 'authenticated', role: 'authenticated' } },
  ],
  'supabase-signing-key': ['jwks-usable', { issuer: supabase, found: emptyKeys }],
  'supabase-introspection': ['asm-introspection', { issuer: supabase, found: noIntrospection }],
  'better-auth-opaque': [
    'jose-shape',
    { issuer: betterAuth, token: () => 'WhqTWAOHEyAGuaIIOEiXCWEUGzjVWpIR' },
  ],
  'better-auth-inactive': [
    'intro-active',
    { issuer: betterAuth, claims: { azp: 'client-1' }, answer: { active: false } },
  ],
  'better-auth-stranger': [
    'intro-reach',
    { issuer: betterAuth, found: fail(said('intro-reach', 'introspection endpoint returned 500')) },
  ],
  'glewlwyd-audience': ['claim-aud', { issuer: glewlwyd, claims: { aud: 'mcp:read mcp:call' } }],
  'glewlwyd-client-secret': ['intro-client-auth', { issuer: glewlwyd, found: refusedClient }],
  'glewlwyd-inactive': [
    'intro-active',
    { issuer: glewlwyd, claims: { type: 'access_token' }, answer: { active: false } },
  ],
  'glewlwyd-signed-answer': [
    'intro-jwt',
    { issuer: glewlwyd, found: fail(said('intro-jwt', 'The signed answer fails aud')) },
  ],
  'glewlwyd-encrypted': ['jose-encrypted', { issuer: glewlwyd, token: () => mintEncrypted() }],
  'glewlwyd-discovery': ['asm-form', { issuer: glewlwyd, found: appendedForm }],
  'node-oidc-provider-jwt': [
    'intro-active',
    {
      issuer: 'https://op.acme.test',
      endpoint: 'https://op.acme.test/token/introspection',
      answer: { error: 'unsupported_token_type' },
    },
  ],
}

const signal = new AbortController().signal

const tokenOf = async (example: Example): Promise<string | undefined> => {
  const { claims, alg = 'ES256', forged, issuer } = example
  if (example.token !== undefined) return example.token()
  if (claims === undefined) return undefined
  const mint = async (more: Members = {}) =>
    mintToken(await testKey(alg), goodClaims({ iss: issuer, ...claims, ...more }), {
      typ: 'JWT',
      ...example.header,
    })
  return forged === true ? withForeignSignature(await mint(), await mint({ x: 1 })) : mint()
}

/** What the product itself finds about the example, and what its report knows beside it. */
const factsOf = async (example: Example, issuer = example.issuer): Promise<HintFacts> => {
  const token = await tokenOf(example)
  const policy = policyOf({ issuers: [issuer ?? ''], ...example.policy })
  const checks: Check[] = example.found === undefined ? [] : [example.found]
  if (example.answer !== undefined) {
    const answer = { kind: 'answer', body: example.answer } as Parameters<
      typeof introspectionChecks
    >[0]
    checks.push(...introspectionChecks(answer, policy, testNowSeconds))
  } else if (token !== undefined) {
    const validator = createJwtValidator({
      keys: await fixedKeys([await testKey(example.alg ?? 'ES256')]),
      policy,
      algorithms: example.algorithms,
      clock: createManualClock(),
    })
    checks.push(...(await validator.validate(token, signal)).checks)
  }
  return {
    checks,
    token,
    answer: example.answer,
    issuer,
    introspectionEndpoint: example.endpoint,
    audience: 'https://mcp.acme.test/mcp',
    clientId: 'resource-server',
  }
}

const rows = providers.flatMap((provider) => provider.facts.map((fact) => ({ provider, fact })))

test('every row has one example, and every example a row', () => {
  expect(Object.keys(examples).toSorted()).toEqual(rows.map(({ fact }) => fact.id).toSorted())
})

describe('the hint', () => {
  test.each(rows)('$fact.id', async ({ provider, fact }) => {
    const [under, example] = examples[fact.id]!
    const facts = await factsOf(example)
    const hint = hintsFor(facts).find(({ id }) => id === fact.id)
    expect(hint).toMatchObject({ provider: provider.name, check: under })
    expect(hint?.text).not.toMatch(/[{}]/)
    // What is good needs no advice.
    const calm = facts.checks.filter(({ status }) => status === 'pass' || status === 'skip')
    expect(hintsFor({ ...facts, checks: calm })).toEqual([])
  })

  test.each(rows)('$fact.id is for its provider alone', async ({ provider, fact }) => {
    const [under, example] = examples[fact.id]!
    const issuer = 'https://login.nobody.test'
    const facts = await factsOf(
      {
        ...example,
        ...(example.claims && { claims: { ...example.claims, iss: issuer } }),
        endpoint: 'https://login.nobody.test/introspect',
        ...(fact.id === 'authentik-signing-key' && { token: () => mintHmac('s', goodClaims()) }),
      },
      issuer,
    )
    const marked = provider.prefix?.test(facts.token ?? '') === true
    const found = fail(said(under, 'found'))
    const hints = hintsFor({ ...facts, checks: [...facts.checks, found] })
    expect(hints.some(({ id }) => id === fact.id)).toBe(marked)
  })

  test.each(rows)('$fact.id is written in the house style', ({ provider, fact }) => {
    expect(fact.say).not.toMatch(/\.$|^\s|\n/)
    expect(fact.say.length).toBeLessThan(200)
    expect(provider.confirmed || fact.say.includes('usually')).toBe(true)
    for (const code of fact.under) expect(isProblemCode(code)).toBe(true)
    expect(problemSpec(fact.under[0]!).hint).not.toBe(fact.say)
  })
})

test('a token of one provider at another gets the advice of its own', async () => {
  const facts = await factsOf({
    issuer: auth0,
    claims: { iss: keycloak, aud: 'account', typ: 'Bearer' },
  })
  const names = hintsFor(facts).map(({ id }) => id)
  expect(names).toContain('keycloak-audience')
  expect(names.some((id) => id.startsWith('auth0'))).toBe(false)
})

test('names what is expected, or says it in general', async () => {
  const facts = await factsOf(examples['keycloak-audience']![1])
  expect(hintsFor(facts)[0]?.text).toContain('https://mcp.acme.test/mcp')
  const bare = hintsFor({ checks: facts.checks, token: facts.token })
  expect(bare[0]?.text).toContain('this resource')
})

test('an issuer of many pages is no provider', async () => {
  const hints = async (iss: string) => {
    const token = await mintToken(await testKey(), goodClaims({ iss }))
    return hintsFor({ checks: [fail(said('claim-aud', 'x'))], token })
  }
  expect(await hints(keycloak)).toHaveLength(1)
  expect(await hints(`https://${'descope.'.repeat(1000)}test/realms/dev`)).toEqual([])
})
