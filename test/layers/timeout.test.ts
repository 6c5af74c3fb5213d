import { describe, expect, test } from 'vitest'
import type { Call, Reply } from '../../src/mcp/call.ts'
import { timeout } from '../../src/layers/timeout.ts'
import { longestQuestionMs } from '../../src/mcp/questions.ts'
import { call, recordingPeer } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { backendContext } from '../support/layer-context.ts'
import { testPorts } from '../support/test-ports.ts'

const place = backendContext()

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

test('what the caller has yet to read still holds the work back', async () => {
  const inner = pending()
  const layer = timeout.create({ timeout: { seconds: 3 } }, testPorts(), place)!
  const read = Promise.resolve()
  const peer = { ...recordingPeer(), drained: () => read }
  const replied = layer(inner.handle)(call('tools/call', {}, { peer }))
  expect(inner.seen()?.peer.drained?.()).toBe(read)
  inner.answer(result({}))
  await replied
})

describe('while a person is asked', () => {
  const question = { jsonrpc: '2.0', id: 7, method: 'elicitation/create' } as const
  /** A call of three seconds, one of which is over, whose backend has a question before its client. */
  const asked = async () => {
    const ports = testPorts()
    const inner = pending()
    const layer = timeout.create({ timeout: { seconds: 3 } }, ports, place)!
    const answers: (() => void)[] = []
    const peer = {
      notify: () => undefined,
      ask: () =>
        new Promise<Reply>((resolve) => {
          answers.push(() => resolve(result({ action: 'accept' })))
        }),
    }
    const replied = layer(inner.handle)(call('tools/call', {}, { peer }))
    const ask = () => inner.seen()!.peer.ask(question, new AbortController().signal)
    await ports.clock.advance(1000)
    return { clock: ports.clock, inner, replied, ask, answer: () => answers.shift()?.() }
  }

  test('the deadline of the backend stands still, and goes on with the answer', async () => {
    const { clock, inner, replied, ask, answer } = await asked()
    const first = ask()
    await clock.advance(60_000)
    expect(inner.seen()?.signal.aborted).toBe(false)
    answer()
    expect((await first).kind).toBe('result')
    await clock.advance(1999)
    expect(inner.seen()?.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(await replied).toMatchObject({ problem: { code: 'backend-timeout' } })
  })

  test('of two questions the last answer counts', async () => {
    const { clock, inner, ask, answer } = await asked()
    void ask()
    void ask()
    await clock.advance(60_000)
    answer()
    await clock.advance(60_000)
    expect(inner.seen()?.signal.aborted).toBe(false)
    answer()
    await clock.advance(2000)
    expect(inner.seen()?.signal.aborted).toBe(true)
  })

  test('it stands still for ten minutes in all and no longer', async () => {
    const { clock, inner, replied, ask, answer } = await asked()
    void ask()
    await clock.advance(longestQuestionMs - 1000)
    answer()
    void ask()
    await clock.advance(1000 + 1999)
    expect(inner.seen()?.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(await replied).toMatchObject({ problem: { code: 'backend-timeout' } })
    expect(clock.sleepers).toBe(0)
  })
})
