// Conditions in CEL: what they see, what they cost at most, and that what cannot be evaluated refuses.
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { ruleKeys } from '../../src/core/auth-config/access-keys.ts'
import { compileCondition } from '../../src/policy/conditions.ts'
import { isHidden } from '../../src/policy/decision.ts'
import { compilePolicy, type Subject } from '../../src/policy/policy.ts'
import { compileRules } from '../../src/policy/rules.ts'
import { backendNames } from '../../src/proxy/names/names.ts'

const places = [{ backend: 'files', ...backendNames('files', '__', undefined) }]
const principal = {
  method: 'jwt',
  key: 'k',
  sub: 'alice',
  scopes: ['read'],
  audience: [],
  claims: { sub: 'alice', dept: 'ops', groups: ['staff'] },
} as const

const facts = {
  caller: { subject: 'alice', scopes: ['read'], claims: principal.claims },
  tool: { name: 'write', backend: 'files' },
  peer: { address: '127.0.0.1' },
}

const holds = (text: string, args: JsonObject = {}) => {
  const condition = compileCondition(text)
  if (!('holds' in condition)) throw new Error(`does not compile: ${condition.why}`)
  return condition.holds({ ...facts, args })
}

test.each<[string, JsonObject]>([
  ['caller.subject == "alice" && "read" in caller.scopes', {}],
  ['caller.claims.dept == "ops" && caller.claims.groups.exists(g, g == "staff")', {}],
  ['has(caller.claims.absent) ? false : true', {}],
  ['tool.name == "write" && tool.backend == "files" && peer.address == "127.0.0.1"', {}],
  ['args.path.startsWith("/srv/") && !args.path.contains("..")', { path: '/srv/a' }],
  ['args.path.glob("/srv/*.txt")', { path: '/srv/a.txt' }],
  ['args.count > 3 && args.count == 5', { count: 5 }],
  ['args.list.all(x, x in ["a", "b"])', { list: ['a', 'b'] }],
  ['args.deep.er[0].x == "y"', { deep: { er: [{ x: 'y' }] } }],
])('holds: %s', (text, args) => {
  expect(holds(text, args)).toBe(true)
})

test.each([
  ['caller.sub == "x"', /No such key: sub/, 7],
  ['user == "x"', /Unknown variable: user/, 0],
  ['caller.subject == 3', /no such overload/, 0],
  ['args.a ==', /Unexpected token/, 9],
  ['1 + 2', /true or false/, 0],
  ['args.path.matches("(a+)+$")', /matches\(\) is not offered/, 0],
  ['args.a.all(x, args.a.all(y, args.a.all(z, true)))', /loops/, 28],
])('does not compile: %s', (text, why, at) => {
  const condition = compileCondition(text)
  expect('holds' in condition).toBe(false)
  expect(condition).toMatchObject({ why: expect.stringMatching(why) as string, at })
})

test('does not compile: a condition that is too long or too deep', () => {
  expect('holds' in compileCondition(Array(400).fill('args.a').join(' && '))).toBe(false)
  expect('holds' in compileCondition(`${'('.repeat(60)}args.a${')'.repeat(60)}`)).toBe(false)
})

test.each<[string, JsonObject]>([
  ['args.n > 3', {}],
  ['args.n > 3', { n: 'x' }],
  ['args.constructor == null', {}],
  ['args.__proto__ == null', {}],
  ['args.o.toString == null', { o: {} }],
  ['args.flag', { flag: 1 }],
  ['caller.claims.absent == 1', {}],
  ['args.list.all(x, true)', { list: Array(2000).fill(1) as number[] }],
  ['args.list.all(x, args.text.contains("b"))', { list: [1], text: 'a'.repeat(200_000) }],
])('cannot be evaluated: %s', (text, args) => {
  expect(() => holds(text, args)).toThrow(/No such key|no such overload|neither true|too large/)
})

const rule = (effect: 'allow' | 'deny', when: string, more: object = {}) =>
  ({ effect, when, report_only: false, ...more }) as const

const decided = (
  rules: readonly ReturnType<typeof rule>[],
  args?: JsonObject | 'list',
  name = 'write',
) => {
  const policy = compilePolicy({ places, rules: compileRules(rules) })
  const target = { kind: 'tool', backend: 'files', name } as const
  const decision =
    args === 'list'
      ? policy.decide({ principal }, target)
      : policy.decideCall({ principal }, target, args)
  const { check, reported } = decision
  const outcome = check.status === 'fail' ? `${check.id} ${check.case ?? ''}`.trim() : check.status
  return { outcome, hidden: isHidden(decision), reported: reported.map(({ rule: of }) => of) }
}

describe('a rule', () => {
  test('that denies a caller hides the tool from the list and from calls', () => {
    const rules = [rule('deny', 'caller.subject == "alice"', { tools: ['files__write'] })]
    const refused = { outcome: 'policy-rule denied', hidden: true, reported: [] }
    expect(decided(rules, 'list')).toEqual(refused)
    expect(decided(rules, {})).toEqual(refused)
    expect(decided(rules, {}, 'read').outcome).toBe('pass')
  })

  test('that reads arguments leaves the tool in the list and refuses the call', () => {
    const rules = [rule('deny', 'args.path.startsWith("/etc")')]
    expect(decided(rules, 'list').outcome).toBe('pass')
    expect(decided(rules, { path: '/srv' }).outcome).toBe('pass')
    const refused = decided(rules, { path: '/etc/passwd' })
    expect(refused).toEqual({ outcome: 'policy-argument rule', hidden: false, reported: [] })
  })

  test('that cannot be evaluated refuses, whatever its effect', () => {
    for (const effect of ['allow', 'deny'] as const) {
      expect(decided([rule(effect, 'args.path.startsWith("/etc")')], {}).outcome).toBe(
        'policy-argument failed',
      )
      expect(decided([rule(effect, 'caller.claims.absent == 1')], 'list').outcome).toBe(
        'policy-rule failed',
      )
    }
  })

  test('of those that allow a tool one has to be true, and a tool that none is about is not restricted', () => {
    const rules = [
      rule('allow', 'caller.subject == "bob"', { tools: ['*/write'] }),
      rule('allow', 'args.path.glob("/srv/*")', { tools: ['*/write'] }),
    ]
    expect(decided(rules, 'list').outcome).toBe('pass')
    expect(decided(rules, { path: '/srv/a' }).outcome).toBe('pass')
    expect(decided(rules, { path: '/etc/a' }).outcome).toBe('policy-argument rule')
    expect(decided(rules, {}, 'read').outcome).toBe('pass')
    expect(decided(rules.slice(0, 1), 'list').outcome).toBe('policy-rule unallowed')
  })

  test('that only reports refuses nothing and names itself', () => {
    const rules = [
      rule('deny', 'true', { report_only: true, name: 'freeze' }),
      rule('allow', 'args.path == "x"', { report_only: true, name: 'x-only' }),
    ]
    expect(decided(rules, {})).toMatchObject({ outcome: 'pass', reported: ['freeze', 'x-only'] })
  })
})

test('arguments beyond the limit are refused by their bytes, and the tool stays in the list', () => {
  const policy = compilePolicy({ places, maxArgumentSize: 20 })
  const target = { kind: 'tool', backend: 'files', name: 'write' } as const
  const ask = (args: JsonObject) => policy.decideCall({ principal }, target, args).check
  expect(ask({ a: 'é'.repeat(6) }).status).toBe('pass')
  expect(ask({ a: 'é'.repeat(7) })).toMatchObject({
    id: 'policy-argument',
    message: 'The arguments have 22 bytes; at most 20 are allowed',
  })
})

test('the schema takes rules with their defaults', () => {
  expect(ruleKeys.rules.safeParse([{ when: 'true', effect: 'deny' }]).data).toEqual([
    { when: 'true', effect: 'deny', report_only: false },
  ])
})

describe('callers are told apart by what conditions read of them, and by nothing else', () => {
  const of = (when: string) =>
    compilePolicy({ places, rules: compileRules([{ effect: 'deny', when, report_only: false }]) })
  const target = { kind: 'tool', backend: 'files', name: 'x' } as const
  const caller = (claims: JsonObject, sub = 'alice') => ({
    principal: { ...principal, sub, claims },
  })

  test.each<[string, JsonObject, JsonObject]>([
    ['caller.claims.dept == "ops"', { dept: 'ops' }, { dept: 'dev' }],
    ['caller.claims["dept"] == "ops"', { dept: 'ops' }, { dept: 'dev' }],
    ['has(caller.claims.dept)', { dept: null }, {}],
    ['"dept" in caller.claims', { dept: 1 }, { other: 1 }],
    ['caller.claims.exists(name, name == "dept")', { dept: 1 }, { other: 1 }],
    ['["dept"].exists(name, caller.claims[name] == "ops")', { dept: 'ops' }, { dept: 'dev' }],
    ['[caller].exists(c, c.claims.dept == "ops")', { dept: 'ops' }, { dept: 'dev' }],
    ['caller.claims.deep.er == 1', { deep: { er: 1 } }, { deep: { er: 2 } }],
  ])('%s', (when, denied, permitted) => {
    const policy = of(when)
    const status = (claims: JsonObject) => policy.decide(caller(claims), target).check.status
    expect([status(denied), status(permitted), status(denied)]).toEqual(['fail', 'pass', 'fail'])
  })

  test('a member that is read', () => {
    const policy = of('caller.subject == "bob"')
    const status = (sub: string) => policy.decide(caller({}, sub), target).check.status
    expect([status('alice'), status('bob'), status('alice')]).toEqual(['pass', 'fail', 'pass'])
    expect(policy.viewKey(caller({ jti: '1' }))).toBe(policy.viewKey(caller({ jti: '2' })))
    expect(of('"x" in caller.claims').viewKey(caller({ jti: '1' }))).not.toBe(
      of('"x" in caller.claims').viewKey(caller({ jti: '2' })),
    )
  })
})

describe('a forecast', () => {
  const target = { kind: 'tool', backend: 'files', name: 'write' } as const

  test.each([
    ['caller.subject == "alice"'],
    ['caller.claims.dept == "ops"'],
    ['caller.claims["dept"] == "ops"'],
    ['"staff" in caller.claims.groups'],
    ['size(caller.claims) == 3'],
  ])('leaves a condition about the caller open: %s', (when) => {
    const rules = compileRules(ruleKeys.rules.parse([{ name: 'r', effect: 'deny', when }])!)
    const { check, open } = compilePolicy({ places, rules }).forecast([], target)
    expect([check.status, open.map(({ on }) => on)]).toEqual(['pass', [['caller']]])
  })
})

describe('what is remembered of a caller', () => {
  const target = { kind: 'tool', backend: 'files', name: 'write' } as const
  const outcomes = (when: string, subjects: readonly Subject[]) => {
    const policy = compilePolicy({ places, rules: compileRules([rule('deny', when)]) })
    return subjects.map((subject) => policy.decide(subject, target).check.status)
  }

  test('does not outlive another address', () => {
    const at = (address: string | null) => ({ principal, address })
    const subjects = ['10.0.0.1', '10.0.0.2', '10.0.0.1'].map(at)
    expect(outcomes('peer.address == "10.0.0.1"', subjects)).toEqual(['fail', 'pass', 'fail'])
  })

  test('is not taken for another token: by its key where it has no claims, by its claims else', () => {
    const { claims } = principal
    const token = (key: string) => ({ principal: { ...principal, method: 'bearer', key } }) as const
    expect(outcomes('caller.method == "bearer"', [token('a'), { principal }, token('b')])).toEqual([
      'fail',
      'pass',
      'fail',
    ])
    const subjects = [
      { principal: { ...principal, claims } },
      { principal: { ...principal, claims: { ...claims, more: 1 } } },
    ]
    expect(outcomes('has(caller.claims.more)', subjects)).toEqual(['pass', 'fail'])
  })

  test('of a forecast is not what a caller gets', () => {
    const subjects = [
      { principal, address: null },
      { principal, address: '10.0.0.1' },
    ]
    expect(outcomes('tool.annotations.readOnlyHint', subjects)).toEqual(['pass', 'fail'])
  })
})
