// What the policy adds to one call: 20 roles and 200 rules, a caller with three roles. usage: npm run bench:policy
import { compilePolicy } from '../src/policy/policy.ts'
import { compileRules } from '../src/policy/rules.ts'
import { backendNames } from '../src/proxy/names/names.ts'

const count = (n: number): number[] => Array.from({ length: n }, (_, index) => index)
const places = count(10).map((n) => ({
  backend: `backend-${n}`,
  ...backendNames(`backend-${n}`, '__', undefined),
}))
const roles = count(20).map((n) => ({
  name: `role-${n}`,
  allow_tools: count(5).map((m) => `backend-${m}/tool_${n}*`),
  deny_tools: count(5).map((m) => `*/drop_${n}_${m}`),
}))
const rule = (n: number) => ({
  effect: 'deny' as const,
  when: n % 2 === 0 ? `"role-${n % 20}-none" in caller.roles` : `args.n > ${1000 + n}`,
  tools: [`backend-${n % 10}__tool_${n % 20}*`],
  report_only: false,
})

const policy = compilePolicy({
  places,
  roles,
  role_mapping: {
    claim: 'groups',
    mapping: Object.fromEntries(count(20).map((n) => [`group-${n}`, [`role-${n}`]])),
    default_deny: true,
    report_only: false,
  },
  rules: compileRules(count(200).map(rule)),
})
const principal = () => ({
  method: 'jwt' as const,
  key: 'k',
  sub: 'alice',
  scopes: ['a', 'b'],
  audience: [],
  claims: { sub: 'alice', groups: ['group-1', 'group-2', 'group-3'] },
})
const targets = count(30).map((n) => ({
  kind: 'tool' as const,
  backend: `backend-${n % 10}`,
  name: `tool_${n % 5}`,
}))
const calls = 200_000

const measure = (name: string, next: () => ReturnType<typeof principal>): void => {
  const run = (n: number): void => {
    for (let call = 0; call < n; call += 1) {
      const target = targets[call % targets.length]
      if (target !== undefined)
        policy.decideCall({ principal: next() }, target, { n: call % 7, path: '/srv' })
    }
  }
  run(calls)
  const begun = performance.now()
  run(calls)
  const each = ((performance.now() - begun) * 1000) / calls
  process.stdout.write(`${name.padEnd(44)} ${each.toFixed(2)} us a call\n`)
}

const known = principal()
const { claims } = known
measure('a caller that the connection has proven', () => known)
// As introspection and static tokens do: a caller for each request, of claims that are remembered.
measure('a caller whose token was looked up again', () => ({ ...principal(), claims }))
measure('a caller whose token is new', principal)
