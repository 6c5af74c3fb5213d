// Whatever the policy, the caller and the target: a list shows what a call lets through, over every route, and nothing else.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import type { Principal } from '../../src/base/principal.ts'
import type { Reply } from '../../src/mcp/call.ts'
import type { PolicyParts } from '../../src/policy/policy.ts'
import { compileRules } from '../../src/policy/rules.ts'
import { call, legacyClient, modernClient, toolCall } from '../support/peer.ts'
import { routed } from '../support/routed.ts'
import { scriptedBackend } from '../support/scripted-backend.ts'
import { testPorts } from '../support/test-ports.ts'

const backends = ['a', 'b', 'c'] as const
const names = ['read', 'write', 'a__read', 'b/read'] as const
const groups = ['g1', 'g2', 'g3'] as const
const roleNames = ['r1', 'r2', 'r3'] as const

const pattern = fc.constantFrom(
  '*',
  'a__*',
  'b__read',
  '*/read',
  'a/*',
  '*read',
  'c/?rite',
  'b/read',
  'a__read',
  'c/b/read',
  'none',
)
const list = fc.option(fc.array(pattern, { minLength: 1, maxLength: 3 }), { nil: undefined })
const lists = fc.record({
  allow_tools: list,
  deny_tools: list,
  allow_prompts: list,
  deny_prompts: list,
  allow_resources: list,
  deny_resources: list,
})

const rule = fc.record({
  effect: fc.constantFrom('allow' as const, 'deny' as const),
  when: fc.constantFrom(
    'true',
    'false',
    '"r1" in caller.roles',
    'tool.name.startsWith("re")',
    'caller.claims.absent == 1',
    'caller.claims.groups.exists(g, g == "g2")',
  ),
  tools: list,
  report_only: fc.boolean(),
})

const policies = fc
  .record({
    roles: fc.tuple(lists, lists, lists),
    given: fc.dictionary(fc.constantFrom(...groups), fc.subarray([...roleNames], { minLength: 1 })),
    defaultDeny: fc.boolean(),
    reportOnly: fc.boolean(),
    mapped: fc.boolean(),
    rules: fc.option(fc.array(rule, { minLength: 1, maxLength: 3 }), { nil: undefined }),
  })
  .map(({ roles, given, defaultDeny, reportOnly, mapped, rules }): Omit<PolicyParts, 'places'> => ({
    ...(mapped
      ? {
          roles: roles.map((one, index) => ({ name: roleNames[index] ?? '', ...one })),
          role_mapping: {
            claim: 'groups',
            mapping: given,
            default_deny: defaultDeny,
            report_only: reportOnly,
          },
        }
      : {}),
    ...(rules === undefined ? {} : { rules: compileRules(rules) }),
  }))

const callerOf = (own: readonly string[]): Principal => ({
  method: 'jwt',
  key: own.join(' '),
  scopes: [],
  audience: [],
  claims: { groups: own },
})

const uriOf = (name: string) => `note:///${name}`

const open = (policy: Omit<PolicyParts, 'places'>, prefixes: Record<string, string>) => {
  const scripted = backends.map((backend) =>
    scriptedBackend(backend, {
      'tools/list': { tools: names.map((name) => ({ name, inputSchema: { type: 'object' } })) },
      'tools/call': { content: [] },
      'prompts/list': { prompts: names.map((name) => ({ name })) },
      'prompts/get': { messages: [] },
      'resources/list': { resources: names.map((name) => ({ name, uri: uriOf(name) })) },
      'resources/templates/list': { resourceTemplates: [] },
      'resources/read': { contents: [] },
      'completion/complete': { completion: { values: [] } },
    }),
  )
  const { handle } = routed(scripted, testPorts(), { policy, prefixes })
  const sent = (method: string) => scripted.reduce((sum, backend) => sum + backend.count(method), 0)
  return { handle, sent }
}

const listed = (reply: Reply, kind: string, key: string): ReadonlySet<string> => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return new Set((reply.result.value()[kind] as JsonObject[]).map((item) => item[key] as string))
}

it('list and call never disagree, whatever the policy, the caller and the route', async () => {
  await fc.assert(
    fc.asyncProperty(
      policies,
      fc.array(fc.subarray([...groups]), { minLength: 1, maxLength: 3 }),
      fc.constantFrom<Record<string, string>>({}, { b: '' }, { a: '', b: '', c: 'a__' }),
      fc.boolean(),
      async (policy, callers, prefixes, isModern) => {
        const { handle, sent } = open(policy, prefixes)
        const unrestricted = open({}, prefixes)
        const client = isModern ? modernClient : legacyClient
        const ask = (own: readonly string[], method: string, params: JsonObject = {}) =>
          handle(call(method, params, { principal: callerOf(own), client }))
        for (const own of callers) {
          const lists = [
            ['tools/list', 'tools', 'name'],
            ['prompts/list', 'prompts', 'name'],
            ['resources/list', 'resources', 'uri'],
          ] as const
          for (const [method, kind, key] of lists) {
            const shown = listed(await ask(own, method), kind, key)
            const all = await unrestricted.handle(call(method, {}, { client }))
            for (const name of listed(all, kind, key)) {
              const routes: (readonly [string, JsonObject])[] =
                kind === 'tools'
                  ? [['tools/call', toolCall(name).request.params as JsonObject]]
                  : kind === 'prompts'
                    ? [
                        ['prompts/get', { name }],
                        ['completion/complete', { ref: { type: 'ref/prompt', name } }],
                      ]
                    : [
                        ['resources/read', { uri: name }],
                        ['completion/complete', { ref: { type: 'ref/resource', uri: name } }],
                      ]
              for (const [route, params] of routes) {
                const before = sent(route)
                const reply = await ask(own, route, params)
                expect([name, route, reply.kind === 'result']).toEqual([
                  name,
                  route,
                  shown.has(name),
                ])
                expect(sent(route) - before).toBe(shown.has(name) ? 1 : 0)
              }
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  )
}, 60_000)
