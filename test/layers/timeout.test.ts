import { expect, test } from 'vitest'
import type { Call, Reply } from '../../src/mcp/call.ts'
import { timeout } from '../../src/layers/timeout.ts'
import { call } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { testPorts } from '../support/test-ports.ts'

const place = { backend: 'files' }

const pending = () => {
  let seen: Call | undefined
  let answer: (reply: Reply) => void = () => undefined
  return {
    handle: (got: Call) => {
      seen = got
      return new Promise<Reply>((resolve) => {
        answer = resolve
      })
    },
    seen: () => seen,
    answer: (reply: Reply) => answer(reply),
  }
}

test('asks for nothing without a configured deadline', () => {
  expect(timeout.create({ timeout: undefined }, testPorts(), place)).toBeUndefined()
})

test('a call that passes its deadline fails as sent, and its work is cancelled', async () => {
  const ports = testPorts()
  const inner = pending()
  const layer = timeout.create({ timeout: { seconds: 3 } }, ports, place)!
  const replied = layer(inner.handle)(call('tools/call', { name: 'x' }))
  await ports.clock.advance(2999)
  expect(inner.seen()?.signal.aborted).toBe(false)
  await ports.clock.advance(1)
  const reply = await replied
  expect(reply).toMatchObject({
    kind: 'failure',
    sent: true,
    problem: { code: 'backend-timeout', detail: 'Backend files did not answer within 3 s' },
  })
  expect(inner.seen()?.signal.aborted).toBe(true)
})

test('a reply in time is handed on and no timer stays behind', async () => {
  const ports = testPorts()
  const inner = pending()
  const layer = timeout.create({ timeout: { seconds: 3 } }, ports, place)!
  const replied = layer(inner.handle)(call('tools/call'))
  const reply = result({ content: [] })
  inner.answer(reply)
  expect(await replied).toBe(reply)
  expect(ports.clock.sleepers).toBe(0)
})

test('the abort of the caller reaches the work', async () => {
  const inner = pending()
  const caller = new AbortController()
  const layer = timeout.create({ timeout: { seconds: 3 } }, testPorts(), place)!
  const replied = layer(inner.handle)(call('tools/call', {}, { signal: caller.signal }))
  caller.abort()
  expect(inner.seen()?.signal.aborted).toBe(true)
  inner.answer(result({}))
  await replied
})
