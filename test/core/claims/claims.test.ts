// Every check of the groups Claims, Time and Binding, passing and failing, for both ways that claims come.
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/base/json.ts'
import { hintOf, type ProblemCode } from '../../../src/problems/problem.ts'
import { problemFrom } from '../../../src/core/verdict/check.ts'
import { audienceMatches } from '../../../src/core/claims/audience.ts'
import type { ClaimPolicy } from '../../../src/core/token/claim-policy.ts'
import type { ClaimSource } from '../../../src/core/token/claim-policy.ts'
import { checkClaims } from '../../../src/core/claims/claims.ts'
import { nearMiss } from '../../../src/core/verdict/near-miss.ts'
import { principalOf } from '../../../src/core/claims/principal.ts'
import { policyOf } from '../../support/policy.ts'
import {
  goodClaims,
  testAudience,
  testIssuer,
  testNowSeconds,
  type Members,
} from '../../support/tokens.ts'

interface Question {
  readonly claims?: Members
  readonly policy?: Partial<ClaimPolicy>
  readonly source?: ClaimSource
  readonly typ?: unknown
  readonly now?: number
}

const ask = ({ claims = {}, policy = {}, source = 'jwt', typ, now }: Question) =>
  checkClaims(
    goodClaims(claims) as JsonObject,
    policyOf(policy),
    now ?? testNowSeconds,
    source,
    typ,
  )

const answer = (id: ProblemCode, question: Question) =>
  ask(question).find((check) => check.id === id)
const status = (id: ProblemCode, question: Question) => answer(id, question)?.status
const failures = (question: Question) =>
  ask(question)
    .filter((check) => check.status === 'fail')
    .map((check) => check.id)

test('the good token passes everything, from either source', () => {
  for (const source of ['jwt', 'introspection'] as const) {
    const findings = ask({ source }).filter(
      (check) => check.status === 'fail' || check.status === 'warn',
    )
    expect(findings).toEqual([])
  }
})

describe('S11 audienceMatches', () => {
  const big = Array.from({ length: 10_000 }, (_, index) => `https://r${index}.test`)
  test.each<[string, unknown, unknown, boolean]>([
    ['no expectation, no aud', undefined, undefined, true],
    ['no expectation, any aud', undefined, 'x', true],
    ['no expectation, null', undefined, null, true],
    ['an empty expectation', [], { a: 1 }, true],
    ['an equal string', 'a', 'a', true],
    ['another string', 'a', 'b', false],
    ['a prefix', 'https://a', 'https://a/mcp', false],
    ['a trailing slash', 'https://a', 'https://a/', false],
    ['other case', 'a', 'A', false],
    ['a containing list', 'a', ['b', 'a'], true],
    ['a list without it', 'a', ['b', 'c'], false],
    ['an empty list', 'a', [], false],
    ['duplicates', 'a', ['a', 'a'], true],
    ['missing', 'a', undefined, false],
    ['null', 'a', null, false],
    ['a number', '1', 1, false],
    ['true', 'true', true, false],
    ['an object', 'a', { a: 'a' }, false],
    ['an object with a length', 'a', { 0: 'a', length: 1 }, false],
    ['a nested list', 'a', [['a']], false],
    ['numbers and the string', 'a', [1, null, 'a'], true],
    ['one of several expectations', ['a', 'b'], 'b', true],
    ['several against several', ['a', 'b'], ['c', 'b'], true],
    ['10,000 entries with it', 'https://r9999.test', big, true],
    ['10,000 entries without it', 'https://other.test', big, false],
    ['an empty string against an empty string in a list', 'a', [''], false],
  ])('%s', (_, expected, aud, matches) => {
    expect(audienceMatches(expected as string | string[] | undefined, aud)).toBe(matches)
  })
})

describe('claim-iss', () => {
  test.each([
    ['http://keycloak:8080/realms/dev', 'https://id.acme.test/realms/dev'],
    ['https://id.acme.test/realms/dev', 'http://keycloak.auth.svc.cluster.local/realms/dev'],
  ])('a server that is known by an internal name is to name itself: %s, not %s', (iss, issuer) => {
    const check = answer('claim-iss', { claims: { iss }, policy: { issuers: [issuer] } })
    const remedy = check?.status === 'fail' ? hintOf(problemFrom(check)) : ''
    expect(remedy).toContain('(Keycloak: KC_HOSTNAME)')
    expect(remedy).toMatch(/to the public one: "https:\/\/id\.acme\.test\/realms\/dev"$/)
  })

  test.each([
    ['https://other.acme.test', 'https://id.example.com'],
    ['http://localhost:8080', 'https://id.acme.test'],
    ['http://10.0.0.5:8080', 'https://id.acme.test'],
    ['http://keycloak:8080', 'http://hydra:4444'],
  ])('two servers are not taken for one: %s and %s', (iss, issuer) => {
    const check = answer('claim-iss', { claims: { iss }, policy: { issuers: [issuer] } })
    expect(check).toMatchObject({ status: 'fail', case: 'other' })
  })

  test('wants the exact string', () => {
    expect(status('claim-iss', {})).toBe('pass')
    for (const iss of [
      'https://evil.test',
      `${testIssuer}/`,
      '',
      undefined,
      null,
      7,
      [testIssuer],
    ]) {
      expect([iss, failures({ claims: { iss } })]).toEqual([iss, ['claim-iss']])
    }
  })
  test('accepts any of several issuers, and none where none is configured', () => {
    expect(status('claim-iss', { policy: { issuers: ['https://a.test', testIssuer] } })).toBe(
      'pass',
    )
    expect(status('claim-iss', { policy: { issuers: [] } })).toBe('fail')
  })
  test('of an introspection answer may be absent, but not another', () => {
    const source = 'introspection' as const
    expect(status('claim-iss', { source, claims: { iss: undefined } })).toBe('skip')
    expect(status('claim-iss', { source, claims: { iss: null } })).toBe('skip')
    expect(status('claim-iss', { source, policy: { issuers: [] } })).toBe('skip')
    expect(status('claim-iss', { source, claims: { iss: 'x' } })).toBe('fail')
  })
  test.each([
    ['https://id.acme.test/', 'a trailing slash'],
    ['http://id.acme.test', 'the scheme (http, https)'],
    ['https://id.acme.test:8443', 'the port (8443, 443)'],
    ['https://id.acme.test:443', 'a default port'],
    ['https://ID.acme.test', 'letter case'],
    ['https://id.acme.test/realms/dev', 'the path (/realms/dev, /)'],
    ['https://id.dev.acme.test', 'the environment (dev, none)'],
    [' https://id.acme.test', 'white space around it'],
  ])('%j is told to be a near miss: %s', (iss, what) => {
    const check = answer('claim-iss-near-miss', { claims: { iss } })
    expect(check).toMatchObject({ status: 'warn', evidence: { note: what } })
    expect(failures({ claims: { iss } })).toEqual(['claim-iss'])
  })
  test('of another host is no near miss', () => {
    expect(answer('claim-iss-near-miss', { claims: { iss: 'https://evil.test' } })).toBeUndefined()
    expect(answer('claim-iss-near-miss', {})).toBeUndefined()
  })
})

describe('claim-aud', () => {
  test.each([
    [{ aud: 'https://other.test' }, ['claim-aud']],
    [{ aud: ['https://other.test'] }, ['claim-aud']],
    [{ aud: undefined }, ['claim-aud-missing']],
    [{ aud: null }, ['claim-aud-missing']],
    [{ aud: '' }, ['claim-aud-missing']],
    [{ aud: [] }, ['claim-aud-missing']],
    [{ aud: 7 }, ['claim-aud-missing']],
    [{ aud: { a: testAudience } }, ['claim-aud-missing']],
    [{ aud: [[testAudience]] }, ['claim-aud-missing']],
    [{ aud: [7, testAudience] }, []],
  ])('%j fails %j', (claims, expected) => {
    expect(failures({ claims })).toEqual(expected)
  })
  test('missing in an introspection answer is intro-aud', () => {
    expect(failures({ claims: { aud: undefined }, source: 'introspection' })).toEqual(['intro-aud'])
    expect(failures({ claims: { aud: null }, source: 'introspection' })).toEqual(['intro-aud'])
    expect(failures({ claims: { aud: 'x' }, source: 'introspection' })).toEqual(['claim-aud'])
  })
  test('is not asked for without an expectation, except by profile strict', () => {
    const policy = { audiences: [] }
    expect(failures({ claims: { aud: undefined }, policy })).toEqual([])
    expect(status('claim-aud', { policy })).toBe('skip')
    expect(
      failures({ claims: { aud: undefined }, policy: { ...policy, profile: 'strict' } }),
    ).toEqual(['claim-aud-missing'])
  })
  test('may stand in another claim only where the operator says so', () => {
    const claims = { aud: undefined, client_id: 'app-1' }
    const policy = { audiences: ['app-1'] }
    expect(failures({ claims, policy })).toEqual(['claim-aud-missing'])
    expect(
      failures({ claims, policy: { ...policy, audienceClaims: ['aud', 'client_id'] } }),
    ).toEqual([])
  })
  test.each([
    ['https://mcp.acme.test', 'the path (/, /mcp)'],
    ['https://mcp.acme.test/mcp/', 'a trailing slash'],
    ['http://mcp.acme.test/mcp', 'the scheme (http, https)'],
    ['https://mcp.acme.test:443/mcp', 'a default port'],
  ])('%s is told to be a near miss: %s', (aud, what) => {
    const check = answer('claim-aud-near-miss', { claims: { aud: ['x', aud] } })
    expect(check).toMatchObject({ status: 'warn', evidence: { note: what, actual: aud } })
  })
  test.each([`account ${testAudience}`, `account, ${testAudience}`, `${testAudience},account`])(
    'is one string with several audiences: %s',
    (aud) => {
      const found = answer('claim-aud', { claims: { aud } })
      expect(found).toMatchObject({ status: 'fail', case: 'joined' })
    },
  )

  test('is broad when it names others, wildcards or shared values', () => {
    expect(status('claim-aud-broad', {})).toBe('pass')
    expect(status('claim-aud-broad', { claims: { aud: [testAudience, 'account'] } })).toBe('warn')
    expect(
      status('claim-aud-broad', {
        claims: { aud: 'authenticated' },
        policy: { audiences: ['authenticated'] },
      }),
    ).toBe('warn')
  })
  test.each<[string, Members, string]>([
    [
      'the userinfo endpoint of the issuer',
      { aud: [testAudience, `${testIssuer}/userinfo`] },
      'pass',
    ],
    ['the client itself', { aud: [testAudience, 'client-1'] }, 'pass'],
    ['the client named by azp', { aud: [testAudience, 'desk'], azp: 'desk' }, 'pass'],
    ['another client', { aud: [testAudience, 'web'], azp: 'desk' }, 'warn'],
    [
      'a wildcard of the host of the issuer',
      { aud: [testAudience, 'https://*.acme.test'] },
      'warn',
    ],
    ['an endpoint of another host', { aud: [testAudience, 'https://x.test/userinfo'] }, 'warn'],
    [
      'the account pages of Keycloak',
      { aud: [testAudience, 'account'], iss: 'https://id.acme.test/realms/dev' },
      'pass',
    ],
  ])('an audience beside ours that is %s', (_, claims, expected) => {
    expect(status('claim-aud-broad', { claims })).toBe(expected)
  })
})

describe('claim-token-kind', () => {
  const refused: readonly (readonly [string, Members, unknown])[] = [
    ['an ID token by nonce', { nonce: 'n', scope: undefined }, 'JWT'],
    ['an ID token by at_hash', { at_hash: 'h' }, 'JWT'],
    ['an ID token by token_use', { token_use: 'id' }, undefined],
    ['an ID token by claim typ', { typ: 'ID' }, 'JWT'],
    ['a refresh token by claim typ', { typ: 'Refresh' }, 'JWT'],
    ['a refresh token by token_use', { token_use: 'refresh_token' }, 'JWT'],
    ['a refresh token by token_type', { token_type: 'refresh_token' }, undefined],
    [
      'a logout token by its event',
      { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      'JWT',
    ],
    ['a logout token by typ', {}, 'logout+jwt'],
    ['a DPoP proof by typ', {}, 'dpop+jwt'],
    ['a DPoP proof by its claims', { htm: 'POST', htu: 'https://x.test' }, undefined],
    ['an introspection response by typ', {}, 'application/token-introspection+JWT'],
    ['an introspection response by its claim', { token_introspection: { active: true } }, 'JWT'],
  ]
  test.each(refused)('refuses %s, also with profile strict', (_, claims, typ) => {
    expect(status('claim-token-kind', { claims, typ })).toBe('fail')
    expect(status('claim-token-kind', { claims, typ, policy: { profile: 'strict' } })).toBe('fail')
    expect(status('claim-token-kind', { claims, typ, policy: { profile: 'off' } })).toBe('skip')
  })
  const remedies: readonly (readonly [string, Members, unknown, RegExp, RegExp])[] = [
    ['id', { at_hash: 'h' }, 'JWT', /an ID token.*: it has at_hash$/, /instead of its id_token/],
    [
      'refresh',
      { token_use: 'refresh' },
      'JWT',
      /token_use is "refresh"$/,
      /grant_type refresh_token/,
    ],
    ['logout', {}, 'logout+jwt', /a logout token/, /send the access_token of the login/],
    [
      'proof',
      { htm: 'GET', htu: 'https://x.test' },
      'JWT',
      /it has htm and htu$/,
      /proof in the DPoP header/,
    ],
    [
      'introspection',
      { token_introspection: {} },
      'JWT',
      /introspection response/,
      /the token that was introspected/,
    ],
    ['event', {}, 'secevent+jwt', /a security event token/, /for its receiver/],
    [
      'request',
      {},
      'oauth-authz-req+jwt',
      /an authorization request/,
      /to the authorization endpoint as request/,
    ],
    ['assertion', {}, 'client-authentication+jwt', /a client assertion/, /as client_assertion/],
  ]
  test.each(remedies)(
    '%s: says by what it is known, and what to send instead',
    (name, claims, typ, says, remedy) => {
      const found = answer('claim-token-kind', { claims, typ })
      expect(found).toMatchObject({ status: 'fail', case: name })
      if (found?.status !== 'fail') return
      expect(found.message).toMatch(says)
      expect(hintOf(problemFrom(found))).toMatch(remedy)
    },
  )
  const taken: readonly (readonly [string, Members, unknown])[] = [
    ['typ at+jwt with a nonce', { nonce: 'n', scope: undefined }, 'at+jwt'],
    ['claim typ Bearer with a nonce', { nonce: 'n', typ: 'Bearer', scope: undefined }, 'JWT'],
    ['token_use access', { token_use: 'access', at_hash: 'h' }, 'JWT'],
    ['a nonce beside scopes', { nonce: 'n' }, 'JWT'],
    ['no typ at all', {}, undefined],
    ['token_type Bearer', { token_type: 'Bearer' }, undefined],
    ['a typ that is no string', {}, 7],
  ]
  test.each(taken)('takes %s', (_, claims, typ) => {
    expect(status('claim-token-kind', { claims, typ })).toBe('pass')
  })
})

describe('claim-scope', () => {
  const policy = { requiredScopes: ['mcp:read', 'mcp:write'] }
  test.each<[Members, string]>([
    [{}, 'pass'],
    [{ scope: 'mcp:write  mcp:read x' }, 'pass'],
    [{ scope: ['mcp:read', 'mcp:write'] }, 'pass'],
    [{ scope: undefined, scp: ['mcp:read', 'mcp:write'] }, 'pass'],
    [{ scope: undefined, scp: 'mcp:read mcp:write' }, 'pass'],
    [{ scope: 'mcp:read' }, 'fail'],
    [{ scope: 'mcp:readmcp:write' }, 'fail'],
    [{ scope: 'MCP:READ MCP:WRITE' }, 'fail'],
    [{ scope: 'mcp:read,mcp:write' }, 'fail'],
    [{ scope: undefined }, 'fail'],
    [{ scope: 7 }, 'fail'],
    [{ scope: { 'mcp:read': true } }, 'fail'],
    [{ scope: undefined, permissions: ['mcp:read', 'mcp:write'] }, 'fail'],
  ])('%j: %s', (claims, expected) => {
    expect(status('claim-scope', { claims, policy })).toBe(expected)
  })
  test.each<[Members, string]>([
    [{ scope: 'x' }, 'missing'],
    [{ scope: 'MCP:Read' }, 'spelling'],
    [{ scope: undefined, permissions: ['mcp:read'] }, 'elsewhere'],
    [{ scope: 'openid', roles: ['mcp:read'] }, 'elsewhere'],
    [{ scope: 'openid', roles: ['admin'] }, 'missing'],
  ])('of %j is %s, and the remedy says where to look', (claims, name) => {
    const policy = { requiredScopes: ['mcp:read'] }
    expect(answer('claim-scope', { claims, policy })).toMatchObject({ status: 'fail', case: name })
  })

  test('a remedy that names a claim for scopes changes the outcome', () => {
    const claims = { scope: undefined, roles: ['mcp:read'] }
    const policy = { requiredScopes: ['mcp:read'], scopeClaims: ['roles'] }
    expect(status('claim-scope', { claims, policy })).toBe('pass')
  })

  test('is not asked for when nothing is required', () => {
    expect(status('claim-scope', { claims: { scope: undefined } })).toBe('skip')
  })
  test('claim-scope-shape points at the claim that holds the scopes', () => {
    expect(status('claim-scope-shape', {})).toBe('pass')
    expect(
      answer('claim-scope-shape', { claims: { scope: undefined, permissions: ['a'] } }),
    ).toMatchObject({ status: 'warn', evidence: { actual: 'permissions' } })
    expect(status('claim-scope-shape', { claims: { scope: 'a,b' } })).toBe('warn')
    expect(status('claim-scope-shape', { claims: { scope: undefined } })).toBe('skip')
  })
})

describe('claim-identity and claim-groups-overage', () => {
  test('profile strict demands sub, client_id, iat and jti; lenient advises', () => {
    const policy = { profile: 'strict' } as const
    expect(failures({ policy })).toEqual([])
    for (const name of ['sub', 'client_id', 'iat', 'jti']) {
      expect([name, failures({ policy, claims: { [name]: undefined } })]).toEqual([
        name,
        ['claim-identity'],
      ])
    }
    expect(status('claim-identity', { claims: { sub: undefined } })).toBe('warn')
    expect(status('claim-identity', { claims: { client_id: undefined } })).toBe('warn')
    expect(status('claim-identity', { claims: { client_id: undefined, azp: 'a' } })).toBe('pass')
    expect(status('claim-identity', { claims: { client_id: undefined, cid: 'a' } })).toBe('pass')
  })
  test.each<[Members, string]>([
    [{ groups: ['a'] }, 'pass'],
    [{ _claim_names: { groups: 'src1' } }, 'warn'],
    [{ hasgroups: true }, 'warn'],
    [{ groups: Array.from({ length: 151 }, String) }, 'warn'],
  ])('groups %#: %s', (claims, expected) => {
    expect(status('claim-groups-overage', { claims })).toBe(expected)
  })
})

describe('times', () => {
  const now = testNowSeconds
  test.each<[ProblemCode, Members, string]>([
    ['time-exp', { exp: now - 59 }, 'pass'],
    ['time-exp', { exp: now - 60 }, 'fail'],
    ['time-exp', { exp: now - 61 }, 'fail'],
    ['time-exp', { exp: now - 59.5 }, 'pass'],
    ['time-exp', { exp: 0 }, 'fail'],
    ['time-exp', { exp: 1e11 }, 'pass'],
    ['time-nbf', { nbf: now + 59 }, 'pass'],
    ['time-nbf', { nbf: now + 60 }, 'pass'],
    ['time-nbf', { nbf: now + 61 }, 'fail'],
    ['time-nbf', { nbf: now + 60.5 }, 'fail'],
    ['time-nbf', { nbf: undefined }, 'skip'],
    ['time-iat-future', { iat: now + 60 }, 'pass'],
    ['time-iat-future', { iat: now + 61 }, 'warn'],
    ['time-iat-future', { iat: undefined }, 'skip'],
    ['time-exp-missing', {}, 'pass'],
    ['time-exp-missing', { exp: undefined }, 'fail'],
    ['time-units', {}, 'pass'],
    ['time-units', { exp: now + 0.5 }, 'pass'],
    ['time-units', { exp: now * 1000 }, 'fail'],
    ['time-units', { exp: 1e300 }, 'fail'],
    ['time-units', { exp: Number.POSITIVE_INFINITY }, 'fail'],
    ['time-units', { exp: -1 }, 'fail'],
    ['time-units', { exp: String(now + 60) }, 'fail'],
    ['time-units', { exp: null }, 'fail'],
    ['time-units', { exp: [now] }, 'fail'],
    ['time-units', { nbf: now * 1000 }, 'fail'],
    ['time-units', { iat: '1' }, 'fail'],
    ['time-lifetime', {}, 'pass'],
    ['time-lifetime', { exp: now + 90_000 }, 'warn'],
  ])('%s of %j: %s', (id, claims, expected) => {
    expect(status(id, { claims })).toBe(expected)
  })
  test('a date in milliseconds is one failure, not also an expiry', () => {
    expect(failures({ claims: { exp: now * 1000 } })).toEqual(['time-units'])
    expect(failures({ claims: { exp: '1' } })).toEqual(['time-units'])
  })
  test('without tolerance the edge is the second itself', () => {
    const policy = { clockToleranceSeconds: 0 }
    expect(status('time-exp', { policy, claims: { exp: now + 1 } })).toBe('pass')
    expect(status('time-exp', { policy, claims: { exp: now } })).toBe('fail')
    expect(status('time-nbf', { policy, claims: { nbf: now } })).toBe('pass')
    expect(status('time-nbf', { policy, claims: { nbf: now + 1 } })).toBe('fail')
  })
  test('max_lifetime binds at its edge, and by what is left where iat is absent', () => {
    const policy = { maxLifetimeSeconds: 3660 }
    expect(status('time-lifetime', { policy })).toBe('pass')
    expect(status('time-lifetime', { policy: { maxLifetimeSeconds: 3659 } })).toBe('fail')
    expect(status('time-lifetime', { policy, claims: { iat: undefined } })).toBe('pass')
    expect(status('time-lifetime', { policy, claims: { iat: undefined, exp: now + 3661 } })).toBe(
      'fail',
    )
  })
  test('an introspection answer needs no expiry, and null means none', () => {
    const source = 'introspection' as const
    for (const exp of [undefined, null]) {
      expect(failures({ source, claims: { exp, nbf: exp, iat: exp } })).toEqual([])
    }
    expect(failures({ source, claims: { exp: 1 } })).toEqual(['time-exp'])
    expect(failures({ source, claims: { exp: '9999999999' } })).toEqual(['time-units'])
  })
  test.each([253_402_300_799, 253_402_300_800, 253_402_347_599])(
    '%d, the end of the year 9999 in some time zone, is a date and not milliseconds',
    (exp) => {
      expect(failures({ claims: { exp } })).toEqual([])
      expect(failures({ claims: { exp }, source: 'introspection' })).toEqual([])
    },
  )
  test.each([
    [String(now + 600), 'text'],
    ['2026-11-30T06:00:00Z', 'words'],
    ['', 'words'],
    [now * 1000, 'milliseconds'],
    [1e300, 'beyond'],
    [-1, 'negative'],
    [true, 'form'],
  ])('exp %j is named as %s, whoever says it', (exp, name) => {
    for (const source of ['jwt', 'introspection'] as const) {
      expect(answer('time-units', { source, claims: { exp } })).toMatchObject({
        status: 'fail',
        case: name,
      })
    }
  })
  test('an expiry says how long ago, in words', () => {
    expect(answer('time-exp', { claims: { exp: now - 3725 } })).toMatchObject({
      message: 'Expired 1h 2m ago (2026-03-04T04:04:35Z)',
    })
  })
})

describe('binding', () => {
  test.each<[Members, ProblemCode[]]>([
    [{ cnf: { jkt: 'x' } }, ['pop-dpop']],
    [{ cnf: { 'x5t#S256': 'x' } }, ['pop-mtls']],
    [{ cnf: { jkt: 'x', 'x5t#S256': 'y' } }, ['pop-dpop', 'pop-mtls']],
    [{ cnf: { jwk: {} } }, ['pop-mtls']],
    [{ cnf: 'x' }, ['pop-mtls']],
    [{ cnf: null }, ['pop-mtls']],
    [{ cnf: {} }, []],
    [{ token_type: 'DPoP' }, ['pop-dpop']],
  ])('%j fails %j, unless it is to be ignored', (claims, expected) => {
    expect(failures({ claims })).toEqual(expected)
    const ignoring = { claims, policy: { senderConstraint: 'ignore' } } as const
    expect(failures(ignoring)).toEqual([])
    const warned = ask(ignoring).filter((check) => check.status === 'warn')
    expect(warned.map((check) => check.id)).toEqual(expected)
  })
})

const tenantId = '11111111-2222-4333-8444-555555555555'

describe('nearMiss', () => {
  test.each([
    ['api://mcp', 'mcp', 'the scheme in front'],
    ['MCP', 'mcp', 'letter case'],
    ['a', 'a', undefined],
    ['a', 'b', undefined],
    ['https://a.test', 'https://b.test', undefined],
    ['https://a.test:443/x', 'https://a.test/x', 'a default port'],
    ['http://a.test/x', 'https://a.test/x', 'the scheme (http, https)'],
    [
      'http://a.test:8080/x',
      'https://a.test/x',
      'the scheme (http, https) and the port (8080, 443)',
    ],
    ['https://a.test/X', 'https://a.test/x', 'letter case'],
    ['https://a.test/x?y', 'https://a.test/x', 'the query'],
    ['https://a.test/x#y', 'https://a.test/x', 'the fragment'],
    ['http://localhost:9/x', 'http://127.0.0.1:9/x', 'the host (localhost, 127.0.0.1)'],
    ['https://www.a.test', 'https://a.test', 'the host (www.a.test, a.test)'],
    ['https://id-staging.a.test', 'https://id.a.test', 'the environment (staging, none)'],
    ['https://prod.id.a.test', 'https://qa.id.a.test', 'the environment (prod, qa)'],
    ['https://dev.test', 'https://test.test', undefined],
    ['https://a.test/realms/one', 'https://a.test/realms/two', 'the tenant (one, two)'],
    ['https://a.test/realms/One', 'https://a.test/realms/one', 'letter case'],
    ['https://a.okta.com/oauth2/default', 'https://a.okta.com/oauth2/x', 'the tenant (default, x)'],
    ['https://a.okta.com', 'https://b.okta.com', 'the tenant (a, b)'],
    ['https://a.eu.auth0.com/', 'https://b.eu.auth0.com/', 'the tenant (a, b)'],
    ['https://a.eu.auth0.com/', 'https://a.us.auth0.com/', undefined],
    [
      `https://login.microsoftonline.com/${tenantId}/v2.0`,
      `https://login.microsoftonline.com/common/v2.0`,
      `the tenant (${tenantId}, common)`,
    ],
    [
      `https://sts.windows.net/${tenantId}/`,
      `https://login.microsoftonline.com/${tenantId}/v2.0`,
      'the token version (v1, v2)',
    ],
    [
      `https://a.test/${'x'.repeat(80)}`,
      'https://a.test/y',
      `the path (/${'x'.repeat(59)}..., /y)`,
    ],
    ['http://a.test:1/x?y#z', 'https://a.test/w', undefined],
    ['https://[', 'https://a', undefined],
    [`https://${'a'.repeat(3000)}/`, `https://${'a'.repeat(3000)}`, undefined],
  ])('%s against %s: %s', (actual, expected, what) => {
    expect(nearMiss(actual, expected)).toBe(what)
  })
})

describe('principalOf', () => {
  const of = (claims: Members, token = 't', method: 'jwt' | 'introspection' = 'jwt') =>
    principalOf(goodClaims(claims) as JsonObject, { method, token, policy: policyOf() })
  test('is known by issuer and subject, whatever the token', () => {
    expect(of({}, 'a').key).toBe(of({ jti: 'other' }, 'b').key)
    expect(of({}).key).not.toBe(of({ sub: 'user-2' }).key)
    expect(of({}).key).not.toBe(of({ iss: 'https://b.test' }).key)
  })
  test('without a subject is known by its client, which is not a subject of that name', () => {
    expect(of({ sub: undefined, client_id: 'x' }).key).not.toBe(of({ sub: 'x' }).key)
    expect(of({ sub: undefined, client_id: undefined, azp: 'x' })).toMatchObject({ clientId: 'x' })
  })
  test('without either is known by its token alone', () => {
    const nobody = { sub: undefined, client_id: undefined }
    expect(of(nobody, 'a').key).not.toBe(of(nobody, 'b').key)
    expect(of(nobody, 'a').key).toBe(of(nobody, 'a').key)
    expect(of(nobody, 'a').key).not.toContain('"')
  })
  test('of an answer without iss is of the configured issuer', () => {
    expect(of({ iss: undefined }, 't', 'introspection')).toMatchObject({
      iss: testIssuer,
      key: of({}).key,
    })
  })
  test('keeps names apart that look alike when joined', () => {
    expect(of({ iss: 'a', sub: 'b c' }).key).not.toBe(of({ iss: 'a b', sub: 'c' }).key)
  })
})
