// Good access tokens in the shapes that large providers give them: accepted, and nothing about them raises suspicion.
import { expect, test } from 'vitest'
import { isFinding } from '../../../src/core/verdict/check.ts'
import { createJwtValidator } from '../../../src/core/validator/jwt-validator.ts'
import { checkInput } from '../../../src/core/token/token-input.ts'
import { fixedKeys } from '../../support/fixed-keys.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { policyOf } from '../../support/policy.ts'
import {
  goodClaims,
  mintToken,
  testKey,
  testNowSeconds,
  type Members,
} from '../../support/tokens.ts'

const now = testNowSeconds
const audience = 'https://mcp.acme.test/mcp'
const tenant = '9a2c7f4e-1b1f-4a53-9b53-3b0d1b6f2c11'
const app = '5b1f7c1e-0f3a-4f3e-9d53-7b2f1d6c9a10'
const plain: Members = { scope: undefined, client_id: undefined, jti: undefined, nbf: undefined }

interface Healthy {
  readonly header?: Members
  readonly claims: Members
  readonly audience?: string
}

const healthy: Readonly<Record<string, Healthy>> = {
  'Microsoft Entra ID, version 2.0': {
    header: { typ: 'JWT' },
    audience: app,
    claims: {
      ...plain,
      iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
      aud: app,
      azp: 'b6a1f0c4-55d2-4b8e-8a55-3a1f4de0c001',
      azpacr: '0',
      scp: 'mcp.read',
      oid: '2f0a7d1c-8d7e-4a52-9c5f-58a1bd3c9d10',
      tid: tenant,
      uti: 'AbCdEfGhIjKlMnOpQrStUv',
      rh: '0.AAAA',
      ver: '2.0',
      aio: 'AXQAi/8UAAAA',
      nbf: now - 60,
      name: 'Ada',
      preferred_username: 'ada@acme.test',
      sid: '00c0ffee-0000-4000-8000-000000000000',
    },
  },
  'Microsoft Entra ID, version 1.0': {
    header: { typ: 'JWT', x5t: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA' },
    audience: `api://${app}`,
    claims: {
      ...plain,
      iss: `https://sts.windows.net/${tenant}/`,
      aud: `api://${app}`,
      appid: 'b6a1f0c4-55d2-4b8e-8a55-3a1f4de0c001',
      appidacr: '0',
      amr: ['pwd', 'mfa'],
      scp: 'mcp.read',
      tid: tenant,
      unique_name: 'ada@acme.test',
      upn: 'ada@acme.test',
      ver: '1.0',
      nbf: now - 60,
    },
  },
  Auth0: {
    header: { typ: 'at+jwt' },
    claims: {
      iss: 'https://acme.eu.auth0.com/',
      aud: [audience, 'https://acme.eu.auth0.com/userinfo'],
      azp: 'aBcDeF',
      client_id: undefined,
      scope: 'openid profile mcp:read offline_access',
      gty: 'authorization_code',
    },
  },
  'Auth0, the older profile': {
    header: { typ: 'JWT' },
    claims: {
      iss: 'https://acme.eu.auth0.com/',
      azp: 'aBcDeF',
      client_id: undefined,
      jti: undefined,
      sub: 'aBcDeF@clients',
      gty: 'client-credentials',
      permissions: ['mcp:read'],
    },
  },
  Okta: {
    claims: {
      ver: 1,
      iss: 'https://acme.okta.com/oauth2/default',
      cid: '0oa1b2c3d4',
      client_id: undefined,
      uid: '00u1b2c3d4',
      scp: ['mcp.read', 'openid'],
      scope: undefined,
      auth_time: now - 70,
      sub: 'ada@acme.test',
    },
  },
  Keycloak: {
    header: { typ: 'JWT' },
    claims: {
      iss: 'https://id.acme.test/realms/dev',
      aud: [audience, 'account'],
      typ: 'Bearer',
      azp: 'desk',
      client_id: undefined,
      sid: 'f4c0a1de-0000-4000-8000-000000000001',
      acr: '1',
      'allowed-origins': ['http://127.0.0.1:3000'],
      realm_access: { roles: ['offline_access', 'uma_authorization'] },
      resource_access: { account: { roles: ['manage-account'] } },
      email_verified: true,
      session_state: 'f4c0a1de-0000-4000-8000-000000000001',
      auth_time: now - 70,
    },
  },
  'Amazon Cognito, with a resource': {
    claims: {
      iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI',
      token_use: 'access',
      version: 2,
      origin_jti: 'f4c0a1de-0000-4000-8000-000000000002',
      event_id: 'f4c0a1de-0000-4000-8000-000000000003',
      username: 'ada',
      'cognito:groups': ['dev'],
      auth_time: now - 70,
    },
  },
  'AD FS': {
    header: { typ: 'JWT' },
    claims: {
      iss: 'http://adfs.acme.test/adfs/services/trust',
      apptype: 'Public',
      appid: 'desk',
      client_id: undefined,
      authmethod: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
      auth_time: '2026-03-04T05:06:00.000Z',
      ver: '1.0',
      scp: 'mcp.read openid',
      scope: undefined,
    },
  },
  PingFederate: {
    claims: { iss: 'https://sso.acme.test', scope: ['mcp:read'], 'pi.atm': '1' },
  },
  PingOne: {
    header: { 'x-p1-env': tenant, typ: undefined },
    claims: {
      iss: `https://auth.pingone.eu/${tenant}/as`,
      env: tenant,
      org: tenant,
      'p1.rid': tenant,
      sid: tenant,
    },
  },
  'Ory Hydra': {
    header: { typ: 'JWT' },
    claims: { iss: 'https://auth.acme.test/', ext: {}, scp: ['mcp:read'], scope: undefined },
  },
  Zitadel: {
    claims: {
      iss: 'https://acme-x1y2z3.zitadel.cloud',
      aud: ['desk', audience],
      client_id: 'desk',
      'urn:zitadel:iam:org:id': '1',
    },
  },
  authentik: {
    claims: {
      iss: 'https://sso.acme.test/application/o/mcp/',
      acr: 'goauthentik.io/providers/oauth2/default',
      azp: 'desk',
      uid: 'aB',
      auth_time: now - 70,
    },
  },
  'Duende IdentityServer': {
    header: { typ: 'at+jwt' },
    claims: {
      iss: 'https://ids.acme.test',
      scope: ['openid', 'mcp:read'],
      amr: ['pwd'],
      idp: 'local',
    },
  },
  'Spring Authorization Server': {
    header: { typ: undefined },
    claims: {
      iss: 'https://auth.acme.test',
      scope: ['mcp:read'],
      client_id: undefined,
      azp: 'desk',
    },
  },
  Curity: {
    claims: {
      iss: 'https://login.acme.test/oauth/v2/oauth-anonymous',
      purpose: 'access_token',
      delegationId: tenant,
    },
  },
  Clerk: {
    header: { cat: 'cl_B7d4PD222AAA' },
    claims: { iss: 'https://clerk.acme.test', sid: 'sess_1', scope: 'mcp:read' },
  },
  'Supabase Auth': {
    header: { typ: 'JWT' },
    claims: {
      iss: 'https://abcdefgh.supabase.co/auth/v1',
      aal: 'aal1',
      amr: [{ method: 'oauth', timestamp: now - 60 }],
      session_id: tenant,
      role: 'authenticated',
      is_anonymous: false,
      user_metadata: {},
    },
  },
  WorkOS: {
    claims: { iss: 'https://bright-otter-12.authkit.app', sid: 'session_1', org_id: 'org_1' },
  },
  Descope: {
    claims: {
      iss: 'https://api.descope.com/v1/apps/agentic/P2/MS2',
      azp: 'desk',
      drn: 'DS',
      rexp: '2027-01-01T00:00:00Z',
    },
  },
  'a service account of Google Cloud': {
    header: { typ: 'JWT' },
    claims: {
      iss: 'https://accounts.google.com',
      azp: '1234567890',
      client_id: undefined,
      scope: undefined,
      jti: undefined,
      email: 'run@acme.iam.gserviceaccount.com',
      email_verified: true,
    },
  },
}

test.each(Object.entries(healthy))(
  'a good token of %s is accepted without a finding',
  async (_, given) => {
    const key = await testKey('RS256')
    const policy = policyOf({
      issuers: [String(given.claims['iss'])],
      audiences: [given.audience ?? audience],
    })
    const validator = createJwtValidator({
      keys: await fixedKeys([key]),
      clock: createManualClock(),
      policy,
      algorithms: undefined,
    })
    const token = await mintToken(key, goodClaims(given.claims), given.header)
    const verdict = await validator.validate(token, new AbortController().signal)
    expect([...checkInput(token), ...verdict.checks].filter(isFinding)).toEqual([])
    expect(verdict.outcome).toBe('accepted')
  },
)
