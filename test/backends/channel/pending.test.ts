// Ids and progress tokens on a shared channel.
import { describe, expect, test } from 'vitest'
import { createPending } from '../../../src/backends/channel/pending.ts'
import { lazyFromValue } from '../../../src/mcp/lazy-object.ts'
import { recordingPeer } from '../../support/peer.ts'

const request = (id: string | number, token?: string | number) =>
  ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 'a', ...(token === undefined ? {} : { _meta: { progressToken: token } }) },
  }) as const
const progress = (progressToken: string | number) =>
  ({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken, progress: 1 },
  }) as const
const result = { kind: 'result', result: lazyFromValue({}) } as const

test('callers with the same id and token do not meet', async () => {
  const pending = createPending()
  const [one, two] = [recordingPeer(), recordingPeer()]
  const first = pending.add(request(1, 0), one)
  const second = pending.add(request(1, 0), two)
  expect(JSON.parse(first.text)).toEqual({
    ...request(1),
    id: first.id,
    params: { name: 'a', _meta: { progressToken: first.id } },
  })
  expect(first.id).not.toBe(second.id)
  pending.progress(progress(second.id))
  pending.progress(progress(String(first.id)))
  expect(two.notifications).toEqual([progress(0)])
  expect(one.notifications).toEqual([progress(0)])
  pending.find(second.id)?.settle(result)
  expect(await second.reply).toBe(result)
  expect(pending.find(second.id)).toBeUndefined()
})

describe('progress', () => {
  test('of a call that asked for none, or is over, goes nowhere', () => {
    const pending = createPending()
    const peer = recordingPeer()
    const plain = pending.add(request(1), peer)
    const over = pending.add(request(2, 't'), peer)
    over.settle(result)
    for (const { id } of [plain, over]) expect(pending.progress(progress(id))).toBe(true)
    expect(peer.notifications).toEqual([])
  })

  test('is told from other notifications', () => {
    expect(createPending().progress({ jsonrpc: '2.0', method: 'notifications/message' })).toBe(
      false,
    )
  })
})

test('an answer without an id belongs to the only call there is, and to none of several', () => {
  const pending = createPending()
  const only = pending.add(request(1), recordingPeer())
  expect(pending.find(undefined)).toBe(only)
  pending.add(request(2), recordingPeer())
  expect(pending.find(undefined)).toBeUndefined()
})

test('when the channel ends each call learns whether it was sent', async () => {
  const pending = createPending()
  const sent = pending.add(request(1), recordingPeer())
  const unsent = pending.add(request(2), recordingPeer())
  sent.markSent()
  pending.failAll((waiting) => ({
    kind: 'failure',
    problem: { code: 'backend-unavailable', detail: '' },
    sent: waiting.sent,
  }))
  expect(await Promise.all([sent.reply, unsent.reply])).toMatchObject([
    { sent: true },
    { sent: false },
  ])
  expect(pending.find(sent.id)).toBeUndefined()
})
