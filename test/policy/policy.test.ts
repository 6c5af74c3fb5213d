// What the policy decides, as tables: patterns, roles, the claims that give them, tokens and scopes of tools.
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import type { Principal } from '../../src/base/principal.ts'
import { Secret } from '../../src/base/secret.ts'
import { tokenKey } from '../../src/core/claims/principal.ts'
import { globMatches } from '../../src/policy/glob.ts'
import { isHidden } from '../../src/policy/decision.ts'
import { compilePolicy, tokenAccess, type PolicyParts } from '../../src/policy/policy.ts'
import type { Target } from '../../src/policy/spelling.ts'
import { backendNames } from '../../src/proxy/names/names.ts'

const places = (prefixes: Readonly<Record<string, string | undefined>>) =>
  Object.entries(prefixes).map(([backend, prefix]) => ({
    backend,
    ...backendNames(backend, '__', prefix),
  }))

const twoBackends = places({ files: undefined, db: undefined })

const caller = (claims: JsonObject, scopes: readonly string[] = []): Principal => ({
  method: 'jwt',
  key: JSON.stringify(claims),
  scopes,
  audience: [],
  claims,
})

const tool = (backend: string, name: string): Target => ({ kind: 'tool', backend, name })
const resource = (backend: string, name: string): Target => ({ kind: 'resource', backend, name })

const policy = (parts: Omit<PolicyParts, 'places'>, at = twoBackends) =>
  compilePolicy({ places: at, ...parts })

const mapping = (claim: string, values: Readonly<Record<string, readonly string[]>>) => ({
  claim,
  mapping: values,
  default_deny: true,
  report_only: false,
})

/** `pass`, or the id and the case of what failed. */
const outcome = (of: ReturnType<typeof compilePolicy>, principal: Principal, target: Target) => {
  const { check } = of.decide({ principal }, target)
  return check.status === 'fail' ? [check.id, check.case].filter(Boolean).join(' ') : check.status
}

test.each([
  ['*', '', true],
  ['*', 'a/b', true],
  ['read_*', 'read_', true],
  ['read_*', 'xread_a', false],
  ['*_file', 'read_file', true],
  ['*_file', 'read_files', false],
  ['a*b*c', 'aXbYbZc', true],
  ['a*b*c', 'aXc', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['a.c', 'abc', false],
  ['[a]', '[a]', true],
  ['', 'a', false],
])('the pattern %j against %j is %j', (pattern, text, wanted) => {
  expect(globMatches(pattern, text)).toBe(wanted)
})

test('a pattern of stars against a long text takes a time in proportion', () => {
  const begun = performance.now()
  expect(globMatches(`${'*a'.repeat(100)}b`, 'a'.repeat(20_000))).toBe(false)
  expect(performance.now() - begun).toBeLessThan(1000)
})

describe('a role', () => {
  const decide = (lists: object, target: Target, at = twoBackends) =>
    outcome(
      policy(
        {
          roles: [{ name: 'one', ...lists }],
          role_mapping: mapping('groups', { g: ['one'] }),
        },
        at,
      ),
      caller({ groups: ['g'] }),
      target,
    )

  test.each([
    ['the exposed name', ['files__read'], 'pass'],
    ['the name with its backend', ['files/read'], 'pass'],
    ['a pattern over exposed names', ['files__*'], 'pass'],
    ['a pattern over any backend', ['*/read'], 'pass'],
    ['the local name alone, which may be that of any backend', ['read'], 'policy-role unlisted'],
    ['the name at another backend', ['db/read'], 'policy-role unlisted'],
  ])('allows by %s: %j gives %s', (_, allow_tools, wanted) => {
    expect(decide({ allow_tools }, tool('files', 'read'))).toBe(wanted)
    expect(decide({ deny_tools: allow_tools }, tool('files', 'read'))).toBe(
      wanted === 'pass' ? 'policy-role denied' : 'pass',
    )
  })

  test('denies what it allows too', () => {
    expect(
      decide({ allow_tools: ['*'], deny_tools: ['*/delete_*'] }, tool('db', 'delete_all')),
    ).toBe('policy-role denied')
  })

  test('without a list for a kind allows all of it, and a list is about its own kind alone', () => {
    expect(decide({ allow_tools: ['none'] }, { ...tool('db', 'p'), kind: 'prompt' })).toBe('pass')
    expect(decide({ deny_prompts: ['*'] }, tool('db', 'p'))).toBe('pass')
    expect(decide({ deny_prompts: ['*'] }, { ...tool('db', 'p'), kind: 'prompt' })).toBe(
      'policy-role denied',
    )
  })

  test('is about the name that the backend gives, whatever prefix the backend is exposed with', () => {
    const bare = places({ files: '', db: 'data_' })
    expect(decide({ deny_tools: ['files/read'] }, tool('files', 'read'), bare)).toBe(
      'policy-role denied',
    )
    expect(decide({ deny_tools: ['data_drop'] }, tool('db', 'drop'), bare)).toBe(
      'policy-role denied',
    )
  })

  test.each(['files__read', 'files/read'])(
    'does not allow a tool of a backend without prefix that calls itself %s',
    (name) => {
      const bare = places({ files: undefined, other: '' })
      const allow_tools = ['files__read', 'files/read']
      expect(decide({ allow_tools }, tool('other', name), bare)).toBe('policy-role unlisted')
      expect(decide({ allow_tools }, tool('files', 'read'), bare)).toBe('pass')
    },
  )

  test.each([
    'file:///secret/a',
    'FILE:///secret/a',
    'file:///public/../secret/a',
    'file:///public/%2e%2e/secret/a',
    'file:///public/..%2fsecret/a',
    'file:///public/%252e%252e/secret/a',
    'file:///%73ecret/a',
    'file:///./secret/a',
    'file:///public\\..\\secret\\a',
    'file:///sec\tret/a',
  ])('denies a resource however its URI is written: %j', (uri) => {
    expect(decide({ deny_resources: ['files/file:///secret/*'] }, resource('files', uri))).toBe(
      'policy-role denied',
    )
  })

  test('allows a resource only if every reading of its URI is allowed', () => {
    const allow_resources = ['files/file:///public/*']
    expect(decide({ allow_resources }, resource('files', 'file:///public/a'))).toBe('pass')
    expect(decide({ allow_resources }, resource('files', 'file:///public/%41'))).toBe('pass')
    expect(decide({ allow_resources }, resource('files', 'file:///public/../secret'))).toBe(
      'policy-role unlisted',
    )
  })
})

describe('the claim that gives roles', () => {
  const roles = [{ name: 'reader', allow_tools: ['*/read'] }, { name: 'writer' }]
  const values = {
    readers: ['reader'],
    'Platform Team': ['writer'],
    both: ['reader', 'writer'],
    '7': ['writer'],
  }
  const decide = (claim: string, claims: JsonObject, scopes: readonly string[] = []) =>
    outcome(
      policy({ roles, role_mapping: mapping(claim, values) }),
      caller(claims, scopes),
      tool('files', 'write'),
    )

  test.each<[string, string, JsonObject, string]>([
    ['is a list', 'groups', { groups: ['x', 'Platform Team'] }, 'pass'],
    ['is a text', 'role', { role: 'Platform Team' }, 'pass'],
    ['is a text of words', 'roles', { roles: 'x both y' }, 'pass'],
    ['is a path', 'realm_access.roles', { realm_access: { roles: ['both'] } }, 'pass'],
    ['has dots in its name', 'https://x.test/roles', { 'https://x.test/roles': ['both'] }, 'pass'],
    [
      'has dots in a name on its path',
      'resource_access.my.client.roles',
      { resource_access: { 'my.client': { roles: ['both'] } } },
      'pass',
    ],
    ['is a number', 'level', { level: 7 }, 'pass'],
    ['is the subject', 'sub', { sub: 'both' }, 'pass'],
    ['is the client', 'client_id', { client_id: 'both' }, 'pass'],
    [
      'has a value that gives too little',
      'groups',
      { groups: ['readers'] },
      'policy-role unlisted',
    ],
    ['has a value that gives nothing', 'groups', { groups: ['x'] }, 'policy-role none'],
    ['is not there', 'groups', {}, 'policy-role none'],
    ['is an object', 'groups', { groups: { both: true } }, 'policy-role none'],
    ['is a list of lists', 'groups', { groups: [['both']] }, 'policy-role none'],
    ['has a list element of words', 'groups', { groups: ['x both'] }, 'policy-role none'],
    ['is a name of Object', 'constructor.name', {}, 'policy-role none'],
    [
      'has a value that is a name of Object',
      'groups',
      { groups: ['constructor'] },
      'policy-role none',
    ],
  ])('%s', (_, claim, claims, wanted) => {
    expect(decide(claim, claims)).toBe(wanted)
  })

  test('is scope wherever the issuer puts scopes', () => {
    expect(decide('scope', { scp: ['both'] }, ['both'])).toBe('pass')
  })

  test('gives every role that one of its values gives, in whatever order they come', () => {
    const both = policy({
      roles: [
        { name: 'a', allow_tools: ['*/read'] },
        { name: 'b', allow_tools: ['*/write'], deny_tools: ['db/*'] },
      ],
      role_mapping: mapping('scope', { s1: ['a'], s2: ['b'] }),
    })
    for (const scopes of [
      ['s1', 's2'],
      ['s2', 's1'],
    ]) {
      const principal = caller({}, scopes)
      expect(outcome(both, principal, tool('files', 'read'))).toBe('pass')
      expect(outcome(both, principal, tool('files', 'write'))).toBe('pass')
      expect(outcome(both, principal, tool('files', 'drop'))).toBe('policy-role unlisted')
      expect(outcome(both, principal, tool('db', 'read'))).toBe('policy-role denied')
    }
  })

  test('lets callers without a role do everything where default_deny is false', () => {
    const open = policy({
      roles,
      role_mapping: { ...mapping('groups', values), default_deny: false },
    })
    expect(outcome(open, caller({}), tool('files', 'write'))).toBe('pass')
    expect(outcome(open, caller({ groups: ['readers'] }), tool('files', 'write'))).toBe(
      'policy-role unlisted',
    )
  })

  test('of API keys, which have no mapping, only reports where that is set', () => {
    const reporting = policy({
      roles: [{ name: 'reader', allow_tools: ['files/read'] }],
      roles_report_only: true,
    })
    const key = { ...caller({}), roles: ['reader'] }
    const decision = reporting.decide({ principal: key }, tool('files', 'write'))
    expect(decision.check.status).toBe('pass')
    expect(decision.reported).toMatchObject([{ rule: 'roles', check: { id: 'policy-role' } }])
  })

  test('refuses nothing where it only reports, and says what it would refuse', () => {
    const reporting = policy({
      roles,
      role_mapping: { ...mapping('groups', values), report_only: true },
    })
    const decision = reporting.decide({ principal: caller({}) }, tool('files', 'write'))
    expect(decision.check.status).toBe('pass')
    expect(decision.reported).toMatchObject([{ rule: 'roles', check: { id: 'policy-role' } }])
  })
})

describe('a token with lists', () => {
  const held = (value: string): Principal => ({
    ...caller({}),
    method: 'bearer',
    key: tokenKey(value),
  })
  const of = policy({
    tokens: tokenAccess([
      { token: new Secret('limited'), allow_tools: ['files__*'], deny_tools: ['*/drop'] },
      { token: new Secret('barred'), name: 'ci', deny_tools: ['files__*'] },
    ]),
  })

  test.each([
    ['limited', 'files', 'read', 'pass'],
    ['limited', 'db', 'read', 'policy-token unlisted'],
    ['limited', 'files', 'drop', 'policy-token denied'],
    ['barred', 'files', 'read', 'policy-token denied'],
    ['barred', 'db', 'read', 'pass'],
    ['another', 'db', 'drop', 'pass'],
  ])('%s at %s %s: %s', (token, backend, name, wanted) => {
    expect(outcome(of, held(token), tool(backend, name))).toBe(wanted)
  })

  test('is named in the reason, and never shown', () => {
    const { check } = of.decide({ principal: held('barred') }, tool('files', 'read'))
    expect(JSON.stringify(check)).toContain('ci denies tool')
    expect(JSON.stringify(check)).not.toContain('barred')
  })
})

describe('the scopes of a tool', () => {
  const of = policy({
    tool_scopes: { 'files__*': ['files:read'], '*/write': ['files:write', 'audit'] },
  })

  test('are those of every pattern that matches, and all are named', () => {
    const { check } = of.decide(
      { principal: caller({}, ['files:read', 'other']) },
      tool('files', 'write'),
    )
    expect(check).toMatchObject({
      id: 'policy-scope',
      status: 'fail',
      evidence: { expected: ['files:read', 'files:write', 'audit'] },
      message: expect.stringContaining('missing are "files:write", "audit"') as string,
    })
  })

  test('are asked for by a challenge, so the tool stays in the list', () => {
    const lacking = { principal: caller({}) }
    expect(isHidden(of.decide(lacking, tool('files', 'write')))).toBe(false)
    const all = { principal: caller({}, ['files:read', 'files:write', 'audit']) }
    expect(of.decide(all, tool('files', 'write')).check.status).toBe('pass')
    expect(of.decide(lacking, resource('files', 'write')).check.status).toBe('pass')
  })

  test('are not asked for by a tool that a role denies', () => {
    const both = policy({
      roles: [{ name: 'r', deny_tools: ['files__write'] }],
      role_mapping: mapping('groups', { g: ['r'] }),
      tool_scopes: { 'files__*': ['files:read'] },
    })
    expect(outcome(both, caller({ groups: ['g'] }), tool('files', 'write'))).toBe(
      'policy-role denied',
    )
  })
})

test('callers with other rights have other views, and callers with equal rights the same', () => {
  const of = policy({
    roles: [{ name: 'a' }, { name: 'b' }],
    role_mapping: mapping('groups', { a: ['a'], b: ['b'] }),
  })
  const key = (groups: readonly string[]) => of.viewKey({ principal: caller({ groups }) })
  expect(key(['a'])).toBe(key(['a', 'x']))
  expect(new Set([key([]), key(['a']), key(['b']), key(['a', 'b'])]).size).toBe(4)
  expect(policy({}).restricts).toBe(false)
})
