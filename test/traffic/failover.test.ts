import { describe, expect, test } from 'vitest'
import { notSent, outcomeUnknown, sent, unavailable } from '../../src/backends/failure.ts'
import type { Call, Reply } from '../../src/mcp/call.ts'
import { problemOf } from '../../src/problems/problem.ts'
import { withFailover } from '../../src/traffic/failover.ts'
import { call, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { testPorts } from '../support/test-ports.ts'

const done = result({ content: [] })
const away = notSent(unavailable('files', 'connection refused'))
const broken = sent(outcomeUnknown('files', 'reset'))
const open: Reply = {
  kind: 'refusal',
  problem: problemOf('backend-circuit', 'half-open', { backend: 'files' }),
}
const limited: Reply = {
  kind: 'refusal',
  problem: problemOf('limit-backend-rate', { backend: 'files', requests: 1, seconds: 1 }),
}
const wrong: Reply = { kind: 'error', error: { code: -32602, message: 'bad arguments' } }

type Answer = Reply | ((call: Call) => Reply)

const setUp = (
  first: Answer,
  answers: readonly Reply[],
  facts: { safe?: boolean; task?: boolean; has?: readonly boolean[] } = {},
) => {
  const asked: string[] = []
  const { safe = false, task = false, has = [] } = facts
  const handle = withFailover({
    backend: 'files',
    handle: async (got) => {
      asked.push('files')
      return typeof first === 'function' ? first(got) : first
    },
    backups: answers.map((answer, n) => ({
      name: `backup-${n}`,
      handle: async () => {
        asked.push(`backup-${n}`)
        return answer
      },
      has: () => has[n] ?? true,
      isSafe: () => safe,
    })),
    mayStartTask: () => task,
    log: testPorts().log,
    onFailover: () => undefined,
  })
  return { handle, asked }
}

describe('what goes to a backup', () => {
  const cases: readonly [string, Reply, boolean, number][] = [
    ['a call that never left', away, false, 1],
    ['a call that an open circuit refused', open, false, 1],
    ['a safe call that may have been carried out', broken, true, 1],
    ['another call that may have been carried out: no', broken, false, 0],
    ['an error: no', wrong, true, 0],
    ['a result: no', done, true, 0],
    ['a call beyond the limit of the backend: no', limited, true, 0],
  ]
  test.each(cases)('%s', async (_name, first, safe, times) => {
    const { handle, asked } = setUp(first, [done], { safe })
    expect(await handle(toolCall('x'))).toBe(times === 0 ? first : done)
    expect(asked).toHaveLength(1 + times)
  })
  test('nothing that begins or goes on with a task, and no further round', async () => {
    for (const given of [
      call('tasks/get', { taskId: 't' }),
      call('tools/call', { name: 'x', task: {} }),
      call('tools/call', { name: 'x', requestState: 's' }),
    ]) {
      const { handle, asked } = setUp(away, [done], { safe: true })
      expect(await handle(given)).toBe(away)
      expect(asked).toEqual(['files'])
    }
    const { handle, asked } = setUp(away, [done], { task: true })
    expect(await handle(toolCall('x'))).toBe(away)
    expect(asked).toEqual(['files'])
  })
})

test('backups are asked in their order until one answers', async () => {
  const { handle, asked } = setUp(away, [away, open, done, done])
  expect(await handle(toolCall('x'))).toBe(done)
  expect(asked).toEqual(['files', 'backup-0', 'backup-1', 'backup-2'])
})

test('one that is known to lack the tool is passed over', async () => {
  const { handle, asked } = setUp(away, [done, done], { has: [false, true] })
  expect(await handle(toolCall('x'))).toBe(done)
  expect(asked).toEqual(['files', 'backup-1'])
})

test('where it left once, only a safe call goes on', async () => {
  const { handle, asked } = setUp(away, [broken, done])
  expect(await handle(toolCall('x'))).toBe(broken)
  expect(asked).toEqual(['files', 'backup-0'])
})

test('where all fail, the failure of the backend is shown, or that it may have been carried out', async () => {
  const other = notSent(unavailable('backup', 'connection refused'))
  expect(await setUp(away, [other, open]).handle(toolCall('x'))).toBe(away)
  expect(await setUp(away, [broken], {}).handle(toolCall('x'))).toBe(broken)
})

test('a caller that has left, or has seen progress, is not served elsewhere', async () => {
  const leaving = new AbortController()
  const left = setUp(() => {
    leaving.abort()
    return away
  }, [done])
  expect(await left.handle(toolCall('x', {}, { signal: leaving.signal }))).toBe(away)
  const seen = setUp(
    ({ peer }) => {
      peer.notify({ jsonrpc: '2.0', method: 'notifications/progress' })
      return broken
    },
    [done],
    { safe: true },
  )
  expect(await seen.handle(toolCall('x'))).toBe(broken)
})

test('without backups there is nothing around the backend', () => {
  const handle = async () => done
  expect(
    withFailover({
      backend: 'files',
      handle,
      backups: [],
      mayStartTask: () => false,
      log: testPorts().log,
      onFailover: () => undefined,
    }),
  ).toBe(handle)
})
