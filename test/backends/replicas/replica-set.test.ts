import { expect, test } from 'vitest'
import type { BackendEvent } from '../../../src/backends/backend.ts'
import { notSent, outcomeUnknown, sent, unavailable } from '../../../src/backends/failure.ts'
import { createReplicaSet } from '../../../src/backends/replicas/replica-set.ts'
import type { Call, Reply, SessionPeer } from '../../../src/mcp/call.ts'
import { Outliers } from '../../../src/resilience/outliers.ts'
import { settle } from '../../support/manual-clock.ts'
import { call, toolCall } from '../../support/peer.ts'
import { result, scriptedBackend, type ScriptedBackend } from '../../support/scripted-backend.ts'
import { testPorts } from '../../support/test-ports.ts'

const text = (value: string): Reply => result({ content: [{ type: 'text', text: value }] })

const setUp = (count = 3, detects = false) => {
  const ports = testPorts()
  const replicas = Array.from({ length: count }, (_, n) =>
    scriptedBackend('files', { 'tools/call': text(String(n)) }),
  )
  const outliers = detects
    ? new Outliers(
        {
          consecutive_errors: 1,
          interval_seconds: 10,
          base_ejection_seconds: 30,
          max_ejection_percent: 50,
        },
        count,
        ports.clock,
      )
    : undefined
  const addresses = replicas.map((_, n) => `host:${n}`)
  const set = createReplicaSet(replicas, addresses, { name: 'files', ports, outliers })
  const events: BackendEvent[] = []
  set.subscribe((event) => events.push(event))
  const ask = async (asked: Call = toolCall('x')): Promise<string> => {
    const reply = await set.handle(asked)
    if (reply.kind !== 'result') return 'problem' in reply ? reply.problem.code : reply.kind
    return (reply.result.value()['content'] as { text: string }[])[0]!.text
  }
  return { ports, replicas, set, events, ask, outliers }
}

const callsOf = (replicas: readonly ScriptedBackend[]) =>
  replicas.map((one) => one.count('tools/call'))

const sessionCall = (session: SessionPeer): Call => {
  const asked = toolCall('x')
  return { ...asked, caller: { ...asked.caller, session } }
}

const newSession = (): SessionPeer => ({
  notify: () => undefined,
  ask: () => Promise.reject(new Error('not asked')),
  logLevel: undefined,
  ended: new AbortController().signal,
})

test('calls one after the other take turns', async () => {
  const { ask, replicas } = setUp()
  for (let n = 0; n < 9; n += 1) await ask()
  expect(callsOf(replicas)).toEqual([3, 3, 3])
})

test('the one with the fewest calls under way gets the next', async () => {
  const { set, replicas } = setUp(2)
  replicas[0]!.answer('tools/call', () => new Promise<Reply>(() => undefined))
  const all = Array.from({ length: 6 }, () => set.handle(toolCall('x')))
  await settle()
  for (let n = 0; n < 20; n += 1) {
    void set.handle(toolCall('x'))
    await settle()
  }
  // Three came while both had none; then it always has more.
  expect(callsOf(replicas)[0]).toBeLessThanOrEqual(4)
  expect(all).toHaveLength(6)
})

test('a session stays with one while that works', async () => {
  const { ask, replicas } = setUp()
  const session = newSession()
  const first = await ask(sessionCall(session))
  for (let n = 0; n < 5; n += 1) {
    await ask()
    expect(await ask(sessionCall(session))).toBe(first)
  }
  replicas[Number(first)]!.down()
  const second = await ask(sessionCall(session))
  expect(second).not.toBe(first)
  replicas[Number(first)]!.up()
  expect(await ask(sessionCall(session))).toBe(second)
})

test('a call that could not leave goes to another one, whatever it does; one that left does not', async () => {
  const { ask, replicas } = setUp(3)
  replicas[0]!.answer('tools/call', notSent(unavailable('files', 'connection refused')))
  replicas[1]!.answer('tools/call', notSent(unavailable('files', 'connection refused')))
  for (let n = 0; n < 3; n += 1) expect(await ask(toolCall('write'))).toBe('2')
  replicas[0]!.answer('tools/call', sent(outcomeUnknown('files', 'reset')))
  replicas[1]!.answer('tools/call', sent(outcomeUnknown('files', 'reset')))
  replicas[2]!.answer('tools/call', sent(outcomeUnknown('files', 'reset')))
  const before = callsOf(replicas).reduce((sum, one) => sum + one, 0)
  expect(await ask(toolCall('write'))).toBe('backend-outcome-unknown')
  expect(callsOf(replicas).reduce((sum, one) => sum + one, 0)).toBe(before + 1)
})

test('where all could not be reached that is what is said', async () => {
  const { ask, replicas } = setUp(2)
  for (const replica of replicas) {
    replica.answer('tools/call', notSent(unavailable('files', 'connection refused')))
  }
  expect(await ask()).toBe('backend-unavailable')
  expect(callsOf(replicas)).toEqual([1, 1])
})

test('a task and a further round go to the one that began them', async () => {
  const { ask, set, replicas } = setUp(3)
  for (const [n, replica] of replicas.entries()) {
    replica.answer('tools/call', ({ request }) =>
      request.params?.['requestState'] === undefined
        ? result({ resultType: 'input_required', requestState: `state of ${n}`, inputRequests: {} })
        : text(`went on at ${n}`),
    )
    replica.answer('tasks/get', text(`task at ${n}`))
  }
  for (const n of [2, 0, 1, 2]) {
    const asked = call('tools/call', { name: 'x', requestState: `state of ${n}` })
    for (let begun = 0; begun < 3; begun += 1) await set.handle(toolCall('x'))
    expect(await ask(asked)).toBe(`went on at ${n}`)
  }
  replicas[1]!.answer('tools/call', result({ task: { taskId: 'of 1' }, content: [] }))
  for (let n = 0; n < 3; n += 1) await set.handle(call('tools/call', { name: 'x', task: {} }))
  for (let n = 0; n < 4; n += 1) {
    expect(await ask(call('tasks/get', { taskId: 'of 1' }))).toBe('task at 1')
  }
})

test('one that is ejected gets no calls until its time is over, or its connection is new', async () => {
  const { ask, replicas, ports } = setUp(3, true)
  replicas[0]!.answer('tools/call', sent(outcomeUnknown('files', 'HTTP 503')))
  while ((await ask()) !== 'backend-outcome-unknown') continue
  replicas[0]!.answer('tools/call', text('0'))
  const before = replicas[0]!.count('tools/call')
  for (let n = 0; n < 10; n += 1) await ask()
  expect(replicas[0]!.count('tools/call')).toBe(before)
  expect(ports.lines).toContainEqual({
    level: 'warn',
    fields: { backend: 'files', replica: 'host:0', seconds: 30 },
    message: 'replica ejected',
  })
  replicas[0]!.up()
  for (let n = 0; n < 3; n += 1) await ask()
  expect(replicas[0]!.count('tools/call')).toBe(before + 1)
})

test('it is up as long as one of them is, and says so once', async () => {
  const { set, replicas, events } = setUp(2)
  const states = () =>
    events.flatMap((event) => (event.kind === 'health' ? [event.health.state] : []))
  replicas[1]!.down()
  expect(set.health.state).toBe('up')
  expect(states()).toEqual([])
  replicas[0]!.down()
  expect(set.health.state).toBe('down')
  replicas[1]!.up()
  expect(set.health.state).toBe('up')
  replicas[0]!.up()
  expect(states()).toEqual(['down', 'up', 'up'])
})

test('changes of lists of all of them are changes of the backend', () => {
  const { replicas, events } = setUp(2)
  replicas[1]!.changed('notifications/tools/list_changed')
  expect(events).toMatchObject([{ kind: 'notification' }])
})

test('a resource is watched at all of them, and at one that comes back', async () => {
  const { set, replicas } = setUp(3)
  const watched: number[] = []
  for (const [n, replica] of replicas.entries()) {
    replica.watch = async () => {
      watched.push(n)
      return replica.health.state === 'up'
        ? result({})
        : notSent(unavailable('files', 'connection refused'))
    }
  }
  replicas[2]!.down()
  const ended = new AbortController()
  const { caller } = toolCall('x')
  const watch = { uri: 'x:/', caller, onUpdated: () => undefined, signal: ended.signal }
  expect((await set.watch(watch)).kind).toBe('result')
  expect(watched).toEqual([0, 1])
  replicas[2]!.up()
  await settle()
  expect(watched).toEqual([0, 1, 2])
  ended.abort()
  replicas[2]!.down()
  replicas[2]!.up()
  await settle()
  expect(watched).toEqual([0, 1, 2])
})

test('a watch that all refuse is refused, with the word of a server before ours', async () => {
  const { set, replicas } = setUp(2)
  const refused: Reply = { kind: 'error', error: { code: -32602, message: 'no' } }
  replicas[0]!.watch = async () => notSent(unavailable('files', 'connection refused'))
  replicas[1]!.watch = async () => refused
  const { caller } = toolCall('x')
  const { signal } = new AbortController()
  expect(await set.watch({ uri: 'x:/', caller, onUpdated: () => undefined, signal })).toBe(refused)
})

test('start, close and what clients say reach all of them', async () => {
  const { set, replicas } = setUp(2)
  set.start()
  await set.close()
  expect(replicas.map(({ started, closed }) => [started, closed])).toEqual([
    [true, true],
    [true, true],
  ])
})
