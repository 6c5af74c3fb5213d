import { describe, expect, test } from 'vitest'
import { behindLayers } from '../support/behind-layers.ts'
import { settle } from '../support/manual-clock.ts'
import { call, recordingPeer, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import type { BackendContext } from '../../src/layers/define.ts'
import type { Call } from '../../src/mcp/call.ts'

const done = result({ content: [] })
const coalescing = (facts: Partial<BackendContext> = {}) =>
  behindLayers({}, { coalesces: true, isReadOnly: () => true, ...facts })

const as = (key: string, given: Call): Call => {
  const { caller } = given
  return { ...given, caller: { ...caller, principal: { ...caller.principal, method: 'jwt', key } } }
}

test('identical calls that are under way together are sent once and all get the answer', async () => {
  const { handle, sent, ports } = coalescing()
  const replies = [
    handle(toolCall('read', { a: 1, b: 2 })),
    handle(toolCall('read', { b: 2, a: 1 })),
    handle(toolCall('read', { a: 1, b: 2 })),
  ]
  const other = handle(toolCall('read', { a: 2 }))
  await settle()
  expect(sent).toHaveLength(2)
  sent[0]?.answer(done)
  expect(await Promise.all(replies)).toEqual([done, done, done])
  sent[1]?.answer(done)
  await other
  void handle(toolCall('read', { a: 1, b: 2 }))
  await settle()
  expect(sent).toHaveLength(3)
  expect(ports.samples.filter(({ name }) => name === 'mcp_proxy_coalesced_total')).toHaveLength(2)
})

describe('a caller that leaves', () => {
  test('the first one leaves, and the others still get the answer', async () => {
    const { handle, sent } = coalescing()
    const leaving = new AbortController()
    const first = handle(toolCall('read', {}, { signal: leaving.signal }))
    const second = handle(toolCall('read'))
    leaving.abort()
    expect((await first).kind).toBe('failure')
    await settle()
    expect(sent[0]?.isAborted).toBe(false)
    sent[0]?.answer(done)
    expect(await second).toBe(done)
  })

  test('a follower leaves, and the first does not notice', async () => {
    const { handle, sent } = coalescing()
    const leaving = new AbortController()
    const first = handle(toolCall('read'))
    const second = handle(toolCall('read', {}, { signal: leaving.signal }))
    leaving.abort()
    expect((await second).kind).toBe('failure')
    sent[0]?.answer(done)
    expect(await first).toBe(done)
  })

  test('all leave: the work is cancelled, and the next caller begins it again', async () => {
    const { handle, sent } = coalescing()
    const leaving = new AbortController()
    const { signal } = leaving
    const left = [
      handle(toolCall('read', {}, { signal })),
      handle(toolCall('read', {}, { signal })),
    ]
    await settle()
    leaving.abort()
    await Promise.all(left)
    expect(sent[0]?.isAborted).toBe(true)
    const next = handle(toolCall('read'))
    await settle()
    expect(sent).toHaveLength(2)
    sent[1]?.answer(done)
    expect(await next).toBe(done)
  })
})

describe('what is sent on its own', () => {
  test.each([
    ['calls of two callers', [as('a', toolCall('x')), as('b', toolCall('x'))], {}],
    ['a tool that is not read-only', [toolCall('x'), toolCall('x')], { isReadOnly: () => false }],
    [
      'calls as tasks',
      [call('tools/call', { name: 'x', task: {} }), call('tools/call', { name: 'x', task: {} })],
      {},
    ],
    [
      'calls that want progress',
      [
        call('tools/call', { name: 'x', _meta: { progressToken: 1 } }),
        call('tools/call', { name: 'x', _meta: { progressToken: 2 } }),
      ],
      {},
    ],
    ['lists', [call('tools/list'), call('tools/list')], {}],
  ] as const)('%s', async (_name, [first, second], facts) => {
    const { handle, sent } = coalescing(facts)
    void handle(first)
    void handle(second)
    await settle()
    expect(sent).toHaveLength(2)
  })
})

test('a failure is the answer for all, and a bug too', async () => {
  const { handle, sent } = coalescing()
  const replies = [handle(toolCall('x')), handle(toolCall('x'))]
  const failure = {
    kind: 'failure',
    sent: true,
    problem: { code: 'backend-protocol', detail: '' },
  } as const
  await settle()
  sent[0]?.answer(failure)
  expect(await Promise.all(replies)).toEqual([failure, failure])
  const broken = behindLayers({}, { coalesces: true, isReadOnly: () => true }, () => {
    throw new Error('a bug')
  })
  const thrown = [broken.handle(toolCall('x')), broken.handle(toolCall('x'))]
  for (const one of thrown) await expect(one).rejects.toThrow('a bug')
})

test('log messages reach all that wait, a question the one that has waited the longest', async () => {
  const { handle, sent } = coalescing()
  const [first, second] = [recordingPeer(), recordingPeer()]
  void handle(toolCall('x', {}, { peer: first }))
  void handle(toolCall('x', {}, { peer: second }))
  await settle()
  const { peer, signal } = sent[0]!.call
  peer.notify({ jsonrpc: '2.0', method: 'notifications/message' })
  await peer.ask({ jsonrpc: '2.0', id: 1, method: 'elicitation/create' }, signal)
  expect([first, second].map(({ notifications }) => notifications.length)).toEqual([1, 1])
  expect([first, second].map(({ questions }) => questions.length)).toEqual([1, 0])
})
