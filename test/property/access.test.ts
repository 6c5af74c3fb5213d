// Whatever the policy and the caller: what `validate --tools` says of an item is what a list shows and a call gets.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import type { Principal } from '../../src/base/principal.ts'
import { listedAccess, type ListedBackend } from '../../src/cli/access/listed-access.ts'
import type { ItemAccess } from '../../src/cli/access/access-report.ts'
import type { Call, Reply } from '../../src/mcp/call.ts'
import { compilePolicy, type PolicyParts } from '../../src/policy/policy.ts'
import { compileRules } from '../../src/policy/rules.ts'
import { backendNames, withAliases } from '../../src/proxy/names/names.ts'
import { compileShape } from '../../src/shaping/shape.ts'
import { shapingSchema } from '../../src/shaping/shaping-config.ts'
import { call, modernClient } from '../support/peer.ts'
import {
  backends,
  callerOf,
  groups,
  list,
  lists,
  policies,
  rule,
  scriptedBackends,
  shapes as anyShapes,
} from '../support/random-policies.ts'
import { routed } from '../support/routed.ts'
import { testPorts } from '../support/test-ports.ts'

const when = fc.constantFrom(
  'true',
  '"r1" in caller.roles',
  'caller.claims.absent == 1',
  'args.path == "/srv"',
  'has(args.path) && "r2" in caller.roles',
  'peer.address == "10.0.0.1"',
  'peer.address == "10.0.0.1" || args.path == "/srv"',
)
const rules = fc.array(
  fc.record({
    effect: fc.constantFrom('allow' as const, 'deny' as const),
    when,
    tools: list,
    report_only: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
)

const tokenKey = 'static token'

const parts = fc
  .record({
    base: policies,
    rules: fc.option(fc.oneof(rules, fc.array(rule, { minLength: 1, maxLength: 2 })), {
      nil: undefined,
    }),
    scopes: fc.dictionary(
      fc.constantFrom('a/*', '*/write', 'b__read', '*'),
      fc.oneof(
        fc.subarray(['s1', 's2'], { minLength: 1 }),
        fc.record({
          scopes: fc.subarray(['s1', 's2'], { minLength: 1 }),
          report_only: fc.boolean(),
        }),
      ),
      { maxKeys: 2 },
    ),
    token: fc.option(fc.record({ lists, reportOnly: fc.boolean() }), { nil: undefined }),
  })
  .map(({ base, rules: ruled, scopes, token }): Omit<PolicyParts, 'places'> => ({
    ...base,
    ...(ruled === undefined ? {} : { rules: compileRules(ruled) }),
    tool_scopes: scopes,
    ...(token === undefined ? {} : { tokens: [{ key: tokenKey, name: 'ci', ...token }] }),
  }))

const callers = fc
  .record({
    own: fc.subarray([...groups]),
    scopes: fc.subarray(['s1', 's2']),
    isToken: fc.boolean(),
  })
  .map(({ own, scopes, isToken }): Principal => ({
    ...callerOf(own),
    scopes,
    ...(isToken ? { key: tokenKey } : {}),
  }))

const kinds = {
  tools: { method: 'tools/list', key: 'name', route: 'tools/call' },
  prompts: { method: 'prompts/list', key: 'name', route: 'prompts/get' },
  resources: { method: 'resources/list', key: 'uri', route: 'resources/read' },
} as const
const addresses = ['10.0.0.1', '10.0.0.2'] as const

const namedIn = (
  backend: string,
  prefixes: Readonly<Record<string, string>>,
  shapes: Readonly<Record<string, object>>,
) => {
  const shape = compileShape(shapingSchema.parse(shapes[backend] ?? {}))
  return {
    names: withAliases(backendNames(backend, '__', prefixes[backend]), shape?.aliases),
    shape,
  }
}

const listedBy = async (
  scripted: ReturnType<typeof scriptedBackends>,
  prefixes: Readonly<Record<string, string>>,
  shapes: Readonly<Record<string, object>>,
): Promise<readonly ListedBackend[]> =>
  Promise.all(
    scripted.map(async (backend) => ({
      backend: backend.name,
      ...namedIn(backend.name, prefixes, shapes),
      era: 'modern' as const,
      lists: await Promise.all(
        Object.entries(kinds).map(async ([kind, { method }]) => ({
          kind: kind as keyof typeof kinds,
          trouble: null,
          items: itemsOf(await backend.handle(call(method, {}, { client: modernClient })), kind),
        })),
      ),
    })),
  )

const itemsOf = (reply: Reply, kind: string): JsonObject[] => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.result.value()[kind] as JsonObject[]
}

const outcomeOf = (reply: Reply) =>
  reply.kind === 'refusal'
    ? {
        code: reply.problem.code,
        detail: reply.problem.detail,
        hidden: reply.shownAs !== undefined,
        scopes: reply.scopes ?? [],
      }
    : { code: reply.kind, detail: '', hidden: false, scopes: [] }

/** What serve may answer to a call of the item. */
const expectAgreement = (item: ItemAccess, reply: Reply, readsPeer: boolean): void => {
  const got = outcomeOf(reply)
  switch (item.access) {
    case 'allowed':
      expect(got.code).toBe('result')
      break
    case 'denied': {
      // A rule about the address is open beforehand: where it denies as well, the call is refused by it.
      const isOther = readsPeer && got.code === 'policy-rule'
      expect(got).toEqual({
        code: item.problem?.code,
        detail: isOther ? got.detail : item.problem?.detail,
        hidden: true,
        scopes: [],
      })
      break
    }
    case 'scopes':
      // What is open is asked after the scopes, but for rules about the address, which are asked before.
      if (got.code !== 'policy-scope')
        expect(item.depends.some(({ on }) => on.includes('peer'))).toBe(true)
      else expect(got.scopes).toEqual(item.scopes)
      break
    case 'depends': {
      if (got.code === 'result') break
      expect(['policy-argument', 'policy-rule']).toContain(got.code)
      // Where no allow rule is true, one beside it that cannot be evaluated is blamed.
      const isBlamed = got.detail.includes('cannot be evaluated')
      expect(
        item.depends.some(
          ({ rule: name, effect }) => got.detail.includes(name) || (effect === 'allow' && isBlamed),
        ),
      ).toBe(true)
    }
  }
}

it('what is said beforehand of a token and an item is what the list shows and the call gets', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      parts,
      fc.array(callers, { minLength: 1, maxLength: 2 }),
      fc.constantFrom<Record<string, string>>({}, { b: '' }, { a: '', b: '', c: 'a__' }),
      anyShapes,
      async (policyParts, principals, prefixes, shapes) => {
        const scripted = scriptedBackends()
        const { handle } = routed(scripted, testPorts(), {
          policy: policyParts,
          prefixes,
          shapes,
        })
        const places = backends.map((backend) => ({
          backend,
          ...namedIn(backend, prefixes, shapes).names,
        }))
        const policy = compilePolicy({ ...policyParts, places })
        const listed = await listedBy(scripted, prefixes, shapes)
        for (const principal of principals) {
          const access = listedAccess(policy, { principal, address: null }, listed)
          for (const address of addresses) {
            const ask = (method: string, params: JsonObject) => {
              const made = call(method, params, { client: modernClient })
              const asked: Call = { ...made, caller: { ...made.caller, principal, address } }
              return handle(asked)
            }
            for (const { kind, items } of access.flat()) {
              const { method, key, route } = kinds[kind as keyof typeof kinds]
              const shown = itemsOf(await ask(method, {}), kind).map((item) => item[key])
              for (const item of items) {
                if (item.taken !== null) continue
                seen.add(item.access)
                const byAddress = item.depends.some(({ on }) => on.includes('peer'))
                const isListed = shown.includes(item.name)
                expect(byAddress || isListed === (item.access !== 'denied')).toBe(true)
                for (const args of [{}, { path: '/srv' }]) {
                  const params =
                    kind === 'tools' ? { name: item.name, arguments: args } : { [key]: item.name }
                  expectAgreement(
                    item,
                    await ask(route, params),
                    policyParts.rules?.readPeer === true,
                  )
                }
              }
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  )
  expect([...seen].sort()).toEqual(['allowed', 'denied', 'depends', 'scopes'])
}, 60_000)
