// Whatever the policy, the caller and the target: a list shows what a call lets through, over every route, and nothing else.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import type { Reply } from '../../src/mcp/call.ts'
import type { PolicyParts } from '../../src/policy/policy.ts'
import { call, legacyClient, modernClient, toolCall } from '../support/peer.ts'
import { callerOf, groups, policies, scriptedBackends } from '../support/random-policies.ts'
import { routed } from '../support/routed.ts'
import { testPorts } from '../support/test-ports.ts'

const open = (policy: Omit<PolicyParts, 'places'>, prefixes: Record<string, string>) => {
  const scripted = scriptedBackends()
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
