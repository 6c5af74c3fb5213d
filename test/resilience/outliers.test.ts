import { expect, test } from 'vitest'
import type { CallEnd } from '../../src/resilience/call-end.ts'
import { Outliers, type OutlierSettings } from '../../src/resilience/outliers.ts'
import { createManualClock } from '../support/manual-clock.ts'

const setUp = (count = 4, more: Partial<OutlierSettings> = {}) => {
  const clock = createManualClock()
  const outliers = new Outliers(
    {
      consecutive_errors: 3,
      interval_seconds: 10,
      base_ejection_seconds: 30,
      max_ejection_percent: 50,
      ...more,
    },
    count,
    clock,
  )
  const report = (index: number, ...ends: readonly CallEnd[]) =>
    ends.map((end) => outliers.report(index, end)).at(-1)
  const ejected = () => Array.from({ length: count }, (_, n) => outliers.isEjected(n))
  return { clock, outliers, report, ejected }
}

test('three failures in a row eject, and a success in between begins the row again', () => {
  const { report, ejected } = setUp()
  report(0, 'down', 'down', 'up', 'down', 'down')
  expect(ejected()).toEqual([false, false, false, false])
  expect(report(0, 'down')).toBe(30)
  expect(ejected()).toEqual([true, false, false, false])
})

test('what proves nothing neither counts nor ends the row', () => {
  const { report } = setUp()
  expect(report(0, 'down', 'unclear', 'down', 'unclear', 'down')).toBe(30)
})

test('failures that are far apart are in no row', async () => {
  const { clock, report, ejected } = setUp()
  for (let n = 0; n < 20; n += 1) {
    report(0, 'down')
    await clock.advance(10_001)
  }
  expect(ejected()[0]).toBe(false)
})

test('it comes back when its time is over, and stays away longer the next time', async () => {
  const { clock, outliers, report, ejected } = setUp()
  report(0, 'down', 'down', 'down')
  expect(outliers.leftMs(0)).toBe(30_000)
  await clock.advance(30_000)
  expect(ejected()[0]).toBe(false)
  expect(report(0, 'down', 'down', 'down')).toBe(60)
  await clock.advance(60_000)
  report(0, 'up', 'up')
  expect(report(0, 'down', 'down', 'down')).toBe(30)
})

test('no more than the share of the replicas is ejected, and never all', () => {
  const half = setUp(4)
  for (const index of [0, 1, 2, 3]) half.report(index, 'down', 'down', 'down')
  expect(half.ejected()).toEqual([true, true, false, false])
  const all = setUp(2, { max_ejection_percent: 100 })
  for (const index of [0, 1]) all.report(index, 'down', 'down', 'down')
  expect(all.ejected()).toEqual([true, false])
  const one = setUp(3, { max_ejection_percent: 0 })
  for (const index of [0, 1, 2]) one.report(index, 'down', 'down', 'down')
  expect(one.ejected()).toEqual([true, false, false])
})

test('a new connection readmits it', () => {
  const { outliers, report, ejected } = setUp()
  report(0, 'down', 'down', 'down')
  outliers.readmit(0)
  expect(ejected()[0]).toBe(false)
  report(0, 'down', 'down')
  expect(ejected()[0]).toBe(false)
})
