import { describe, expect, test } from 'vitest'
import type { BackendEvent, Health } from '../../src/backends/backend.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { BackendContext } from '../../src/layers/define.ts'
import { retry } from '../../src/layers/retry.ts'
import { budgetSeconds, retryBudget } from '../../src/layers/retry-budget.ts'
import { timeout } from '../../src/layers/timeout.ts'
import { stack, type Call, type Reply } from '../../src/mcp/call.ts'
import { createManualClock, settle } from '../support/manual-clock.ts'
import { call, modernClient, recordingPeer, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { backendContext } from '../support/layer-context.ts'
import { testPorts } from '../support/test-ports.ts'

const failure = (sent: boolean, code = 'backend-unavailable'): Reply => ({
  kind: 'failure',
  problem: { code: code as 'backend-unavailable', detail: 'away' },
  sent,
})
const notSent = failure(false)
const unknown = failure(true, 'backend-outcome-unknown')
const done = result({ content: [] })

const written = (keys: object = {}) =>
  configSchema.parse({
    proxy: { name: 'p' },
    backends: [{ name: 'files', transport: 'stdio', command: 'true', retry: keys }],
  }).backends[0]!

/** A backend that gives these replies in their order, and the last one for ever. */
const behind = (
  replies: readonly (Reply | ((call: Call) => Reply | Promise<Reply>))[],
  { keys = {}, ...facts }: { readonly keys?: object } & Partial<BackendContext> = {},
) => {
  const ports = testPorts()
  const sent: Call[] = []
  const layer = retry.create(written(keys), ports, backendContext(facts))!
  const handle = layer(async (got) => {
    const reply = replies[Math.min(sent.length, replies.length - 1)]!
    sent.push(got)
    return typeof reply === 'function' ? reply(got) : reply
  })
  return { ports, sent, handle }
}

/** A backend whose health the test decides about. */
const changing = (first: 'starting' | 'up' | 'down') => {
  const listeners = new Set<(event: BackendEvent) => void>()
  const healthOf = (state: typeof first): Health =>
    state === 'up'
      ? { state, since: 0, era: 'modern', protocolVersion: '2026-07-28', capabilities: {} }
      : state === 'starting'
        ? { state, since: 0 }
        : { state, since: 0, problem: { code: 'backend-unavailable', detail: 'away' } }
  let health = healthOf(first)
  const backend: BackendContext['backend'] = {
    name: 'files',
    get health() {
      return health
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return {
    backend,
    become: (state: typeof first) => {
      health = healthOf(state)
      for (const listener of listeners) listener({ kind: 'health', health })
    },
  }
}

const ended = async (
  made: ReturnType<typeof behind>,
  asked: Call = toolCall('write'),
): Promise<Reply> => {
  const replied = made.handle(asked)
  await made.ports.clock.advance(60_000)
  return replied
}

test('without its section, or with no retries in it, there is no layer', () => {
  const place = backendContext()
  expect(retry.create({ retry: undefined }, testPorts(), place)).toBeUndefined()
  expect(retry.create(written({ max_retries: 0 }), testPorts(), place)).toBeUndefined()
})

test('a call that left and then could not leave again has an unknown outcome', async () => {
  const readOnly = { isIdempotent: () => true }
  const made = behind([unknown, notSent], { ...readOnly, keys: { max_retries: 2 } })
  expect(await ended(made, toolCall('read'))).toBe(unknown)
  expect(made.sent).toHaveLength(3)
  expect(await ended(behind([unknown, notSent, done], readOnly), toolCall('read'))).toBe(done)
})

describe('what is sent again', () => {
  const readOnly = { isIdempotent: () => true }
  const cases: readonly [
    string,
    Reply,
    Call,
    Partial<BackendContext> & { keys?: object },
    number,
  ][] = [
    ['a write that never left', notSent, toolCall('write'), {}, 2],
    ['a write that left: never', unknown, toolCall('write'), {}, 1],
    ['a tool that is said to do no harm', unknown, toolCall('read'), readOnly, 2],
    ['a tool that the operator lists', unknown, toolCall('sum'), { keys: { tools: ['sum'] } }, 2],
    ['another tool than those: never', unknown, toolCall('su'), { keys: { tools: ['sum'] } }, 1],
    ['a read', unknown, call('resources/read', { uri: 'x:/' }), {}, 2],
    ['a prompt', unknown, call('prompts/get', { name: 'x' }), {}, 2],
    ['a completion', unknown, call('completion/complete', {}), {}, 2],
    ['a list', unknown, call('tools/list'), {}, 2],
    ['a method that nobody knows: never', unknown, call('x/write'), readOnly, 1],
    ['a call without a name: never', unknown, call('tools/call'), {}, 1],
    ['a question about a task: never', notSent, call('tasks/get', { taskId: 't' }), readOnly, 1],
    ['a call as a task: never', notSent, call('tools/call', { name: 'x', task: {} }), readOnly, 1],
    [
      'a call that may have become a task: never',
      unknown,
      toolCall('read'),
      { ...readOnly, mayStartTask: () => true },
      1,
    ],
    [
      'a call that would have become a task and never left',
      notSent,
      toolCall('read'),
      { ...readOnly, mayStartTask: () => true },
      2,
    ],
    [
      'a round of questions: never',
      notSent,
      call('tools/call', { name: 'x', inputResponses: {} }, { client: modernClient }),
      readOnly,
      1,
    ],
    [
      'a call with a state: never',
      notSent,
      call('tools/call', { name: 'x', requestState: 's' }, { client: modernClient }),
      readOnly,
      1,
    ],
    ['what the backend refuses', failure(false, 'backend-auth'), toolCall('x'), readOnly, 1],
    ['what it garbles', failure(true, 'backend-protocol'), toolCall('x'), readOnly, 1],
    [
      'what it answers with an error',
      { kind: 'error', error: { code: -32_603, message: 'x' } },
      toolCall('x'),
      readOnly,
      1,
    ],
    [
      'what is refused',
      { kind: 'refusal', problem: { code: 'limit-sessions', detail: 'x' } },
      toolCall('x'),
      readOnly,
      1,
    ],
  ]
  test.each(cases)('%s', async (_what, first, asked, facts, times) => {
    const made = behind([first, done], facts)
    expect(await ended(made, asked)).toBe(times === 1 ? first : done)
    expect(made.sent).toHaveLength(times)
    expect(new Set(made.sent.map(({ request }) => request)).size).toBe(1)
  })

  test('not what the caller has heard of: it would hear progress that goes back', async () => {
    const peer = recordingPeer()
    const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: {} } as const
    const telling = (got: Call) => {
      got.peer.notify(progress)
      return unknown
    }
    const made = behind([telling, done], readOnly)
    expect(await ended(made, toolCall('read', {}, { peer }))).toBe(unknown)
    expect(peer.notifications).toEqual([progress])
  })

  test('not a call that asked its caller something', async () => {
    const peer = recordingPeer(() => result({ action: 'accept' }))
    const asking = async (got: Call) => {
      const question = { jsonrpc: '2.0', id: 1, method: 'elicitation/create' } as const
      await got.peer.ask(question, new AbortController().signal)
      return unknown
    }
    const made = behind([asking, done], readOnly)
    expect(await ended(made, toolCall('read', {}, { peer }))).toBe(unknown)
    expect(peer.questions).toHaveLength(1)
  })

  test('what was harmless when it left, although its list is forgotten since', async () => {
    let known = true
    const forgetting = () => {
      known = false
      return unknown
    }
    const made = behind([forgetting, done], { isIdempotent: () => known })
    expect(await ended(made, toolCall('read'))).toBe(done)
  })
})

test('each wait is twice as long, up to the longest, and the last failure is shown as it is', async () => {
  const last = failure(false)
  const keys = { max_retries: 4, initial_backoff_ms: 100, max_backoff_ms: 300 }
  const made = behind([notSent, notSent, notSent, notSent, last], { keys })
  const begun = made.ports.clock.now()
  const at: number[] = []
  const replied = made.handle(toolCall('write'))
  for (let ms = 0; ms < 1000; ms += 25) {
    while (at.length < made.sent.length) at.push(made.ports.clock.now() - begun)
    await made.ports.clock.advance(25)
  }
  expect(await replied).toBe(last)
  // Half of a wait is random, and the random number of tests is 0.5.
  expect(at).toEqual([0, 75, 225, 450, 675])
  expect(made.ports.clock.sleepers).toBe(0)
})

test('a caller that leaves is waited for no longer, and nothing more is sent', async () => {
  const made = behind([notSent, done])
  const left = new AbortController()
  const replied = made.handle(toolCall('write', {}, { signal: left.signal }))
  await settle()
  expect(made.ports.clock.sleepers).toBe(1)
  left.abort()
  expect(await replied).toBe(notSent)
  expect([made.sent.length, made.ports.clock.sleepers]).toEqual([1, 0])
})

test('the deadline holds for all attempts together', async () => {
  const ports = testPorts()
  const config = { ...written({ max_retries: 100 }), timeout: { seconds: 2 } }
  const place = backendContext()
  let sent = 0
  const layers = [timeout.create(config, ports, place)!, retry.create(config, ports, place)!]
  const handle = stack(layers, async () => {
    sent += 1
    return notSent
  })
  const replied = handle(toolCall('write'))
  await ports.clock.advance(2000)
  expect(await replied).toMatchObject({ problem: { code: 'backend-timeout' } })
  const before = sent
  await ports.clock.advance(60_000)
  expect([sent, ports.clock.sleepers]).toEqual([before, 0])
})

describe('a backend that is away', () => {
  test('is waited for as long as the longest pause', async () => {
    const { backend, become } = changing('starting')
    const made = behind([notSent, done], { backend })
    const replied = made.handle(toolCall('write'))
    await made.ports.clock.advance(1000)
    expect(made.sent).toHaveLength(1)
    become('up')
    expect(await replied).toBe(done)
    const late = behind([notSent, done], { backend: changing('starting').backend })
    expect(await ended(late)).toBe(notSent)
    expect(late.sent).toHaveLength(1)
  })

  test('is not waited for with a list, which is announced when it comes', async () => {
    const { backend } = changing('starting')
    const made = behind([notSent, done], { backend })
    const replied = made.handle(call('tools/list'))
    await made.ports.clock.advance(200)
    expect(await replied).toBe(notSent)
  })

  test('and stays so is not asked again', async () => {
    const made = behind([notSent, done], { backend: changing('down').backend })
    expect(await ended(made)).toBe(notSent)
    expect(made.sent).toHaveLength(1)
  })
})

describe('the budget', () => {
  const budgetOf = (budget_percent: number, min_retries_per_sec: number) => {
    const clock = createManualClock(0)
    return { clock, budget: retryBudget({ budget_percent, min_retries_per_sec }, clock) }
  }
  const taken = (budget: ReturnType<typeof retryBudget>, asks: number) =>
    Array.from({ length: asks }, () => budget.take()).filter(Boolean).length
  const counted = (budget: ReturnType<typeof retryBudget>, calls: number) => {
    for (let n = 0; n < calls; n += 1) budget.count()
  }

  test('is a true share of the calls of the last seconds', () => {
    const { clock, budget } = budgetOf(20, 0)
    counted(budget, 50)
    expect(taken(budget, 100)).toBe(10)
    clock.set(5000)
    expect(taken(budget, 100)).toBe(0)
    counted(budget, 50)
    expect(taken(budget, 100)).toBe(10)
    clock.set(budgetSeconds * 1000)
    counted(budget, 5)
    // The first fifty calls are too old to count, and so are their ten retries.
    expect(taken(budget, 100)).toBe(1)
  })

  test('has a floor in each second, and no more than that is saved up', () => {
    const { clock, budget } = budgetOf(0, 3)
    expect(taken(budget, 10)).toBe(3)
    clock.set(9000)
    expect(taken(budget, 10)).toBe(3)
  })

  test('survives a clock that is set back', () => {
    const { clock, budget } = budgetOf(50, 0)
    clock.set(100_000)
    counted(budget, 10)
    clock.set(50_000)
    expect(taken(budget, 10)).toBe(0)
    counted(budget, 4)
    expect(taken(budget, 10)).toBe(2)
  })

  test('ends a storm, and counts what it did not allow', async () => {
    const keys = { max_retries: 3, budget_percent: 20, min_retries_per_sec: 0 }
    const made = behind([notSent], { keys })
    const replied = Array.from({ length: 100 }, () => made.handle(toolCall('write')))
    await made.ports.clock.advance(9000)
    expect(await Promise.all(replied)).toEqual(Array.from({ length: 100 }, () => notSent))
    expect(made.sent).toHaveLength(120)
    const outcomes = made.ports.samples.map(({ labels }) => labels['outcome'])
    expect(outcomes.filter((outcome) => outcome === 'failed')).toHaveLength(20)
    expect(outcomes.filter((outcome) => outcome === 'over-budget').length).toBeGreaterThan(79)
  })
})

test('each retry is logged without arguments, and counted by its end', async () => {
  const made = behind([notSent, done])
  await ended(made, toolCall('write', { secret: 'word' }))
  expect(made.ports.samples).toEqual([
    {
      name: 'mcp_proxy_retries_total',
      labels: { backend: 'files', outcome: 'ok' },
      value: 1,
    },
  ])
  expect(made.ports.lines).toEqual([
    {
      level: 'info',
      message: 'a call is sent again',
      fields: {
        backend: 'files',
        request_id: 'test-request',
        method: 'tools/call',
        code: 'backend-unavailable',
        retry: 1,
      },
    },
  ])
})
