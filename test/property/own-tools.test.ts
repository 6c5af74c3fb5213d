// Whatever the policy and the caller: the search finds what is listed, call_tool does what a call does, and a composite tool
// does no more than its caller may.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import type { Reply } from '../../src/mcp/call.ts'
import { call, modernClient } from '../support/peer.ts'
import {
  backends,
  callerOf,
  groups,
  names,
  policies,
  scriptedBackends,
  shapes,
} from '../support/random-policies.ts'
import { routed } from '../support/routed.ts'
import { testPorts } from '../support/test-ports.ts'

const composite_tools = [
  { name: 'reads', description: 'Reads everywhere', tools: ['a/read', 'b/read', 'c/read'] },
  { name: 'writes', description: 'Writes once', strategy: 'first', tools: ['a/write', 'b/write'] },
]

const resultOf = (reply: Reply): JsonObject => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.result.value()
}

/** What a caller reads of an answer, but for the name that it may have meant, which depends on the lists at hand. */
const readOf = (reply: Reply): unknown => {
  switch (reply.kind) {
    case 'result':
      return reply.result.value()
    case 'refusal':
      return [
        reply.problem.code,
        (reply.shownAs ?? reply.problem).detail.replace(/; did you mean .*/, ''),
        reply.scopes,
      ]
    case 'failure':
      return reply.problem.code
    case 'error':
      return reply.error
  }
}

it('search, call_tool and composite tools show and do what lists show and calls do', async () => {
  await fc.assert(
    fc.asyncProperty(policies, fc.subarray([...groups]), shapes, async (policy, own, shaped) => {
      const scripted = scriptedBackends()
      const open = (tool_exposure?: 'search') =>
        routed(scripted, testPorts(), {
          policy,
          shapes: shaped,
          privateLists: true,
          own: { composite_tools, ...(tool_exposure === undefined ? {} : { tool_exposure }) },
        }).handle
      const [direct, search] = [open(), open('search')]
      const asked = { client: modernClient, principal: callerOf(own) }
      const listed = resultOf(await direct(call('tools/list', {}, asked)))['tools'] as JsonObject[]
      const shown = new Set(listed.map(({ name }) => name as string))

      const find = async (query: string) => {
        const args = { name: 'proxy__search_tools', arguments: { query, top_k: 50 } }
        const { content } = resultOf(await search(call('tools/call', args, asked)))
        const [block] = content as { text: string }[]
        return JSON.parse(block?.text ?? '') as { tools: { name: string }[]; searched: number }
      }
      const { searched } = await find('anything')
      expect(searched).toBe(shown.size)
      const all = [
        'reads',
        'writes',
        ...backends.flatMap((backend) => [...names, 'fresh'].map((name) => `${backend}__${name}`)),
      ]
      for (const name of all) {
        const [first] = (await find(name)).tools
        expect([name, first?.name === name]).toEqual([name, shown.has(name)])
        const args = { path: '/srv' }
        const plain = await direct(call('tools/call', { name, arguments: args }, asked))
        const wrapped = { name: 'proxy__call_tool', arguments: { name, arguments: args } }
        expect(readOf(await search(call('tools/call', wrapped, asked)))).toEqual(readOf(plain))
        // Nothing that is not listed does anything.
        expect(shown.has(name) || plain.kind === 'refusal').toBe(true)
      }
    }),
    { numRuns: 60 },
  )
})
