import { describe, expect, test } from 'vitest'
import type { Call, Reply } from '../../src/mcp/call.ts'
import { notSent, unavailable } from '../../src/backends/failure.ts'
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

test('a reply in time is handed on, and the timer that calls share ends soon after the last of them', async () => {
  const ports = testPorts()
  const inner = pending()
  const layer = timeout.create({ timeout: { seconds: 3 } }, ports, place)!
  const replied = layer(inner.handle)(call('tools/call'))
  const reply = result({ content: [] })
  inner.answer(reply)
  expect(await replied).toBe(reply)
  await ports.clock.advance(1000)
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
    await clock.advance(1000)
    expect(clock.sleepers).toBe(0)
  })
})

describe('without a sign of life', () => {
  const idle = (keys: object = { idle_seconds: 3 }) => {
    const ports = testPorts()
    const inner = pending()
    const layer = timeout.create({ timeout: keys }, ports, place)!
    const replied = layer(inner.handle)(call('tools/call'))
    const progress = () =>
      inner.seen()!.peer.notify({ jsonrpc: '2.0', method: 'notifications/progress' })
    return { clock: ports.clock, inner, replied, progress }
  }

  test('the time begins again with each progress', async () => {
    const { clock, inner, replied, progress } = idle()
    for (let n = 0; n < 20; n += 1) {
      await clock.advance(2999)
      progress()
    }
    expect(inner.seen()?.signal.aborted).toBe(false)
    await clock.advance(3000)
    expect(await replied).toMatchObject({
      kind: 'failure',
      sent: true,
      problem: {
        code: 'backend-timeout',
        case: 'idle',
        detail: 'Backend files neither answered nor reported progress for 3 s',
      },
    })
  })

  test('progress does not move the end of the time in all', async () => {
    const { clock, replied, progress } = idle({ seconds: 10, idle_seconds: 3 })
    for (let n = 0; n < 4; n += 1) {
      await clock.advance(2500)
      progress()
    }
    expect(await replied).toMatchObject({ problem: { case: 'total' } })
  })

  test('a question to the client does not count, and begins the time again', async () => {
    const ports = testPorts()
    const inner = pending()
    const layer = timeout.create({ timeout: { idle_seconds: 3 } }, ports, place)!
    let answer: (reply: Reply) => void = () => undefined
    const peer = {
      notify: () => undefined,
      ask: () =>
        new Promise<Reply>((resolve) => {
          answer = resolve
        }),
    }
    void layer(inner.handle)(call('tools/call', {}, { peer }))
    await ports.clock.advance(2000)
    const asked = inner
      .seen()!
      .peer.ask(
        { jsonrpc: '2.0', id: 7, method: 'elicitation/create' },
        new AbortController().signal,
      )
    await ports.clock.advance(60_000)
    answer(result({ action: 'accept' }))
    await asked
    await ports.clock.advance(2999)
    expect(inner.seen()?.signal.aborted).toBe(false)
    await ports.clock.advance(1)
    expect(inner.seen()?.signal.aborted).toBe(true)
  })
})

test('a call that says at once that it was never sent is not said to have an unknown outcome', async () => {
  const ports = testPorts()
  const layer = timeout.create({ timeout: { seconds: 3 } }, ports, place)!
  const replied = layer(
    ({ signal }) =>
      new Promise<Reply>((resolve) => {
        signal.addEventListener('abort', () =>
          resolve(notSent(unavailable('files', 'the call was cancelled', 'cancelled'))),
        )
      }),
  )(call('tools/call'))
  await ports.clock.advance(3000)
  expect(await replied).toMatchObject({
    kind: 'failure',
    sent: false,
    problem: { code: 'backend-timeout', case: 'queued' },
  })
})

test('one timer serves all calls that wait', async () => {
  const ports = testPorts()
  const inner = pending()
  const handle = timeout.create({ timeout: { seconds: 30, idle_seconds: 9 } }, ports, place)!(
    inner.handle,
  )
  for (let n = 0; n < 500; n += 1) void handle(call('tools/call'))
  expect(ports.clock.sleepers).toBe(1)
})
