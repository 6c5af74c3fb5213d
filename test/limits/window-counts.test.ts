import { array, assert, integer, oneof, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { createWindowCounts } from '../../src/limits/window-counts.ts'
import { createManualClock } from '../support/manual-clock.ts'

const rate = { requests: 2, period_seconds: 10 }

test('a window lets as many requests through as the rule says, and says when there is more', () => {
  const clock = createManualClock(0)
  const counts = createWindowCounts(rate, clock)
  expect(counts.take('a')).toEqual({ isAllowed: true, remaining: 1, waitMs: 10_000 })
  clock.set(4000)
  expect(counts.take('a')).toEqual({ isAllowed: true, remaining: 0, waitMs: 6000 })
  expect(counts.take('a')).toEqual({ isAllowed: false, remaining: 0, waitMs: 6000 })
  clock.set(9999)
  expect(counts.take('a').isAllowed).toBe(false)
  clock.set(10_000)
  expect(counts.take('a')).toEqual({ isAllowed: true, remaining: 0, waitMs: 4000 })
})

test('each key has a window of its own', () => {
  const counts = createWindowCounts(rate, createManualClock())
  for (const key of ['a', 'a', 'b']) counts.take(key)
  expect(counts.take('a').isAllowed).toBe(false)
  expect(counts.take('b').isAllowed).toBe(true)
})

test('looking at a window takes nothing from it', () => {
  const counts = createWindowCounts({ ...rate, requests: 1 }, createManualClock())
  for (let n = 0; n < 5; n += 1) expect(counts.look('a').isAllowed).toBe(true)
  expect(counts.take('a').isAllowed).toBe(true)
  expect(counts.look('a')).toEqual({ isAllowed: false, remaining: 0, waitMs: 10_000 })
})

test('a clock that steps back blocks nobody for longer than a period', () => {
  const clock = createManualClock(1_000_000_000)
  const counts = createWindowCounts(rate, clock)
  counts.take('a')
  counts.take('a')
  clock.set(0)
  expect(counts.take('a')).toEqual({ isAllowed: false, remaining: 0, waitMs: 10_000 })
  clock.set(10_000)
  expect(counts.take('a').isAllowed).toBe(true)
})

test('beyond the most keys that are remembered, the longest unused begin anew', () => {
  const counts = createWindowCounts({ ...rate, requests: 1 }, createManualClock(), 2)
  counts.take('a')
  counts.take('b')
  expect(counts.take('a').isAllowed).toBe(false)
  counts.take('c')
  expect(counts.take('a').isAllowed).toBe(false)
  expect(counts.take('b').isAllowed).toBe(true)
})

const requests = oneof(integer({ min: 1, max: 8 }), integer({ min: 33, max: 100 }))
const steps = array(tuple(integer({ min: 0, max: 400 }), integer({ min: 1, max: 60 })), {
  minLength: 1,
  maxLength: 120,
})

test('no stretch as long as a period ever has more requests than the rule says', () => {
  assert(
    property(requests, steps, (most, bursts) => {
      const clock = createManualClock(0)
      const counts = createWindowCounts({ requests: most, period_seconds: 1 }, clock)
      const passed: number[] = []
      for (const [wait, burst] of bursts) {
        clock.set(clock.now() + wait)
        for (let n = 0; n < burst; n += 1) if (counts.take('a').isAllowed) passed.push(clock.now())
      }
      // Each request that is one too many would stand `most` places after one of the same period.
      for (const [index, at] of passed.entries()) {
        expect(at - (passed[index - most] ?? -Infinity)).toBeGreaterThanOrEqual(1000)
      }
    }),
  )
})

test('a request is let through at the moment that a refusal named, and not before', () => {
  assert(
    property(requests, steps, (most, bursts) => {
      const clock = createManualClock(0)
      const counts = createWindowCounts({ requests: most, period_seconds: 1 }, clock)
      for (const [wait, burst] of bursts) {
        clock.set(clock.now() + wait)
        for (let n = 0; n < burst; n += 1) counts.take('a')
      }
      let left = counts.take('a')
      while (left.isAllowed) left = counts.take('a')
      const at = clock.now() + left.waitMs
      clock.set(at - 1)
      expect(counts.look('a').isAllowed).toBe(false)
      clock.set(at)
      expect(counts.take('a').isAllowed).toBe(true)
    }),
  )
})

test('the same bursts are let through again after a period of rest', () => {
  const clock = createManualClock(0)
  const counts = createWindowCounts({ requests: 1000, period_seconds: 1 }, clock)
  const burst = (): number => {
    let passed = 0
    for (let ms = 0; ms < 500; ms += 1) {
      clock.set(clock.now() + 1)
      for (let n = 0; n < 4; n += 1) if (counts.take('a').isAllowed) passed += 1
    }
    return passed
  }
  expect(burst()).toBe(1000)
  clock.set(clock.now() + 1000)
  expect(burst()).toBe(1000)
})
