// Whatever the policy, the callers and their order: with a cache and with coalescing each gets what it would get without, and
// what a backend makes for one caller reaches no other unless it is public.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { readJson } from '../../src/base/exact-json.ts'
import type { JsonObject } from '../../src/base/json.ts'
import type { Principal } from '../../src/base/principal.ts'
import { MemoryStore } from '../../src/cache/memory-store.ts'
import { canonical } from '../../src/cache/question.ts'
import type { OpenCache } from '../../src/cache/store.ts'
import { backendLayers, layersFor } from '../../src/layers/order.ts'
import { stack, type Call, type Handler, type Reply } from '../../src/mcp/call.ts'
import { backendConfig } from '../support/behind-layers.ts'
import { backendContext } from '../support/layer-context.ts'
import { call, modernClient } from '../support/peer.ts'
import {
  backends,
  callerOf,
  groups,
  names,
  policies,
  scriptedBackends,
} from '../support/random-policies.ts'
import { routed } from '../support/routed.ts'
import { result, type ScriptedBackend } from '../support/scripted-backend.ts'
import { testPorts } from '../support/test-ports.ts'

/** Who asked there and for what, so that an answer to another caller is another answer. */
const answerTo = ({ request: { method, params }, caller: { principal } }: Call): JsonObject => {
  const { _meta, ...subject } = params ?? {}
  return { content: [{ type: 'text', text: `${principal.key} ${method} ${canonical(subject)}` }] }
}

interface Layered {
  readonly handle: Handler
  readonly caches: readonly OpenCache[]
  readonly sent: () => number
}

type Around = (backend: ScriptedBackend, handle: Handler) => Handler

const proxyOf = (
  policy: NonNullable<Parameters<typeof routed>[2]>['policy'],
  publicly: boolean,
  around: Around,
) => {
  const scripted = scriptedBackends()
  for (const backend of scripted) {
    for (const method of ['tools/call', 'resources/read', 'prompts/get']) {
      backend.answer(method, (given) => {
        const answer = answerTo(given)
        return result(
          method === 'resources/read' && publicly ? { ...answer, cacheScope: 'public' } : answer,
        )
      })
    }
  }
  const behind = scripted.map((backend) => {
    const value = around(backend, backend.handle)
    return Object.create(backend, { handle: { value } }) as ScriptedBackend
  })
  const { handle } = routed(behind, testPorts(), { policy: policy! })
  const sent = () => scripted.reduce((sum, { calls }) => sum + calls.length, 0)
  return { handle, sent }
}

/** Every tool counts as read-only, so that the cache is asked as often as can be. */
const withCaches = (policy: Parameters<typeof proxyOf>[0], publicly: boolean): Layered => {
  const ports = testPorts()
  const caches: OpenCache[] = []
  const keys = { tool_ttl_seconds: 60, resource_ttl_seconds: 60, tools: [...names] }
  const layered = proxyOf(policy, publicly, (backend, handle) => {
    const config = backendConfig({ cache: keys })
    const cache = {
      store: new MemoryStore(config.cache!, ports.clock),
      counts: { hits: 0, misses: 0 },
    }
    caches.push(cache)
    const context = backendContext({ backend, cache, coalesces: true, isReadOnly: () => true })
    return stack(layersFor(backendLayers, config, ports, context), handle)
  })
  return { ...layered, caches }
}

const callers = fc
  .record({ key: fc.constantFrom('one', 'two'), own: fc.subarray([...groups]) })
  // One name may come with other groups: what it was allowed is not what it is allowed.
  .map(({ key, own }): Principal => ({ ...callerOf(own), key }))

const requests = fc
  .record({
    principal: callers,
    // Few, so that much is asked again.
    backend: fc.constantFrom(...backends.slice(0, 2)),
    name: fc.constantFrom(...names.slice(0, 2)),
    method: fc.constantFrom('tools/call', 'tools/call', 'resources/read', 'prompts/get'),
    args: fc.constantFrom<JsonObject>(
      {},
      { path: '/srv', n: 1 },
      { n: 1, path: '/srv' },
      { path: '/etc' },
    ),
  })
  .map(({ principal, backend, name, method, args }) => {
    const params: JsonObject =
      method === 'resources/read'
        ? { uri: `${backend}+note:///${name}` }
        : { name: `${backend}__${name}`, ...(method === 'tools/call' ? { arguments: args } : {}) }
    return (): Call => {
      const made = call(method, params, { client: modernClient })
      return { ...made, caller: { ...made.caller, principal } }
    }
  })

/** Those of one inner list are under way together. */
const conversations = fc.array(fc.array(requests, { minLength: 1, maxLength: 4 }), {
  minLength: 6,
  maxLength: 16,
})

const seen = (reply: Reply): unknown =>
  reply.kind === 'result' ? readJson(Buffer.from(reply.result.bytes()).toString()) : reply

/** Without who it was made for. */
const withoutCaller = (reply: unknown): unknown =>
  JSON.parse(JSON.stringify(reply).replaceAll(/"(?:one|two) /g, '"'))

const ask = async (handle: Handler, rounds: readonly (readonly (() => Call)[])[]) => {
  const replies: unknown[] = []
  for (const round of rounds) {
    const together = await Promise.all(round.map((next) => handle(next())))
    replies.push(...together.map(seen))
  }
  return replies
}

it('with the cache each caller gets what it would get without, and a refusal where it is refused', async () => {
  const used = { hits: 0, saved: 0, refusals: 0 }
  await fc.assert(
    fc.asyncProperty(policies, conversations, async (policy, rounds) => {
      const plain = proxyOf(policy, false, (_backend, handle) => handle)
      const cached = withCaches(policy, false)
      const expected = await ask(plain.handle, rounds)
      expect(await ask(cached.handle, rounds)).toEqual(expected)
      for (const { counts } of cached.caches) used.hits += counts.hits
      used.saved += plain.sent() - cached.sent()
      used.refusals += expected.filter((one) => (one as Reply).kind === 'refusal').length
    }),
    { numRuns: 60 },
  )
  // The caches were in use, beside calls that shared one, and there was something to refuse.
  expect(used.hits).toBeGreaterThan(30)
  expect(used.saved).toBeGreaterThan(used.hits)
  expect(used.refusals).toBeGreaterThan(100)
}, 60_000)

it('a public answer reaches other callers, and still none that the policy refuses', async () => {
  let crossed = 0
  await fc.assert(
    fc.asyncProperty(policies, conversations, async (policy, rounds) => {
      const plain = proxyOf(policy, true, (_backend, handle) => handle)
      const cached = withCaches(policy, true)
      const expected = await ask(plain.handle, rounds)
      const got = await ask(cached.handle, rounds)
      expect(got.map(withoutCaller)).toEqual(expected.map(withoutCaller))
      crossed += got.filter((one, n) => JSON.stringify(one) !== JSON.stringify(expected[n])).length
    }),
    { numRuns: 40 },
  )
  expect(crossed).toBeGreaterThan(5)
}, 60_000)
