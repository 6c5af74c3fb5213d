// Whatever the configuration, the caller and the request: what `replay` says of a decision that one proxy made is what a proxy
// with the other configuration decides about the same request, or that it cannot be judged, for a reason that is so.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createCandidate } from '../../src/cli/replay/candidate.ts'
import { judgeAgain, type JudgedAgain } from '../../src/cli/replay/judge-again.ts'
import type { Reason, SideReport } from '../../src/cli/replay/replay-report.ts'
import type { DecisionReport } from '../../src/decisions/decision-report.ts'
import { readDecision } from '../../src/decisions/read-decision.ts'
import { configOf, startTestProxy, type SendOptions, type TestProxy } from '../support/proxy.ts'
import { backends, groups, list, lists, scriptedBackends } from '../support/random-policies.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
} from '../support/tokens.ts'

const staticTokens = ['static-token-000000000001', 'static-token-000000000002'] as const

const when = fc.constantFrom(
  'true',
  'false',
  '"r1" in caller.roles',
  'tool.name.startsWith("re")',
  'caller.claims.dept == "sales"',
  'has(caller.claims.dept) && caller.claims.dept == "sales"',
  '"s2" in caller.scopes',
  'tool.annotations.readOnlyHint',
  'args.path == "/srv"',
  'has(args.path) && "r2" in caller.roles',
  'peer.address == "10.0.0.1"',
)

const rules = fc.option(
  fc.array(
    fc.record(
      {
        name: fc.constantFrom('one', 'two', 'three'),
        effect: fc.constantFrom('allow', 'deny'),
        when,
        tools: list,
        report_only: fc.boolean(),
      },
      { requiredKeys: ['name', 'effect', 'when', 'report_only'] },
    ),
    { minLength: 1, maxLength: 3 },
  ),
  { nil: undefined },
)

const toolScopes = fc.dictionary(
  fc.constantFrom('a/*', '*/write', 'b__read', '*'),
  fc.record({
    scopes: fc.subarray(['s1', 's2'], { minLength: 1 }),
    report_only: fc.constantFrom(false, false, true),
  }),
  { maxKeys: 2 },
)

const roleNames = ['r1', 'r2', 'r3'] as const

const roles = fc.record({
  roles: fc
    .tuple(lists, lists, lists)
    .map((all) => all.map((one, index) => ({ name: roleNames[index], ...one }))),
  role_mapping: fc.record({
    claim: fc.constantFrom('groups', 'groups', 'teams'),
    mapping: fc.dictionary(
      fc.constantFrom(...groups),
      fc.subarray([...roleNames], { minLength: 1 }),
    ),
    default_deny: fc.boolean(),
    report_only: fc.boolean(),
  }),
})

const jwt = fc
  .record({
    roles: fc.option(roles, { nil: {}, freq: 4 }),
    rules,
    tool_scopes: toolScopes,
    required_scopes: fc.constantFrom([], [], ['s1']),
    audience: fc.constantFrom(testAudience, [testAudience, 'other'], 'third'),
    max_lifetime: fc.constantFrom(undefined, undefined, 86_400),
  })
  .map(({ roles: own, ...rest }) => ({
    type: 'jwt',
    issuer: testIssuer,
    jwks_uri: 'https://id.acme.test/jwks',
    ...own,
    ...rest,
  }))

const bearer = fc
  .record({ rules, first: lists, both: fc.boolean(), only: fc.constantFrom(false, false, true) })
  .map(({ rules: own, first, both, only }) => ({
    type: 'bearer',
    tokens: both ? [staticTokens[1]] : [],
    scoped_tokens: [{ name: 'ci', token: staticTokens[0], report_only: only, ...first }],
    rules: own,
  }))

const none = rules.map((own) => ({ type: 'none', rules: own }))

const configs = fc.record({
  auth: fc.oneof({ weight: 6, arbitrary: jwt }, { weight: 2, arbitrary: bearer }, none),
  prefixes: fc.constantFrom<Record<string, string>>({}, {}, { b: '' }, { a: 'c__', c: 'x__' }),
  origins: fc.constantFrom([], ['https://app.acme.test']),
  size: fc.constantFrom(undefined, undefined, 20),
  sizeOnly: fc.constantFrom(false, false, true),
  claims: fc.constantFrom<string[]>(
    ['dept', 'groups', 'teams'],
    ['dept', 'groups', 'teams'],
    ['dept'],
    [],
  ),
  address: fc.constantFrom('full', 'full', 'network'),
})

type Wanted = typeof configs extends fc.Arbitrary<infer One> ? One : never

/** The same callers and names, without what restricts calls. */
const relaxed = (config: Wanted): Wanted => {
  const { type, ...auth } = config.auth
  const without = Object.fromEntries(
    Object.entries(auth).filter(
      ([key]) => !['rules', 'roles', 'role_mapping', 'tool_scopes'].includes(key),
    ),
  )
  const tokens = type === 'bearer' ? { tokens: staticTokens, scoped_tokens: undefined } : {}
  return { ...config, size: undefined, auth: { type, ...without, ...tokens } as Wanted['auth'] }
}

/** Two of any kind, or two of which one restricts nothing: random ones seldom let the same call through once and not twice. */
const pairs = fc
  .tuple(configs, configs, fc.constantFrom('any', 'relaxed', 'tightened'))
  .map(([was, then, how]): readonly [Wanted, Wanted] => {
    if (how === 'any') return [was, then]
    return how === 'relaxed' ? [was, relaxed(was)] : [relaxed(was), was]
  })

const callers = fc.record({
  groups: fc.subarray([...groups]),
  dept: fc.constantFrom(undefined, 'sales', 'it'),
  scope: fc.subarray(['s1', 's2']),
  aud: fc.constantFrom(testAudience, testAudience, 'other', 'third'),
  token: fc.constantFrom('jwt', 'jwt', 'jwt', 'jwt', 'static', 'static', 'none', 'broken'),
  origin: fc.constantFrom(undefined, undefined, undefined, 'https://app.acme.test'),
})

type CallerWanted = typeof callers extends fc.Arbitrary<infer One> ? One : never

const requests: readonly (readonly [method: string, params: object])[] = [
  ['tools/list', {}],
  ...['a__read', 'b__write', 'write', 'c__read', 'x__read', 'a__none'].flatMap((name) => [
    ['tools/call', { name, arguments: { path: '/srv' } }] as const,
    ['tools/call', { name, arguments: { path: '/a/longer/path', force: true } }] as const,
  ]),
  ['prompts/get', { name: 'b__read' }],
  ['prompts/get', { name: 'c__write' }],
  ['resources/read', { uri: 'a+note:///read' }],
  ['resources/read', { uri: 'b+note:///write' }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'a__read' }, argument: {} }],
]

const start = async (wanted: Wanted, keys: unknown) => {
  const { auth, prefixes, origins, size, sizeOnly, claims, address } = wanted
  const config = {
    proxy: { public_url: 'https://mcp.acme.test/mcp' },
    auth,
    security: {
      allowed_origins: origins,
      ...(size === undefined ? {} : { max_argument_size: size }),
      max_argument_size_report_only: sizeOnly,
    },
    observability: {
      log_level: 'silent',
      client_address: address,
      decisions: { accepted: 1, claims },
    },
  }
  const proxy = await startTestProxy(scriptedBackends(), { localKeys: keys, prefixes, config })
  const listed = [['tools/list'], ['prompts/list'], ['resources/list']]
  const candidate = await createCandidate(configOf(backends, config, prefixes))
  return { proxy, listed, candidate }
}

const decisionOf = async (
  proxy: TestProxy,
  [method, params]: (typeof requests)[number],
  options: SendOptions,
): Promise<DecisionReport> => {
  const answer = await proxy.modern(method, params, options)
  const id = answer.headers['x-request-id'] as string
  const { decisions } = (await proxy.send({ method: 'GET', path: `/admin/decisions/${id}` })).json()
  const decision = readDecision(JSON.parse(JSON.stringify(decisions[0])))
  if (decision === undefined) throw new Error(JSON.stringify(decisions))
  return decision
}

const sideOf = ({ outcome, code, by }: DecisionReport): SideReport => ({
  code: outcome === 'accepted' || outcome === 'failed' ? null : code,
  by,
})

const words = ({ code, by }: SideReport) =>
  [code ?? 'allowed', ...by.map(({ kind, name }) => `${kind} ${name}`)].join(' ')

const seen = new Map<string, number>()
const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)

const conditionsOf = ({ auth }: Wanted): string =>
  (auth.rules ?? []).map((rule) => rule.when).join()
const lifetimeOf = ({ auth }: Wanted) => ('max_lifetime' in auth ? auth.max_lifetime : undefined)

/** Each reason, and whether the two configurations and the decision give cause for it. */
const causes: Readonly<
  Partial<Record<Reason, (was: Wanted, then: Wanted, decision: DecisionReport) => boolean>>
> = {
  rule: (was, then) => {
    const conditions = conditionsOf(then)
    return (
      conditions.includes('args') ||
      (conditions.includes('peer') && was.address !== 'full') ||
      (conditions.includes('claims') && !was.claims.includes('dept'))
    )
  },
  'role-claim': (was, { auth }) =>
    'role_mapping' in auth &&
    auth.role_mapping !== undefined &&
    !was.claims.includes(auth.role_mapping.claim),
  'no-credential': (was, then) => was.auth.type === 'none' && then.auth.type !== 'none',
  'credential-kind': (was, then) => was.auth.type === 'bearer' && then.auth.type === 'jwt',
  'token-rules': (was, then) => lifetimeOf(was) !== lifetimeOf(then),
  'not-asked': (_was, _then, { facts, code }) => facts?.caller === null && code !== null,
  'other-backend': (was, then) => was.prefixes !== then.prefixes || then.prefixes['b'] === '',
  'no-target': (was) => was.prefixes['b'] === '',
}

/** What replay says, and what is so, in words that are equal where it is right. */
const agreement = (
  judged: JudgedAgain,
  [was, then]: readonly [Wanted, Wanted],
  decided: DecisionReport,
  live: DecisionReport,
): readonly [said: string, isSo: string] => {
  if (judged.kind === 'unjudged') {
    const { reason } = judged
    const isSo = causes[reason]?.(was, then, decided) === true
    return [reason, isSo ? reason : `no cause for ${reason}`]
  }
  if (judged.kind === 'same') return [words(sideOf(decided)), words(sideOf(live))]
  const { now } = judged
  if (now !== null) return [words(now), words(sideOf(live))]
  return ['let in', live.facts?.caller === null ? words(sideOf(live)) : 'let in']
}

it('replay says what a proxy with that configuration says, and of the same configuration that nothing changes', async () => {
  const key = await testKey()
  const now = Math.floor(Date.now() / 1000)
  const tokenOf = async (wanted: CallerWanted): Promise<string | undefined> => {
    const { groups: own, dept, scope, aud } = wanted
    const claims = { groups: own, dept, scope: scope.join(' '), aud }
    switch (wanted.token) {
      case 'jwt':
        return mintToken(key, goodClaims(claims, now))
      case 'broken':
        return mintToken(key, goodClaims({ ...claims, exp: now - 7200 }, now - 7200))
      case 'static':
        return staticTokens[scope.length === 0 ? 0 : 1]
      case 'none':
        return undefined
    }
  }
  await fc.assert(
    fc.asyncProperty(
      pairs,
      fc.array(callers, { minLength: 2, maxLength: 3 }),
      async ([was, then], asking) => {
        const before = await start(was, jwksOf(key))
        const after = await start(then, jwksOf(key))
        try {
          for (const caller of asking) {
            const token = await tokenOf(caller)
            const options = {
              ...(token === undefined ? {} : { token }),
              headers: { origin: caller.origin },
            }
            for (const request of requests) {
              const decided = await decisionOf(before.proxy, request, options)
              const again = judgeAgain(decided, before.candidate)
              const [said, isSo] = agreement(again, [was, was], decided, decided)
              expect([request, again.kind, said]).toEqual([
                request,
                again.kind === 'unjudged' ? 'unjudged' : 'same',
                isSo,
              ])
              const live = await decisionOf(after.proxy, request, options)
              const judged = judgeAgain(decided, after.candidate)
              const [foretold, happened] = agreement(judged, [was, then], decided, live)
              expect([request, foretold]).toEqual([request, happened])
              count(judged.kind === 'changed' ? judged.change : judged.kind)
            }
          }
        } finally {
          await before.proxy.close()
          await after.proxy.close()
        }
      },
    ),
    // A seed whose 30 runs contain every kind of change.
    { numRuns: 30, seed: 1 },
  )
  expect([...seen.keys()]).toEqual(
    expect.arrayContaining([
      'same',
      'allow-to-deny',
      'deny-to-allow',
      'let-in',
      'other-rule',
      'unjudged',
    ]),
  )
}, 120_000)
