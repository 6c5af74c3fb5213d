import { describe, expect, test } from 'vitest'
import {
  notSent,
  outcomeUnknown,
  outsideProtocol,
  sent,
  unavailable,
} from '../../src/backends/failure.ts'
import type { Reply } from '../../src/mcp/call.ts'
import { problemOf } from '../../src/problems/problem.ts'
import { endOf } from '../../src/resilience/call-end.ts'
import { behindLayers } from '../support/behind-layers.ts'
import { settle } from '../support/manual-clock.ts'
import { call, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'

const done = result({ content: [] })
const refusedConnection = notSent(unavailable('files', 'connection refused'))
const broken = sent(outcomeUnknown('files', 'connection reset'))
const keys = { circuit_breaker: { minimum_calls: 2 } }

const codeOf = (reply: Reply): string | undefined =>
  'problem' in reply ? reply.problem.code : reply.kind

describe('what proves that a backend is out of order', () => {
  const asked = toolCall('write')
  const left = toolCall('write', {}, { signal: AbortSignal.abort() })
  const late = { ...left, deadline: { isPassed: true } }
  const limited = problemOf('limit-backend-rate', { backend: 'files', requests: 1, seconds: 1 })
  const cases: readonly [string, Reply, typeof asked, string][] = [
    ['a result', done, asked, 'up'],
    ['a result that reports a failure of the tool', result({ isError: true }), asked, 'up'],
    [
      'an error: bad arguments',
      { kind: 'error', error: { code: -32602, message: '' } },
      asked,
      'up',
    ],
    [
      'an error of the server',
      { kind: 'error', error: { code: -32603, message: '' } },
      asked,
      'up',
    ],
    ['a connection that is refused', refusedConnection, asked, 'down'],
    ['a connection that breaks', broken, asked, 'down'],
    ['HTTP 503', sent(outcomeUnknown('files', 'HTTP 503')), asked, 'down'],
    ['HTTP 429', notSent(unavailable('files', 'HTTP 429', 'busy')), asked, 'unclear'],
    ['a backend that starts', notSent(unavailable('files', 'x', 'starting')), asked, 'unclear'],
    ['a backend that we close', notSent(unavailable('files', 'x', 'closing')), asked, 'unclear'],
    ['an answer outside the protocol', sent(outsideProtocol('files', 'x')), asked, 'unclear'],
    ['a caller that left', broken, left, 'unclear'],
    ['a deadline that passed', broken, late, 'down'],
    ['a deadline that passed in line', notSent(unavailable('files', 'x')), late, 'unclear'],
    ['a limit of ours', { kind: 'refusal', problem: limited }, asked, 'unclear'],
  ]
  test.each(cases)('%s', (_name, reply, of, end) => {
    expect(endOf(reply, of)).toBe(end)
  })
})

test('when too many calls fail, the next are refused at once, are not sent, and say when to come back', async () => {
  const { handle, sent: calls, ports } = behindLayers(keys, {}, () => refusedConnection)
  expect(codeOf(await handle(toolCall('a')))).toBe('backend-unavailable')
  expect(codeOf(await handle(toolCall('a')))).toBe('backend-unavailable')
  const reply = await handle(toolCall('a'))
  expect(reply).toMatchObject({
    kind: 'refusal',
    retryAfterSeconds: 30,
    problem: {
      code: 'backend-circuit',
      case: 'open',
      detail:
        'Too many calls to backend files failed: the call was not sent, and calls are paused for 30 s',
    },
  })
  expect(calls).toHaveLength(2)
  expect(ports.samples).toContainEqual({
    name: 'mcp_proxy_circuit_refused_total',
    labels: { backend: 'files' },
    value: 1,
  })
})

test('time-outs open it: the deadline is outside and known inside', async () => {
  const made = behindLayers({ ...keys, timeout: { seconds: 1 } })
  const replies = [made.handle(toolCall('a')), made.handle(toolCall('a'))]
  await made.ports.clock.advance(1000)
  expect((await Promise.all(replies)).map(codeOf)).toEqual(['backend-timeout', 'backend-timeout'])
  expect(made.circuit?.state).toBe('open')
})

test('callers that leave do not open it, nor do the errors that they cause', async () => {
  const wrong: Reply = { kind: 'error', error: { code: -32602, message: 'bad arguments' } }
  const made = behindLayers(keys, {}, ({ request }) =>
    request.params?.['name'] === 'wrong' ? wrong : undefined,
  )
  for (let n = 0; n < 20; n += 1) {
    const leaving = new AbortController()
    const reply = made.handle(toolCall('slow', {}, { signal: leaving.signal }))
    leaving.abort()
    await reply
    await made.handle(toolCall('wrong'))
  }
  expect(made.circuit?.state).toBe('closed')
})

test('half-open: some calls find out, the others are refused meanwhile, and then all go on', async () => {
  let works = false
  const made = behindLayers(
    { circuit_breaker: { minimum_calls: 2, permitted_calls_in_half_open: 1 } },
    {},
    () => (works ? undefined : refusedConnection),
  )
  await made.handle(toolCall('a'))
  await made.handle(toolCall('a'))
  await made.ports.clock.advance(30_000)
  works = true
  const trial = made.handle(toolCall('a'))
  expect(await made.handle(toolCall('a'))).toMatchObject({
    retryAfterSeconds: 1,
    problem: { code: 'backend-circuit', case: 'half-open' },
  })
  made.sent.at(-1)?.answer(done)
  expect(await trial).toBe(done)
  expect(made.circuit?.state).toBe('closed')
})

test('lists are the own questions of the proxy: they neither count nor are refused', async () => {
  const made = behindLayers(keys, {}, () => refusedConnection)
  for (let n = 0; n < 5; n += 1) await made.handle(call('tools/list'))
  expect(made.circuit?.state).toBe('closed')
  await made.handle(toolCall('a'))
  await made.handle(toolCall('a'))
  expect(made.circuit?.state).toBe('open')
  expect(codeOf(await made.handle(call('tools/list')))).toBe('backend-unavailable')
})

test('each attempt of a retry counts, and none follows once it is open', async () => {
  const made = behindLayers({ ...keys, retry: { max_retries: 5 } }, {}, () => refusedConnection)
  const replied = made.handle(toolCall('a'))
  await made.ports.clock.advance(60_000)
  expect(codeOf(await replied)).toBe('backend-unavailable')
  expect(made.sent).toHaveLength(2)
})

test('that a retry was refused does not hide that the first attempt left', async () => {
  const made = behindLayers(
    { circuit_breaker: { minimum_calls: 1 }, retry: { max_retries: 5, max_backoff_ms: 60_000 } },
    { isIdempotent: () => true },
    () => broken,
  )
  const replied = made.handle(toolCall('read'))
  await made.ports.clock.advance(60_000)
  expect(await replied).toMatchObject({ kind: 'failure', sent: true })
  expect(made.sent).toHaveLength(1)
})

test('a handler that throws gives its trial back', async () => {
  let mode: 'fail' | 'throw' | 'work' = 'fail'
  const made = behindLayers(
    { circuit_breaker: { minimum_calls: 1, permitted_calls_in_half_open: 1 } },
    {},
    () => {
      if (mode === 'throw') throw new Error('a bug')
      return mode === 'fail' ? refusedConnection : done
    },
  )
  await made.handle(toolCall('a'))
  await made.ports.clock.advance(30_000)
  mode = 'throw'
  await expect(made.handle(toolCall('a'))).rejects.toThrow('a bug')
  mode = 'work'
  expect(await made.handle(toolCall('a'))).toBe(done)
  await settle()
  expect(made.circuit?.state).toBe('closed')
})
