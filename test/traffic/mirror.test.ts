import { expect, test } from 'vitest'
import type { Call, Reply } from '../../src/mcp/call.ts'
import { withMirrors } from '../../src/traffic/mirror.ts'
import { settle } from '../support/manual-clock.ts'
import { call, recordingPeer, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { testPorts } from '../support/test-ports.ts'

const done = result({ content: [] })

const setUp = (
  { percent = 100, safe = true }: { readonly percent?: number; readonly safe?: boolean } = {},
  answer: (call: Call) => Reply | Promise<Reply> = () => done,
) => {
  const ports = testPorts({ random: () => 0.5 })
  const copies: Call[] = []
  const ends: string[] = []
  const handle = withMirrors({
    source: 'primary',
    handle: async () => done,
    mirrors: [
      {
        name: 'copy',
        percent,
        isSafe: () => safe,
        handle: async (copy) => {
          copies.push(copy)
          return answer(copy)
        },
      },
    ],
    clock: ports.clock,
    random: ports.random,
    onMirrored: (_mirror, outcome) => ends.push(outcome),
  })
  return { ports, handle, copies, ends }
}

test('the copy has no way back to the caller: no progress, no question, no cancellation, no headers', async () => {
  const { handle, copies } = setUp()
  const peer = recordingPeer()
  const leaving = new AbortController()
  expect(await handle(toolCall('x', {}, { peer, signal: leaving.signal }))).toBe(done)
  await settle()
  const [copy] = copies
  copy?.peer.notify({ jsonrpc: '2.0', method: 'notifications/progress' })
  leaving.abort()
  expect(peer.notifications).toEqual([])
  expect(copy?.signal.aborted).toBe(false)
  expect(copy?.head).toBeUndefined()
  expect(copy?.caller.session).toBeUndefined()
})

test('what is not safe, a list, a task, a further round and a share beyond the percentage are not copied', async () => {
  const not = async (made: ReturnType<typeof setUp>, asked: Call) => {
    await made.handle(asked)
    await settle()
    expect(made.copies).toEqual([])
  }
  await not(setUp({ safe: false }), toolCall('x'))
  await not(setUp(), call('tools/list'))
  await not(setUp(), call('tasks/get', { taskId: 't' }))
  await not(setUp(), call('tools/call', { name: 'x', requestState: 's' }))
  await not(setUp({ percent: 50 }), toolCall('x'))
  await not(setUp({ percent: 0 }), toolCall('x'))
})

test('a copy that hangs is cancelled after a minute, and one that throws harms no one', async () => {
  const hanging = setUp(
    {},
    ({ signal }) =>
      new Promise<Reply>((resolve) => {
        signal.addEventListener('abort', () => resolve(done))
      }),
  )
  await hanging.handle(toolCall('x'))
  await settle()
  await hanging.ports.clock.advance(59_999)
  expect(hanging.copies[0]?.signal.aborted).toBe(false)
  await hanging.ports.clock.advance(1)
  expect(hanging.copies[0]?.signal.aborted).toBe(true)
  const throwing = setUp({}, () => {
    throw new Error('a bug')
  })
  expect(await throwing.handle(toolCall('x'))).toBe(done)
  await settle()
  expect(throwing.ends).toEqual(['failed'])
})

test('beyond a hundred copies under way the next are dropped', async () => {
  const { handle, copies, ends } = setUp({}, () => new Promise<Reply>(() => undefined))
  for (let n = 0; n < 120; n += 1) {
    await handle(toolCall('x'))
    await settle()
  }
  expect(copies).toHaveLength(100)
  expect(ends.filter((end) => end === 'dropped')).toHaveLength(20)
})
