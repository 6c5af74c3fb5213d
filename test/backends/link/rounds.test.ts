import { expect, test } from 'vitest'
import { throughRounds } from '../../../src/backends/link/rounds.ts'
import { maxRounds } from '../../../src/mcp/questions.ts'
import { call, recordingPeer } from '../../support/peer.ts'
import { result } from '../../support/scripted-backend.ts'
import { testPorts } from '../../support/test-ports.ts'

test('a modern backend that asks a session without end is given up after some rounds', async () => {
  const asks = result({
    resultType: 'input_required',
    inputRequests: { again: { method: 'roots/list' } },
  })
  const peer = recordingPeer(() => result({ roots: [] }))
  const reply = await throughRounds(call('tools/call', { name: 'x' }, { peer }), asks, {
    backend: 'a',
    nextId: () => 1,
    clock: testPorts().clock,
    expose: (question) => question,
    again: async () => asks,
  })
  expect(reply).toMatchObject({ kind: 'refusal', problem: { code: 'limit-rounds' } })
  expect(peer.questions).toHaveLength(maxRounds)
})

test('a round that never left does not mean that nothing was carried out: an earlier one was', async () => {
  const asks = result({
    resultType: 'input_required',
    inputRequests: { again: { method: 'roots/list' } },
  })
  const peer = recordingPeer(() => result({ roots: [] }))
  const problem = { code: 'backend-unavailable', detail: 'away' } as const
  const reply = await throughRounds(call('tools/call', { name: 'x' }, { peer }), asks, {
    backend: 'a',
    nextId: () => 1,
    clock: testPorts().clock,
    expose: (question) => question,
    again: async () => ({ kind: 'failure', problem, sent: false }),
  })
  expect(reply).toEqual({ kind: 'failure', problem, sent: true })
})
