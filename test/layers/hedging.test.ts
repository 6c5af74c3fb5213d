import { describe, expect, test } from 'vitest'
import { notSent, outcomeUnknown, sent as left, unavailable } from '../../src/backends/failure.ts'
import type { BackendContext } from '../../src/layers/define.ts'
import type { Reply } from '../../src/mcp/call.ts'
import { behindLayers } from '../support/behind-layers.ts'
import { settle } from '../support/manual-clock.ts'
import { call, recordingPeer, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'

const done = result({ content: [] })
const other = result({ content: [{ type: 'text', text: 'other' }] })
const safe = { isIdempotent: () => true }
const hedged = (more: object = {}, facts: Partial<BackendContext> = safe) =>
  behindLayers({ hedging: { delay_ms: 200, ...more } }, facts)

test('a slow read is sent once more after the delay, the first answer counts, and the other attempt is cancelled', async () => {
  const { handle, sent, ports } = hedged()
  const replied = handle(toolCall('read'))
  await ports.clock.advance(199)
  expect(sent).toHaveLength(1)
  await ports.clock.advance(1)
  expect(sent).toHaveLength(2)
  sent[1]?.answer(other)
  expect(await replied).toBe(other)
  expect(sent.map(({ isAborted }) => isAborted)).toEqual([true, false])
  expect(ports.samples.filter(({ name }) => name === 'mcp_proxy_hedges_total')).toEqual([
    { name: 'mcp_proxy_hedges_total', labels: { backend: 'files', outcome: 'won' }, value: 1 },
  ])
})

test('where the first attempt answers after all, the hedge is cancelled', async () => {
  const { handle, sent, ports } = hedged()
  const replied = handle(toolCall('read'))
  await ports.clock.advance(200)
  sent[0]?.answer(done)
  expect(await replied).toBe(done)
  expect(sent.map(({ isAborted }) => isAborted)).toEqual([false, true])
})

test('an answer before the delay leaves nothing behind', async () => {
  const { handle, sent, ports } = hedged()
  const replied = handle(toolCall('read'))
  sent[0]?.answer(done)
  expect(await replied).toBe(done)
  await ports.clock.advance(5000)
  expect(sent).toHaveLength(1)
  expect(ports.clock.sleepers).toBe(0)
})

test('no more hedges than max_hedges, each after the delay', async () => {
  const { handle, sent, ports } = hedged({ max_hedges: 2 })
  void handle(toolCall('read'))
  await ports.clock.advance(200)
  expect(sent).toHaveLength(2)
  await ports.clock.advance(200)
  expect(sent).toHaveLength(3)
  await ports.clock.advance(60_000)
  expect(sent).toHaveLength(3)
})

test('with a delay of 0 all attempts go out at once', async () => {
  const { handle, sent } = hedged({ delay_ms: 0, max_hedges: 2 })
  void handle(toolCall('read'))
  await settle()
  expect(sent).toHaveLength(3)
})

describe('what is never hedged', () => {
  const facts = { isIdempotent: () => true, mayStartTask: () => false }
  const cases: readonly [string, ReturnType<typeof call>, Partial<BackendContext>][] = [
    ['a tool that may not be carried out twice', toolCall('write'), {}],
    ['a call as a task', call('tools/call', { name: 'x', task: {} }), facts],
    ['a call that may become a task', toolCall('x'), { ...facts, mayStartTask: () => true }],
    ['a question about a task', call('tasks/get', { taskId: 't' }), facts],
    ['a further round', call('tools/call', { name: 'x', requestState: 's' }), facts],
    ['a list', call('tools/list'), facts],
  ]
  test.each(cases)('%s', async (_name, asked, given) => {
    const { handle, sent, ports } = hedged({}, given)
    void handle(asked)
    await ports.clock.advance(60_000)
    expect(sent).toHaveLength(1)
  })
})

test('a tool that the operator lists is hedged, and so is a read of a resource', async () => {
  const { handle, sent, ports } = hedged({ tools: ['sum'] }, {})
  void handle(toolCall('sum'))
  await ports.clock.advance(200)
  void handle(call('resources/read', { uri: 'x:/' }))
  await ports.clock.advance(200)
  expect(sent).toHaveLength(4)
})

test('what the caller has seen of the first attempt is not shown twice: then there is no hedge', async () => {
  const { handle, sent, ports } = hedged()
  void handle(toolCall('read'))
  await settle()
  sent[0]?.call.peer.notify({ jsonrpc: '2.0', method: 'notifications/progress' })
  await ports.clock.advance(60_000)
  expect(sent).toHaveLength(1)
})

test('the progress of a hedge does not reach the caller, and a hedge that asks something is given up', async () => {
  const { handle, sent, ports } = hedged()
  const peer = recordingPeer()
  const replied = handle(toolCall('read', {}, { peer }))
  await ports.clock.advance(200)
  sent[1]?.call.peer.notify({ jsonrpc: '2.0', method: 'notifications/progress' })
  void sent[1]?.call.peer.ask(
    { jsonrpc: '2.0', id: 1, method: 'elicitation/create' },
    sent[1].call.signal,
  )
  await settle()
  expect(peer.notifications).toEqual([])
  expect(peer.questions).toEqual([])
  expect(sent[1]?.isAborted).toBe(true)
  sent[0]?.answer(done)
  expect(await replied).toBe(done)
})

describe('failures', () => {
  const broken = left(outcomeUnknown('files', 'reset'))
  const refused = notSent(unavailable('files', 'refused'))
  const answersOf = async (first: Reply, second: Reply): Promise<Reply> => {
    const { handle, sent, ports } = hedged()
    const replied = handle(toolCall('read'))
    await ports.clock.advance(200)
    sent[0]?.answer(first)
    await settle()
    sent[1]?.answer(second)
    return replied
  }
  test('where one attempt fails the other is waited for', async () => {
    expect(await answersOf(broken, done)).toBe(done)
    expect(await answersOf(refused, done)).toBe(done)
  })
  test('where both fail it is said that one of them left', async () => {
    expect(await answersOf(refused, broken)).toBe(broken)
    expect(await answersOf(broken, refused)).toBe(broken)
  })
  test('an error is an answer: it does not wait for another one', async () => {
    const error: Reply = { kind: 'error', error: { code: -32602, message: 'no' } }
    expect(await answersOf(error, done)).toBe(error)
  })
  test('a call that fails before the delay is not hedged: that is for retry', async () => {
    const { handle, sent, ports } = hedged()
    const replied = handle(toolCall('read'))
    sent[0]?.answer(refused)
    expect(await replied).toBe(refused)
    await ports.clock.advance(60_000)
    expect(sent).toHaveLength(1)
  })
})

test('a caller that leaves takes all attempts along', async () => {
  const { handle, sent, ports } = hedged()
  const leaving = new AbortController()
  const replied = handle(toolCall('read', {}, { signal: leaving.signal }))
  await ports.clock.advance(200)
  leaving.abort()
  expect((await replied).kind).toBe('failure')
  expect(sent.map(({ isAborted }) => isAborted)).toEqual([true, true])
  expect(leaving.signal.aborted).toBe(true)
})

test('when everything is slow, the budget keeps the load from doubling', async () => {
  const { handle, sent, ports } = hedged({ budget_percent: 20, min_hedges_per_sec: 0 })
  for (let n = 0; n < 100; n += 1) void handle(toolCall('read'))
  await ports.clock.advance(200)
  expect(sent).toHaveLength(120)
  const spared = ports.samples.filter(({ labels }) => labels['outcome'] === 'over-budget')
  expect(spared).toHaveLength(80)
})

test('the attempts of one call count on their own in the circuit; a loser that is cancelled proves nothing', async () => {
  const made = behindLayers({ hedging: {}, circuit_breaker: { minimum_calls: 1 } }, safe)
  const replied = made.handle(toolCall('read'))
  await made.ports.clock.advance(200)
  made.sent[1]?.answer(done)
  await replied
  await settle()
  expect(made.circuit?.view()).toMatchObject({ state: 'closed', calls: 1, failures: 0 })
})

test('a deadline ends all attempts, and the circuit learns of it', async () => {
  const made = behindLayers(
    { hedging: {}, timeout: { seconds: 1 }, circuit_breaker: { minimum_calls: 2 } },
    safe,
  )
  const replied = made.handle(toolCall('read'))
  await made.ports.clock.advance(1000)
  expect(await replied).toMatchObject({ problem: { code: 'backend-timeout' } })
  expect(made.sent.map(({ isAborted }) => isAborted)).toEqual([true, true])
  expect(made.circuit?.state).toBe('open')
})
