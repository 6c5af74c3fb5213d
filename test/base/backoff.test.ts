// The waits between tries.
import { expect, test } from 'vitest'
import { createBackoff } from '../../src/base/backoff.ts'

const waits = (random: () => number, count: number) => {
  const backoff = createBackoff(random)
  return Array.from({ length: count }, () => backoff.next())
}

test('begin at one second, grow by half, and end at thirty', () => {
  expect(waits(() => 0.5, 11)).toEqual([
    1000, 1500, 2250, 3375, 5063, 7594, 11_391, 17_086, 25_629, 30_000, 30_000,
  ])
})

test('are spread by a fifth to both sides', () => {
  expect(waits(() => 0, 2)).toEqual([800, 1200])
  expect(waits(() => 0.999_999, 2)).toEqual([1200, 1800])
})

test('begin anew after a reset', () => {
  const backoff = createBackoff(() => 0.5)
  backoff.next()
  backoff.next()
  backoff.reset()
  expect(backoff.next()).toBe(1000)
})
