import { describe, expect, test } from 'vitest'
import type { BackendEvent } from '../../src/backends/backend.ts'
import { MemoryStore } from '../../src/cache/memory-store.ts'
import type { OpenCache } from '../../src/cache/store.ts'
import { cache } from '../../src/layers/cache.ts'
import type { BackendContext } from '../../src/layers/define.ts'
import type { Call, Reply } from '../../src/mcp/call.ts'
import { backendConfig } from '../support/behind-layers.ts'
import { backendContext } from '../support/layer-context.ts'
import { call, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { testPorts } from '../support/test-ports.ts'

const times = { tool_ttl_seconds: 60, resource_ttl_seconds: 60 }

const setUp = (
  keys: object = times,
  facts: Partial<BackendContext> = { isReadOnly: () => true },
) => {
  const ports = testPorts()
  const config = backendConfig({ cache: keys })
  const open: OpenCache = {
    store: new MemoryStore(config.cache!, ports.clock),
    counts: { hits: 0, misses: 0 },
  }
  const listeners = new Set<(event: BackendEvent) => void>()
  const base = backendContext()
  const watched: string[] = []
  const context: BackendContext = {
    ...base,
    backend: {
      ...base.backend,
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    cache: open,
    watchResource: (uri) => watched.push(uri),
    ...facts,
  }
  let answer: (asked: Call, nth: number) => Reply = (_asked, nth) => result({ nth })
  let asked = 0
  const handle = cache.create(config, ports, context)!(async (given) => {
    asked += 1
    return answer(given, asked)
  })
  return {
    ports,
    open,
    handle,
    watched,
    asked: () => asked,
    answers: (next: typeof answer) => {
      answer = next
    },
    emit: (event: BackendEvent) => {
      for (const listener of listeners) listener(event)
    },
    valueOf: async (given: Call) => {
      const reply = await handle(given)
      return reply.kind === 'result' ? reply.result.value() : reply
    },
  }
}

const read = (uri = 'note:///a') => call('resources/read', { uri })

test('without its section, or with nothing to keep answers in, there is no layer', () => {
  expect(cache.create(backendConfig({}), testPorts(), backendContext())).toBeUndefined()
})

test('a read-only tool and a read are asked once in their time', async () => {
  const { valueOf, asked, ports, open } = setUp()
  expect(await valueOf(toolCall('read', { a: 1, b: 2 }))).toEqual({ nth: 1 })
  expect(await valueOf(toolCall('read', { b: 2, a: 1 }))).toEqual({ nth: 1 })
  expect(await valueOf(toolCall('read', { a: 1 }))).toEqual({ nth: 2 })
  expect(await valueOf(read())).toEqual({ nth: 3 })
  expect(await valueOf(read())).toEqual({ nth: 3 })
  await ports.clock.advance(60_000)
  expect(await valueOf(read())).toEqual({ nth: 4 })
  expect(asked()).toBe(4)
  expect(open.counts).toEqual({ hits: 2, misses: 4 })
})

describe('what is asked each time', () => {
  test.each([
    ['a tool that is not read-only', toolCall('write'), { isReadOnly: () => false }],
    ['a call as a task', call('tools/call', { name: 'x', task: {} }), {}],
    ['a call that may become a task', toolCall('x'), { mayStartTask: () => true }],
    ['a further round', call('tools/call', { name: 'x', requestState: 's' }), {}],
    ['a list', call('tools/list'), {}],
    ['a prompt', call('prompts/get', { name: 'p' }), {}],
  ])('%s', async (_name, given, facts) => {
    const { handle, asked } = setUp(times, { isReadOnly: () => true, ...facts })
    await handle(given)
    await handle(given)
    expect(asked()).toBe(2)
  })

  test.each([
    ['a result that reports a failure', result({ content: [], isError: true })],
    ['an error', { kind: 'error', error: { code: -32602, message: 'no' } }],
    ['a result that asks', result({ resultType: 'input_required', inputRequests: {} })],
    ['a result that must not be kept', result({ ttlMs: 0 })],
  ] as const)('what was answered by %s', async (_name, reply) => {
    const { handle, asked, answers } = setUp()
    answers(() => reply)
    await handle(read())
    await handle(read())
    expect(asked()).toBe(2)
  })

  test('what was answered after a question to the client', async () => {
    const { asked, ports, open } = setUp()
    const config = backendConfig({ cache: times })
    const context = { ...backendContext({ isReadOnly: () => true }), cache: open }
    let sent = 0
    const handle = cache.create(config, ports, context)!(async ({ peer, signal }) => {
      sent += 1
      await peer.ask({ jsonrpc: '2.0', id: 1, method: 'elicitation/create' }, signal)
      return result({ sent })
    })
    await handle(toolCall('read'))
    await handle(toolCall('read'))
    expect([sent, asked()]).toEqual([2, 0])
  })

  test('a kind of call whose time is 0', async () => {
    const { handle, asked } = setUp({ tool_ttl_seconds: 60 })
    await handle(read())
    await handle(read())
    await handle(toolCall('x'))
    await handle(toolCall('x'))
    expect(asked()).toBe(3)
  })
})

test('a tool that the operator lists is kept too', async () => {
  const { handle, asked } = setUp({ ...times, tools: ['sum'] }, {})
  await handle(toolCall('sum'))
  await handle(toolCall('sum'))
  expect(asked()).toBe(1)
})

describe('the word of the backend', () => {
  test('a shorter time than ours counts, a longer one does not', async () => {
    const { handle, asked, answers, ports } = setUp()
    answers(() => result({ ttlMs: 5000, cacheScope: 'private' }))
    await handle(read())
    await ports.clock.advance(4999)
    await handle(read())
    expect(asked()).toBe(1)
    await ports.clock.advance(1)
    await handle(read())
    expect(asked()).toBe(2)
    answers(() => result({ ttlMs: 3_600_000, cacheScope: 'private' }))
    await handle(read('note:///b'))
    await ports.clock.advance(60_000)
    await handle(read('note:///b'))
    expect(asked()).toBe(4)
  })

  test('what is used again promises what is left of its time', async () => {
    const { valueOf, answers, ports } = setUp()
    answers(() => result({ ttlMs: 50_000, cacheScope: 'public', contents: [] }))
    await valueOf(read())
    await ports.clock.advance(20_000)
    expect(await valueOf(read())).toEqual({ ttlMs: 30_000, cacheScope: 'public', contents: [] })
  })

  test('cacheScope = "public" gives the answer to others, nothing else does', async () => {
    const as = (key: string): Call => {
      const given = read()
      const { caller } = given
      return {
        ...given,
        caller: { ...caller, principal: { ...caller.principal, method: 'jwt', key } },
      }
    }
    const { handle, asked, answers } = setUp()
    answers(() => result({ ttlMs: 50_000, cacheScope: 'private' }))
    await handle(as('a'))
    await handle(as('b'))
    expect(asked()).toBe(2)
    const shared = setUp()
    shared.answers(() => result({ ttlMs: 50_000, cacheScope: 'public' }))
    await shared.handle(as('a'))
    await shared.handle(as('b'))
    expect(shared.asked()).toBe(1)
    const declared = setUp({ ...times, public: true })
    await declared.handle(as('a'))
    await declared.handle(as('b'))
    expect(declared.asked()).toBe(1)
  })
})

describe('what outdates answers', () => {
  const notification = (method: string, params?: { uri: string }): BackendEvent => ({
    kind: 'notification',
    notification: { jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) },
  })
  const both = async (event: BackendEvent): Promise<readonly number[]> => {
    const { handle, asked, emit } = setUp()
    const repeated = async (given: Call): Promise<number> => {
      const before = asked()
      await handle(given)
      return asked() - before
    }
    for (const given of [toolCall('x'), read(), read('note:///b')]) await handle(given)
    emit(event)
    return [
      await repeated(toolCall('x')),
      await repeated(read()),
      await repeated(read('note:///b')),
    ]
  }
  test.each([
    ['notifications/tools/list_changed', undefined, [1, 0, 0]],
    ['notifications/resources/list_changed', undefined, [0, 1, 1]],
    ['notifications/resources/updated', { uri: 'note:///a' }, [0, 1, 0]],
    ['notifications/prompts/list_changed', undefined, [0, 0, 0]],
  ] as const)('%s', async (method, params, expected) => {
    expect(await both(notification(method, params))).toEqual(expected)
  })
  test('another connection', async () => {
    expect(await both({ kind: 'health', health: { state: 'starting', since: 0 } })).toEqual([
      1, 1, 1,
    ])
  })

  test('a write of the caller, when it has ended', async () => {
    const { handle, asked } = setUp(times, {
      isReadOnly: ({ request }) => request.params?.['name'] === 'read',
    })
    await handle(toolCall('read'))
    await handle(toolCall('write'))
    await handle(toolCall('read'))
    expect(asked()).toBe(3)
  })

  test('resources that are kept are followed, up to a hundred', async () => {
    const { handle, watched } = setUp()
    for (let n = 0; n < 120; n += 1) {
      await handle(read(`note:///${n}`))
      await handle(read(`note:///${n}`))
    }
    expect(watched).toHaveLength(100)
    expect(watched[0]).toBe('note:///0')
  })
})
