import { expect, test } from 'vitest'
import { alarmsOf } from '../../src/base/alarms.ts'
import { createManualClock } from '../support/manual-clock.ts'

const setUp = () => {
  const clock = createManualClock()
  const begun = clock.elapsed()
  const rung: [string, number][] = []
  const ring = (name: string) => () => rung.push([name, clock.elapsed() - begun])
  return { clock, alarms: alarmsOf(clock), rung, ring }
}

test('alarms of several lengths ring in the order of their deadlines, each once', async () => {
  const { clock, alarms, rung, ring } = setUp()
  alarms.set(300, ring('c'))
  alarms.set(100, ring('a'))
  await clock.advance(50)
  alarms.set(100, ring('b'))
  await clock.advance(10_000)
  expect(rung).toEqual([
    ['a', 100],
    ['b', 150],
    ['c', 300],
  ])
})

test('however many alarms there are, there is one timer, and it ends soon after the last of them', async () => {
  const { clock, alarms, ring, rung } = setUp()
  const all = Array.from({ length: 1000 }, (_, n) => alarms.set(1000 + (n % 7) * 500, ring('x')))
  expect(clock.sleepers).toBe(1)
  for (const alarm of all) alarm.cancel()
  await clock.advance(1000)
  expect(clock.sleepers).toBe(0)
  expect(rung).toEqual([])
})

test('a cancelled alarm does not ring, and one that was put off rings later', async () => {
  const { clock, alarms, rung, ring } = setUp()
  const first = alarms.set(1000, ring('first'))
  const second = alarms.set(1000, ring('second'))
  await clock.advance(900)
  first.restart()
  second.cancel()
  second.restart()
  await clock.advance(999)
  expect(rung).toEqual([])
  await clock.advance(1)
  expect(rung).toEqual([['first', 1900]])
  first.restart()
  await clock.advance(5000)
  expect(rung).toHaveLength(1)
})

test('an alarm that sets another one while it rings', async () => {
  const { clock, alarms, rung, ring } = setUp()
  alarms.set(100, () => {
    ring('outer')()
    alarms.set(100, ring('inner'))
    alarms.set(20, ring('sooner'))
  })
  await clock.advance(1000)
  expect(rung).toEqual([
    ['outer', 100],
    ['sooner', 120],
    ['inner', 200],
  ])
})

test('a clock that is set by an hour moves no deadline', async () => {
  const { clock, alarms, rung, ring } = setUp()
  alarms.set(2000, ring('x'))
  await clock.advance(500)
  clock.set(clock.now() + 3_600_000)
  await clock.advance(1499)
  expect(rung).toEqual([])
  await clock.advance(1)
  expect(rung).toEqual([['x', 2000]])
})

test('who uses one clock shares its alarms', () => {
  const clock = createManualClock()
  expect(alarmsOf(clock)).toBe(alarmsOf(clock))
  expect(alarmsOf(createManualClock())).not.toBe(alarmsOf(clock))
})
