import { expect, test } from 'vitest'
import { notSent, unavailable } from '../../src/backends/failure.ts'
import { behindLayers } from '../support/behind-layers.ts'
import { settle } from '../support/manual-clock.ts'
import { call, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'

const done = result({ content: [] })
const bound = (more: object = {}) => ({ concurrency: { max_concurrent: 2, ...more } })

test('no more than so many calls are at the backend, and the others follow in order', async () => {
  const { handle, sent, turns } = behindLayers(bound())
  const replies = ['a', 'b', 'c', 'd'].map((name) => handle(toolCall(name)))
  await settle()
  expect(sent.map(({ call: { request } }) => request.params?.['name'])).toEqual(['a', 'b'])
  expect(turns?.waiting).toBe(2)
  sent[1]?.answer(done)
  await settle()
  expect(sent.map(({ call: { request } }) => request.params?.['name'])).toEqual(['a', 'b', 'c'])
  for (const one of [0, 2]) sent[one]?.answer(done)
  await settle()
  sent[3]?.answer(done)
  expect(await Promise.all(replies)).toEqual([done, done, done, done])
  expect([turns?.flying, turns?.waiting]).toEqual([0, 0])
})

test('a call that finds the line full is refused and was not sent', async () => {
  const { handle, sent } = behindLayers(bound({ max_queued: 1 }))
  for (const name of ['a', 'b', 'c']) void handle(toolCall(name))
  expect(await handle(toolCall('d'))).toMatchObject({
    kind: 'refusal',
    retryAfterSeconds: 1,
    problem: {
      code: 'limit-backend-calls',
      case: 'full',
      detail: 'Backend files has 2 calls in progress and 1 more waiting: this one was not sent',
    },
  })
  expect(sent).toHaveLength(2)
})

test('a call that waits too long is refused and was not sent', async () => {
  const { handle, sent, ports } = behindLayers(bound({ max_wait_seconds: 3 }))
  for (const name of ['a', 'b']) void handle(toolCall(name))
  const late = handle(toolCall('c'))
  await ports.clock.advance(3000)
  expect(await late).toMatchObject({
    kind: 'refusal',
    problem: {
      code: 'limit-backend-calls',
      case: 'late',
      detail: 'Backend files was busy with 2 other calls for 3 s: this one was not sent',
    },
  })
  sent[0]?.answer(done)
  await settle()
  expect(sent).toHaveLength(2)
})

test('a caller that leaves the line is never sent, and its place goes to the next', async () => {
  const { handle, sent, turns } = behindLayers(bound())
  for (const name of ['a', 'b']) void handle(toolCall(name))
  const leaving = new AbortController()
  const left = handle(toolCall('c', {}, { signal: leaving.signal }))
  void handle(toolCall('d'))
  leaving.abort()
  expect(await left).toMatchObject({ kind: 'failure', sent: false })
  expect(turns?.waiting).toBe(1)
  sent[0]?.answer(done)
  await settle()
  expect(sent.map(({ call: { request } }) => request.params?.['name'])).toEqual(['a', 'b', 'd'])
})

test('a deadline that passes in line says that the call was never sent', async () => {
  const made = behindLayers({ ...bound(), timeout: { seconds: 1 } })
  const all = ['a', 'b', 'c'].map((name) => made.handle(toolCall(name)))
  await made.ports.clock.advance(1000)
  const [first, , third] = await Promise.all(all)
  expect(first).toMatchObject({ kind: 'failure', sent: true, problem: { case: 'total' } })
  expect(third).toMatchObject({
    kind: 'failure',
    sent: false,
    problem: {
      code: 'backend-timeout',
      case: 'queued',
      detail: 'The call waited for backend files for 1 s and was not sent',
    },
  })
  expect(made.sent).toHaveLength(2)
})

test('an open circuit sends away those that wait: none of them is sent', async () => {
  const made = behindLayers(
    { ...bound({ max_concurrent: 1 }), circuit_breaker: { minimum_calls: 1 } },
    {},
  )
  made.circuit?.subscribe(({ state }) => {
    if (state === 'open') made.turns?.dismiss()
  })
  const first = made.handle(toolCall('a'))
  const waiting = [made.handle(toolCall('b')), made.handle(toolCall('c'))]
  made.sent[0]?.answer(notSent(unavailable('files', 'connection refused')))
  await first
  for (const reply of await Promise.all(waiting)) {
    expect(reply).toMatchObject({ kind: 'refusal', problem: { code: 'backend-circuit' } })
  }
  expect(made.sent).toHaveLength(1)
  expect([made.turns?.flying, made.turns?.waiting]).toEqual([0, 0])
})

test('attempts take a turn each: a retry waits in line like all others', async () => {
  const made = behindLayers({ ...bound({ max_concurrent: 1 }), retry: { initial_backoff_ms: 10 } })
  const first = made.handle(toolCall('a'))
  const second = made.handle(toolCall('b'))
  made.sent[0]?.answer(notSent(unavailable('files', 'connection refused')))
  await made.ports.clock.advance(100)
  expect(made.sent.map(({ call: { request } }) => request.params?.['name'])).toEqual(['a', 'b'])
  made.sent[1]?.answer(done)
  expect(await second).toBe(done)
  await settle()
  made.sent[2]?.answer(done)
  expect(await first).toBe(done)
})

test('lists do not wait for slow calls', async () => {
  const made = behindLayers(bound({ max_concurrent: 1 }), {}, ({ request }) =>
    request.method === 'tools/list' ? done : undefined,
  )
  void made.handle(toolCall('slow'))
  expect(await made.handle(call('tools/list'))).toBe(done)
})
