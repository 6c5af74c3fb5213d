// Policies, callers and backends for property tests: names that look like those of other backends are among them.
import * as fc from 'fast-check'
import type { JsonObject } from '../../src/base/json.ts'
import type { Principal } from '../../src/base/principal.ts'
import { pass } from '../../src/core/verdict/check.ts'
import type { Step } from '../../src/policy/decision.ts'
import type { PolicyParts, Target } from '../../src/policy/policy.ts'
import { compileRules } from '../../src/policy/rules.ts'
import { compileRegex } from '../../src/shaping/linear-regex.ts'
import { compileFilter } from '../../src/shaping/name-filter.ts'
import { shapingSchema } from '../../src/shaping/shaping-config.ts'
import { scriptedBackend } from './scripted-backend.ts'

export const backends = ['a', 'b', 'c'] as const
export const names = ['read', 'write', 'a__read', 'b/read'] as const
export const groups = ['g1', 'g2', 'g3'] as const
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
  'a/note:*',
  '*{x}',
  'b+*',
  'none',
)
export const list = fc.option(fc.array(pattern, { minLength: 1, maxLength: 3 }), { nil: undefined })
export const lists = fc.record({
  allow_tools: list,
  deny_tools: list,
  allow_prompts: list,
  deny_prompts: list,
  allow_resources: list,
  deny_resources: list,
})

export const rule = fc.record({
  effect: fc.constantFrom('allow' as const, 'deny' as const),
  when: fc.constantFrom(
    'true',
    'false',
    '"r1" in caller.roles',
    'tool.name.startsWith("re")',
    'caller.claims.absent == 1',
    'tool.annotations.readOnlyHint',
    'caller.claims.groups.exists(g, g == "g2")',
  ),
  tools: list,
  report_only: fc.boolean(),
})

const ownPattern = fc.constantFrom(
  '*',
  'read',
  '*read',
  'b/*',
  'note:///a*',
  'note:///*{x}',
  'tpl:///read/{x}',
  're:^w',
  're:read$',
  're:/.*a',
)
const ownList = fc.array(ownPattern, { minLength: 1, maxLength: 2 })

/** Of each kind one list, or none. */
export const filter = fc
  .tuple(
    ...(['tools', 'prompts', 'resources'] as const).map((kind) =>
      fc.option(
        fc
          .tuple(fc.constantFrom('expose', 'hide'), ownList)
          .map(([verb, patterns]) => [`${verb}_${kind}`, patterns] as const),
        { nil: undefined },
      ),
    ),
  )
  .map((lists) => Object.fromEntries(lists.filter((list) => list !== undefined)))

export const filterOf = (keys: object): ((target: Target) => Step) =>
  compileFilter(shapingSchema.parse(keys), 'backends[0]', compileRegex) ?? (() => passed)

const passed: Step = { check: pass('policy-filter'), causes: [] }

/** Other names for tools, some of which others have, and parameters that are hidden or fixed. */
const shape = fc.record({
  aliases: fc
    .uniqueArray(
      fc.tuple(fc.constantFrom(...names), fc.constantFrom('read', 'fresh', 'write', 'a__read')),
      { maxLength: 3, comparator: (one, two) => one[0] === two[0] || one[1] === two[1] },
    )
    .map((pairs) => pairs.map(([from, to]) => ({ from, to }))),
  default_args: fc.constantFrom({}, { level: 1 }),
  param_overrides: fc.constantFrom<object[]>([], [{ tool: 'read', hide: ['secret'] }]),
})
export const shapes = fc.dictionary(fc.constantFrom(...backends), shape)

export const policies = fc
  .record({
    roles: fc.tuple(lists, lists, lists),
    given: fc.dictionary(fc.constantFrom(...groups), fc.subarray([...roleNames], { minLength: 1 })),
    defaultDeny: fc.boolean(),
    reportOnly: fc.boolean(),
    mapped: fc.boolean(),
    hides: fc.dictionary(
      fc.constantFrom(...backends),
      fc.record({
        hideDestructive: fc.boolean(),
        readOnlyOnly: fc.boolean(),
        reportOnly: fc.constantFrom(false, false, true),
      }),
    ),
    filters: fc.dictionary(fc.constantFrom(...backends), filter),
    rules: fc.option(fc.array(rule, { minLength: 1, maxLength: 3 }), { nil: undefined }),
  })
  .map(
    ({
      roles,
      given,
      defaultDeny,
      reportOnly,
      mapped,
      hides,
      filters,
      rules,
    }): Omit<PolicyParts, 'places'> => ({
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
      filters: new Map(Object.entries(filters).map(([name, keys]) => [name, filterOf(keys)])),
      annotationRules: new Map(Object.entries(hides)),
      ...(rules === undefined ? {} : { rules: compileRules(rules) }),
    }),
  )

export const callerOf = (own: readonly string[]): Principal => ({
  method: 'jwt',
  key: own.join(' '),
  scopes: [],
  audience: [],
  claims: { groups: own },
})

export const uriOf = (name: string) => `note:///${name}`

/** Each says something else of itself. */
const annotations: Readonly<Record<string, JsonObject>> = {
  read: { readOnlyHint: true },
  write: { destructiveHint: true },
  a__read: { readOnlyHint: false, destructiveHint: false },
}

export const toolOf = (name: string): JsonObject => ({
  name,
  inputSchema: { type: 'object' },
  ...(annotations[name] === undefined ? {} : { annotations: annotations[name] }),
})

/** They list and answer the same, under names of their own. */
export const scriptedBackends = () =>
  backends.map((backend) =>
    scriptedBackend(backend, {
      'tools/list': { tools: names.map(toolOf) },
      'tools/call': { content: [] },
      'prompts/list': { prompts: names.map((name) => ({ name })) },
      'prompts/get': { messages: [] },
      'resources/list': { resources: names.map((name) => ({ name, uri: uriOf(name) })) },
      'resources/templates/list': { resourceTemplates: [] },
      'resources/read': { contents: [] },
      'completion/complete': { completion: { values: [] } },
    }),
  )
