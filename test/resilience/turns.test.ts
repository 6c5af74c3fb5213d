import { expect, test } from 'vitest'
import { Turns, type TurnSettings } from '../../src/resilience/turns.ts'
import { createManualClock, settle } from '../support/manual-clock.ts'

const setUp = (more: Partial<TurnSettings> = {}) => {
  const clock = createManualClock()
  const settings = { max_concurrent: 1, max_queued: 10, max_wait_seconds: 5, ...more }
  const turns = new Turns(settings, clock)
  const ends: string[] = []
  const wait = (name: string): AbortController => {
    const leaving = new AbortController()
    void turns.wait(leaving.signal).then((waited) => ends.push(`${name} ${waited}`))
    return leaving
  }
  return { clock, turns, ends, wait }
}

test('turns go to those that wait in the order in which they came', async () => {
  const { turns, ends, wait } = setUp({ max_concurrent: 2 })
  expect([turns.take(), turns.take(), turns.take()]).toEqual([true, true, false])
  wait('a')
  wait('b')
  turns.giveBack()
  await settle()
  expect(ends).toEqual(['a turn'])
  expect(turns.take()).toBe(false)
  turns.giveBack()
  turns.giveBack()
  turns.giveBack()
  await settle()
  expect(ends).toEqual(['a turn', 'b turn'])
  expect([turns.flying, turns.waiting]).toEqual([0, 0])
})

test('beyond the end of the line no one waits', async () => {
  const { turns, ends, wait } = setUp({ max_queued: 1 })
  turns.take()
  wait('a')
  wait('b')
  await settle()
  expect(ends).toEqual(['b full'])
})

test('without a line the first that is too many goes away', async () => {
  const { turns, ends, wait } = setUp({ max_queued: 0 })
  turns.take()
  wait('a')
  await settle()
  expect(ends).toEqual(['a full'])
})

test('a caller that leaves makes room in the line, and its turn goes to the next', async () => {
  const { turns, ends, wait } = setUp({ max_queued: 2 })
  turns.take()
  wait('a').abort()
  const second = wait('b')
  wait('c')
  second.abort()
  expect(turns.waiting).toBe(1)
  turns.giveBack()
  await settle()
  expect(ends).toEqual(['a cancelled', 'b cancelled', 'c turn'])
})

test('a caller that has left before does not wait', async () => {
  const { turns } = setUp()
  turns.take()
  expect(await turns.wait(AbortSignal.abort())).toBe('cancelled')
  expect(turns.waiting).toBe(0)
})

test('each waits no longer than the limit', async () => {
  const { clock, turns, ends, wait } = setUp()
  turns.take()
  wait('a')
  await clock.advance(3000)
  wait('b')
  await clock.advance(2000)
  expect(ends).toEqual(['a late'])
  turns.giveBack()
  await settle()
  expect(ends).toEqual(['a late', 'b turn'])
  await clock.advance(10_000)
  expect(ends).toHaveLength(2)
  expect(clock.sleepers).toBe(0)
})

test('all that wait can be sent away, and the turns stay as they were', async () => {
  const { turns, ends, wait } = setUp()
  turns.take()
  wait('a')
  wait('b')
  turns.dismiss()
  await settle()
  expect(ends).toEqual(['a dismissed', 'b dismissed'])
  expect([turns.flying, turns.waiting]).toEqual([1, 0])
})
